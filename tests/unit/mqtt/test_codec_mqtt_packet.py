"""Agreement with npm's mqtt-packet, which reads and writes both versions for MQTT.js (and so for Amplify)."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from labkit.local.mqtt.codec import Decoder, encode
from labkit.local.mqtt.packets import (
    V5,
    V311,
    Auth,
    Connack,
    Connect,
    Disconnect,
    Packet,
    Pingreq,
    Pingresp,
    Properties,
    Property,
    Publish,
    Reason,
    Suback,
    Subscribe,
    Subscription,
    Unsuback,
    Unsubscribe,
)
from tests.clients.test_javascript import FOLDER, NODE, missing
from tests.unit.mqtt import generated

pytestmark = pytest.mark.clients
VERSIONS = pytest.mark.parametrize("version", [V311, V5])
COUNT = 6_000

#: What mqtt-packet calls a property where it has not the standard's name in camel case.
NAMES = {
    Property.USER_PROPERTY: "userProperties",
    Property.MAXIMUM_QOS: "maximumQoS",
    Property.SUBSCRIPTION_IDENTIFIER_AVAILABLE: "subscriptionIdentifiersAvailable",
}
#: These it has as booleans.
FLAGS = frozenset(
    {
        Property.PAYLOAD_FORMAT_INDICATOR,
        Property.REQUEST_PROBLEM_INFORMATION,
        Property.REQUEST_RESPONSE_INFORMATION,
        Property.RETAIN_AVAILABLE,
        Property.WILDCARD_SUBSCRIPTION_AVAILABLE,
        Property.SUBSCRIPTION_IDENTIFIER_AVAILABLE,
        Property.SHARED_SUBSCRIPTION_AVAILABLE,
    }
)


@VERSIONS
def test_mqtt_packet_reads_what_we_write(version: int) -> None:
    packets = generated_packets(version)
    asked = [{"version": version, "bytes": encode(packet, version)} for packet in packets]
    for packet, (read,) in zip(packets, answers(asked), strict=True):
        expected = theirs(packet, version)
        assert {name: read.get(name) for name in expected} == expected


@VERSIONS
def test_we_read_what_mqtt_packet_writes(version: int) -> None:
    packets = generated_packets(version)
    asked = [{"version": version, "packet": theirs(packet, version)} for packet in packets]
    for packet, written in zip(packets, answers(asked), strict=True):
        assert isinstance(written, bytes), (packet, written)
        (read,) = Decoder(version=version).feed(written)
        assert grouped(read) == grouped(packet)


def generated_packets(version: int) -> list[Packet]:
    random = Random(f"mqtt-packet {version}")
    return [packet for packet in generated.packets(random, version, COUNT) if not beyond(packet)]


def beyond(packet: Packet) -> bool:
    """What mqtt-packet does not know, or does not want to write."""
    if isinstance(packet, Connect):
        nameless = not packet.client_id and not packet.clean_start
        return nameless or (packet.password is not None and packet.username is None)
    # MQTT 5 names this reason in 2.4, but not in table 3-10.
    return isinstance(packet, Disconnect) and packet.reason == Reason.BAD_AUTHENTICATION_METHOD


def grouped(packet: Any) -> Any:
    """mqtt-packet keeps user properties by their names, in the order of an object's keys."""
    if isinstance(packet, Connect) and packet.will:
        packet = packet._replace(will=grouped(packet.will))
    if pairs := getattr(packet, "properties", {}).get(Property.USER_PROPERTY):
        ordered = tuple(sorted(pairs, key=lambda pair: pair[0]))
        packet = packet._replace(properties={**packet.properties, Property.USER_PROPERTY: ordered})
    return packet


def answers(asked: list[dict[str, Any]]) -> list[Any]:
    """What mqtt-packet answers to each, all in one process."""
    if lack := missing():
        if os.environ.get("CI", "").lower() in ("1", "true", "yes"):
            pytest.fail(lack)
        pytest.skip(lack)
    done = subprocess.run(
        [NODE or "node", "mqtt-packet.js"],
        cwd=FOLDER,
        input="\n".join([json.dumps(each, default=lambda raw: {"hex": raw.hex()}) for each in asked]),
        capture_output=True,
        encoding="utf-8",
        timeout=110,
        check=True,
    )
    return [json.loads(line, object_hook=_unspelt) for line in done.stdout.splitlines()]


def _unspelt(value: dict[str, Any]) -> Any:
    return bytes.fromhex(value["hex"]) if value.keys() == {"hex"} else value


def theirs(packet: Any, version: int) -> dict[str, Any]:
    """The same packet as mqtt-packet's object."""
    made = {
        "cmd": type(packet).__name__.lower(),
        **FIELDS.get(type(packet), _acknowledgement)(packet, version),
    }
    if getattr(packet, "properties", None):
        made["properties"] = named(packet.properties)
    return made


def named(properties: Properties) -> dict[str, Any]:
    return {NAMES.get(name, camel(name)): _value(name, value) for name, value in properties.items()}


def camel(name: Property) -> str:
    first, *others = name.name.lower().split("_")
    return first + "".join(other.capitalize() for other in others)


def _value(name: Property, value: Any) -> Any:
    if name == Property.USER_PROPERTY:
        grouped: dict[str, Any] = {}
        for key, content in value:
            grouped.setdefault(key, []).append(content)
        return {key: contents if len(contents) > 1 else contents[0] for key, contents in grouped.items()}
    if name == Property.SUBSCRIPTION_IDENTIFIER:
        return list(value) if len(value) > 1 else value[0]
    return bool(value) if name in FLAGS else value


def _connect(packet: Connect, version: int) -> dict[str, Any]:
    made: dict[str, Any] = {
        "protocolId": "MQTT",
        "protocolVersion": packet.version,
        "clean": packet.clean_start,
        "clientId": packet.client_id,
        "keepalive": packet.keep_alive,
    }
    if packet.username is not None:
        made["username"] = packet.username
    if packet.password is not None:
        made["password"] = packet.password
    if will := packet.will:
        made["will"] = {
            "topic": will.topic,
            "payload": will.payload,
            "qos": will.qos,
            "retain": will.retain,
            **({"properties": named(will.properties)} if will.properties else {}),
        }
    return made


def _connack(packet: Connack, version: int) -> dict[str, Any]:
    code = "reasonCode" if version == V5 else "returnCode"
    return {"sessionPresent": packet.session_present, code: packet.reason}


def _publish(packet: Publish, version: int) -> dict[str, Any]:
    made = {"topic": packet.topic, "payload": packet.payload, "qos": packet.qos, "retain": packet.retain}
    return {**made, "dup": packet.dup} | ({"messageId": packet.packet_id} if packet.qos else {})


def _acknowledgement(packet: Any, version: int) -> dict[str, Any]:
    return {"messageId": packet.packet_id} | ({"reasonCode": packet.reason} if version == V5 else {})


def _subscribe(packet: Subscribe, version: int) -> dict[str, Any]:
    return {
        "messageId": packet.packet_id,
        "subscriptions": [_subscription(each, version) for each in packet.subscriptions],
    }


def _subscription(subscription: Subscription, version: int) -> dict[str, Any]:
    topic_filter, qos, no_local, as_published, handling = subscription
    options = {"nl": no_local, "rap": as_published, "rh": handling} if version == V5 else {}
    return {"topic": topic_filter, "qos": qos, **options}


def _granted(packet: Suback | Unsuback, version: int) -> dict[str, Any]:
    return {"messageId": packet.packet_id} | ({"granted": list(packet.reasons)} if packet.reasons else {})


def _unsubscribe(packet: Unsubscribe, version: int) -> dict[str, Any]:
    return {"messageId": packet.packet_id, "unsubscriptions": list(packet.filters)}


def _farewell(packet: Disconnect | Auth, version: int) -> dict[str, Any]:
    return {"reasonCode": packet.reason} if version == V5 else {}


def _ping(packet: Packet, version: int) -> dict[str, Any]:
    return {}


FIELDS: dict[type, Callable[[Any, int], dict[str, Any]]] = {
    Connect: _connect,
    Connack: _connack,
    Publish: _publish,
    Subscribe: _subscribe,
    Suback: _granted,
    Unsubscribe: _unsubscribe,
    Unsuback: _granted,
    Disconnect: _farewell,
    Auth: _farewell,
    Pingreq: _ping,
    Pingresp: _ping,
}
