"""CONNECT: AWS's page https://docs.aws.amazon.com/iot/latest/developerguide/mqtt.html, and its quotas,
https://docs.aws.amazon.com/general/latest/gr/iot-core.html#message-broker-limits.
"""

from __future__ import annotations

from typing import Any

import pytest

from labkit.local.mqtt.codec import encode
from labkit.local.mqtt.packets import (
    V5,
    V311,
    Auth,
    Connack,
    Connect,
    Disconnect,
    Pingreq,
    Pingresp,
    Property,
    Puback,
    Publish,
    Pubrel,
    Reason,
    Will,
)
from tests.unit.mqtt.stand_ins import Lab

VERSIONS = pytest.mark.parametrize("version", [V311, V5])


@VERSIONS
def test_a_client_that_may_connect_gets_a_connack(version: int) -> None:
    lab = Lab()
    client = lab.open(version)

    answer = client.connect("phone")

    assert isinstance(answer, Connack)
    assert (answer.session_present, answer.reason) == (False, Reason.SUCCESS)
    assert lab.broker.connections["phone"] is client.link
    assert lab.account.events == [("connected", "phone")]


def test_connack_names_the_properties_that_aws_lists() -> None:
    """MQTT 5 properties, https://docs.aws.amazon.com/iot/latest/developerguide/mqtt.html#mqtt5"""
    answer = Lab().open(V5).connect("phone", keep_alive=60)

    assert isinstance(answer, Connack)
    assert answer.properties == {
        Property.SESSION_EXPIRY_INTERVAL: 0,
        Property.RECEIVE_MAXIMUM: 100,
        Property.MAXIMUM_QOS: 1,
        Property.RETAIN_AVAILABLE: 1,
        Property.MAXIMUM_PACKET_SIZE: 149_504,
        Property.TOPIC_ALIAS_MAXIMUM: 8,
        Property.WILDCARD_SUBSCRIPTION_AVAILABLE: 1,
        Property.SUBSCRIPTION_IDENTIFIER_AVAILABLE: 0,
        Property.SERVER_KEEP_ALIVE: 60,
    }


@VERSIONS
def test_a_client_that_does_not_name_itself_is_given_a_name(version: int) -> None:
    """ "$ is reserved for AWS IoT generated client IDs" (quotas); MQTT 5 tells the client."""
    lab = Lab()
    answer = lab.open(version).connect("")

    assert isinstance(answer, Connack)
    (client_id,) = lab.broker.connections
    assert client_id.startswith("$GEN/")
    if version == V5:
        assert answer.properties[Property.ASSIGNED_CLIENT_IDENTIFIER] == client_id


def test_two_clients_without_a_name_get_two_names() -> None:
    lab = Lab()
    lab.open().connect("")
    lab.open().connect("")
    assert len(lab.broker.connections) == 2


@pytest.mark.unconfirmed
def test_an_mqtt_311_client_without_a_name_cannot_ask_for_its_session() -> None:
    """[MQTT-3.1.3-8] of MQTT 3.1.1; AWS's page is silent."""
    lab = Lab()
    assert isinstance(lab.open().connect("", clean_start=True), Connack)

    client = lab.open()
    answer = client.connect("", clean_start=False)

    assert answer == Connack(False, 2)
    assert client.wire.closed


@pytest.mark.parametrize("client_id", ["c" * 128, "ü" * 64])
def test_a_client_id_has_at_most_128_bytes(client_id: str) -> None:
    """The quota "Client ID size"; 0x85 is in AWS's table of CONNACK reason codes."""
    lab = Lab()
    lab.client(client_id, V5)

    client = lab.open(V5)
    assert client.connect(client_id + "c") == Connack(False, Reason.CLIENT_IDENTIFIER_NOT_VALID)
    assert client.wire.closed


def test_a_client_id_cannot_begin_with_a_dollar() -> None:
    """The quota "Restricted client ID prefix"."""
    lab = Lab()
    lab.client("a$b", V5)
    assert lab.open(V5).connect("$a") == Connack(False, Reason.CLIENT_IDENTIFIER_NOT_VALID)


def test_who_may_not_connect_is_told_so_in_mqtt_5() -> None:
    """Table of CONNACK reason codes: 0x87."""
    lab = Lab()
    lab.client("phone", V5)
    lab.account.denied.add(("Connect", "other"))

    client = lab.open(V5)

    assert client.connect("other") == Connack(False, Reason.NOT_AUTHORIZED)
    assert client.wire.closed
    assert ("connected", "other") not in lab.account.events
    assert not lab.ended("other")


@pytest.mark.unconfirmed
def test_who_may_not_connect_sees_the_connection_close_in_mqtt_311() -> None:
    """ "AWS IoT returns the error code 7 instead of the CONNACK error code 5 when a connection is refused
    because the client isn't authorized to connect", said an earlier version of AWS's page; 7 is what paho
    says of a connection that was lost."""
    lab = Lab()
    lab.client("phone")
    lab.account.denied.add(("Connect", "other"))

    client = lab.open()
    client.send(Connect(V311, "other"))

    assert client.read() == []
    assert client.wire.closed


@VERSIONS
def test_a_refused_newcomer_leaves_the_connected_client_alone(version: int) -> None:
    lab = Lab()
    client = lab.client("phone", version)
    lab.account.denied.add(("Connect", "phone"))

    lab.open(version).send(Connect(version, "phone"))

    assert lab.broker.connections["phone"] is client.link
    assert not client.wire.closed


@VERSIONS
def test_the_newcomer_wins_and_the_other_is_disconnected(version: int) -> None:
    """ "The new client connection is accepted and the previously connected client is disconnected";
    DUPLICATE_CLIENTID in life-cycle-events.html; 0x8E in the table of DISCONNECT reason codes."""
    lab = Lab()
    older = lab.client("phone", version)

    newer = lab.client("phone", version)

    assert older.wire.closed
    assert not newer.wire.closed
    assert lab.broker.connections["phone"] is newer.link
    assert lab.account.events == [
        ("connected", "phone"),
        ("disconnected", "phone", "DUPLICATE_CLIENTID", False),
        ("connected", "phone"),
    ]
    assert older.closed_with(Reason.SESSION_TAKEN_OVER)


@VERSIONS
def test_a_second_connect_ends_the_connection(version: int) -> None:
    """CLIENT_ERROR in life-cycle-events.html: "sending more than 1 MQTT CONNECT packet"."""
    lab = Lab()
    client = lab.client("phone", version)
    client.send(Pingreq())
    assert client.one() == Pingresp()

    client.send(Connect(version, "phone"))

    assert client.wire.closed
    assert lab.ended("phone") == [("CLIENT_ERROR", False)]
    reasons = [packet.reason for packet in client.read() if isinstance(packet, Disconnect)]
    assert reasons == ([Reason.PROTOCOL_ERROR] if version == V5 else [])


def test_a_second_connect_of_another_protocol_is_a_protocol_error() -> None:
    lab = Lab()
    client = lab.client("phone", V5)
    client.link.feed(encode(Connect(V5, "phone"), V5).replace(b"MQTT", b"MQ\0X"))
    (goodbye,) = client.read()
    assert isinstance(goodbye, Disconnect)
    assert goodbye.reason == Reason.PROTOCOL_ERROR
    assert client.wire.closed


@VERSIONS
def test_connect_comes_first(version: int) -> None:
    lab = Lab()
    lab.client("phone", version)
    client = lab.open(version)

    client.send(Pingreq())

    assert client.wire.closed
    assert client.read() == []


@pytest.mark.unconfirmed
def test_a_connection_without_connect_is_closed_after_a_while() -> None:
    lab = Lab()
    client, silent = lab.client("phone"), lab.open()
    lab.wait(29)
    assert not silent.wire.closed

    lab.wait(2)

    assert silent.wire.closed
    assert not client.wire.closed


def test_packets_of_qos_2_and_auth_are_not_supported() -> None:
    """Differences in AWS's page: "doesn't support the following packets for MQTT 5: PUBREC, PUBREL, PUBCOMP,
    and AUTH"."""
    for packet in (Pubrel(1), Auth()):
        lab = Lab()
        client = lab.client("phone", V5)

        client.send(packet)

        assert client.wire.closed
        (goodbye,) = client.read()
        assert isinstance(goodbye, Disconnect)
        assert goodbye.reason == Reason.PROTOCOL_ERROR


@pytest.mark.unconfirmed
def test_enhanced_authentication_is_refused() -> None:
    lab = Lab()
    answer = lab.open(V5).connect("phone", properties={Property.AUTHENTICATION_METHOD: "SCRAM"})
    assert answer == Connack(False, Reason.BAD_AUTHENTICATION_METHOD)


@pytest.mark.parametrize(
    "asked, granted", [(30, 30), (300, 300), (1200, 1200), (5, 30), (0, 1200), (1201, 1200), (65_535, 1200)]
)
def test_keep_alive_is_between_30_and_1200_seconds(asked: int, granted: int) -> None:
    """The quota "Connection inactivity (keep-alive interval)": fewer than 30 are taken for 30, none and more
    than 1200 for 1200. The client is disconnected after 1.5 times as long."""
    lab = Lab()
    answer = lab.open(V5).connect("phone", keep_alive=asked)
    assert isinstance(answer, Connack)
    assert answer.properties[Property.SERVER_KEEP_ALIVE] == granted

    lab.wait(1.5 * granted - 1)
    assert lab.broker.connections
    lab.wait(1)

    assert not lab.broker.connections
    assert lab.ended("phone") == [("MQTT_KEEP_ALIVE_TIMEOUT", False)]


def test_a_silent_client_is_told_why_in_mqtt_5() -> None:
    lab = Lab()
    client = lab.client("phone", V5, keep_alive=30)
    lab.wait(40)
    client.send(Pingreq())
    assert client.one() == Pingresp()
    lab.wait(40)
    assert client.read() == []

    lab.wait(5)

    assert client.closed_with(Reason.KEEP_ALIVE_TIMEOUT)


@VERSIONS
def test_a_client_may_say_goodbye(version: int) -> None:
    lab = Lab()
    client = lab.client("phone", version)

    client.send(Disconnect())

    assert client.wire.closed
    assert client.read() == []
    assert lab.ended("phone") == [("CLIENT_INITIATED_DISCONNECT", True)]


def test_a_lost_socket_is_a_lost_connection() -> None:
    lab = Lab()
    client = lab.client("phone")
    client.link.lost()
    assert lab.ended("phone") == [("CONNECTION_LOST", False)]
    assert not lab.broker.connections


def test_a_websocket_close_frame_is_the_clients_own_doing() -> None:
    """CLIENT_INITIATED_DISCONNECT in life-cycle-events.html: "… or a Close frame if the client is using a
    WebSocket connection", and then no will."""
    lab = Lab()
    watcher = lab.subscriber("will")
    client = lab.client("phone", will=Will("will", b"gone"))
    client.link.lost(by_client=True)
    assert lab.ended("phone") == [("CLIENT_INITIATED_DISCONNECT", True)]
    assert watcher.published() == []


@VERSIONS
def test_a_policy_that_changed_drops_who_may_not_connect_any_more(version: int) -> None:
    """0x87 in the table of DISCONNECT reason codes."""
    lab = Lab()
    phone, tablet = lab.client("phone", version), lab.client("tablet", version)
    lab.broker.reconsider()
    assert not phone.wire.closed
    lab.account.denied.add(("Connect", "phone"))

    lab.broker.reconsider()

    assert phone.wire.closed
    assert not tablet.wire.closed
    assert lab.ended("phone") == [("AUTH_ERROR", False)]
    reasons = [packet.reason for packet in phone.read() if isinstance(packet, Disconnect)]
    assert reasons == ([Reason.NOT_AUTHORIZED] if version == V5 else [])


def test_the_account_may_disconnect_a_client() -> None:
    """DeleteConnection: "first sends an MQTT disconnect message"; 0x98 and API_INITIATED_DISCONNECT."""
    lab = Lab()
    client = lab.client("phone", V5)
    reason = Reason.ADMINISTRATIVE_ACTION

    assert lab.broker.disconnect("phone", reason, aws_reason="API_INITIATED_DISCONNECT")

    assert client.one() == Disconnect(reason)
    assert client.wire.closed
    assert lab.ended("phone") == [("API_INITIATED_DISCONNECT", False)]
    assert not lab.broker.disconnect("phone", reason, aws_reason="API_INITIATED_DISCONNECT")


def test_a_client_may_be_disconnected_without_its_will_and_without_its_session() -> None:
    """DeleteConnection's cleanSession and preventWillMessage."""
    lab = Lab()
    watcher = lab.subscriber("wills")
    session = {"clean_start": False, "will": Will("wills", b"gone")}
    by: dict[str, Any] = {"reason": Reason.ADMINISTRATIVE_ACTION, "aws_reason": "API_INITIATED_DISCONNECT"}

    lab.client("phone", V311, **session)
    assert lab.broker.disconnect("phone", **by)
    assert watcher.published() == [("wills", b"gone")]
    assert lab.open().connect("phone", **session) == Connack(True, Reason.SUCCESS)

    assert lab.broker.disconnect("phone", **by, will=False, clean_session=True)
    assert watcher.published() == []
    lab.client("clean", V311)
    assert lab.broker.disconnect("clean", **by, clean_session=True)
    assert lab.open().connect("phone", **session) == Connack(False, Reason.SUCCESS)


def test_the_end_of_the_account_is_told_to_its_clients() -> None:
    """0x8B and SERVER_INITIATED_DISCONNECT."""
    lab = Lab()
    older, newer, silent = lab.client("older"), lab.client("newer", V5), lab.open()
    lab.broker.stop()
    assert older.read() == []
    assert newer.one() == Disconnect(Reason.SERVER_SHUTTING_DOWN)
    assert all(client.wire.closed for client in (older, newer, silent))
    assert lab.ended("older") == lab.ended("newer") == [("SERVER_INITIATED_DISCONNECT", False)]
    assert lab.broker.tick() is None


def test_a_client_that_takes_no_packet_as_large_as_connack_is_left() -> None:
    """[MQTT-3.1.2-24]"""
    lab = Lab()
    lab.client("phone", V5, properties={Property.MAXIMUM_PACKET_SIZE: 100})
    client = lab.open(V5)
    client.send(Connect(V5, "tablet", properties={Property.MAXIMUM_PACKET_SIZE: 10}))
    assert client.read() == []
    assert client.wire.closed
    assert set(lab.broker.connections) == {"phone"}


def test_a_reason_string_that_does_not_fit_is_left_out() -> None:
    """[MQTT-3.4.2-2], [MQTT-3.14.2-3]"""
    lab = Lab()
    lab.account.denied.add(("Publish", "a" * 50))
    client = lab.client("phone", V5, properties={Property.MAXIMUM_PACKET_SIZE: 60})
    client.publish("a" * 50, qos=1)
    client.publish("a" * 50)
    assert client.read() == [Puback(7, Reason.NOT_AUTHORIZED), Disconnect(Reason.NOT_AUTHORIZED)]
    assert client.wire.closed


def test_what_came_before_a_malformed_packet_counts() -> None:
    lab = Lab()
    subscriber = lab.subscriber("a")
    client = lab.client("phone")
    before, after = (encode(Publish("a", payload), V311) for payload in (b"before", b"after"))
    client.link.feed(before + b"\x00\x00" + after)
    assert subscriber.published() == [("a", b"before")]
    assert client.wire.closed
    assert lab.ended("phone") == [("CLIENT_ERROR", False)]


def test_what_is_no_mqtt_ends_the_connection_and_raises_nothing() -> None:
    lab = Lab()
    for garbage in (b"GET /mqtt HTTP/1.1\r\n\r\n", b"\x10\xff\xff\xff\xff\x01", b"\x00" * 50):
        client = lab.open()
        client.link.feed(garbage)
        assert client.wire.closed
        client.link.feed(garbage)
        client.link.lost()


def test_tick_asks_to_be_called_again_while_anything_can_become_due() -> None:
    lab = Lab()
    assert lab.broker.tick() is None
    client = lab.client("phone")
    assert lab.broker.tick() == 1.0
    client.send(Disconnect())
    assert lab.broker.tick() is None
