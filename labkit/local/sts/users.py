"""What users ask of STS for themselves: who am I, and temporary credentials of my own.

https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from labkit.local import mfa_devices
from labkit.local.errors import not_simulated
from labkit.local.operations import Call
from labkit.local.sessions import Limits, Subject
from labkit.local.sts import session_policies
from labkit.local.sts.answers import credentials
from labkit.local.sts.roles import tags_passed
from labkit.policy import Policy

if TYPE_CHECKING:
    from labkit.local.authentication import Caller
    from labkit.local.state import State

#: "… with 43,200 seconds (12 hours) as the default."
_DEFAULT_DURATION = 43200
#: "If you do not pass any session policies, then the resulting federated user session has no permissions."
_NOTHING = Policy.parse(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "none:None", "Resource": "none"}]},
    name="no session policy",
)


def get_caller_identity(call: Call, caller: Caller, state: State) -> dict[str, Any]:
    return {"UserId": caller.user_id, "Account": state.account_id, "Arn": caller.arn}


def get_access_key_info(call: Call, caller: Caller, state: State) -> dict[str, Any]:
    """Only keys of this account are known here, whatever their state."""
    from moto.iam.models import iam_backends

    key_id = call.parameters["AccessKeyId"]
    users = iam_backends[state.account_id]["aws"].users.values()
    owned = any(key.access_key_id == key_id for user in users for key in user.access_keys)
    if not owned and state.sessions.get(key_id) is None:
        raise not_simulated("sts:GetAccessKeyInfo for another account's key")
    return {"Account": state.account_id}


def get_session_token(call: Call, caller: Caller, state: State) -> dict[str, Any]:
    """The user's own permissions, by temporary credentials."""
    user, now = _user(caller, state), state.clock.now()
    with_mfa = mfa_devices.proven(call, caller, state)
    session = state.sessions.issue(
        Subject.user(user),
        now=now,
        duration=_duration(call),
        limits=Limits(mfa=now) if with_mfa else Limits(context={"aws:MultiFactorAuthPresent": "false"}),
    )
    return credentials(session)


def get_federation_token(call: Call, caller: Caller, state: State) -> dict[str, Any]:
    """Credentials for somebody else: the user's permissions, as far as the session policies go."""
    user, tags = _user(caller, state), tags_passed(call)
    session = state.sessions.issue(
        Subject.federated_user(user, call.parameters["Name"]),
        now=state.clock.now(),
        duration=_duration(call),
        limits=Limits(policies=session_policies.passed(call, state) or (_NOTHING,), tags=tags),
    )
    return credentials(session) | {
        "FederatedUser": {"FederatedUserId": session.user_id, "Arn": session.arn},
        "PackedPolicySize": session_policies.packed_size(call, tags),
    }


def _user(caller: Caller, state: State) -> Any:
    """The IAM user that calls with its long-term keys; sessions have been refused before."""
    from moto.iam.models import iam_backends

    return iam_backends[state.account_id]["aws"].users[caller.user_name or ""]


def _duration(call: Call) -> timedelta:
    return timedelta(seconds=int(call.parameters.get("DurationSeconds") or _DEFAULT_DURATION))
