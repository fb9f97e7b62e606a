"""A greenhouse on AWS IoT: an Identity Pool and roles of the notebooks' own, and Things with certificates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from labkit.account import Account
from labkit.course.devices import Blueprint, Device, Fleet, blueprints
from labkit.course.policies import settle
from labkit.errors import LabError
from labkit.flow import identity_pool, iot
from labkit.provision import Lab
from labkit.resources import IdentityPool, Role

_READS = ("iot:Connect", "iot:Subscribe", "iot:Receive", "iot:GetThingShadow")
_WRITES = ("iot:Publish", "iot:UpdateThingShadow")


@dataclass(frozen=True)
class Greenhouse:
    """Who can come in, and what their roles let them do with AWS IoT."""

    identity_pool: IdentityPool
    #: `gardener` may do everything with MQTT and shadows, `watcher` everything but send; `visitor`, the
    #: guests' role, hears the news.
    roles: Mapping[str, Role]


def greenhouse(account: Account, lab: Lab) -> Greenhouse:
    """A new Identity Pool for the lab's users and guests, with three roles. A real account asks once.

    Raises LabError where the lab does not reach the checkpoint `user-pool`.
    """
    if lab.app_client is None:
        raise LabError("the lab is not there yet: run `lab = provision.checkpoint(account, 'user-pool')`")
    _agree(account, "Make an Identity Pool and 3 roles for this notebook?")
    with account.approved():
        pool = identity_pool.create_identity_pool(
            account, "my-greenhouse", app_clients=[lab.app_client], allow_guests=True
        )
        roles = {
            "gardener": _role(account, pool, "gardener", _allow(account, (*_READS, *_WRITES), "*")),
            "watcher": _role(account, pool, "watcher", _allow(account, _READS, "*")),
            "visitor": _role(account, pool, "visitor", *_visits(account)),
        }
        identity_pool.set_identity_pool_roles(
            account, pool, authenticated=roles["gardener"], unauthenticated=roles["visitor"]
        )
    settle(account)
    return Greenhouse(pool, roles)


def fleet(account: Account, made: Greenhouse, *, seed: str = "greenhouse") -> Fleet:
    """The sensors of `data/fleet.json` as Things, each with a certificate and one IoT policy for all.

    They are silent until `start()`. A real account asks once.
    """
    plans = blueprints()
    _agree(account, f"Make {len(plans)} Things with certificates, and an IoT policy, for this notebook?")
    with account.approved():
        devices = tuple(_devices(account, made, plans, seed))
    return Fleet(account, devices)


def device_policy(account: Account) -> dict[str, Any]:
    """What each device may do: speak as itself, for itself.

    https://docs.aws.amazon.com/iot/latest/developerguide/thing-policy-variables.html
    """
    me = "${iot:Connection.Thing.ThingName}"
    shadow = f"$aws/things/{me}/shadow/*"
    statements = (
        _statement(account, "OwnName", ["iot:Connect"], f"client/{me}"),
        _statement(account, "OwnReadings", ["iot:Publish"], f"topic/greenhouse/{me}/telemetry"),
        _statement(account, "OwnShadow", ["iot:Publish", "iot:Receive"], f"topic/{shadow}"),
        _statement(account, "HearShadow", ["iot:Subscribe"], f"topicfilter/{shadow}"),
    )
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _devices(account: Account, made: Greenhouse, plans: Iterable[Blueprint], seed: str) -> Iterable[Device]:
    # Names of policies must be new; the end of the pool's id is.
    name = f"device-{made.identity_pool.id[-12:]}"
    policy = iot.create_policy(account, name, device_policy(account))
    for plan in plans:
        thing = iot.create_thing(account, f"{account.lab}-{plan.name}", plan.attributes)
        certificate = iot.create_keys_and_certificate(account)
        iot.attach_policy(account, policy, certificate)
        iot.attach_thing_principal(account, thing, certificate)
        yield Device(account, thing, certificate, plan, seed)


def _role(account: Account, pool: IdentityPool, name: str, *statements: Mapping[str, Any]) -> Role:
    """Names of roles must be new; the end of the pool's id is."""
    trust = identity_pool.guest_trust if name == "visitor" else identity_pool.authenticated_trust
    role = identity_pool.create_role(account, f"{name}-{pool.id[-12:]}", trust(pool))
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    identity_pool.put_role_policy(account, role, "mqtt", document)
    return role


def _allow(account: Account, actions: tuple[str, ...], resource: str) -> dict[str, Any]:
    return _statement(account, "Mqtt", list(actions), resource)


def _visits(account: Account) -> tuple[dict[str, Any], ...]:
    return (
        _statement(account, "Enter", ["iot:Connect"], "client/visitor-*"),
        _statement(account, "AskForNews", ["iot:Subscribe"], "topicfilter/greenhouse/news"),
        _statement(account, "HearNews", ["iot:Receive"], "topic/greenhouse/news"),
    )


def _statement(account: Account, sid: str, actions: list[str], resource: str) -> dict[str, Any]:
    arn = f"arn:aws:iot:{account.region}:{account.account_id}:{resource}"
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": arn}


def _agree(account: Account, question: str) -> None:
    if account.confirm is not None and not account.confirm(question):
        raise LabError("nothing was changed: you said no")
