"""Why a shadow's request is refused, in AWS's words.

https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-error-messages.html
"""

from __future__ import annotations

from labkit.local.iot.shadows.names import ShadowName


class Rejected(Exception):
    """An error response document before it is written: an HTTP status and a text."""

    def __init__(self, code: int, message: str, client_token: str | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        #: "Present only if a client token was used in the published message."
        self.client_token = client_token

    @property
    def document(self) -> dict[str, object]:
        """The error response document; AWS's examples of it have no timestamp.

        https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-document.html
        """
        token = {} if self.client_token is None else {"clientToken": self.client_token}
        return {"code": self.code, "message": self.message} | token


def invalid_json() -> Rejected:
    return Rejected(400, "Invalid JSON")


def not_utf8() -> Rejected:
    return Rejected(415, "Unsupported documented encoding; supported encoding is UTF-8")


def invalid_client_token() -> Rejected:
    return Rejected(400, "Invalid clientToken")


def not_found(name: ShadowName) -> Rejected:
    """With the name in quotes, as AWS's example of the message has it.

    https://docs.aws.amazon.com/iot/latest/developerguide/using-device-shadows.html
    A classic shadow goes by its Thing's name: AWS's samples/shadow of aws-iot-device-sdk-cpp-v2 quotes it.
    """
    return Rejected(404, f"No shadow exists with name: '{name}'")


def version_conflict() -> Rejected:
    return Rejected(409, "Version conflict")


def too_large() -> Rejected:
    return Rejected(413, "The payload exceeds the maximum size allowed")
