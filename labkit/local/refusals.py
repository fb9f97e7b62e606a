"""How each protocol says that a signature will not do: code, HTTP status and text.

Sources: the common errors of each API, such as
https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html (query),
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html (json) and
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html (rest-xml).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from labkit.local.errors import AwsError
from labkit.sigv4 import timestamp

_SIGNATURE_TEXT = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
)

_VERSION_2_TEXT = (
    "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."
)


@dataclass(frozen=True)
class Refusals:
    """The answers of one protocol. Each method makes an error for the caller to raise."""

    incomplete_code: str
    missing_code: str
    unknown_key_code: str
    signature_code: str
    expired_code: str
    #: HTTP status of the refusals that are about identity rather than syntax.
    status: int

    every_amz_header_signed = False

    def incomplete(self, message: str) -> AwsError:
        return AwsError(self.incomplete_code, message, 400)

    def version_2(self) -> AwsError:
        """Signature Version 2, which new buckets and most services do not take."""
        return self.incomplete(_VERSION_2_TEXT)

    def query_parameters(self, message: str) -> AwsError:
        return self.incomplete(message)

    def missing(self) -> AwsError:
        return AwsError(self.missing_code, "Request is missing Authentication Token", self.status)

    def scope(self, message: str) -> AwsError:
        return AwsError(self.signature_code, message, self.status)

    def unknown_key(self) -> AwsError:
        return AwsError(
            self.unknown_key_code, "The security token included in the request is invalid.", self.status
        )

    def bad_session_token(self) -> AwsError:
        return self.unknown_key()

    def expired_session(self) -> AwsError:
        return AwsError(
            self.expired_code, "The security token included in the request is expired", self.status
        )

    def bad_signature(self) -> AwsError:
        return AwsError(self.signature_code, _SIGNATURE_TEXT, self.status)

    def payload_mismatch(self) -> AwsError:
        return self.bad_signature()

    def headers_not_signed(self, names: list[str]) -> AwsError:
        return AwsError(
            self.signature_code, f"These headers must be signed: {', '.join(names)}.", self.status
        )

    def too_old(self, signed_at: datetime, now: datetime, skew: timedelta) -> AwsError:
        limit = f"{timestamp(now - skew)} ({timestamp(now)} - 5 min.)"
        return AwsError(
            self.signature_code,
            f"Signature expired: {timestamp(signed_at)} is now earlier than {limit}",
            self.status,
        )

    def not_yet_current(self, signed_at: datetime, now: datetime, skew: timedelta) -> AwsError:
        limit = f"{timestamp(now + skew)} ({timestamp(now)} + 5 min.)"
        return AwsError(
            self.signature_code,
            f"Signature not yet current: {timestamp(signed_at)} is still later than {limit}",
            self.status,
        )

    def presigned_expired(self) -> AwsError:
        return AwsError(
            self.signature_code, "Signature expired: the presigned URL is no longer valid.", self.status
        )


class S3Refusals(Refusals):
    """S3 has its own codes and texts."""

    every_amz_header_signed = True

    def version_2(self) -> AwsError:
        return AwsError("InvalidRequest", _VERSION_2_TEXT, 400)

    def missing(self) -> AwsError:
        return AwsError("AccessDenied", "Access Denied", 403)

    def query_parameters(self, message: str) -> AwsError:
        return AwsError("AuthorizationQueryParametersError", message, 400)

    def scope(self, message: str) -> AwsError:
        return AwsError(
            "AuthorizationHeaderMalformed", f"The authorization header is malformed; {message}", 400
        )

    def unknown_key(self) -> AwsError:
        return AwsError(
            "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", 403
        )

    def bad_session_token(self) -> AwsError:
        return AwsError("InvalidToken", "The provided token is malformed or otherwise invalid.", 400)

    def expired_session(self) -> AwsError:
        return AwsError("ExpiredToken", "The provided token has expired.", 400)

    def bad_signature(self) -> AwsError:
        return AwsError(
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. "
            "Check your key and signing method.",
            403,
        )

    def payload_mismatch(self) -> AwsError:
        return AwsError(
            "XAmzContentSHA256Mismatch",
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
            400,
        )

    def headers_not_signed(self, names: list[str]) -> AwsError:
        listed = ", ".join(names)
        return AwsError(
            "AccessDenied", f"There were headers present in the request which were not signed: {listed}", 403
        )

    def too_old(self, signed_at: datetime, now: datetime, skew: timedelta) -> AwsError:
        return AwsError(
            "RequestTimeTooSkewed",
            "The difference between the request time and the current time is too large.",
            403,
        )

    def not_yet_current(self, signed_at: datetime, now: datetime, skew: timedelta) -> AwsError:
        return self.too_old(signed_at, now, skew)

    def presigned_expired(self) -> AwsError:
        return AwsError("AccessDenied", "Request has expired", 403)


@lru_cache(maxsize=8)
def refusals_of(protocol: str) -> Refusals:
    """The refusals of `json`, `rest-json`, `query` or `rest-xml`."""
    if protocol == "rest-xml":
        codes = ("AuthorizationHeaderMalformed", "AccessDenied", "InvalidAccessKeyId")
        return S3Refusals(*codes, "SignatureDoesNotMatch", "ExpiredToken", 403)
    if protocol == "query":
        codes = ("IncompleteSignature", "MissingAuthenticationToken", "InvalidClientTokenId")
        return Refusals(*codes, "SignatureDoesNotMatch", "ExpiredToken", 403)
    codes = (
        "IncompleteSignatureException",
        "MissingAuthenticationTokenException",
        "UnrecognizedClientException",
    )
    return Refusals(
        *codes, "InvalidSignatureException", "ExpiredTokenException", 403 if protocol == "rest-json" else 400
    )
