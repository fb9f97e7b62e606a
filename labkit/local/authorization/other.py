"""Every other operation as IAM sees it: the action of its name, on the resources that its parameters name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from labkit.local.authorization import reference
from labkit.local.authorization.asks import Ask, ContextValue
from labkit.local.authorization.resources import Named
from labkit.local.errors import not_simulated
from labkit.local.models import signing_name
from labkit.local.operations import Call

if TYPE_CHECKING:
    from labkit.local.authentication import Caller
    from labkit.local.state import State

#: IAM's service prefix, where the SigV4 signing name is another one.
_PREFIX = {"iotdata": "iot"}
#: IAM's action, where the operation has another name.
#: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html ("requires the lambda:InvokeFunction action")
_ACTION = {
    ("lambda", "Invoke"): "InvokeFunction",
    ("sns", "PublishBatch"): "Publish",
    ("sqs", "ChangeMessageVisibilityBatch"): "ChangeMessageVisibility",
    ("sqs", "DeleteMessageBatch"): "DeleteMessage",
    ("sqs", "SendMessageBatch"): "SendMessage",
}
_TAGS = ("Tags", "UserPoolTags", "IdentityPoolTags", "tags")
_TAG_KEYS = ("TagKeys", "tagKeys")
#: Members of AssumeRole that are condition keys of the role's trust policy.
#: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
_STS_KEYS = {"ExternalId": "sts:ExternalId", "RoleSessionName": "sts:RoleSessionName"}
_STS_NOT_SIMULATED = ("SourceIdentity", "SerialNumber", "TokenCode")


def asks(call: Call, caller: Caller, state: State) -> list[Ask]:
    """The decisions that this call needs. Raises NotSimulated where IAM's action is not known."""
    if call.service == "labkit":
        return [Ask(f"labkit:{call.operation}", "*")]  # the account's own control calls, no service of AWS's
    service = signing_name(call.service)
    prefix = _PREFIX.get(service, service)
    action = _ACTION.get((call.service, call.operation), call.operation)
    if not reference.is_action(prefix, action):
        raise not_simulated(f"{call.service}:{call.operation}")
    context = _tag_keys(call) | _session_keys(call)
    resources = Named(call, caller, state).resources(prefix, action)
    return [*(Ask(f"{prefix}:{action}", arn, context) for arn in resources), *_passed_roles(call)]


def _passed_roles(call: Call) -> list[Ask]:
    """Whoever hands a role to an identity pool must be allowed to pass it.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
    """
    if call.operation != "SetIdentityPoolRoles":
        return []
    context: dict[str, ContextValue] = {"iam:PassedToService": "cognito-identity.amazonaws.com"}
    roles = (call.parameters.get("Roles") or {}).values()
    return [Ask("iam:PassRole", str(arn), context) for arn in dict.fromkeys(roles)]


def _session_keys(call: Call) -> dict[str, ContextValue]:
    if (call.service, call.operation) != ("sts", "AssumeRole"):
        return {}
    for member in _STS_NOT_SIMULATED:
        if call.parameters.get(member):
            raise not_simulated(f"sts:AssumeRole with {member}")
    given = {key: call.parameters.get(member) for member, key in _STS_KEYS.items()}
    return {key: str(value) for key, value in given.items() if value}


def _tag_keys(call: Call) -> dict[str, ContextValue]:
    """`aws:RequestTag/…` and `aws:TagKeys` of a request that tags something, or takes tags away."""
    own: Mapping[str, Any] = {name: call.parameters.get(name) for name in reference.members(call)}
    removed = next((own[name] for name in _TAG_KEYS if own.get(name)), None)
    if isinstance(removed, list):
        return {"aws:TagKeys": tuple(map(str, removed))}
    tags: Any = next((own[name] for name in _TAGS if own.get(name)), {})
    if isinstance(tags, list):
        tags = {str(t.get("Key")): str(t.get("Value", "")) for t in tags if isinstance(t, dict)}
    if not isinstance(tags, dict) or not tags:
        return {}
    context: dict[str, ContextValue] = {f"aws:RequestTag/{k}": str(v) for k, v in tags.items()}
    return context | {"aws:TagKeys": tuple(tags)}
