"""The log of what was decided over MQTT: a client of MQTT 3.1.1 cannot tell why it was dropped."""

from __future__ import annotations

import json
from typing import Any

from tests.local import iot
from tests.local.accounts import LocalAccount, document, reply_to, signed, statement
from tests.local.iot_table import IOT_POLICY, NARROW, WIDE


def test_the_log_says_who_asked_what_and_why_it_was_decided_so(account: LocalAccount) -> None:
    policy = iot.policy(account, document(statement("iot:Connect") | {"Sid": "Anywhere"}))
    made, name = iot.certificate(account, policy), account.name("client")
    client = iot.device(account, made)
    client.connect(name)
    for _ in range(3):
        client.publish("a/b")
    read = _control(account, "ReadIotLog", {"ClientId": name})["Events"]
    shown = [(e["Event"], e["Topic"], e["Verdict"], e["Reason"], e["Count"]) for e in read]
    assert shown == [
        ("Connect", name, "ALLOWED", f"allowed by `Anywhere` of `{policy}`", 1),
        ("Publish", "a/b", "IMPLICIT_DENY", "no AWS IoT policy allows iot:Publish", 3),
    ]
    assert {event["Principal"] for event in read} == {made["certificateArn"]}
    case = _control(account, "GetDecision", {"RequestId": read[-1]["DecisionId"]})["Case"]
    assert case["request"]["principal"] == {"iot": made["certificateArn"]}
    assert case["request"]["resource"].endswith(":topic/a/b")


def test_the_log_names_the_layer_that_refused(account: LocalAccount) -> None:
    wide, narrow = iot.pool_with(account, WIDE), iot.pool_with(account, NARROW)
    policy = iot.policy(account, IOT_POLICY)
    people = (
        iot.person(wide, guest=False),
        iot.person(wide, guest=False, policies=(policy,)),
        iot.person(narrow, guest=False, policies=(policy,)),
        iot.person(wide, guest=True),
    )
    reasons = []
    for each in people:
        client = iot.app(account, each.credentials)
        client.link.client_id = each.identity
        assert not client.publish("somewhere/else")
        reasons.append(list(account.app.state.iot.log)[-1].reason)
    assert reasons == [
        "no AWS IoT policy is attached",
        "no AWS IoT policy allows iot:Publish",
        "no identity-based policy allows iot:Publish",
        "no identity-based policy allows iot:Publish",
    ]


def test_the_log_names_the_statement_that_denied(account: LocalAccount) -> None:
    text = document(statement("iot:*"), statement("iot:Publish", effect="Deny") | {"Sid": "Quiet"})
    policy = iot.policy(account, text)
    client = iot.device(account, iot.certificate(account, policy))
    assert client.connect("lamp")
    assert not client.publish("a")
    last = list(account.app.state.iot.log)[-1]
    assert (last.verdict, last.reason) == ("EXPLICIT_DENY", f"denied by `Quiet` of `{policy}`")


def test_a_connection_that_stays_is_counted_and_one_that_ends_is_told(account: LocalAccount) -> None:
    """What the broker asks again after a change is no news as long as the answer is the same."""
    policy, name = iot.policy(account, document(statement("iot:*"))), account.name("client")
    made = iot.certificate(account, policy)
    client = iot.device(account, made)
    assert client.connect(name)
    account.client("iot").create_thing(thingName=name)
    assert client.authority.may_connect(client.link, client.link.connect)
    account.client("iot").detach_policy(policyName=policy, target=made["certificateArn"])
    assert not client.authority.may_connect(client.link, client.link.connect)
    told = [(entry.verdict, entry.count) for entry in account.app.state.iot.log if entry.client_id == name]
    assert told == [("ALLOWED", 2), ("IMPLICIT_DENY", 1)]


def test_the_log_keeps_the_latest_thousand(fresh: LocalAccount) -> None:
    client = iot.device(fresh, iot.certificate(fresh))
    client.connect("lamp")
    for number in range(1005):
        client.publish(f"a/{number}")
    topics = [entry.topic for entry in fresh.app.state.iot.log]
    assert (len(topics), topics[0], topics[-1]) == (1000, "a/5", "a/1004")


def _control(account: LocalAccount, operation: str, body: dict[str, Any]) -> Any:
    headers = {"X-Amz-Target": f"Labkit.{operation}", "Content-Type": "application/x-amz-json-1.1"}
    request = signed(account, "POST", "/", service="labkit", headers=headers, body=json.dumps(body))
    return reply_to(account, request).json
