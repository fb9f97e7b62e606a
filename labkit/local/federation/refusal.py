"""What an app is told of a federated sign-in that failed.

"Amazon Cognito error descriptions are not fixed strings":
https://docs.aws.amazon.com/cognito/latest/developerguide/federation-endpoint-idp-responses.html
"""

from __future__ import annotations


class Refused(Exception):
    """An error for the app's redirect URI: `error` and `error_description`."""

    def __init__(self, error: str, description: str = "") -> None:
        super().__init__(f"{error}: {description}")
        self.error, self.description = error, description


def invalid(description: str) -> Refused:
    return Refused("invalid_request", description)
