"""What AWS IoT policies would say: GetEffectivePolicies and TestAuthorization, from the engine that decides.

https://docs.aws.amazon.com/iot/latest/apireference/API_TestAuthorization.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from labkit.local.errors import not_simulated
from labkit.local.iot import effective
from labkit.local.iot.context import ContextValue, certificate_keys, thing_keys
from labkit.local.iot.policies import policy_named
from labkit.local.iot.registry import invalid, registry, require_principal, require_target, require_thing
from labkit.local.members import members
from labkit.local.operations import Call
from labkit.policy import Decision, IotPrincipal, Policy, PolicySet, Request, StatementTrace, decide
from labkit.policy import State as Met

if TYPE_CHECKING:
    from labkit.local.state import State

#: AuthInfo's action types, and what their resources are.
_ACTIONS = {"CONNECT": "Connect", "PUBLISH": "Publish", "RECEIVE": "Receive", "SUBSCRIBE": "Subscribe"}


def get_effective_policies(call: Call, state: State) -> dict[str, Any]:
    """The policies of a principal, and of the groups of the Thing that it is attached to."""
    given = members(call)
    principal = _principal(given)
    require_target(principal, call.region, state)
    if "thingName" in given:
        require_thing(given["thingName"], call.region, state)
    found = effective.policies_of(principal, given.get("thingName"), call.region, state)
    kept = registry(call.region, state).policies
    shown = [_shown(each) | {"policyDocument": kept[each.name].document} for each in found]
    return {"effectivePolicies": shown}


def _principal(given: Mapping[str, Any]) -> str:
    if "principal" not in given:
        raise not_simulated("an identity pool's own policies: name a `principal`")
    return str(given["principal"])


def test_authorization(call: Call, state: State) -> dict[str, Any]:
    """Each of the questions, as the AWS IoT policies alone decide it."""
    given = members(call)
    principal, client_id = _principal(given), given.get("clientId")
    require_principal(principal, call.region, state)
    policies = PolicySet(iot=tuple(_as_if(principal, given, call, state)))
    context = _context(principal, client_id, state)
    results = [
        _result(info, decide(_request(principal, info, resource, context, state), policies=policies))
        for info in given["authInfos"]
        for resource in info["resources"]
    ]
    return {"authResults": results}


def _as_if(principal: str, given: Mapping[str, Any], call: Call, state: State) -> Iterator[Policy]:
    """The principal's policies, with those to be added and without those to be skipped."""
    added = [policy_named(name, call.region, state) for name in given.get("policyNamesToAdd", ())]
    own = effective.policies_of(principal, given.get("clientId"), call.region, state)
    found = {each.name: each for each in (*own, *map(effective.parsed, added))}
    return (each for name, each in found.items() if name not in given.get("policyNamesToSkip", ()))


def _context(principal: str, client_id: str | None, state: State) -> dict[str, ContextValue]:
    context = thing_keys(principal, client_id, state)
    if ":cert/" not in principal:
        context["cognito-identity.amazonaws.com:sub"] = principal
    if client_id is not None:
        context["iot:ClientId"] = client_id
    kept = state.iot.certificates.kept(principal.rpartition("/")[2])
    return context | (certificate_keys(kept.certificate_pem) if kept is not None else {})


def _request(
    principal: str, info: Mapping[str, Any], resource: str, context: dict[str, ContextValue], state: State
) -> Request:
    action = _ACTIONS.get(info.get("actionType", ""))
    if action is None:
        raise invalid(f"`actionType` must be one of {', '.join(_ACTIONS)}.")
    return Request(IotPrincipal(principal), f"iot:{action}", resource, state.account_id, context)


def _result(info: Mapping[str, Any], decision: Decision) -> dict[str, Any]:
    layer = next((each for each in decision.layers if each.name == "iot"), None)
    allow, deny = (_of(layer.applying(effect)) if layer else [] for effect in ("Allow", "Deny"))
    silent = [_shown(each) for each in decision.policies.iot or () if _shown(each) not in (*allow, *deny)]
    return {
        "authInfo": {"actionType": info["actionType"], "resources": [decision.request.resource]},
        "allowed": {"policies": allow},
        "denied": {"implicitDeny": {"policies": silent}, "explicitDeny": {"policies": deny}},
        "authDecision": decision.verdict.name,
        "missingContextValues": sorted(set(_missing(decision.statements))),
    }


def _of(traces: tuple[StatementTrace, ...]) -> list[dict[str, Any]]:
    """Each policy of these statements once."""
    return list({trace.policy.name: _shown(trace.policy) for trace in traces}.values())


def _shown(policy: Policy) -> dict[str, Any]:
    return {"policyName": policy.name, "policyArn": policy.arn}


def _missing(traces: tuple[StatementTrace, ...]) -> Iterator[str]:
    """Condition keys and variables that statements about the action ask for and the request does not have."""
    for trace in traces:
        if not trace.action_matched:
            continue
        patterns = [*(trace.resource.patterns if trace.resource else ())]
        for condition in trace.conditions:
            if condition.state is Met.ABSENT:
                yield condition.key
            patterns += condition.patterns
        for pattern in patterns:
            yield from (each.raw[2:-1].partition(",")[0] for each in pattern.variables if each.value is None)
