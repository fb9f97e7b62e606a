"""Which resources a request names: its action's ARN templates, filled from the operation's own members."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from labkit.local.authorization import reference
from labkit.local.errors import AwsError, not_simulated
from labkit.local.operations import Call

if TYPE_CHECKING:
    from labkit.local.authentication import Caller
    from labkit.local.state import State

#: Members of AWS's requests that hold what an ARN template calls by another name.
_MEMBER = {
    "ACertificate": ("certificateId",),
    "CACertificate": ("certificateId",),
    "Certificate": ("certificateId",),
    "DimensionName": ("name",),
    "FleetMetricName": ("metricName",),
    "MfaTokenIdWithPath": ("VirtualMFADeviceName",),
    "MitigationActionName": ("actionName",),
    "ProvisioningTemplate": ("templateName",),
    "SamlProviderName": ("Name",),
    "ScheduleName": ("scheduledAuditName",),
    "TopicName": ("topic", "Name"),
}
#: Members of IAM's requests for the placeholders that stand for a path and a name.
_PATHS = {
    "CertificateNameWithPath": "ServerCertificateName",
    "GroupNameWithPath": "GroupName",
    "InstanceProfileNameWithPath": "InstanceProfileName",
    "PolicyNameWithPath": "PolicyName",
    "RoleNameWithPath": "RoleName",
    "UserNameWithPath": "UserName",
}
_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")


class Named:
    """The strings that a request gives for its operation's own members, wherever they travel."""

    def __init__(self, call: Call, caller: Caller, state: State) -> None:
        self._call, self._caller, self._state = call, caller, state
        sent = dict(_sent(call))
        self._given = {name: value for name, value in sent.items() if isinstance(value, str)}
        self._arns = tuple(arn for value in sent.values() for arn in _arns_in(value))

    def resources(self, prefix: str, action: str) -> tuple[str, ...]:
        """Every ARN to be asked about, or `*` where the action is not about one.

        Raises NotSimulated where the action needs a resource that cannot be told: a Deny could be missed.
        """
        required = [self._of_type(template) for template in reference.required(prefix, action)]
        optional = [self._of_type(template) for template in reference.optional(prefix, action)]
        found = tuple(dict.fromkeys(arn for arns in (*required, *optional) for arn in arns))
        alternatives = any(arn in self._arns for arn in found)  # one of several types, as in TagResource
        if (() in required and not alternatives) or self._is_foreign(prefix, found):
            raise not_simulated(f"{self._call.service}:{self._call.operation} on this resource")
        return found or ("*",)

    def _of_type(self, template: str) -> tuple[str, ...]:
        filled = self._filled(template)
        if filled:
            return (filled,)
        pattern = re.compile(r".+".join(map(re.escape, _PLACEHOLDER.split(template)[::2])))
        return tuple(arn for arn in self._arns if pattern.fullmatch(arn))

    def _filled(self, template: str) -> str | None:
        values = {"Partition": "aws", "Region": self._call.region, "Account": self._state.account_id}
        arn = template
        for name in _PLACEHOLDER.findall(template):
            value = values.get(name) or self._value(name)
            if not value or value.startswith(("arn:", "alias/")):
                return None
            arn = arn.replace(f"${{{name}}}", value, 1)
        return arn

    def _value(self, placeholder: str) -> str | None:
        if placeholder in _PATHS:
            return self._with_path(placeholder)
        if placeholder == "OidcProviderName" and "Url" in self._given:
            return self._given["Url"].partition("://")[2]
        if placeholder == "QueueName" and "QueueUrl" in self._given:
            return self._given["QueueUrl"].rpartition("/")[2]
        wanted = {name.lower() for name in (placeholder, *_MEMBER.get(placeholder, ()))}
        return next((v for n, v in self._given.items() if n.lower() in wanted), None)

    def _with_path(self, placeholder: str) -> str | None:
        """Path and name in IAM: the stored ones, or those of the request that creates it."""
        member = _PATHS[placeholder]
        name = self._given.get(member) or self._own_name(member)
        if name is None:
            return None
        stored = _stored(member, name, self._state)
        if stored is not None:
            return str(stored.arn).split(":", 5)[5].partition("/")[2]
        return f"{self._given.get('Path', '/')}{name}".lstrip("/")

    def _own_name(self, member: str) -> str | None:
        """IAM takes the caller's own name where a request leaves `UserName` out.

        https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetUser.html (UserName)
        """
        members = reference.members(self._call)
        about_caller = member in members or self._call.operation == "ChangePassword"
        if member != "UserName" or self._call.service != "iam" or not about_caller:
            return None
        if self._caller.user_name is None:
            raise AwsError("ValidationError", "Must specify userName when calling with non-User credentials")
        return self._caller.user_name

    def _is_foreign(self, prefix: str, arns: tuple[str, ...]) -> bool:
        """Whether an ARN leads to another account or Region, where moto would look for its name here."""
        here = [prefix, self._call.region, self._state.account_id]
        return prefix != "iam" and any(a.split(":")[2] == prefix and a.split(":")[2:5] != here for a in arns)


def _sent(call: Call) -> Iterator[tuple[str, Any]]:
    query = dict(call.request.query) if call.protocol.name == "rest-json" else {}
    for name, member in reference.members(call).items():
        place = member.serialization.get("location")
        source: Any = {"header": call.request.headers, "querystring": query}.get(place, call.parameters)
        value = source.get(name.lower() if place == "header" else name)
        if value:
            yield name, value


def _arns_in(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [one for one in values if isinstance(one, str) and one.startswith("arn:")]


def _stored(member: str, name: str, state: State) -> Any:
    from moto.iam.models import iam_backends

    iam = iam_backends[state.account_id]["aws"]
    if member == "UserName":
        return iam.users.get(name)
    if member == "GroupName":
        return iam.groups.get(name)
    if member == "RoleName":
        return next((role for role in iam.roles.values() if role.name == name), None)
    if member == "InstanceProfileName":
        return next((p for p in iam.instance_profiles.values() if p.name == name), None)
    return None
