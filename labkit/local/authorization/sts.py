"""What STS asks of a role's trust policy and of the caller's own policies.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#available-keys-for-sts
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.local import mfa_devices
from labkit.local.authorization import other
from labkit.local.authorization.asks import Ask, ContextValue
from labkit.local.authorization.principal import role_named, tags_of
from labkit.local.operations import Call

if TYPE_CHECKING:
    from labkit.local.authentication import Caller
    from labkit.local.state import State

_KEYS = {"ExternalId": "sts:ExternalId", "RoleSessionName": "sts:RoleSessionName"}
#: What the request itself has where it brings a code of the caller's MFA device.
_MFA: dict[str, ContextValue] = {"aws:MultiFactorAuthPresent": "true", "aws:MultiFactorAuthAge": "0"}


def asks(call: Call, caller: Caller, state: State) -> list[Ask]:
    """The operation's own action, and the permissions-only ones for tags and source identity."""
    if call.operation == "AssumeRole":
        return _assume_role(call, caller, state)
    if call.operation == "GetFederationToken":
        arn = state.arn("sts", f"federated-user/{call.parameters['Name']}")
        actions = ["sts:GetFederationToken", *(["sts:TagSession"] if call.parameters.get("Tags") else [])]
        return [Ask(action, arn, other.tag_keys(call)) for action in actions]
    return other.asks(call, caller, state)


def _assume_role(call: Call, caller: Caller, state: State) -> list[Ask]:
    arn, context = str(call.parameters["RoleArn"]), _context(call, state)
    if mfa_devices.proven(call, caller, state):
        context |= _MFA
    actions = ["sts:AssumeRole"]
    if call.parameters.get("Tags"):
        actions.append("sts:TagSession")
    source = source_identity(call, caller)
    if source:
        actions.append("sts:SetSourceIdentity")
        context["sts:SourceIdentity"] = source
    return [Ask(action, arn, context) for action in actions]


def source_identity(call: Call, caller: Caller) -> str | None:
    """The source identity of the new session: the one that is passed, or the one of the caller's session.

    "The value that is set persists when a role is used to assume another role", so the next role must allow
    it as well.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html
    """
    before = caller.session.limits.source_identity if caller.session else None
    return call.parameters.get("SourceIdentity") or before


def _context(call: Call, state: State) -> dict[str, ContextValue]:
    given = {key: call.parameters.get(member) for member, key in _KEYS.items()}
    context: dict[str, ContextValue] = {key: str(value) for key, value in given.items() if value}
    transitive = call.parameters.get("TransitiveTagKeys")
    if transitive:
        context["sts:TransitiveTagKeys"] = tuple(map(str, transitive))
    role = role_named(str(call.parameters["RoleArn"]), state)
    for key, value in tags_of(role, state).items():
        context |= {f"aws:ResourceTag/{key}": value, f"iam:ResourceTag/{key}": value}
    return context | other.tag_keys(call)
