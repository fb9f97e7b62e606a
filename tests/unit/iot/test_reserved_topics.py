"""Topics that begin with `$`: https://docs.aws.amazon.com/iot/latest/developerguide/reserved-topics.html"""

from __future__ import annotations

import json
from typing import Any

import pytest

from labkit.local.iot.reserved import ReservedTopics
from labkit.local.iot.shadow_service import ShadowService
from labkit.local.iot.shadows import Rejected, ShadowName, Shadows
from labkit.local.mqtt.packets import Publish
from tests.unit.iot.doubles import Client, Notes, Published

CLASSIC, NAMED = "$aws/things/lamp/shadow", "$aws/things/lamp/shadow/name/$night:1"
DEVICE = Client("lamp")


class Account:
    def __init__(self) -> None:
        self.published, self.log = Published(), Notes()
        self.service = ShadowService(Shadows(), self.published, lambda: 17)
        self.topics = ReservedTopics(self.service, self.log, lambda name: name == "known")

    def send(self, topic: str, payload: Any = None) -> list[tuple[str, Any]]:
        """What is published because a device sends this."""
        body = (
            b""
            if payload is None
            else payload
            if isinstance(payload, bytes)
            else json.dumps(payload).encode()
        )
        assert self.topics.accepts(DEVICE, topic)
        self.topics.handle(DEVICE, Publish(topic, body))
        return self.published.take()


@pytest.mark.parametrize("prefix", [CLASSIC, NAMED])
def test_shadow_requests_are_answered_on_their_own_topics(prefix: str) -> None:
    """https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-data-flow.html"""
    account = Account()
    update = {"state": {"desired": {"power": "on"}}, "clientToken": "t"}
    told = dict(account.send(f"{prefix}/update", update))
    assert told.keys() == {f"{prefix}/update/{stub}" for stub in ("accepted", "delta", "documents")}
    assert all((answer["clientToken"], answer["timestamp"]) == ("t", 17) for answer in told.values())
    assert told[f"{prefix}/update/delta"]["state"] == {"power": "on"}
    told = dict(account.send(f"{prefix}/update", {"state": {"reported": {"power": "on"}}}))
    assert told.keys() == {f"{prefix}/update/{stub}" for stub in ("accepted", "documents")}
    ((topic, answer),) = account.send(f"{prefix}/get")
    assert (topic, answer["version"]) == (f"{prefix}/get/accepted", 2)
    assert answer["state"] == {"desired": {"power": "on"}, "reported": {"power": "on"}}
    assert account.send(f"{prefix}/delete") == [
        (f"{prefix}/delete/accepted", {"version": 2, "timestamp": 17})
    ]


@pytest.mark.parametrize(
    "operation, payload, code, message",
    [
        ("update", b"{", 400, "Invalid JSON"),
        ("update", b"", 400, "Invalid JSON"),
        ("update", {"state": {}, "version": 7}, 409, "Version conflict"),
        ("get", None, 404, "No shadow exists with name: 'lamp'"),
        ("delete", None, 404, "No shadow exists with name: 'lamp'"),
    ],
)
def test_a_refused_request_is_answered_on_rejected(
    operation: str, payload: Any, code: int, message: str
) -> None:
    """https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-error-messages.html"""
    account = Account()
    accepted = account.send("$aws/things/other/shadow/update", {"state": {}})
    assert accepted[0][0].endswith("/update/accepted")
    rejected = {"code": code, "message": message}
    assert account.send(f"{CLASSIC}/{operation}", payload) == [(f"{CLASSIC}/{operation}/rejected", rejected)]


def test_requests_without_a_document_may_carry_a_client_token() -> None:
    """As AWS's sample shows it: aws-iot-device-sdk-cpp-v2, samples/shadow."""
    account, token = Account(), {"clientToken": "0228fa77"}
    missing = {"code": 404, "message": "No shadow exists with name: 'lamp'"} | token
    assert account.send(f"{CLASSIC}/get", token) == [(f"{CLASSIC}/get/rejected", missing)]
    account.send(f"{CLASSIC}/update", {"state": {"reported": {"Color": "green"}}})
    ((_, answer),) = account.send(f"{CLASSIC}/get", token)
    assert answer["clientToken"] == "0228fa77"
    deleted = {"version": 1, "timestamp": 17} | token
    assert account.send(f"{CLASSIC}/delete", token) == [(f"{CLASSIC}/delete/accepted", deleted)]
    assert account.send(f"{CLASSIC}/delete", token) == [(f"{CLASSIC}/delete/rejected", missing)]


def test_the_content_of_a_request_to_delete_is_ignored() -> None:
    """https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-mqtt.html#delete-pub-sub-topic"""
    account = Account()
    for payload in (b"no JSON", b"\xff", b"[]", b'{"clientToken": 5}'):
        account.send(f"{CLASSIC}/update", {"state": {}})
        ((topic, answer),) = account.send(f"{CLASSIC}/delete", payload)
        assert (topic, answer.keys()) == (f"{CLASSIC}/delete/accepted", {"version", "timestamp"})


@pytest.mark.unconfirmed
def test_a_request_to_get_is_empty_or_json() -> None:
    """AWS asks for "an empty message" and does not say what becomes of another one."""
    account = Account()
    account.send(f"{CLASSIC}/update", {"state": {}})
    assert account.send(f"{CLASSIC}/get", {"message": "Hello"})[0][0] == f"{CLASSIC}/get/accepted"
    rejected = {"code": 400, "message": "Invalid JSON"}
    assert account.send(f"{CLASSIC}/get", b"Hello") == [(f"{CLASSIC}/get/rejected", rejected)]


def test_requests_by_the_api_are_told_to_subscribers_and_their_refusals_are_not() -> None:
    """Of refused requests by the REST API "no MQTT error messages are emitted".

    https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-error-messages.html
    """
    account, name = Account(), ShadowName("lamp")
    answer = account.service.update(name, b'{"state": {"desired": {"a": 1}}}')
    told = account.published.take()
    assert [topic for topic, _ in told] == [
        f"{CLASSIC}/update/{s}" for s in ("delta", "accepted", "documents")
    ]
    assert told[1][1] == answer
    assert account.service.get(name)["state"]["delta"] == {"a": 1}
    assert account.published.take() == []
    with pytest.raises(Rejected, match="Invalid JSON"):
        account.service.update(name, b"{")
    assert account.service.delete(name) == {"version": 1, "timestamp": 17}
    assert account.published.take() == [(f"{CLASSIC}/delete/accepted", {"version": 1, "timestamp": 17})]
    with pytest.raises(Rejected, match="No shadow exists"):
        account.service.get(name)
    assert account.published.take() == []


@pytest.mark.parametrize(
    "topic, reason",
    [
        ("$aws/things/lamp/shadow/update/accepted", "no client may publish"),
        ("$aws/things/lamp/shadow/name/night", "no client may publish"),
        ("$aws/things/lamp/shadow/name/a b/get", "no client may publish"),
        ("$aws/things/lamp one/shadow/get", "no client may publish"),
        ("$aws/things/" + "x" * 129 + "/shadow/get", "no client may publish"),
        ("$aws/things/lamp/shadow/name/" + "x" * 65 + "/get", "no client may publish"),
        ("$aws/things/lamp/shadow/get/", "no client may publish"),
        ("$aws/things/lamp/shadow/get\n", "no client may publish"),
        ("$aws/events/presence/connected/lamp", "no client may publish"),
        ("$aws/rules", "no client may publish"),
        ("$aws/rules/", "no client may publish"),
        ("$SYS/broker", "no client may publish"),
        ("$mine", "no client may publish"),
        ("$aws/things/lamp/jobs/get", "does not simulate AWS IoT Jobs"),
        ("$aws/things/lamp/defender/metrics/json", "does not simulate AWS IoT Device Defender"),
        ("$aws/certificates/create/json", "does not simulate fleet provisioning"),
    ],
)
def test_other_reserved_topics_take_no_message_and_the_log_says_why(topic: str, reason: str) -> None:
    account = Account()
    assert account.topics.accepts(DEVICE, "$aws/things/lamp/shadow/update")
    assert account.log.entries == []
    assert not account.topics.accepts(DEVICE, topic)
    ((event, about, why),) = account.log.entries
    assert (event, about) == ("Publish", topic)
    assert reason in why


def test_basic_ingest_takes_messages_and_says_that_no_rule_runs() -> None:
    """https://docs.aws.amazon.com/iot/latest/developerguide/iot-basic-ingest.html"""
    account = Account()
    for topic in ("$aws/rules/known", "$aws/rules/known/Buildings/Building5", "$aws/rules/other/x"):
        assert account.send(topic, b"anything") == []
    assert account.topics.ingested == 3
    assert account.log.entries == [
        ("BasicIngest", "$aws/rules/known", "no rule runs here"),
        ("BasicIngest", "$aws/rules/known/Buildings/Building5", "no rule runs here"),
        (
            "BasicIngest",
            "$aws/rules/other/x",
            "no rule runs here, and the account has none named `other` (RuleNotFound)",
        ),
    ]


@pytest.mark.parametrize(
    "topic_filter",
    [
        "$aws/things/lamp/shadow/get", "$aws/things/lamp/shadow/update/delta", "$aws/things/+/shadow/update",
        "$aws/things/lamp/shadow/#", "$aws/things/lamp/shadow/name/+/get/accepted", "$aws/things/#", "$aws/#",
        "$aws/things/lamp/shadow/name/#", "$aws/things/lamp/+/+/+", "$aws/events/presence/connected/+",
        "$aws/events/#", "$aws/events/+/+/lamp", "$aws/events/presence/disconnected/a/b",
        "$aws/events/subscriptions/subscribed/lamp",
    ],
)  # fmt: skip
def test_a_filter_may_take_in_what_aws_publishes(topic_filter: str) -> None:
    account = Account()
    assert account.topics.subscribable(DEVICE, topic_filter)
    assert account.log.entries == []


@pytest.mark.parametrize(
    "topic_filter, reason",
    [
        ("$aws/rules/#", "no client may subscribe"),
        ("$aws/rules/known/x", "no client may subscribe"),
        ("$SYS/#", "no client may subscribe"),
        ("$mine", "no client may subscribe"),
        ("$aws", "no client may subscribe"),
        ("$aws/things", "no client may subscribe"),
        ("$aws/things/lamp/shadow", "no client may subscribe"),
        ("$aws/things/lamp/shadow/get/accepted/more", "no client may subscribe"),
        ("$aws/things/lamp/shadow/get/accepted/#", "no client may subscribe"),
        ("$aws/events/presence/connected", "no client may subscribe"),
        ("$aws/events/job/1/completed", "does not simulate events of AWS IoT Jobs"),
        ("$aws/events/thing/lamp/created", "does not simulate events of the registry"),
        ("$aws/things/lamp/jobs/notify", "does not simulate AWS IoT Jobs"),
        ("$aws/things/+/jobs/#", "does not simulate AWS IoT Jobs"),
    ],
)
def test_a_filter_that_takes_in_none_of_it_is_refused(topic_filter: str, reason: str) -> None:
    account = Account()
    assert account.topics.subscribable(DEVICE, "$aws/things/lamp/shadow/get/accepted")
    assert not account.topics.subscribable(DEVICE, topic_filter)
    ((event, about, why),) = account.log.entries
    assert (event, about) == ("Subscribe", topic_filter)
    assert reason in why
