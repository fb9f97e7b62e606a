"""The broker with the account's own authority: what a denial does to a connection.

https://docs.aws.amazon.com/iot/latest/developerguide/iot-policies.html
"""

from __future__ import annotations

import pytest

from labkit.local.iot.principals import CertificatePrincipal
from labkit.local.mqtt.broker import Broker
from labkit.local.mqtt.codec import encode
from labkit.local.mqtt.connection import Connection
from labkit.local.mqtt.packets import V311, Connect, Publish, Subscribe, Subscription
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
