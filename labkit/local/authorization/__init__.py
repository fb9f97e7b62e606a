"""May this caller do this? Every signed call is put to the policy engine."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from labkit.local.authentication import Caller
from labkit.local.authorization.asks import Ask
from labkit.local.authorization.principal import context_of, origins_of, parse, policies_of, role_named
from labkit.local.authorization.temporary import require_usable
from labkit.local.errors import AwsError
from labkit.local.loading import Handler, handlers
from labkit.local.operations import Call
from labkit.local.refusals import refusals_of
from labkit.policy import Anonymous, Decision, Policy, PolicySet, Request, decide, denial_text

if TYPE_CHECKING:
    from labkit.local.state import State

_ROOM = "labkit.local.authorization"
_SERVICES = handlers(
    _ROOM, {"s3": "s3:asks", "dynamodb": "dynamodb:asks", "dynamodbstreams": "dynamodb:asks"}
)
_CALLERS = handlers(
    _ROOM,
    {
        "cognito-identity": "cognito_identity:asks",
        "iot": "iot:control",
        "iot-data": "iot:data",
        "sts": "sts:asks",
    },
)
_OTHER = Handler(f"{_ROOM}.other:asks")
#: "No permissions are required to perform this operation."
#: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
#: "No permissions are required for users to perform this operation."
#: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
_ALWAYS = {("sts", "GetCallerIdentity"), ("sts", "GetSessionToken")}
#: What AWS names in its denial of an action that has no resource types, as callers report it.
#: https://aws.amazon.com/blogs/security/enhanced-access-denied-error-messages-with-policy-arns (ListRoles)
_NAMED = {
    "cognito-identity:ListIdentityPools": "identitypool/",
    "dynamodb:ListTables": "table/*",
    "iam:ListRoles": "role/*",
    "iam:ListUsers": "user/",
}


def authorize(call: Call, caller: Caller, state: State) -> set[int]:
    """Raise AWS's denial, or return the elements of the request that go on without leave."""
    if call.unsigned:
        return set()
    if caller.anonymous and call.service != "s3":
        raise refusals_of(call.protocol.name).missing()
    require_usable(call, caller)
    if (call.service, call.operation) in _ALWAYS:
        return set()
    context = context_of(call, caller, state)
    refused = set()
    for ask in _asks(call, caller, state):
        decision = put(ask, caller, state, context)
        state.decisions.keep(decision)
        if decision.allowed:
            continue
        if ask.element is None:
            raise denial(decision, call, caller)
        refused.add(ask.element)
    return refused


def _asks(call: Call, caller: Caller, state: State) -> list[Ask]:
    own = _SERVICES.get(call.service)
    asks: list[Ask] = own(call, state) if own else _CALLERS.get(call.service, _OTHER)(call, caller, state)
    return asks


def put(ask: Ask, caller: Caller, state: State, context: dict[str, str | tuple[str, ...]]) -> Decision:
    """Put one question to the policy engine."""
    request = Request(
        principal=Anonymous() if caller.anonymous else caller.arn,
        action=ask.action,
        resource=_shown(ask, state, context),
        resource_account=_owner(ask, state),
        context=context | {"aws:ResourceAccount": state.account_id} | dict(ask.context),
        wildcard_only_action=ask.resource == "*",
        origins=origins_of(caller),
    )
    return decide(request, policies=_policies(ask, caller, state))


def _policies(ask: Ask, caller: Caller, state: State) -> PolicySet:
    """What decides; for a signed-in identity's calls of AWS IoT, its IoT policies too."""
    found = policies_of(caller, state, resource=_resource_policy(ask, state))
    if not ask.action.startswith("iot:"):
        return found
    from labkit.local.iot import effective

    region = ask.resource.split(":")[3] if ask.resource != "*" else state.region
    return replace(found, iot=effective.of_caller(caller, None, region, state))


def allowed(action: str, resource: str, call: Call, caller: Caller, state: State) -> bool:
    """Whether `caller` may also do something else, as S3 asks before it says that a key is missing."""
    return put(Ask(action, resource), caller, state, context_of(call, caller, state)).allowed


def _shown(ask: Ask, state: State, context: dict[str, str | tuple[str, ...]]) -> str:
    """The resource as AWS names it; where the action has none, policies must still allow `*`."""
    if ask.resource != "*" or ask.action not in _NAMED:
        return ask.resource
    service = ask.action.partition(":")[0]
    region = "" if service == "iam" else str(context.get("aws:RequestedRegion", ""))
    return state.arn(service, _NAMED[ask.action], region=region)


def _owner(ask: Ask, state: State) -> str:
    fields = ask.resource.split(":", 5)
    return fields[4] if len(fields) > 5 and fields[4] else state.account_id


def _resource_policy(ask: Ask, state: State) -> Policy | None:
    if ask.resource.startswith("arn:aws:s3:::"):
        from labkit.local.authorization import s3

        bucket = s3.bucket_of(ask.resource.removeprefix("arn:aws:s3:::").partition("/")[0], state)
        document = bucket.policy if bucket is not None else None
        text = document.decode() if isinstance(document, bytes) else document
        return parse(text, name="bucket policy", arn=None) if text else None
    if ask.action.startswith("sts:"):
        role = role_named(ask.resource, state)
        return parse(role.assume_role_policy_document, name="trust policy", arn=None) if role else None
    return None


def denial(decision: Decision, call: Call, caller: Caller) -> AwsError:
    """AWS's answer to a refused call, in the protocol's own terms."""
    if caller.anonymous:
        return AwsError("AccessDenied", "Access Denied", 403)
    if call.service == "iot-data":  # as callers report it: https://github.com/aws/aws-sdk-js/issues/1312
        return AwsError("ForbiddenException", "Forbidden", 403)
    text = denial_text(decision, service=call.service)
    if call.protocol.name in ("json", "rest-json"):
        return AwsError("AccessDeniedException", text, 403 if call.protocol.name == "rest-json" else 400)
    return AwsError("AccessDenied", text, 403)
