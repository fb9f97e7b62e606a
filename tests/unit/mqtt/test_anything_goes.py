"""Whatever clients send, in whatever order, the broker stands and the others are served."""

from __future__ import annotations

import random

import pytest

from labkit.local.mqtt.codec import encode
from labkit.local.mqtt.packets import (
    V5,
    V311,
    Connect,
    Disconnect,
    Packet,
    Pingreq,
    Properties,
    Property,
    Puback,
    Publish,
    Pubrel,
    Subscribe,
    Subscription,
    Unsubscribe,
    Will,
)
from tests.unit.mqtt.stand_ins import Lab

_TOPICS = (
    "a",
    "a/b",
    "a/b/c",
    "\x01",
    "é" * 130,
    "t" * 65_535,
    "$aws/things/t/shadow/update",
    "$SYS",
    "/" * 9,
)
_FILTERS = ("a", "a/+", "#", "a/#", "$share/g/a/#", "$share/g/#", "t" * 300, "$aws/events/#")


def _properties(chance: random.Random) -> Properties:
    values = {
        Property.MESSAGE_EXPIRY_INTERVAL: chance.choice((0, 1, 2**32 - 1)),
        Property.TOPIC_ALIAS: chance.choice((1, 8, 9)),
        Property.USER_PROPERTY: (("k", "v" * chance.randrange(100)),),
        Property.RESPONSE_TOPIC: "answers",
    }
    return {name: value for name, value in values.items() if chance.random() < 0.3}


def _packet(chance: random.Random, version: int) -> Packet:
    qos = chance.choice((0, 0, 1, 1, 1, 2))
    topic, filter_ = chance.choice(_TOPICS), chance.choice(_FILTERS)
    payload = b"x" * chance.choice((0, 1, 100, 200_000))
    expiry = {Property.SESSION_EXPIRY_INTERVAL: chance.choice((0, 5, 2**32 - 1))} if version == V5 else {}
    will = Will(topic, payload[:60_000], qos, chance.random() < 0.5) if chance.random() < 0.5 else None
    packets: list[Packet] = [
        Connect(
            version,
            chance.choice(("", "x", "y", "z" * 200)),
            chance.random() < 0.5,
            30,
            will,
            None,
            None,
            expiry,
        ),
        Publish(
            topic,
            payload,
            qos,
            chance.random() < 0.3,
            False,
            1 if qos else None,
            _properties(chance) if version == V5 else {},
        ),
        Subscribe(1, (Subscription(filter_, min(qos, 1)),)),
        Subscribe(
            1, (Subscription(filter_, qos, chance.random() < 0.1 and version == V5 and filter_[0] != "$"),)
        ),
        Unsubscribe(1, (filter_,)),
        Puback(chance.randrange(1, 5)),
        Pubrel(1),
        Pingreq(),
        Disconnect(0, expiry),
    ]
    return chance.choices(packets, (4, 8, 4, 2, 2, 4, 0.1, 1, 1))[0]


@pytest.mark.parametrize("seed", range(6))
def test_the_broker_stands_whatever_comes(seed: int) -> None:
    chance = random.Random(seed)
    lab = Lab(queued_messages=50, retained_messages=5, session_expiry=100)
    witness = lab.client("witness", keep_alive=1200)
    witness.subscribe("witness", qos=1)
    links = [lab.open(chance.choice((V311, V5))) for _ in range(5)]
    for step in range(600):
        number = chance.randrange(len(links))
        if links[number].wire.closed or chance.random() < 0.01:
            links[number].link.lost()
            links[number] = lab.open(chance.choice((V311, V5)))
            links[number].send(Connect(links[number].version, chance.choice("xyz"), chance.random() < 0.5))
        data = encode(_packet(chance, links[number].version), links[number].version)
        if chance.random() < 0.05:
            at = chance.randrange(len(data))
            data = data[:at] + bytes((chance.randrange(256),)) + data[at + 1 :]
        links[number].wire.backlog = chance.choice((0, 0, 0, 2 * lab.limits.backlog))
        links[number].link.feed(data)
        if chance.random() < 0.05:
            lab.wait(chance.randrange(10))
        if step % 50 == 0:
            speaker = lab.client("speaker")
            speaker.publish("witness", b"%d" % step, qos=1)
            messages = witness.messages()
            assert [message.payload for message in messages] == [b"%d" % step]
            witness.acknowledge(*messages)
            speaker.send(Disconnect())
            witness.read()
    lab.wait(200)
    for client in links:
        client.link.lost()
    lab.wait(200)
    witness.link.lost()
    assert lab.wait(1) is None
    assert lab.broker.subscriptions.empty
    assert lab.broker.stored_bytes == 0
