"""awsiotsdk, unmodified, with the credentials of a Cognito identity: MQTT 3.1.1 and 5 over WebSocket.

https://docs.aws.amazon.com/iot/latest/developerguide/cognito-identities.html
"""

from __future__ import annotations

import json
import queue
import time
from typing import Any

import boto3
import pytest
from awscrt import auth, exceptions, mqtt, mqtt5
from awsiot import iotshadow

from tests.clients import iot
from tests.clients.iot import Person, error_name, mqtt_5, mqtt_311, mqtt_311_device, publish, subscribe
from tests.clients.served import Lab, create_lab, serve

pytestmark = [pytest.mark.clients]


# MQTT 3.1.1


def test_one_person_s_message_reaches_another(ann: Person, ben: Person) -> None:
    with (
        mqtt_311(ann.credentials(), ann.identity_id) as (writer, _),
        mqtt_311(ben.credentials(), ben.identity_id) as (reader, heard),
    ):
        subscribe(reader, heard, "people/+/news")
        publish(writer, "people/alice/news", b"hello")
        assert heard.message() == ("people/alice/news", b"hello", False)


def test_a_retained_message_waits_for_whoever_subscribes(ann: Person, ben: Person) -> None:
    with mqtt_311(ann.credentials(), ann.identity_id) as (writer, _):
        publish(writer, "people/alice/status", b"away", retain=True)
    with mqtt_311(ben.credentials(), ben.identity_id) as (reader, heard):
        subscribe(reader, heard, "people/alice/status")
        assert heard.message() == ("people/alice/status", b"away", True)


def test_a_will_is_published_when_its_client_is_lost(ann: Person, ben: Person) -> None:
    """Here because another client with its client ID takes over."""
    will = mqtt.Will("people/alice/will", mqtt.QoS.AT_LEAST_ONCE, b"gone", False)
    with mqtt_311(ben.credentials(), ben.identity_id) as (reader, heard):
        subscribe(reader, heard, "people/alice/will")
        with (
            mqtt_311(ann.credentials(), ann.identity_id, will=will) as (_, lost),
            mqtt_311(ann.credentials(), ann.identity_id),
        ):
            assert error_name(lost.event()) == "AWS_ERROR_MQTT_UNEXPECTED_HANGUP"
            assert heard.message() == ("people/alice/will", b"gone", False)


def test_the_client_s_pings_are_answered(ann: Person) -> None:
    with mqtt_311(ann.credentials(), ann.identity_id, keep_alive_secs=1, ping_timeout_ms=500) as (
        connection,
        heard,
    ):
        subscribe(connection, heard, "people/pings")
        time.sleep(2.5)
        publish(connection, "people/pings", b"still here")
        assert heard.message()[1] == b"still here"
        assert heard.events.empty()


def test_a_persistent_session_keeps_what_came_meanwhile(ann: Person, ben: Person) -> None:
    with mqtt_311(ann.credentials(), ann.identity_id, clean_session=False) as (reader, heard):
        subscribe(reader, heard, "people/later")
    with mqtt_311(ben.credentials(), ben.identity_id) as (writer, _):
        publish(writer, "people/later", b"while you were away")
    with mqtt_311(ann.credentials(), ann.identity_id, clean_session=False, connect=False) as (reader, heard):
        reader.on_message(lambda topic, payload, **_: heard.messages.put((topic, payload, False)))
        assert reader.connect().result(iot.PATIENCE)["session_present"] is True
        assert heard.message() == ("people/later", b"while you were away", False)


def refused(keys: auth.AwsCredentialsProvider, client_id: str) -> str:
    """awscrt's word for why it cannot connect."""
    with (
        pytest.raises(exceptions.AwsCrtError) as caught,
        mqtt_311(keys, client_id, connect=False) as (connection, _),
    ):
        connection.connect().result(iot.PATIENCE)
    return str(caught.value.name)


def test_wrong_keys_are_refused_at_the_upgrade(ann: Person) -> None:
    with mqtt_311(ann.credentials(), ann.identity_id):
        pass
    for name in ("secret_access_key", "session_token", "access_key_id"):
        keys = ann.keys()
        wrong = auth.AwsCredentialsProvider.new_static(**keys | {name: keys[name][:-4] + "AAAA"})
        assert refused(wrong, ann.identity_id) == "AWS_ERROR_HTTP_WEBSOCKET_UPGRADE_FAILURE"


def test_another_client_id_than_the_policies_allow_is_hung_up_on(ann: Person, ben: Person) -> None:
    with mqtt_311(ann.credentials(), ann.identity_id + "-phone"):
        pass
    assert refused(ann.credentials(), ben.identity_id) == "AWS_ERROR_MQTT_UNEXPECTED_HANGUP"


def test_a_signed_in_identity_without_an_iot_policy_may_not_connect(lab: Lab, ann: Person) -> None:
    """ "Amazon Cognito authenticated users need … an AWS IoT Core policy attached":
    https://docs.aws.amazon.com/iot/latest/developerguide/cog-iot-policies.html"""
    with mqtt_311(ann.credentials(), ann.identity_id):
        pass
    nobody = iot.signed_in(lab, policy=False)
    assert refused(nobody.credentials(), nobody.identity_id) == "AWS_ERROR_MQTT_UNEXPECTED_HANGUP"


def test_a_guest_needs_the_role_s_policy_only(lab: Lab, ann: Person) -> None:
    identity = iot.client("cognito-identity")
    guest = identity.get_id(IdentityPoolId=lab.identity_pool_id)["IdentityId"]
    given = identity.get_credentials_for_identity(IdentityId=guest)["Credentials"]
    keys = auth.AwsCredentialsProvider.new_static(
        given["AccessKeyId"], given["SecretKey"], given["SessionToken"]
    )
    with mqtt_311(keys, guest) as (connection, heard):
        subscribe(connection, heard, "people/guests")
        publish(connection, "people/guests", b"hello")
        assert heard.message()[1] == b"hello"
    assert refused(keys, ann.identity_id) == "AWS_ERROR_MQTT_UNEXPECTED_HANGUP"


def test_a_denied_publish_ends_the_connection(ann: Person) -> None:
    with mqtt_311(ann.credentials(), ann.identity_id) as (connection, heard):
        publish(connection, "people/alice", b"allowed")
        connection.publish("secret", b"denied", mqtt.QoS.AT_MOST_ONCE)
        assert error_name(heard.event()) == "AWS_ERROR_MQTT_UNEXPECTED_HANGUP"
        assert heard.event() == "resumed"


def test_a_denied_subscription_ends_the_connection_or_fails(ann: Person) -> None:
    with mqtt_311(ann.credentials(), ann.identity_id) as (connection, heard):
        subscribe(connection, heard, "people/alice")
        connection.subscribe("#", mqtt.QoS.AT_LEAST_ONCE)
        assert error_name(heard.event()) == "AWS_ERROR_MQTT_UNEXPECTED_HANGUP"


def test_a_device_with_a_certificate_talks_to_a_person(ann: Person) -> None:
    """https://docs.aws.amazon.com/iot/latest/developerguide/x509-client-certs.html"""
    client = iot.client("iot")
    certificate: Any = client.create_keys_and_certificate(setAsActive=True)
    policy = iot.document(*iot.statements(client="thermostat", topics="people/*"))
    client.create_policy(policyName="thermostat", policyDocument=policy)
    client.attach_policy(policyName="thermostat", target=certificate["certificateArn"])
    with (
        mqtt_311(ann.credentials(), ann.identity_id) as (app, app_heard),
        mqtt_311_device(certificate, "thermostat") as (device, device_heard),
    ):
        subscribe(app, app_heard, "people/measured")
        subscribe(device, device_heard, "people/wanted")
        publish(device, "people/measured", b"19")
        assert app_heard.message() == ("people/measured", b"19", False)
        publish(app, "people/wanted", b"21")
        assert device_heard.message() == ("people/wanted", b"21", False)
    client.update_certificate(certificateId=certificate["certificateId"], newStatus="INACTIVE")
    with pytest.raises(exceptions.AwsCrtError), mqtt_311_device(certificate, "thermostat"):
        pass


# MQTT 5


def packet(topic: str) -> mqtt5.PublishPacket:
    return mqtt5.PublishPacket(topic=topic, qos=mqtt5.QoS.AT_LEAST_ONCE, payload="hello")


def connected(heard: iot.Heard) -> mqtt5.LifecycleConnectSuccessData:
    event = heard.event()
    assert isinstance(event, mqtt5.LifecycleConnectSuccessData), event
    return event


def test_mqtt_5_publishes_with_properties_and_receives(ann: Person, ben: Person) -> None:
    with (
        mqtt_5(ann.credentials(), ann.identity_id) as (writer, told),
        mqtt_5(ben.credentials(), ben.identity_id) as (reader, heard),
    ):
        connected(told)
        connected(heard)
        wanted = mqtt5.Subscription("people/five/#", mqtt5.QoS.AT_LEAST_ONCE)
        granted = reader.subscribe(mqtt5.SubscribePacket([wanted])).result(iot.PATIENCE)
        assert granted.reason_codes == [mqtt5.SubackReasonCode.GRANTED_QOS_1]
        message = mqtt5.PublishPacket(
            topic="people/five/a",
            qos=mqtt5.QoS.AT_LEAST_ONCE,
            payload="hello",
            content_type="text/plain",
            user_properties=[mqtt5.UserProperty("colour", "green")],
        )
        answer = writer.publish(message).result(iot.PATIENCE)
        assert answer.puback.reason_code == mqtt5.PubackReasonCode.SUCCESS
        assert heard.message() == ("people/five/a", b"hello", False)


def test_mqtt_5_tells_what_aws_grants(ann: Person) -> None:
    """https://docs.aws.amazon.com/iot/latest/developerguide/mqtt.html#mqtt5"""
    with mqtt_5(ann.credentials(), ann.identity_id) as (_, heard):
        settings = connected(heard).negotiated_settings
        assert settings.maximum_qos == mqtt5.QoS.AT_LEAST_ONCE
        assert settings.retain_available is True
        assert settings.shared_subscriptions_available is True


def test_mqtt_5_says_why_a_connection_is_refused(ann: Person, ben: Person) -> None:
    with mqtt_5(ann.credentials(), ann.identity_id) as (_, heard):
        connected(heard)
    with mqtt_5(ann.credentials(), ben.identity_id) as (_, heard):
        event = heard.event()
        assert isinstance(event, mqtt5.LifecycleConnectFailureData)
        assert event.connack_packet is not None
        assert event.connack_packet.reason_code == mqtt5.ConnectReasonCode.NOT_AUTHORIZED


def test_mqtt_5_says_that_another_client_took_over(ann: Person) -> None:
    patient = {"min_reconnect_delay_ms": 60_000, "max_reconnect_delay_ms": 60_000}
    with mqtt_5(ann.credentials(), ann.identity_id, **patient) as (_, first):
        connected(first)
        with mqtt_5(ann.credentials(), ann.identity_id) as (_, second):
            connected(second)
            event = first.event()
            assert isinstance(event, mqtt5.LifecycleDisconnectData)
            assert event.disconnect_packet is not None
            assert event.disconnect_packet.reason_code == mqtt5.DisconnectReasonCode.SESSION_TAKEN_OVER


@pytest.mark.unconfirmed
def test_mqtt_5_a_denied_publish_and_a_denied_subscription_are_refused(ann: Person) -> None:
    with mqtt_5(ann.credentials(), ann.identity_id) as (client, heard):
        connected(heard)
        answer = client.publish(packet("people/alice")).result(iot.PATIENCE)
        assert answer.puback.reason_code == mqtt5.PubackReasonCode.SUCCESS
        answer = client.publish(packet("secret")).result(iot.PATIENCE)
        assert answer.puback.reason_code == mqtt5.PubackReasonCode.NOT_AUTHORIZED
        wanted = [mqtt5.Subscription(topic, mqtt5.QoS.AT_MOST_ONCE) for topic in ("people/alice", "secret")]
        granted = client.subscribe(mqtt5.SubscribePacket(wanted)).result(iot.PATIENCE)
        codes = mqtt5.SubackReasonCode
        assert granted.reason_codes == [codes.GRANTED_QOS_0, codes.NOT_AUTHORIZED]
        denied = mqtt5.PublishPacket(topic="secret", qos=mqtt5.QoS.AT_MOST_ONCE, payload="denied")
        client.publish(denied)
        event = heard.event()
        assert isinstance(event, mqtt5.LifecycleDisconnectData)


# Device Shadows


def test_aws_s_own_shadow_client_updates_gets_and_deletes(ann: Person, ben: Person) -> None:
    """https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-mqtt.html"""
    with mqtt_311(ann.credentials(), ann.identity_id) as (connection, _):
        answers: queue.Queue[Any] = queue.Queue()
        client, thing = iotshadow.IotShadowClient(connection), ann.identity_id
        subscribe_to_shadow(client, thing, answers.put)
        desired = iotshadow.ShadowState(desired={"light": "on"})
        update = iotshadow.UpdateShadowRequest(thing_name=thing, state=desired)
        client.publish_update_shadow(update, mqtt.QoS.AT_LEAST_ONCE).result(iot.PATIENCE)
        said = [answers.get(timeout=iot.PATIENCE) for _ in range(2)]
        (delta,) = (each for each in said if isinstance(each, iotshadow.ShadowDeltaUpdatedEvent))
        assert delta.state == {"light": "on"}
        get = iotshadow.GetShadowRequest(thing_name=thing)
        client.publish_get_shadow(get, mqtt.QoS.AT_LEAST_ONCE).result(iot.PATIENCE)
        assert answers.get(timeout=iot.PATIENCE).state.desired == {"light": "on"}
        stored = iot.client("iot-data").get_thing_shadow(thingName=thing)["payload"].read()
        assert json.loads(stored)["state"]["desired"] == {"light": "on"}
        delete = iotshadow.DeleteShadowRequest(thing_name=thing)
        client.publish_delete_shadow(delete, mqtt.QoS.AT_LEAST_ONCE).result(iot.PATIENCE)
        assert isinstance(answers.get(timeout=iot.PATIENCE), iotshadow.DeleteShadowResponse)
        client.publish_get_shadow(get, mqtt.QoS.AT_LEAST_ONCE).result(iot.PATIENCE)
        assert answers.get(timeout=iot.PATIENCE).code == 404


def test_another_s_shadow_is_refused(ann: Person, ben: Person) -> None:
    with mqtt_311(ann.credentials(), ann.identity_id) as (connection, heard):
        subscribe(connection, heard, f"$aws/things/{ann.identity_id}/shadow/get/rejected")
        publish(connection, f"$aws/things/{ann.identity_id}/shadow/get", b"")
        assert json.loads(heard.message()[1])["code"] == 404
        connection.publish(f"$aws/things/{ben.identity_id}/shadow/get", b"", mqtt.QoS.AT_MOST_ONCE)
        assert error_name(heard.event()) == "AWS_ERROR_MQTT_UNEXPECTED_HANGUP"


def subscribe_to_shadow(client: iotshadow.IotShadowClient, thing: str, tell: Any) -> None:
    """To every answer that a shadow gives, and to what is still to be done."""
    update = iotshadow.UpdateShadowSubscriptionRequest(thing_name=thing)
    get = iotshadow.GetShadowSubscriptionRequest(thing_name=thing)
    delete = iotshadow.DeleteShadowSubscriptionRequest(thing_name=thing)
    delta = iotshadow.ShadowDeltaUpdatedSubscriptionRequest(thing_name=thing)
    for begin, request in (
        (client.subscribe_to_update_shadow_accepted, update),
        (client.subscribe_to_get_shadow_accepted, get),
        (client.subscribe_to_get_shadow_rejected, get),
        (client.subscribe_to_delete_shadow_accepted, delete),
        (client.subscribe_to_shadow_delta_updated_events, delta),
    ):
        begin(request, mqtt.QoS.AT_LEAST_ONCE, tell)[0].result(iot.PATIENCE)


# Credentials


def test_credentials_that_expired_are_renewed_when_the_client_connects_again(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection lasts 24 hours, credentials one: https://docs.aws.amazon.com/general/latest/gr/iot-core.html"""
    with serve(tmp_path) as account:
        for name, value in account.environment.items():
            monkeypatch.setenv(name, value)
        person_lab = create_lab(boto3.Session())
        iot.let_roles_use_iot()
        carol = iot.signed_in(person_lab)
        asked: list[str] = []

        def delegate() -> auth.AwsCredentials:
            if asked:
                carol.refresh()
            keys = carol.keys()
            asked.append(keys["access_key_id"])
            return auth.AwsCredentials(**keys)

        provider = auth.AwsCredentialsProvider.new_delegate(delegate)
        fixed = carol.credentials()
        with mqtt_311(provider, carol.identity_id) as (connection, heard):
            account.advance("2h")
            publish(connection, "people/carol", b"the connection outlives its credentials")
            assert refused(fixed, carol.identity_id) == "AWS_ERROR_HTTP_WEBSOCKET_UPGRADE_FAILURE"
            account.advance("22h")
            assert error_name(heard.event()) == "AWS_ERROR_MQTT_UNEXPECTED_HANGUP"
            assert heard.event() == "resumed"
            assert len(set(asked)) >= 2
            subscribe(connection, heard, "people/carol")
            publish(connection, "people/carol", b"again")
            assert heard.message()[1] == b"again"
