"""What an app is told of a federated sign-in that failed.

"Amazon Cognito error descriptions are not fixed strings":
https://docs.aws.amazon.com/cognito/latest/developerguide/federation-endpoint-idp-responses.html
"""

from __future__ import annotations

#: With which everything begins that is said of a SAML sign-in.
#: https://github.com/aws/aws-sdk-js-v3/issues/6201, https://github.com/aws-samples/aws-genai-llm-chatbot/issues/636
_SAML = "Invalid SAML response received: "


class Refused(Exception):
    """An error for the app's redirect URI: `error` and `error_description`."""

    def __init__(self, error: str, description: str = "") -> None:
        super().__init__(f"{error}: {description}")
        self.error, self.description = error, description


def of_saml(refused: Refused) -> Refused:
    """The same, as an app is told it of a SAML provider."""
    return Refused("server_error", f"{_SAML}{refused.description}")


def invalid(description: str) -> Refused:
    return Refused("invalid_request", description)
