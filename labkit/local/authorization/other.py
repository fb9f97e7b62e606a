"""Every other operation as IAM sees it: the action of its name, on the resources that its parameters name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from labkit.local.authorization import passed_roles, reference
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
#: Member that names the resource, where other members hold ARNs that are only talked about.
_SUBJECT = {
    ("iam", "GetContextKeysForPrincipalPolicy"): "PolicySourceArn",
    ("iam", "SimulatePrincipalPolicy"): "PolicySourceArn",
}
_TAGS = ("Tags", "UserPoolTags", "IdentityPoolTags", "tags")
_TAG_KEYS = ("TagKeys", "tagKeys")


def asks(call: Call, caller: Caller, state: State) -> list[Ask]:
    """The decisions that this call needs. Raises NotSimulated where IAM's action is not known."""
    if call.service == "labkit":
        return [Ask(f"labkit:{call.operation}", "*")]  # the account's own control calls, no service of AWS's
    service = signing_name(call.service)
    prefix = _PREFIX.get(service, service)
    action = _ACTION.get((call.service, call.operation), call.operation)
    if not reference.is_action(prefix, action):
        raise not_simulated(f"{call.service}:{call.operation}")
    context = tag_keys(call)
    subject = call.parameters.get(_SUBJECT.get((call.service, call.operation), ""))
    resources = (str(subject),) if subject else Named(call, caller, state).resources(prefix, action)
    return [*(Ask(f"{prefix}:{action}", arn, context) for arn in resources), *passed_roles.asks(call)]


def tag_keys(call: Call) -> dict[str, ContextValue]:
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
