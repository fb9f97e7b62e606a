"""Who signed this request? SigV4 in headers and in presigned URLs, as AWS checks it.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from labkit import sigv4
from labkit.local import chunks
from labkit.local.operations import is_region
from labkit.local.refusals import Refusals, refusals_of
from labkit.local.sessions import Session
from labkit.local.wire import Request

if TYPE_CHECKING:
    from labkit.local.state import State

#: "In most cases, a request must reach AWS within five minutes of the time stamp in the request."
#: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html. S3 documents fifteen; the
#: account keeps to five everywhere, so that a wrong clock shows itself at the first call.
MAX_SKEW = timedelta(minutes=5)
#: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html (X-Amz-Expires)
MAX_PRESIGNED = timedelta(days=7)

#: What S3, and S3 alone, takes in place of the body's hash.
_UNHASHED = ("UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")


@dataclass(frozen=True)
class Caller:
    """The principal behind a request."""

    #: The user's or the session's ARN; empty for an anonymous caller.
    arn: str = ""
    access_key_id: str = ""
    #: `aws:userid`.
    user_id: str = ""
    user_name: str | None = None
    session: Session | None = None
    #: `REST-HEADER` or `REST-QUERY-STRING` (`s3:authType`).
    auth_type: str | None = None

    @property
    def anonymous(self) -> bool:
        return not self.arn


ANONYMOUS = Caller()


@dataclass(frozen=True)
class Signed:
    """What a signed request claims, before anything is checked."""

    authorization: sigv4.Authorization
    amz_date: str
    payload_hash: str
    session_token: str | None
    #: Query parameters that are part of the canonical request.
    query: list[tuple[str, str]]
    #: Validity of a presigned URL; None for a signed header.
    expires: timedelta | None = None

    @property
    def scope(self) -> sigv4.Scope:
        return self.authorization.scope


def claims(request: Request, protocol: str) -> Signed | None:
    """Read the signature's parts; None for an unsigned request. Raises AwsError for malformed ones."""
    refuse = refusals_of(protocol)
    if request.headers.get("authorization", "").startswith("Bearer ") and "x-amz-target" in request.headers:
        return None  # a token is no signature; pycognito sends one with operations that need none
    if "authorization" in request.headers:
        return _from_header(request, refuse)
    if "X-Amz-Algorithm" in request.parameters or "X-Amz-Signature" in request.parameters:
        return _from_query(request, refuse)
    if "Signature" in request.parameters and "AWSAccessKeyId" in request.parameters:
        raise refuse.version_2()
    return None


def _from_header(request: Request, refuse: Refusals) -> Signed:
    header = request.headers["authorization"]
    if header.startswith("AWS "):
        raise refuse.version_2()
    try:
        authorization = sigv4.parse_authorization(header)
    except ValueError as error:
        raise refuse.incomplete(f"The Authorization header is malformed: {error}.") from None
    if "X-Amz-Signature" in request.parameters:
        raise refuse.incomplete("Only one authentication mechanism is allowed: header or query, not both.")
    return Signed(
        authorization=authorization,
        amz_date=request.headers.get("x-amz-date", ""),
        payload_hash=request.headers.get("x-amz-content-sha256") or hashlib.sha256(request.body).hexdigest(),
        session_token=request.headers.get("x-amz-security-token"),
        query=request.query,
    )


def _from_query(request: Request, refuse: Refusals) -> Signed:
    given = request.parameters
    required: tuple[str, ...] = (
        "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-SignedHeaders", "X-Amz-Signature",
    )  # fmt: skip
    if given.get("X-Amz-Credential", "").endswith("/s3/aws4_request"):
        required = (*required, "X-Amz-Expires")
    missing = [name for name in required if not given.get(name)]
    if missing or given["X-Amz-Algorithm"] != sigv4.ALGORITHM:
        raise refuse.query_parameters(f"A presigned URL needs {', '.join(missing) or sigv4.ALGORITHM}.")
    try:
        authorization = sigv4.authorization(
            given["X-Amz-Credential"], given["X-Amz-SignedHeaders"], given["X-Amz-Signature"]
        )
        expires = timedelta(seconds=int(given.get("X-Amz-Expires", "300")))
    except (ValueError, OverflowError) as error:
        raise refuse.query_parameters(f"A presigned URL's parameter is malformed: {error}.") from None
    if not timedelta() < expires <= MAX_PRESIGNED:
        raise refuse.query_parameters("X-Amz-Expires must be between 1 and 604800 seconds.")
    unsigned = authorization.scope.service == "s3"
    return Signed(
        authorization=authorization,
        amz_date=given["X-Amz-Date"],
        payload_hash=sigv4.UNSIGNED_PAYLOAD if unsigned else hashlib.sha256(request.body).hexdigest(),
        session_token=given.get("X-Amz-Security-Token"),
        query=[(name, value) for name, value in request.query if name != "X-Amz-Signature"],
        expires=expires,
    )


def authenticate(
    request: Request, signed: Signed, *, protocol: str, signing_name: str, state: State
) -> Caller:
    """The principal whose key made the signature. Raises AwsError, in the protocol's own terms."""
    refuse = refusals_of(protocol)
    signed_at = _require_scope(signed, signing_name, refuse)
    caller, secret = _key_of(signed, state, refuse)
    _require_fresh(signed, signed_at, state, refuse)
    _require_signature(request, signed, secret, refuse)
    _require_payload(request, signed, secret, refuse)
    return caller


def _require_scope(signed: Signed, signing_name: str, refuse: Refusals) -> datetime:
    try:
        signed_at = sigv4.parse_timestamp(signed.amz_date)
    except ValueError:
        raise refuse.incomplete("X-Amz-Date must be present, as in `20260101T120000Z`.") from None
    scope = signed.scope
    if not signed.amz_date.startswith(scope.date):
        raise refuse.scope(
            f"Date in Credential scope does not match YYYYMMDD from X-Amz-Date ({scope.date})."
        )
    if scope.service != signing_name:
        raise refuse.scope(f"Credential should be scoped to correct service: '{signing_name}'.")
    if not is_region(scope.region):
        raise refuse.scope(f"Credential should be scoped to a valid Region, not '{scope.region}'.")
    if "host" not in signed.authorization.signed_headers:
        raise refuse.scope("'Host' must be a 'SignedHeader' in the Authorization.")
    return signed_at


def _key_of(signed: Signed, state: State, refuse: Refusals) -> tuple[Caller, str]:
    key_id = signed.authorization.access_key_id
    auth_type = "REST-QUERY-STRING" if signed.expires else "REST-HEADER"
    session = state.sessions.get(key_id)
    if session is not None:
        token = signed.session_token or ""
        if not hmac.compare_digest(token.encode(), session.session_token.reveal().encode()):
            raise refuse.bad_session_token()
        if state.clock.now() >= session.expiration:
            raise refuse.expired_session()
        name = session.subject.user_name
        caller = Caller(session.arn, key_id, session.user_id, name, session=session, auth_type=auth_type)
        return caller, session.secret_access_key.reveal()
    user, key = _user_key(key_id, state)
    if key is None or key.status != "Active":
        raise refuse.unknown_key()
    if signed.session_token:
        raise refuse.bad_session_token()
    return Caller(user.arn, key_id, user.id, user.name, auth_type=auth_type), key.secret_access_key


def _user_key(key_id: str, state: State) -> tuple[Any, Any]:
    """The IAM user that owns a long-term key, and the key."""
    from moto.iam.models import iam_backends

    for user in list(iam_backends[state.account_id]["aws"].users.values()):
        for key in user.access_keys:
            if key.access_key_id == key_id:
                return user, key
    return None, None


def _require_fresh(signed: Signed, signed_at: datetime, state: State, refuse: Refusals) -> None:
    machine_now = state.clock.machine_now()
    if signed_at - machine_now > MAX_SKEW:
        raise refuse.not_yet_current(signed_at, machine_now, MAX_SKEW)
    if signed.expires is None:
        if machine_now - signed_at > MAX_SKEW:
            raise refuse.too_old(signed_at, machine_now, MAX_SKEW)
    elif state.clock.machine_time_passed(signed_at) > signed.expires:
        raise refuse.presigned_expired()


def _require_signature(request: Request, signed: Signed, secret: str, refuse: Refusals) -> None:
    names = signed.authorization.signed_headers
    try:
        headers = sigv4.canonical_headers(request.headers, names)
    except KeyError as missing:
        raise refuse.incomplete(f"The signed header {missing} is not in the request.") from None
    if refuse.every_amz_header_signed:
        unsigned = sorted(n for n in request.headers if n.startswith("x-amz-") and n not in names)
        if unsigned:
            raise refuse.headers_not_signed(unsigned)
    canonical = sigv4.canonical_request(
        request.method,
        sigv4.canonical_uri(request.raw_path, service=signed.scope.service),
        sigv4.canonical_query(signed.query),
        headers,
        names,
        signed.payload_hash,
    )
    text = sigv4.string_to_sign(canonical, amz_date=signed.amz_date, scope=signed.scope)
    expected = sigv4.signature(_signing_key(secret, signed.scope), text)
    if not hmac.compare_digest(expected, signed.authorization.signature):
        raise refuse.bad_signature()


@lru_cache(maxsize=512)
def _signing_key(secret: str, scope: sigv4.Scope) -> bytes:
    return sigv4.signing_key(secret, scope)


def _require_payload(request: Request, signed: Signed, secret: str, refuse: Refusals) -> None:
    """The body must be the one that was signed, whole or chunk by chunk."""
    if signed.scope.service == "s3" and signed.payload_hash in _UNHASHED:
        return
    if signed.scope.service == "s3" and signed.payload_hash in (chunks.PLAIN, chunks.WITH_TRAILER):
        key, seed = _signing_key(secret, signed.scope), signed.authorization.signature
        if not chunks.are_signed(
            request.body, seed=seed, key=key, amz_date=signed.amz_date, scope=signed.scope
        ):
            raise refuse.bad_signature()
        return
    if signed.payload_hash != hashlib.sha256(request.body).hexdigest():
        raise refuse.payload_mismatch()
