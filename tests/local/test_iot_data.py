"""AWS IoT's data plane over HTTP, and that MQTT has the same shadows and messages.

https://docs.aws.amazon.com/iot/latest/apireference/API_Operations_AWS_IoT_Data_Plane.html
"""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from labkit.local.iot.principals import CertificatePrincipal
from labkit.local.mqtt.packets import Property, Will
from tests.local import iot
from tests.local.accounts import (
    LocalAccount,
    document,
    forbidden,
    refused,
    reply_to,
    signed,
    statement,
    user,
)
from tests.local.mqtt_clients import Client


def unchecked(account: LocalAccount) -> Any:
    """A client that sends what botocore would not."""
    return account.client("iot-data", parameter_validation=False)


def answered(answer: Any) -> Any:
    return json.loads(answer["payload"].read())


def update(account: LocalAccount, thing: str, state: Any, **more: Any) -> Any:
    """The document that an update is answered with; `more` is the request's, but for `shadowName`."""
    name = {"shadowName": more.pop("shadowName")} if "shadowName" in more else {}
    payload = json.dumps({"state": state} | more)
    return answered(account.client("iot-data").update_thing_shadow(thingName=thing, payload=payload, **name))


@pytest.mark.operation("iot-data:UpdateThingShadow")
@pytest.mark.operation(
    "iot-data:GetThingShadow", "iot-data:DeleteThingShadow", refuses="ResourceNotFoundException"
)
@pytest.mark.parametrize("named", [{}, {"shadowName": "simShadow1"}])
def test_a_shadow_from_its_first_update_to_its_end(account: LocalAccount, named: dict[str, str]) -> None:
    """https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-data-flow.html

    The Thing is not in the registry, which shadows do not ask (ListNamedShadowsForThing, DeleteThing).
    """
    data, thing = account.client("iot-data"), account.name("thing")
    called = named.get("shadowName", thing)
    for operation in (data.get_thing_shadow, data.delete_thing_shadow):
        answer = refused(operation, thingName=thing, **named)
        assert (answer.status, answer.code) == (404, "ResourceNotFoundException")
        assert answer.message == f"No shadow exists with name: '{called}'"
    accepted = update(account, thing, {"desired": {"power": "on"}}, clientToken="t", **named)
    assert accepted["state"] == {"desired": {"power": "on"}}
    assert (accepted["version"], accepted["clientToken"]) == (1, "t")
    assert accepted["metadata"] == {"desired": {"power": {"timestamp": accepted["timestamp"]}}}
    found = answered(data.get_thing_shadow(thingName=thing, **named))
    assert found["state"] == {"desired": {"power": "on"}, "delta": {"power": "on"}}
    deleted = answered(data.delete_thing_shadow(thingName=thing, **named))
    assert (deleted.keys(), deleted["version"]) == ({"version", "timestamp"}, 1)
    assert refused(data.get_thing_shadow, thingName=thing, **named).status == 404
    assert update(account, thing, {"reported": {"power": "on"}}, **named)["version"] == 2


@pytest.mark.operation(
    "iot-data:UpdateThingShadow",
    refuses=(
        "InvalidRequestException", "ConflictException", "RequestEntityTooLargeException",
        "UnsupportedDocumentEncodingException",
    ),
)  # fmt: skip
@pytest.mark.parametrize(
    "payload, status, code, message",
    [
        (b"{", 400, "InvalidRequestException", "Invalid JSON"),
        (b"", 400, "InvalidRequestException", "Invalid JSON"),
        (b"{}", 400, "InvalidRequestException", "Missing required node: state"),
        (b'{"state": {"desired": 1}}', 400, "InvalidRequestException", "Desired node must be an object"),
        (b'{"state": {}, "version": 7}', 409, "ConflictException", "Version conflict"),
        (
            b'{"state": {"desired": {"a": "' + b"x" * 8192 + b'"}}}',
            413,
            "RequestEntityTooLargeException",
            "The payload exceeds the maximum size allowed",
        ),
        (
            b'{"state": {"desired": {"a": "\xff"}}}',
            415,
            "UnsupportedDocumentEncodingException",
            "Unsupported documented encoding; supported encoding is UTF-8",
        ),
    ],
)
def test_a_bad_update_is_refused_with_aws_s_code_and_text(
    account: LocalAccount, payload: bytes, status: int, code: str, message: str
) -> None:
    """https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-error-messages.html
    https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_UpdateThingShadow.html
    """
    data, thing = account.client("iot-data"), account.name("thing")
    assert update(account, thing, {"desired": {"a": 1}})["version"] == 1
    answer = refused(data.update_thing_shadow, thingName=thing, payload=payload)
    assert (answer.status, answer.code, answer.message) == (status, code, message)
    assert answered(data.get_thing_shadow(thingName=thing))["version"] == 1


@pytest.mark.operation("iot-data:GetThingShadow", refuses="InvalidRequestException")
@pytest.mark.operation("iot-data:DeleteThingShadow", refuses="InvalidRequestException")
@pytest.mark.operation("iot-data:ListNamedShadowsForThing", refuses="InvalidRequestException")
@pytest.mark.parametrize(
    "given", [{"thingName": "a b"}, {"thingName": "x" * 129}, {"shadowName": "a/b"}, {"shadowName": "x" * 65}]
)
def test_names_are_as_aws_s_model_has_them(account: LocalAccount, given: dict[str, str]) -> None:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_GetThingShadow.html"""
    data, thing = account.client("iot-data"), account.name("thing:with_every-kind0")
    update(account, thing, {}, shadowName="$kind:of_name-0")
    good = {"thingName": thing, "shadowName": "$kind:of_name-0"}
    assert answered(data.get_thing_shadow(**good))["version"] == 1
    for operation in (data.get_thing_shadow, data.delete_thing_shadow):
        answer = refused(operation, **good | given)
        assert (answer.status, answer.code) == (400, "InvalidRequestException")
        assert f"at '{next(iter(given))}' failed to satisfy constraint" in answer.message
    assert data.list_named_shadows_for_thing(thingName=thing)["results"] == ["$kind:of_name-0"]
    answer = refused(data.list_named_shadows_for_thing, thingName="a b")
    assert answer.code == "InvalidRequestException"
    assert answered(data.delete_thing_shadow(**good))["version"] == 1


@pytest.mark.operation("iot-data:ListNamedShadowsForThing", refuses="InvalidRequestException")
def test_named_shadows_are_listed_by_pages_and_the_classic_one_is_not(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-rest-api.html"""
    data, thing = account.client("iot-data"), account.name("thing")
    assert data.list_named_shadows_for_thing(thingName=thing)["results"] == []
    update(account, thing, {})
    for number in range(5):
        update(account, thing, {}, shadowName=f"shadow{number}")
    seen: list[list[str]] = []
    token: dict[str, str] = {}
    while True:
        page = data.list_named_shadows_for_thing(thingName=thing, pageSize=2, **token)
        seen.append(page["results"])
        assert isinstance(page["timestamp"], int)
        if "nextToken" not in page:
            break
        token = {"nextToken": page["nextToken"]}
    assert seen == [["shadow0", "shadow1"], ["shadow2", "shadow3"], ["shadow4"]]
    for bad in ({"nextToken": "x"}, {"pageSize": 0}, {"pageSize": 101}):
        answer = refused(unchecked(account).list_named_shadows_for_thing, thingName=thing, **bad)
        assert (answer.status, answer.code) == (400, "InvalidRequestException")


def test_http_and_mqtt_have_the_same_shadow(fresh: LocalAccount) -> None:
    """https://docs.aws.amazon.com/iot/latest/developerguide/using-device-shadows.html"""
    prefix, data = "$aws/things/lamp/shadow", fresh.client("iot-data")
    device = Client(fresh.app, "lamp", f"{prefix}/#")
    accepted = update(fresh, "lamp", {"desired": {"power": "on"}}, clientToken="app")
    told = device.told()
    assert told.keys() == {f"{prefix}/update/{stub}" for stub in ("accepted", "delta", "documents")}
    assert told[f"{prefix}/update/accepted"] == accepted
    assert told[f"{prefix}/update/delta"]["state"] == {"power": "on"}
    device.publish(f"{prefix}/update", b'{"state": {"reported": {"power": "on"}}}')
    told = device.told()
    assert told.keys() == {f"{prefix}/update{stub}" for stub in ("", "/accepted", "/documents")}, (
        "its own request as well, to which the filter subscribes"
    )
    found = answered(data.get_thing_shadow(thingName="lamp"))
    assert (found["version"], found["state"]) == (
        2,
        {"desired": {"power": "on"}, "reported": {"power": "on"}},
    )
    assert device.told() == {}, "nobody is told of a reading by the API"
    assert refused(data.update_thing_shadow, thingName="lamp", payload=b"{").status == 400
    assert device.told() == {}, "nor of a refusal"
    deleted = answered(data.delete_thing_shadow(thingName="lamp"))
    assert device.told() == {f"{prefix}/delete/accepted": deleted}
    device.publish(f"{prefix}/get")
    assert device.told()[f"{prefix}/get/rejected"]["code"] == 404


@pytest.mark.operation("iot-data:Publish")
def test_a_message_by_http_reaches_subscribers_with_its_properties(fresh: LocalAccount) -> None:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_Publish.html"""
    data, device = fresh.client("iot-data"), Client(fresh.app, "device", "room/+")
    data.publish(
        topic="room/one",
        qos=1,
        payload="Zürich".encode(),
        userProperties=[{"deviceName": "alpha"}, {"deviceCnt": "45"}],
        payloadFormatIndicator="UTF8_DATA",
        contentType="text/plain",
        responseTopic="answers/here",
        correlationData=base64.b64encode(b"\x01\x02").decode(),
        messageExpiry=60,
    )
    (message,) = device.received()
    assert (message.topic, message.payload, message.qos) == ("room/one", "Zürich".encode(), 1)
    properties = dict(message.properties)
    assert properties.pop(Property.MESSAGE_EXPIRY_INTERVAL) in (59, 60)
    assert properties == {
        Property.PAYLOAD_FORMAT_INDICATOR: 1,
        Property.CONTENT_TYPE: "text/plain",
        Property.RESPONSE_TOPIC: "answers/here",
        Property.CORRELATION_DATA: b"\x01\x02",
        Property.USER_PROPERTY: (("deviceName", "alpha"), ("deviceCnt", "45")),
    }
    data.publish(topic="room/one")
    (message,) = device.received()
    assert (message.payload, message.qos, dict(message.properties)) == (b"", 0, {})
    data.publish(topic="elsewhere", payload=b"x")
    assert device.received() == []


@pytest.mark.operation("iot-data:Publish", refuses="InvalidRequestException")
@pytest.mark.parametrize(
    "given",
    [
        {"topic": "room/+"},
        {"topic": "room/#"},
        {"topic": "x" * 257},
        {"topic": "a/b/c/d/e/f/g/h/i"},
        {"qos": 2},
        {"qos": -1},
        {"payload": b"x" * (128 * 1024 + 1)},
        {"payloadFormatIndicator": "TEXT"},
        {"responseTopic": "answers/#"},
        {"correlationData": "no base64!"},
        {"userProperties": {"deviceName": "alpha"}},
        {"userProperties": ["alpha"]},
        {"userProperties": [{"deviceCnt": 45}]},
        {"topic": "$mine"},
        {"topic": "$aws/events/presence/connected/x"},
        {"topic": "$aws/things/lamp/jobs/get"},
        {"topic": "$aws/things/lamp/shadow/update/accepted"},
        {"topic": "$aws/things/lamp/shadow/update", "retain": True},
    ],
)
def test_a_message_that_mqtt_would_not_take_is_refused(account: LocalAccount, given: dict[str, Any]) -> None:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_Publish.html
    https://docs.aws.amazon.com/general/latest/gr/iot-core.html#message-broker-limits
    """
    data, good = account.client("iot-data"), {"topic": "a/b/c/d/e/f/g/h", "payload": b"x" * (128 * 1024)}
    assert data.publish(**good)["ResponseMetadata"]["HTTPStatusCode"] == 200
    answer = refused(unchecked(account).publish, **good | given)
    assert (answer.status, answer.code) == (400, "InvalidRequestException")


def test_a_message_by_http_to_a_shadow_s_topic_is_a_request_over_mqtt(fresh: LocalAccount) -> None:
    """ "AWS IoT responds by publishing to either /update/accepted or /update/rejected": whoever published.
    https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-mqtt.html#update-pub-sub-topic
    """
    prefix, data = "$aws/things/lamp/shadow/name/night", fresh.client("iot-data")
    device = Client(fresh.app, "lamp", f"{prefix}/#")
    data.publish(topic=f"{prefix}/update", payload=b'{"state": {"reported": {"power": "on"}}}')
    assert device.told().keys() == {f"{prefix}/update{stub}" for stub in ("", "/accepted", "/documents")}
    found = data.get_thing_shadow(thingName="lamp", shadowName="night")
    assert answered(found)["state"] == {"reported": {"power": "on"}}
    data.publish(topic=f"{prefix}/update", payload=b"{}")
    by_topic = {message.topic: message.payload for message in device.received()}
    assert json.loads(by_topic[f"{prefix}/update/rejected"])["code"] == 400


def test_the_path_of_a_topic_may_be_encoded_or_not(fresh: LocalAccount) -> None:
    """AWS's example in Python sends `/topics/test/topic`.
    https://docs.aws.amazon.com/iot/latest/developerguide/http.html
    """
    device, keys = Client(fresh.app, "device", "#"), fresh.app.administrator
    for path in ("/topics/test/topic", "/topics/test%2Ftopic"):
        request = signed(fresh, "POST", f"{path}?qos=1", service="iotdata", body="hello", credentials=keys)
        assert reply_to(fresh, request).status == 200
        assert [message.topic for message in device.received()] == ["test/topic"]


def test_the_data_plane_takes_signatures_under_both_of_its_names(account: LocalAccount) -> None:
    """ "You must use iotdevicegateway as the service name for authentication"; AWS's SDKs use `iotdata`.
    https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-rest-api.html
    """
    path = f"/things/{account.name('thing')}/shadow"
    for service in ("iotdata", "iotdevicegateway"):
        request = signed(account, "POST", path, service=service, body='{"state": {}}')
        reply = reply_to(account, request)
        assert (reply.status, reply.headers["Content-Type"]) == (200, "application/json")
        request = signed(account, "POST", path, service=service, body='{"state": {}}', region="mars-1")
        assert reply_to(account, request).status == 403


@pytest.mark.operation(
    "iot-data:GetRetainedMessage", "iot-data:ListRetainedMessages", refuses="InvalidRequestException"
)
@pytest.mark.operation("iot-data:GetRetainedMessage", refuses="ResourceNotFoundException")
def test_retained_messages_are_kept_listed_and_deleted(fresh: LocalAccount) -> None:
    """https://docs.aws.amazon.com/iot/latest/developerguide/mqtt.html#mqtt-retain-using
    https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_GetRetainedMessage.html
    """
    data, device = fresh.client("iot-data"), Client(fresh.app, "device")
    data.publish(topic="a/1", payload=b"\x00one", qos=1, retain=True, userProperties=[{"x": "1"}])
    device.publish("a/2", b"two", retain=True)
    found = data.get_retained_message(topic="a/1")
    now = fresh.app.state.clock.now().timestamp() * 1000
    assert abs(found["lastModifiedTime"] - now) < 60_000
    assert (found["topic"], found["payload"], found["qos"]) == ("a/1", b"\x00one", 1)
    assert json.loads(found["userProperties"]) == [{"x": "1"}]
    assert "userProperties" not in data.get_retained_message(topic="a/2")
    listed = data.list_retained_messages(maxResults=1)
    rest = data.list_retained_messages(maxResults=1, nextToken=listed["nextToken"])
    assert [one["topic"] for one in listed["retainedTopics"] + rest["retainedTopics"]] == ["a/1", "a/2"]
    assert (rest["retainedTopics"][0]["payloadSize"], rest["retainedTopics"][0]["qos"]) == (3, 0)
    assert "nextToken" not in rest
    late = Client(fresh.app, "late", "a/1")
    data.publish(topic="a/1", retain=True)
    assert [message.payload for message in late.received()] == [b""], "subscribers get the empty one as well"
    answer = refused(data.get_retained_message, topic="a/1")
    assert (answer.status, answer.code) == (404, "ResourceNotFoundException")
    assert refused(data.get_retained_message, topic="a/+").code == "InvalidRequestException"
    for bad in ({"nextToken": "x"}, {"maxResults": 0}, {"maxResults": 201}):
        assert refused(unchecked(fresh).list_retained_messages, **bad).code == "InvalidRequestException"


@pytest.mark.operation(
    "iot-data:DeleteConnection", refuses=("ResourceNotFoundException", "InvalidRequestException")
)
@pytest.mark.parametrize("options, will_told", [({}, True), ({"preventWillMessage": True}, False)])
def test_a_connection_is_ended_by_its_client_id(
    fresh: LocalAccount, options: dict[str, bool], will_told: bool
) -> None:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_DeleteConnection.html"""
    data = fresh.client("iot-data")
    watcher = Client(fresh.app, "watcher", "wills", "$aws/events/presence/disconnected/+")
    client = Client(fresh.app, "a/b c", will=Will("wills", b"{}"))
    data.delete_connection(clientId="a/b c", **options)
    assert client.socket.closed
    told = watcher.told()
    assert ("wills" in told) is will_told
    assert told.keys() - {"wills"} == set(), "a client ID with a slash has more levels than `+`"
    answer = refused(data.delete_connection, clientId="a/b c")
    assert (answer.status, answer.code) == (404, "ResourceNotFoundException")
    assert refused(data.delete_connection, clientId="$GEN/1").code == "InvalidRequestException"


def test_a_connection_is_ended_with_its_session_where_that_is_asked(fresh: LocalAccount) -> None:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_DeleteConnection.html (cleanSession)"""
    data = fresh.client("iot-data")
    for options, kept in (({}, [b"later"]), ({"cleanSession": True}, [])):
        persistent: Any = {"clean_start": False, "properties": {Property.SESSION_EXPIRY_INTERVAL: 600}}
        Client(fresh.app, "device", "room", **persistent)
        data.delete_connection(clientId="device", **options)
        data.publish(topic="room", payload=b"later", qos=1)
        again = Client(fresh.app, "device", **persistent)
        assert [message.payload for message in again.messages] == kept
        data.delete_connection(clientId="device", cleanSession=True)


def test_a_lifecycle_is_told_to_subscribers(fresh: LocalAccount) -> None:
    """https://docs.aws.amazon.com/iot/latest/developerguide/life-cycle-events.html"""
    watcher = Client(fresh.app, "watcher", "$aws/events/presence/#", "$aws/events/subscriptions/#")
    Client(fresh.app, "device", "room/one")
    told = watcher.told()
    connected = told["$aws/events/presence/connected/device"]
    assert (connected["principalIdentifier"], connected["ipAddress"]) == ("c" * 64, "192.0.2.0")
    assert told["$aws/events/subscriptions/subscribed/device"]["topics"] == ["room/one"]
    fresh.client("iot-data").delete_connection(clientId="device")
    disconnected = watcher.told()["$aws/events/presence/disconnected/device"]
    assert disconnected["disconnectReason"] == "API_INITIATED_DISCONNECT"
    assert disconnected["clientInitiatedDisconnect"] is False
    assert disconnected["sessionIdentifier"] == connected["sessionIdentifier"]


def test_a_shadow_over_mqtt_takes_permissions_of_topics_and_over_http_its_own(fresh: LocalAccount) -> None:
    """Over MQTT "publishing and subscribing on shadow topics requires topic-based authorization", by the API
    `iot:UpdateThingShadow` and `iot:GetThingShadow`; neither goes for the other.
    https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-mqtt.html
    https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-rest-api.html
    """
    prefix, arn = "$aws/things/lamp/shadow", f"arn:aws:iot:us-east-1:{fresh.account_id}:"
    topics = iot.policy(
        fresh,
        document(
            statement("iot:Connect"),
            statement("iot:Publish", [f"{arn}topic/{prefix}/get", f"{arn}topic/{prefix}/update"]),
            statement("iot:Subscribe", f"{arn}topicfilter/{prefix}/*"),
            statement("iot:Receive", f"{arn}topic/{prefix}/*/accepted"),
        ),
    )
    made = iot.certificate(fresh, topics)
    device = Client(
        fresh.app,
        "lamp",
        f"{prefix}/#",
        principal=CertificatePrincipal(made["certificateId"], made["certificateArn"]),
    )
    device.publish(f"{prefix}/update", b'{"state": {"desired": {"power": "on"}}}')
    assert device.told().keys() == {f"{prefix}/update/accepted"}, "the others may not be received"
    keys = user(fresh, statement(["iot:UpdateThingShadow", "iot:GetThingShadow"], f"{arn}thing/lamp"))
    data = fresh.client("iot-data", keys)
    assert answered(data.get_thing_shadow(thingName="lamp"))["state"]["delta"] == {"power": "on"}
    assert data.update_thing_shadow(thingName="lamp", payload=b'{"state": {"desired": null}}')
    asked = forbidden(fresh, data.publish, topic=f"{prefix}/update", payload=b"{}")
    assert asked == ("iot:Publish", f"{arn}topic/{prefix}/update")
    assert device.told().keys() == {f"{prefix}/update/accepted"}, "of the update by the API"
    device.publish(f"{prefix}/delete")
    assert device.socket.closed, "no statement allows this topic"
    assert answered(data.get_thing_shadow(thingName="lamp"))["version"] == 2


def test_basic_ingest_is_logged_because_no_rule_runs(fresh: LocalAccount) -> None:
    """https://docs.aws.amazon.com/iot/latest/developerguide/iot-basic-ingest.html"""
    rule = {"sql": "SELECT *", "actions": [{"republish": {"roleArn": "arn:aws:iam::1:role/r", "topic": "x"}}]}
    fresh.client("iot").create_topic_rule(ruleName="Known", topicRulePayload=rule)
    device = Client(fresh.app, "device", "#")
    for _ in range(3):
        device.publish("$aws/rules/Known/room/one", b"x")
    fresh.client("iot-data").publish(topic="$aws/rules/Other/room/one", payload=b"x")
    assert device.received() == []
    assert [
        (e.client_id, e.event, e.topic, e.count, e.verdict, e.reason) for e in fresh.app.state.iot.log
    ] == [
        ("device", "BasicIngest", "$aws/rules/Known/room/one", 3, "ALLOWED", "no rule runs here"),
        (
            "",
            "BasicIngest",
            "$aws/rules/Other/room/one",
            1,
            "ALLOWED",
            "no rule runs here, and the account has none named `Other` (RuleNotFound)",
        ),
    ]


def test_a_client_that_publishes_to_a_reserved_topic_is_dropped_and_the_log_says_why(
    fresh: LocalAccount,
) -> None:
    """https://docs.aws.amazon.com/iot/latest/developerguide/reserved-topics.html"""
    device = Client(fresh.app, "device")
    device.publish("$aws/things/device/shadow/get")
    assert not device.socket.closed
    device.publish("$aws/things/device/jobs/get")
    assert device.socket.closed
    (entry,) = [entry for entry in fresh.app.state.iot.log if entry.event == "Publish"]
    assert (entry.client_id, entry.topic) == ("device", "$aws/things/device/jobs/get")
    assert (entry.verdict, entry.reason) == (
        "IMPLICIT_DENY", "the local account does not simulate AWS IoT Jobs",
    )  # fmt: skip


def test_to_retain_takes_a_permission_of_its_own(fresh: LocalAccount) -> None:
    """https://docs.aws.amazon.com/iot/latest/developerguide/iot-policy-actions.html (iot:RetainPublish)"""
    arn = f"arn:aws:iot:us-east-1:{fresh.account_id}:topic/room"
    both = fresh.client("iot-data", user(fresh, statement(["iot:Publish", "iot:RetainPublish"], arn)))
    assert both.publish(topic="room", payload=b"x", retain=True)
    plain = fresh.client("iot-data", user(fresh, statement("iot:Publish", arn)))
    assert plain.publish(topic="room", payload=b"x")
    assert forbidden(fresh, plain.publish, topic="room", payload=b"x", retain=True) == (
        "iot:RetainPublish", arn,
    )  # fmt: skip


def test_a_named_shadow_is_updated_by_its_own_resource(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/iot/latest/developerguide/iot-action-resources.html
    ("The thing's name, and the shadow's name, if applicable")
    """
    thing = account.name("thing")
    arn = f"arn:aws:iot:us-east-1:{account.account_id}:thing/{thing}"
    keys = user(account, statement(["iot:UpdateThingShadow", "iot:GetThingShadow"], [arn, f"{arn}/day"]))
    data, payload = account.client("iot-data", keys), b'{"state": {}}'
    for named in ({}, {"shadowName": "day"}):
        assert data.update_thing_shadow(thingName=thing, payload=payload, **named)
        assert data.get_thing_shadow(thingName=thing, **named)
    given = {"thingName": thing, "shadowName": "night"}
    asked = forbidden(account, data.update_thing_shadow, payload=payload, **given)
    assert asked == ("iot:UpdateThingShadow", f"{arn}/night")
    assert forbidden(account, data.get_thing_shadow, **given) == ("iot:GetThingShadow", f"{arn}/night")


def test_another_region_s_shadows_are_not_simulated(account: LocalAccount) -> None:
    thing = account.name("thing")
    assert update(account, thing, {})["version"] == 1
    answer = refused(account.client("iot-data", region="eu-west-1").get_thing_shadow, thingName=thing)
    assert (answer.status, answer.code) == (501, "NotSimulated")
