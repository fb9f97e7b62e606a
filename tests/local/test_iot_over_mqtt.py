"""The table of who may do what, once more: over WebSocket, as a client of MQTT 5 sees it.

https://docs.aws.amazon.com/iot/latest/developerguide/iot-authorization.html
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from labkit.local.gateway import Gateway
from labkit.local.mqtt.contract import Message
from labkit.local.mqtt.packets import (
    V5,
    Connack,
    Pingreq,
    Pingresp,
    Puback,
    Publish,
    Suback,
    Subscribe,
    Subscription,
)
from tests.local import iot
from tests.local.accounts import LocalAccount
from tests.local.gateway_clients import Client, over_websocket
from tests.local.iot_table import PRINCIPALS, TABLE
from tests.local.signed_urls import signed_path
from tests.local.test_iot_authorization import people

__all__ = ["people"]  # the fixture


@pytest.fixture(scope="module")
def gateway(account: LocalAccount) -> Iterator[Gateway]:
    with Gateway(account.app.state) as made:
        yield made


@pytest.mark.parametrize("how, what, expected", TABLE)
def test_a_client_may_do_what_the_table_says(
    account: LocalAccount,
    gateway: Gateway,
    people: dict[str, iot.Person],
    how: str,
    what: str,
    expected: tuple[bool, ...],
) -> None:
    context = ssl.create_default_context(cadata=account.app.state.iot.certificates.ca_pem.decode())
    found = []
    for who in PRINCIPALS:
        names = {"own": people[who].identity, "other": people["another"].identity}
        named = what.format(**names)
        with ExitStack() as stack:
            path = signed_path(people[who].credentials)
            client = stack.enter_context(over_websocket(gateway.port, context, path))
            if how == "connect":
                found.append(connects(client, named))
            else:
                found.append(connects(client, names["own"]) and does(account, client, how, named))
    assert tuple(found) == expected


def connects(client: Client, client_id: str) -> bool:
    try:
        answer = client.connect(client_id, version=V5)
    except (EOFError, ConnectionError):
        return False
    assert isinstance(answer, Connack)
    return answer.reason == 0


def does(account: LocalAccount, client: Client, how: str, topic: str) -> bool:
    try:
        if how == "receive":
            return subscribes(client, topic) and receives(account, client, topic)
        return subscribes(client, topic) if how == "subscribe" else publishes(client, topic, how == "retain")
    except (EOFError, ConnectionError):
        return False


def publishes(client: Client, topic: str, retain: bool) -> bool:
    client.send(Publish(topic, b"", 1, retain, packet_id=1))
    answer = client.receive()
    assert isinstance(answer, Puback)
    return answer.reason < 0x80


def subscribes(client: Client, topic_filter: str) -> bool:
    client.send(Subscribe(1, (Subscription(topic_filter, 1),)))
    answer = client.receive()
    assert isinstance(answer, Suback)
    return answer.reasons[0] < 0x80


def receives(account: LocalAccount, client: Client, topic: str) -> bool:
    """What is published before a ping arrives before its answer."""
    state = account.app.state
    with state.lock:
        state.iot.publish(Message(topic, b"for you"))
    client.send(Pingreq())
    answer = client.receive()
    if isinstance(answer, Pingresp):
        return False
    assert isinstance(answer, Publish)
    assert (answer.topic, answer.payload) == (topic, b"for you")
    return True
