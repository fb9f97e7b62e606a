"""Wills: https://docs.aws.amazon.com/iot/latest/developerguide/mqtt.html#mqtt-lwt, and when they are
published: https://docs.aws.amazon.com/iot/latest/developerguide/life-cycle-events.html"""

from __future__ import annotations

import pytest

from labkit.local.mqtt.packets import V5, V311, Connack, Connect, Disconnect, Property, Reason, Will
from tests.unit.mqtt.stand_ins import Lab

VERSIONS = pytest.mark.parametrize("version", [V311, V5])
WILL = Will("wills/phone", b"gone")


@VERSIONS
def test_the_will_of_a_lost_client_is_published(version: int) -> None:
    lab = Lab()
    watcher = lab.subscriber("wills/+")
    lab.client("phone", version, will=WILL).link.lost()
    assert watcher.published() == [("wills/phone", b"gone")]


@VERSIONS
def test_who_says_goodbye_leaves_no_will(version: int) -> None:
    """ "If the client disconnects … using the MQTT DISCONNECT message, the broker won't publish"."""
    lab = Lab()
    watcher = lab.subscriber("wills/+")
    lab.client("phone", version, will=WILL).send(Disconnect())
    assert watcher.published() == []


def test_who_says_so_leaves_a_will_all_the_same() -> None:
    """MQTT 5, 3.14.2.1: 0x04 Disconnect with Will Message."""
    lab = Lab()
    watcher = lab.subscriber("wills/+")
    lab.client("phone", V5, will=WILL).send(Disconnect(Reason.DISCONNECT_WITH_WILL))
    assert watcher.published() == [("wills/phone", b"gone")]
    assert lab.ended("phone") == [("CLIENT_INITIATED_DISCONNECT", True)]


def test_every_end_that_the_client_did_not_ask_for_publishes_the_will() -> None:
    """The table of disconnect reasons: CLIENT_ERROR, DUPLICATE_CLIENTID, MQTT_KEEP_ALIVE_TIMEOUT,
    AUTH_ERROR."""
    lab = Lab()
    watcher = lab.subscriber("wills/+")
    lab.client("phone", V311, will=WILL).send(Connect(V311, "phone"))
    lab.client("phone", V311, will=WILL)
    lab.client("phone", V311, will=WILL, keep_alive=30)
    lab.seconds += 45
    lab.broker.tick()
    lab.client("phone", V311, will=WILL)
    lab.account.denied.add(("Connect", "phone"))
    lab.broker.reconsider()
    reasons = [reason for reason, _ in lab.ended("phone")]
    assert reasons == ["CLIENT_ERROR", "DUPLICATE_CLIENTID", "MQTT_KEEP_ALIVE_TIMEOUT", "AUTH_ERROR"]
    assert len(watcher.published()) == 4


@pytest.mark.parametrize("qos", [0, 1])
def test_a_will_has_its_qos_and_may_be_retained(qos: int) -> None:
    """ "If the Will Retain flag is set to 1, a Will Message will be stored in the broker"."""
    lab = Lab()
    watcher = lab.subscriber("wills/+", qos=1)
    lab.client("phone", V311, will=WILL._replace(qos=qos, retain=True)).link.lost()
    (message,) = watcher.messages()
    assert message.qos == qos
    kept = lab.broker.retained.get("wills/phone")
    assert kept is not None
    assert kept.message.payload == b"gone"


def test_a_will_has_properties() -> None:
    lab = Lab()
    watcher = lab.subscriber("wills/+", version=V5)
    properties = {
        Property.WILL_DELAY_INTERVAL: 0,
        Property.CONTENT_TYPE: "text/plain",
        Property.MESSAGE_EXPIRY_INTERVAL: 60,
    }
    phone = lab.client("phone", V5, will=WILL._replace(properties=properties))
    lab.seconds += 100
    phone.link.lost()
    (message,) = watcher.messages()
    # "The interval for last will messages starts after the client disconnects" (message expiry).
    assert message.properties == {Property.CONTENT_TYPE: "text/plain", Property.MESSAGE_EXPIRY_INTERVAL: 60}


@VERSIONS
def test_who_may_not_publish_its_will_may_not_connect(version: int) -> None:
    """The connect attempt failure event is for a client that "is not authorized to connect or when a last
    will and testament is configured and the client is not authorized to publish to that last will
    topic"."""
    lab = Lab()
    lab.client("phone", version, will=WILL)
    lab.account.denied.add(("Publish", "wills/phone"))

    client = lab.open(version)
    client.send(Connect(version, "other", will=WILL))

    assert client.wire.closed
    assert client.read() == ([Connack(False, Reason.NOT_AUTHORIZED)] if version == V5 else [])
    lab.client("other", version)


def test_a_retained_will_needs_the_permission_to_retain() -> None:
    lab = Lab()
    lab.account.denied.add(("RetainPublish", "wills/phone"))
    lab.client("phone", V5, will=WILL)
    retained = WILL._replace(retain=True)
    assert lab.open(V5).connect("other", will=retained) == Connack(False, Reason.NOT_AUTHORIZED)


def test_a_will_is_authorised_again_when_it_is_published() -> None:
    lab = Lab()
    watcher = lab.subscriber("wills/+")
    lab.client("tablet", will=WILL).link.lost()
    assert watcher.published() == [("wills/phone", b"gone")]
    phone = lab.client("phone", will=WILL)
    lab.account.denied.add(("Publish", "wills/phone"))
    phone.link.lost()
    assert watcher.published() == []


@pytest.mark.parametrize(
    "will, reason",
    [
        (WILL._replace(qos=2), Reason.QOS_NOT_SUPPORTED),
        (Will("$SYS/wills", b""), Reason.TOPIC_NAME_INVALID),
        (Will("t" * 257, b""), Reason.TOPIC_NAME_INVALID),
        (Will("$aws/things/t/shadow/update", b"{}", retain=True), Reason.TOPIC_NAME_INVALID),
    ],
)
def test_a_will_that_cannot_be_published_is_refused(will: Will, reason: Reason) -> None:
    """0x90 and 0x9B in AWS's table of CONNACK reason codes."""
    lab = Lab()
    lab.client("phone", V5, will=WILL)
    lab.client("device", V5, will=Will("$aws/things/t/shadow/update", b"{}"))
    assert lab.open(V5).connect("other", will=will) == Connack(False, reason)
    older = lab.open(V311)
    older.send(Connect(V311, "other", will=will))
    assert older.wire.closed
    assert older.read() == []


def test_a_will_to_a_shadow_reaches_subscribers_and_not_the_shadow() -> None:
    """ "MQTT LWT messages sent to AWS IoT reserved topics that begin with $ are ignored by the AWS IoT Device
    Shadow service. However, they are processed by subscribed clients":
    https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-comms-app.html#thing-connection"""
    lab, topic = Lab(), "$aws/things/t/shadow/update"
    watcher = lab.subscriber(topic)
    device = lab.client("device", will=Will(topic, b"{}"))
    device.publish(topic, b"[]")
    assert [message.payload for message in lab.account.handled] == [b"[]"]
    device.link.lost()
    assert watcher.published() == [(topic, b"[]"), (topic, b"{}")]
    assert len(lab.account.handled) == 1


# Will Delay Interval

DELAYED = WILL._replace(properties={Property.WILL_DELAY_INTERVAL: 60})
SESSION = {"clean_start": False, "properties": {Property.SESSION_EXPIRY_INTERVAL: 300}}


@pytest.mark.unconfirmed
def test_aws_does_not_delay_wills() -> None:
    """Will Delay Interval is not among "all the MQTT 5 properties that AWS IoT Core supports"."""
    lab = Lab()
    watcher = lab.subscriber("wills/+")
    lab.client("phone", V5, will=DELAYED, **SESSION).link.lost()
    assert watcher.published() == [("wills/phone", b"gone")]


def test_a_delayed_will_is_published_when_its_delay_is_over() -> None:
    """[MQTT-3.1.3-9]"""
    lab = Lab(will_delay=100)
    watcher = lab.subscriber("wills/+")
    lab.client("phone", V5, will=DELAYED, **SESSION).link.lost()
    lab.wait(59)
    assert watcher.published() == []
    lab.wait(1)
    assert watcher.published() == [("wills/phone", b"gone")]


def test_a_client_that_comes_back_in_time_takes_its_will_back() -> None:
    lab = Lab(will_delay=100)
    watcher = lab.subscriber("wills/+")
    lab.client("phone", V5, will=DELAYED, **SESSION).link.lost()
    lab.wait(30)
    lab.client("phone", V5, **SESSION)
    lab.wait(60)
    assert watcher.published() == []


def test_a_delayed_will_does_not_outlive_the_session() -> None:
    lab = Lab(will_delay=100)
    watcher = lab.subscriber("wills/+")
    lab.client("phone", V5, will=DELAYED).link.lost()
    assert watcher.published() == [("wills/phone", b"gone")]
    lab.client("phone", V5, will=DELAYED, **SESSION).link.lost()
    lab.client("phone", V5, clean_start=True)
    assert watcher.published() == [("wills/phone", b"gone")]
