"""A request and its policies as JSON, in the form that `case` reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from labkit.policy.document import Policy
from labkit.policy.layers import PolicySet
from labkit.policy.request import Anonymous, Federated, IotPrincipal, Request, Service


def request_json(request: Request) -> dict[str, Any]:
    """The member `request` of a case."""
    principal: Any = request.principal
    if isinstance(principal, Anonymous):
        principal = {"type": "anonymous"}
    elif isinstance(principal, Service):
        principal = {"service": principal.name}
    elif isinstance(principal, Federated):
        principal = {"federated": principal.provider}
    elif isinstance(principal, IotPrincipal):
        principal = {"iot": principal.name}
    found: dict[str, Any] = {
        "principal": principal,
        "action": request.action,
        "resource": request.resource,
        "resource_account": request.resource_account,
        "context": {k: v if isinstance(v, str) else list(v) for k, v in request.context.items()},
    }
    if request.wildcard_only_action:
        found["wildcard_only_action"] = True
    if request.origins:
        found["origins"] = {key: list(steps) for key, steps in request.origins.items()}
    return found


def policies_json(policies: PolicySet) -> dict[str, Any]:
    """The member `policies` of a case; what is not there is left out."""
    found: dict[str, Any] = {"identity": _wrapped(policies.identity)}
    if policies.resource is not None:
        found["resource"] = _wrapped((policies.resource,))[0]
    for name in ("boundary", "session", "iot"):
        documents = getattr(policies, name)
        if documents is not None:
            found[name] = _wrapped(documents)
    for name in ("scp", "rcp"):
        levels = getattr(policies, name)
        if levels:
            found[name] = [_wrapped(level) for level in levels]
    return found


def _wrapped(policies: Sequence[Policy]) -> list[dict[str, Any]]:
    return [
        {"PolicyName": each.name, "PolicyArn": each.arn, "PolicyDocument": each.document}
        if each.name or each.arn
        else each.document
        for each in policies
    ]
