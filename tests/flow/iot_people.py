"""Somebody in a greenhouse, and IoT policies for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labkit import course
from labkit.account import Account
from labkit.course import Greenhouse, Person
from labkit.flow import iot
from labkit.provision import Lab
from labkit.things import IotPolicy

ME = "${cognito-identity.amazonaws.com:sub}"


def enter(account: Account, lab: Lab, made: Greenhouse, username: str = "alice") -> Person:
    assert lab.app_client
    password = lab.users[username].password
    return course.four_steps(account, lab.app_client, made.identity_pool, username, password)


def allow(account: Account, actions: str, *resources: str) -> dict[str, Any]:
    arn = f"arn:aws:iot:{account.region}:{account.account_id}:"
    return {
        "Sid": "".join(word.title() for word in actions.split()),
        "Effect": "Allow",
        "Action": [f"iot:{action}" for action in actions.split()],
        "Resource": [arn + resource for resource in resources],
    }


def document(*statements: Mapping[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def give(account: Account, person: Person, name: str, *statements: Mapping[str, Any]) -> IotPolicy:
    """A new IoT policy, attached to the person's Identity ID."""
    policy = iot.create_policy(account, name, document(*statements))
    iot.attach_policy(account, policy, person.identity)
    return policy


def own_topic(account: Account) -> tuple[dict[str, Any], ...]:
    """Connect under one's Identity ID; send, ask and get below one's own topic."""
    return (
        allow(account, "Connect", f"client/{ME}"),
        allow(account, "Publish Receive", f"topic/own/{ME}/*"),
        allow(account, "Subscribe", f"topicfilter/own/{ME}/*", "topicfilter/news"),
    )
