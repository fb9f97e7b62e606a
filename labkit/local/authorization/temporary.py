"""What temporary credentials are not for, whatever policies say.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_sts-comparison.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.local.errors import AwsError
from labkit.local.operations import Call
from labkit.local.refusals import refusals_of

if TYPE_CHECKING:
    from labkit.local.authentication import Caller
    from labkit.local.sessions import Kind

#: "You cannot call the AWS STS GetFederationToken or GetSessionToken API operations."
_FOR_USERS_ALONE = frozenset({"GetFederationToken", "GetSessionToken"})
#: STS operations that a federated user's, and a user's own, temporary credentials are good for.
_STS: dict[Kind, frozenset[str]] = {
    "FederatedUser": frozenset({"GetCallerIdentity"}),
    "User": frozenset({"AssumeRole", "GetCallerIdentity"}),
}


def require_usable(call: Call, caller: Caller) -> None:
    """Raise AWS's refusal where the caller's kind of credentials may not be used for this call."""
    if caller.session is None:
        return
    kind = caller.session.subject.kind
    allowed = _STS.get(kind, frozenset({call.operation})) - _FOR_USERS_ALONE
    if call.service == "sts" and call.operation not in allowed:
        raise AwsError("AccessDenied", f"Cannot call {call.operation} with session credentials", 403)
    if call.service == "iam" and kind in _STS and caller.session.limits.mfa is None:
        # "You cannot call any IAM API operations unless MFA authentication information is included."
        raise refusals_of(call.protocol.name).unknown_key()
