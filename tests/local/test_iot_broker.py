"""The broker with the account's own authority: what a denial does to a connection.

https://docs.aws.amazon.com/iot/latest/developerguide/iot-policies.html
"""

from __future__ import annotations

import pytest

from labkit.local.iot.principals import CertificatePrincipal
from labkit.local.mqtt.broker import Broker
from labkit.local.mqtt.codec import encode
from labkit.local.mqtt.connection import Connection
from labkit.local.mqtt.contract import Message
from labkit.local.mqtt.packets import V311, Connect, Packet, Publish, Subscribe, Subscription
from tests.local import iot
from tests.local.accounts import LocalAccount, document, statement
from tests.unit.mqtt.stand_ins import Account, Wire


@pytest.fixture
def broker(fresh: LocalAccount) -> Broker:
    """The account's broker, with nobody but the authority behind it."""
    state, around = fresh.app.state, Account()
    made = Broker(state.iot.authority, around, around, now=lambda: state.clock.now().timestamp())
    state.iot.broker = made
    return made


def connected(
    broker: Broker, account: LocalAccount, policy: str, client_id: str
) -> tuple[Connection, Wire, str]:
    """A device with a certificate of its own, and the certificate's ARN."""
    made, wire = iot.certificate(account, policy), Wire()
    principal = CertificatePrincipal(made["certificateId"], made["certificateArn"])
    link = broker.open(principal, source_ip="192.0.2.1", domain_name="localhost", transport=wire)
    link.feed(encode(Connect(V311, client_id), V311))
    return link, wire, made["certificateArn"]


def test_a_denied_publish_ends_the_connection_and_an_allowed_one_arrives(
    fresh: LocalAccount, broker: Broker
) -> None:
    arn = "arn:aws:iot:us-east-1:*:"
    text = document(
        statement("iot:Connect"),
        statement(["iot:Publish", "iot:Receive"], f"{arn}topic/${{iot:ClientId}}/*"),
        statement("iot:Subscribe", f"{arn}topicfilter/${{iot:ClientId}}/#"),
    )
    link, wire, _ = connected(broker, fresh, iot.policy(fresh, text), "lamp")
    link.feed(encode(Subscribe(1, (Subscription("lamp/#"),)), V311))
    before = len(wire.written)
    link.feed(encode(Publish("lamp/on", b"yes"), V311))
    assert b"lamp/on" in b"".join(wire.written[before:])
    link.feed(encode(Publish("door/on", b"yes"), V311))
    assert wire.closed
    last = list(fresh.app.state.iot.log)[-1]
    assert (last.client_id, last.event, last.topic, last.allowed) == ("lamp", "Publish", "door/on", False)


def test_a_message_that_may_not_be_received_does_not_arrive(fresh: LocalAccount, broker: Broker) -> None:
    """https://docs.aws.amazon.com/iot/latest/developerguide/iot-policy-actions.html (iot:Receive)"""
    all_but = document(statement("iot:*"), statement("iot:Receive", "*:topic/secret", "Deny"))
    text = all_but.replace('"*:topic', '"arn:aws:iot:us-east-1:*:topic')
    link, wire, _ = connected(broker, fresh, iot.policy(fresh, text), "lamp")
    link.feed(encode(Subscribe(1, (Subscription("+"),)), V311))
    for topic in ("open", "secret"):
        link.feed(encode(Publish(topic, b""), V311))
    sent = b"".join(wire.written)
    assert (b"open" in sent, b"secret" in sent, wire.closed) == (True, False, False)


@pytest.mark.parametrize("change", ["detach", "deactivate", "new version", "nothing of it"])
def test_who_may_not_be_connected_any_more_is_dropped_at_once(
    fresh: LocalAccount, broker: Broker, change: str
) -> None:
    """AWS takes minutes: https://docs.aws.amazon.com/iot/latest/apireference/API_UpdateCertificate.html"""
    api, policy = fresh.client("iot"), iot.policy(fresh, document(statement("iot:*")))
    _, wire, arn = connected(broker, fresh, policy, "lamp")
    assert "lamp" in broker.connections
    if change == "detach":
        api.detach_policy(policyName=policy, target=arn)
    elif change == "deactivate":
        api.update_certificate(certificateId=arn.rpartition("/")[2], newStatus="INACTIVE")
    elif change == "new version":
        denied = document(statement("iot:Publish"))
        api.create_policy_version(policyName=policy, policyDocument=denied, setAsDefault=True)
    else:
        api.create_thing(thingName="lamp")
    assert wire.closed is (change != "nothing of it")
    assert ("lamp" in broker.connections) is (change == "nothing of it")


def _log(account: LocalAccount, client_id: str) -> tuple[str, str]:
    """The newest entry about a client, which is a refusal."""
    entry = [entry for entry in account.app.state.iot.log if entry.client_id == client_id][-1]
    assert not entry.allowed
    return entry.event, entry.reason


@pytest.mark.parametrize(
    "packet, reason",
    [
        (Publish("a", b"", 2, packet_id=1), "QoS 2 is not supported"),
        (Publish("a" * 257, b""), "too long or has too many slashes"),
        (Publish("a", b"x" * 131_073), "a payload has at most 131072 bytes"),
        (Publish("$SYS/a", b""), "is a reserved topic"),
        (Subscribe(1, tuple(Subscription(f"a/{n}") for n in range(9))), "a SUBSCRIBE has at most 8 filters"),
        (Subscribe(1, (Subscription("$share/group"),)), "is not `$share/ShareName/filter`"),
        (Connect(V311, "lamp"), "CONNECT is not what a client sends at this point"),
    ],
)
def test_the_log_says_what_a_client_did_wrong(
    fresh: LocalAccount, broker: Broker, packet: Packet, reason: str
) -> None:
    """AWS's log has an entry for each disconnection, with its reason:
    https://docs.aws.amazon.com/iot/latest/developerguide/cwl-format.html#log-mqtt-disconnect"""
    link, wire, _ = connected(broker, fresh, iot.policy(fresh, document(statement("iot:*"))), "lamp")
    link.feed(encode(Publish("a", b""), V311))
    assert not wire.closed
    link.feed(encode(packet, V311))
    assert wire.closed
    event, told = _log(fresh, "lamp")
    assert event == "Disconnect"
    assert reason in told


def test_the_log_says_that_another_client_took_over(fresh: LocalAccount, broker: Broker) -> None:
    policy = iot.policy(fresh, document(statement("iot:*")))
    _, first, _ = connected(broker, fresh, policy, "lamp")
    assert not first.closed
    connected(broker, fresh, policy, "lamp")
    assert first.closed
    told = [entry.reason for entry in fresh.app.state.iot.log if entry.event == "Disconnect"]
    assert told == ["another connection with the same client ID took its place"]


def test_the_log_says_why_a_connect_is_none(fresh: LocalAccount, broker: Broker) -> None:
    policy = iot.policy(fresh, document(statement("iot:*")))
    _, wire, _ = connected(broker, fresh, policy, "c" * 128)
    assert not wire.closed
    _, wire, _ = connected(broker, fresh, policy, "c" * 129)
    assert wire.closed
    event, told = _log(fresh, "c" * 129)
    assert event == "Connect"
    assert told.startswith("the client ID is")


def test_a_silent_client_s_end_is_in_the_log(fresh: LocalAccount, broker: Broker) -> None:
    link, wire, _ = connected(broker, fresh, iot.policy(fresh, document(statement("iot:*"))), "lamp")
    broker.tick()
    assert not wire.closed
    link.heard -= 1.5 * link.keep_alive
    broker.tick()
    assert wire.closed
    event, told = _log(fresh, "lamp")
    assert event == "Disconnect"
    assert told == "nothing came within one and a half times the keep-alive of 1200 s"


def test_what_is_not_simulated_is_told_of_the_client_that_asked(fresh: LocalAccount) -> None:
    iot_of = fresh.app.state.iot
    made, wire = iot.certificate(fresh, iot.policy(fresh, document(statement("iot:*")))), Wire()
    principal = CertificatePrincipal(made["certificateId"], made["certificateArn"])
    link = iot_of.broker.open(principal, source_ip="192.0.2.1", domain_name="localhost", transport=wire)
    link.feed(encode(Connect(V311, "lamp"), V311))
    link.feed(encode(Publish("$aws/things/lamp/shadow/get", b""), V311))
    assert not wire.closed
    link.feed(encode(Publish("$aws/things/lamp/jobs/get", b""), V311))
    assert wire.closed
    told = [(entry.event, entry.reason) for entry in iot_of.log if entry.client_id == "lamp"]
    assert ("Publish", "the local account does not simulate AWS IoT Jobs") in told


@pytest.mark.unconfirmed
@pytest.mark.parametrize("qos", [0, 1])
def test_a_shared_subscription_s_group_is_part_of_what_a_policy_names(
    fresh: LocalAccount, broker: Broker, qos: int
) -> None:
    """`topicfilter/$share/*/test/topic` and `topic/$share/*/test/topic`, as in the policy of AWS's sample:
    https://github.com/aws/aws-iot-device-sdk-python-v2/blob/main/samples/mqtt5_shared_subscription.md"""
    arn, wanted = "arn:aws:iot:us-east-1:*:", Subscribe(1, (Subscription("$share/group/test/topic", qos),))
    connect, filters = statement("iot:Connect"), f"{arn}topicfilter/$share/*/test/topic"
    text = document(
        connect,
        statement("iot:Subscribe", filters),
        statement("iot:Receive", f"{arn}topic/$share/*/test/topic"),
    )
    plain = document(
        connect, statement("iot:Subscribe", filters), statement("iot:Receive", f"{arn}topic/test/topic")
    )
    for policy, arrives in ((text, True), (plain, False)):
        link, wire, _ = connected(broker, fresh, iot.policy(fresh, policy), f"member-{arrives}")
        link.feed(encode(wanted, V311))
        assert not wire.closed
        before = len(wire.written)
        broker.publish(Message("test/topic", b"hello", qos))
        assert (b"hello" in b"".join(wire.written[before:])) is arrives
        link.lost()
    text = document(connect, statement("iot:Subscribe", f"{arn}topicfilter/test/topic"))
    link, wire, _ = connected(broker, fresh, iot.policy(fresh, text), "plain")
    link.feed(encode(wanted, V311))
    assert wire.closed


def test_the_log_says_that_the_api_ended_a_connection(fresh: LocalAccount, broker: Broker) -> None:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_DeleteConnection.html"""
    _, wire, _ = connected(broker, fresh, iot.policy(fresh, document(statement("iot:*"))), "lamp")
    assert not wire.closed
    fresh.client("iot-data").delete_connection(clientId="lamp")
    assert wire.closed
    assert _log(fresh, "lamp") == ("Disconnect", "DeleteConnection ended it")
