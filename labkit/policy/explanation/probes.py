"""Requests next to a request: other actions that the policies name, other resources beside this one.

What a change of a policy opens is looked for among these. They are samples, not all that there is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product

from labkit.policy.document import Statement
from labkit.policy.layers import PolicySet
from labkit.policy.request import Request

_ACTIONS, _RESOURCES = 16, 8
_IDENTITY_ID = "cognito-identity.amazonaws.com:sub"


def probes(request: Request, policies: Sequence[PolicySet]) -> Iterator[Request]:
    """Neighbours of the request, itself left out, by what any of the policies names."""
    actions = list(dict.fromkeys([request.action, *_actions(request, policies)]))[:_ACTIONS]
    resources = list(dict.fromkeys([request.resource, *_resources(request)]))[:_RESOURCES]
    for action, resource in product(actions, resources):
        if (action, resource) != (request.action, request.resource):
            yield replace(request, action=action, resource=resource)


def _actions(request: Request, policies: Sequence[PolicySet]) -> Iterator[str]:
    """Actions of the same service that a policy names; a wildcard alone names none."""
    service = request.action.partition(":")[0].lower()
    for statement in (each for one in policies for each in _statements(one)):
        for action in (*statement.actions, *statement.not_actions):
            if action.lower().startswith(f"{service}:") and not set("*?") & set(action):
                yield action


def _statements(policies: PolicySet) -> Iterator[Statement]:
    for layer in policies.layers:
        for policy in layer.policies:
            yield from policy.statements


def _resources(request: Request) -> Iterator[str]:
    """A sibling, what contains it, the same of another identity.

    Of a role there is none: a trust policy speaks for its own role alone.
    """
    resource = request.resource
    if resource.count(":") < 5 or request.assumes_role:
        return
    parent, slash, name = resource.rpartition("/")
    if slash:
        yield f"{parent}/another-{name}"
    identity = request.question.context.get(_IDENTITY_ID)
    if isinstance(identity, str) and identity and identity in resource:
        yield resource.replace(identity, f"{identity[:-1]}{'0' if identity[-1] != '0' else '1'}")
    while slash and parent.count(":") >= 5:
        yield parent
        yield f"{parent}-another/{name}"
        parent, slash, _ = parent.rpartition("/")
