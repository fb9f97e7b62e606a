"""Who may do what over MQTT: each packet is put to the policy engine, with what the connection is.

A SigV4 caller needs its IAM policies, an authenticated Cognito identity AWS IoT policies as well, a device
with a certificate those alone.
https://docs.aws.amazon.com/iot/latest/developerguide/iot-authorization.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from labkit.local.authorization.principal import origins_of
from labkit.local.authorization.principal import policies_of as iam_policies_of
from labkit.local.iot import effective
from labkit.local.iot.context import ContextValue, connect_keys, connection_keys
from labkit.local.iot.log import Entry
from labkit.local.iot.principals import CertificatePrincipal
from labkit.local.iot.principals import IotPrincipal as Connected
from labkit.local.mqtt.packets import Connect
from labkit.policy import Decision, IotPrincipal, Policy, PolicySet, Request, decide

if TYPE_CHECKING:
    from labkit.local.mqtt.contract import Link
    from labkit.local.state import State

#: How many answers a connection's memory holds before it is emptied.
_ANSWERS = 1000
#: Keys whose values change from packet to packet: answers that hang on them are not kept.
_TIMELY = frozenset({"aws:currenttime", "aws:epochtime"})


@dataclass
class _View:
    """One connection as the policies of one generation see it."""

    generation: int
    client_id: str
    principal: str | IotPrincipal
    policies: PolicySet
    context: Mapping[str, ContextValue]
    origins: Mapping[str, tuple[str, ...]]
    #: Whether an answer holds until the next generation.
    lasting: bool
    #: (action, name of the resource) → whether it is allowed, and the id of its entry in the log.
    answers: dict[tuple[str, str], tuple[bool, str]] = field(default_factory=dict)


class IotAuthority:
    """mqtt.contract.Authority. A link is known by its identity and must allow weak references."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._views: WeakKeyDictionary[Link, _View] = WeakKeyDictionary()
        self._connects: WeakKeyDictionary[Link, Entry] = WeakKeyDictionary()

    def may_connect(self, link: Link, connect: Connect) -> bool:
        """Asked again whenever something changed: only another answer than before is another entry."""
        client_id = link.client_id or connect.client_id
        decision, refusal = None, self._inactive(link.principal)
        if not refusal:
            view = self._view(link, client_id)
            decision = self._decide(view, "Connect", f"client/{client_id}", connect_keys(connect))
        allowed = decision is not None and decision.allowed
        before = self._connects.get(link)
        if before is not None and before.allowed and allowed:
            before.decision, before.count = decision, before.count + 1
            return True
        name = link.principal.name
        entry = self._state.iot.log.add(client_id, name, "Connect", client_id, decision, refusal)
        self._connects[link] = entry
        return allowed

    def may_publish(self, link: Link, topic: str, *, retain: bool) -> bool:
        """ "To grant an iot:RetainPublish permission you must also grant an iot:Publish permission."

        https://docs.aws.amazon.com/iot/latest/developerguide/iot-policy-actions.html
        """
        may = self._may(link, "Publish", "topic/", topic)
        return may and (not retain or self._may(link, "RetainPublish", "topic/", topic))

    def may_subscribe(self, link: Link, topic_filter: str) -> bool:
        return self._may(link, "Subscribe", "topicfilter/", topic_filter)

    def may_receive(self, link: Link, topic: str) -> bool:
        """ "The iot:Receive permission is checked every time a message is delivered to a client." """
        return self._may(link, "Receive", "topic/", topic)

    def faulted(self, link: Link, event: str, sentence: str) -> None:
        """A client of MQTT 3.1.1 cannot be told; the log can."""
        topic = link.client_id if event == "Connect" else ""
        self._state.iot.log.add(link.client_id, link.principal.name, event, topic, None, sentence)

    def _may(self, link: Link, event: str, kind: str, name: str) -> bool:
        view = self._view(link, link.client_id)
        known = view.answers.get((event, name))
        if known is not None:
            self._state.iot.log.again(known[1])
            return known[0]
        decision = self._decide(view, event, kind + name, {})
        entry = self._state.iot.log.add(view.client_id, link.principal.name, event, name, decision)
        if view.lasting:
            if len(view.answers) >= _ANSWERS:
                view.answers.clear()
            view.answers[event, name] = decision.allowed, entry.id
        return decision.allowed

    def _decide(self, view: _View, event: str, resource: str, more: Mapping[str, ContextValue]) -> Decision:
        state = self._state
        now = state.clock.now()
        times = {
            "aws:CurrentTime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "aws:EpochTime": str(int(now.timestamp())),
        }
        request = Request(
            view.principal,
            f"iot:{event}",
            f"arn:aws:iot:{state.region}:{state.account_id}:{resource}",
            state.account_id,
            {**view.context, **times, **more},
            origins=view.origins,
        )
        return decide(request, policies=view.policies)

    def _view(self, link: Link, client_id: str) -> _View:
        view = self._views.get(link)
        if view is None or view.generation != self._state.iot.generation or view.client_id != client_id:
            view = self._views[link] = self._new_view(link, client_id)
        return view

    def _new_view(self, link: Link, client_id: str) -> _View:
        state, principal = self._state, link.principal
        policies = self._policies(principal, client_id)
        context = connection_keys(link, client_id, state)
        named: str | IotPrincipal = IotPrincipal(principal.name)
        origins: Mapping[str, tuple[str, ...]] = {}
        if not isinstance(principal, CertificatePrincipal):
            named, origins = principal.caller.arn, origins_of(principal.caller)
        lasting = not any(_is_timely(each) for layer in policies.layers for each in layer.policies)
        return _View(state.iot.generation, client_id, named, policies, context, origins, lasting)

    def _policies(self, principal: Connected, client_id: str) -> PolicySet:
        state = self._state
        if isinstance(principal, CertificatePrincipal):
            return PolicySet(iot=effective.policies_of(principal.arn, client_id, state.region, state))
        iot = effective.of_caller(principal.caller, client_id, state.region, state)
        return replace(iam_policies_of(principal.caller, state), iot=iot)

    def _inactive(self, principal: Connected) -> str:
        """Why a certificate is none to connect with; empty where it is one."""
        if not isinstance(principal, CertificatePrincipal):
            return ""
        kept = self._state.iot.certificates.kept(principal.certificate_id)
        if kept is None:
            return "the certificate was deleted"
        return "" if kept.status == "ACTIVE" else f"the certificate is {kept.status}"


def _is_timely(policy: Policy) -> bool:
    """Whether the policy has a condition on the time, or a variable of it."""
    keys = [each.key.lower() for statement in policy.statements for each in statement.conditions]
    patterns = [pattern for statement in policy.statements for pattern in statement.resource_patterns]
    keys += [variable.key for pattern in patterns for variable in pattern.template.variables]
    return not _TIMELY.isdisjoint(keys)
