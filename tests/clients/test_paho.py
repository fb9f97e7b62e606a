"""Eclipse Paho for Python, unmodified: MQTT 3.1.1 and 5 by a presigned URL, and with a certificate.

https://docs.aws.amazon.com/iot/latest/developerguide/protocols.html
"""

from __future__ import annotations

import gc
import json
import os
import queue
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import boto3
import paho.mqtt.client as paho
import pytest
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from tests.clients import iot
from tests.clients.iot import Person
from tests.clients.served import create_lab, serve

pytestmark = [pytest.mark.clients]

VERSIONS = pytest.mark.parametrize("version", [paho.MQTTv311, paho.MQTTv5], ids=["3.1.1", "5"])


def presigned(keys: Mapping[str, str], *, host: str, sign_token: bool = False) -> str:
    """Path and query, signed by botocore; the session token is appended afterwards."""
    token = keys["session_token"]
    signer = Credentials(keys["access_key_id"], keys["secret_access_key"], token if sign_token else None)
    request = AWSRequest("GET", f"wss://{host}/mqtt")
    SigV4QueryAuth(signer, "iotdevicegateway", os.environ["AWS_REGION"], expires=300).add_auth(request)
    path = str(request.url).partition(host)[2]
    return path if sign_token else f"{path}&X-Amz-Security-Token={quote(token, safe='')}"


@dataclass
class Heard:
    """What a client was told."""

    connected: queue.Queue[Any] = field(default_factory=queue.Queue)
    disconnected: queue.Queue[Any] = field(default_factory=queue.Queue)
    subscribed: queue.Queue[Any] = field(default_factory=queue.Queue)
    published: queue.Queue[Any] = field(default_factory=queue.Queue)
    messages: queue.Queue[paho.MQTTMessage] = field(default_factory=queue.Queue)


def made(client_id: str, version: int, transport: str, **more: Any) -> tuple[paho.Client, Heard]:
    make: Any = paho.Client
    client: paho.Client = make(
        CallbackAPIVersion.VERSION2, client_id, protocol=version, transport=transport, **more
    )
    heard = Heard()
    client.on_connect = lambda *given: heard.connected.put(given[3])
    client.on_disconnect = lambda *given: heard.disconnected.put(given[3])
    client.on_subscribe = lambda *given: heard.subscribed.put(given[3])
    client.on_publish = lambda *given: heard.published.put(given[3])
    client.on_message = lambda _, __, message: heard.messages.put(message)
    return client, heard


@contextmanager
def running(client: paho.Client, port: str) -> Iterator[None]:
    client.connect(os.environ["AWS_IOT_ENDPOINT"], int(os.environ[port]))
    client.loop_start()
    try:
        yield
    finally:
        client.disconnect()
        client.loop_stop()


@contextmanager
def connected(
    person: Person, version: int, *, client_id: str = "", path: str = "", will: str = ""
) -> Iterator[tuple[paho.Client, Heard]]:
    """Over WebSocket, for `person`, whose CONNECT was answered."""
    client, heard = made(client_id or person.identity_id, version, "websockets")
    client.tls_set(os.environ["AWS_IOT_CA"])
    path = path or presigned(person.keys(), host=os.environ["AWS_IOT_ENDPOINT"])
    client.ws_set_options(path=path)
    if will:
        client.will_set(will, b"gone", qos=1)
    with running(client, "AWS_IOT_PORT"):
        assert not heard.connected.get(timeout=iot.PATIENCE).is_failure
        yield client, heard


def subscribe(client: paho.Client, heard: Heard, topic: str) -> Any:
    client.subscribe(topic, qos=1)
    return heard.subscribed.get(timeout=iot.PATIENCE)[0]


def assert_refused(person: Person, path: str) -> None:
    """At the upgrade; paho forgets to close the socket."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        with pytest.raises(paho.WebsocketConnectionError), connected(person, paho.MQTTv311, path=path):
            pass
        gc.collect()


@VERSIONS
def test_one_person_s_message_reaches_another(ann: Person, ben: Person, version: int) -> None:
    with connected(ann, version) as (writer, told), connected(ben, version) as (reader, heard):
        assert not subscribe(reader, heard, "people/+/paho").is_failure
        writer.publish("people/ann/paho", b"hello", qos=1)
        assert not told.published.get(timeout=iot.PATIENCE).is_failure
        message = heard.messages.get(timeout=iot.PATIENCE)
        assert (message.topic, message.payload, message.qos) == ("people/ann/paho", b"hello", 1)


@VERSIONS
def test_a_retained_message_waits_for_whoever_subscribes(ann: Person, ben: Person, version: int) -> None:
    topic = f"people/paho/retained/{version}"
    with connected(ann, version) as (writer, told):
        writer.publish(topic, b"kept", qos=1, retain=True)
        told.published.get(timeout=iot.PATIENCE)
    with connected(ben, version) as (reader, heard):
        subscribe(reader, heard, topic)
        message = heard.messages.get(timeout=iot.PATIENCE)
        assert (message.payload, message.retain) == (b"kept", True)


@VERSIONS
def test_a_client_that_is_cut_off_leaves_its_will(ann: Person, ben: Person, version: int) -> None:
    topic = f"people/paho/will/{version}"
    with connected(ben, version) as (reader, heard):
        subscribe(reader, heard, topic)
        with connected(ann, version, will=topic) as (lost, _):
            sock: Any = lost.socket()
            sock.close()
            assert heard.messages.get(timeout=iot.PATIENCE).payload == b"gone"


@pytest.mark.parametrize("port", [False, True])
def test_the_port_may_be_part_of_the_signed_host(ann: Person, port: bool) -> None:
    host = os.environ["AWS_IOT_ENDPOINT"] + (f":{os.environ['AWS_IOT_PORT']}" if port else "")
    with connected(ann, paho.MQTTv311, path=presigned(ann.keys(), host=host)):
        pass
    assert_refused(ann, presigned(ann.keys(), host="example.com"))


def test_a_url_that_signs_its_token_is_refused(ann: Person) -> None:
    """https://github.com/aws/aws-sdk-js/issues/1456"""
    host = os.environ["AWS_IOT_ENDPOINT"]
    with connected(ann, paho.MQTTv311, path=presigned(ann.keys(), host=host)):
        pass
    assert_refused(ann, presigned(ann.keys(), host=host, sign_token=True))


def test_mqtt_5_is_told_that_its_connection_is_not_authorized(ann: Person, ben: Person) -> None:
    with connected(ann, paho.MQTTv5):
        pass
    client, heard = made(ben.identity_id, paho.MQTTv5, "websockets")
    client.tls_set(os.environ["AWS_IOT_CA"])
    client.ws_set_options(path=presigned(ann.keys(), host=os.environ["AWS_IOT_ENDPOINT"]))
    with running(client, "AWS_IOT_PORT"):
        assert str(heard.connected.get(timeout=iot.PATIENCE)) == "Not authorized"


def test_mqtt_3_1_1_is_hung_up_on(ann: Person, ben: Person) -> None:
    with connected(ann, paho.MQTTv311):
        pass
    client, heard = made(ben.identity_id, paho.MQTTv311, "websockets", reconnect_on_failure=False)
    client.tls_set(os.environ["AWS_IOT_CA"])
    client.ws_set_options(path=presigned(ann.keys(), host=os.environ["AWS_IOT_ENDPOINT"]))
    with running(client, "AWS_IOT_PORT"):
        assert heard.disconnected.get(timeout=iot.PATIENCE).is_failure
        assert heard.connected.empty()


@VERSIONS
def test_what_is_denied_is_refused_or_ends_the_connection(ann: Person, version: int) -> None:
    with connected(ann, version) as (client, heard):
        assert not subscribe(client, heard, "people/ann").is_failure
        client.publish("secret", b"denied", qos=0)
        assert heard.disconnected.get(timeout=iot.PATIENCE).is_failure
    with connected(ann, version) as (client, heard):
        client.subscribe("#", qos=1)
        told = heard.subscribed if version == paho.MQTTv5 else heard.disconnected
        answer = told.get(timeout=iot.PATIENCE)
        assert (answer[0] if isinstance(answer, list) else answer).is_failure


@VERSIONS
def test_a_newcomer_with_the_same_client_id_takes_over(ann: Person, version: int) -> None:
    with connected(ann, version) as (_, first), connected(ann, version) as (second, heard):
        reason = str(first.disconnected.get(timeout=iot.PATIENCE))
        assert reason == ("Session taken over" if version == paho.MQTTv5 else "Unspecified error")
        second.publish("people/ann", b"still here", qos=1)
        heard.published.get(timeout=iot.PATIENCE)


def test_a_device_with_a_certificate_talks_to_a_person(ann: Person, tmp_path: Path) -> None:
    client = iot.client("iot")
    certificate = client.create_keys_and_certificate(setAsActive=True)
    policy = iot.document(*iot.statements(client="kettle", topics="people/*"))
    client.create_policy(policyName="kettle", policyDocument=policy)
    client.attach_policy(policyName="kettle", target=certificate["certificateArn"])
    pem, key = tmp_path / "kettle.pem", tmp_path / "kettle.key"
    pem.write_text(certificate["certificatePem"])
    key.write_text(certificate["keyPair"]["PrivateKey"])
    kettle, heard = made("kettle", paho.MQTTv5, "tcp")
    kettle.tls_set(os.environ["AWS_IOT_CA"], certfile=str(pem), keyfile=str(key))
    with connected(ann, paho.MQTTv311) as (app, told), running(kettle, "AWS_IOT_TLS_PORT"):
        assert not heard.connected.get(timeout=iot.PATIENCE).is_failure
        subscribe(app, told, "people/boils")
        assert kettle.publish("people/boils", b"now", qos=1).rc == MQTTErrorCode.MQTT_ERR_SUCCESS
        assert told.messages.get(timeout=iot.PATIENCE).payload == b"now"


@VERSIONS
def test_a_shadow_answers(ann: Person, version: int) -> None:
    """https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-mqtt.html"""
    with connected(ann, version) as (client, heard):
        shadow = f"$aws/things/{ann.identity_id}/shadow/name/paho"
        subscribe(client, heard, f"{shadow}/update/accepted")
        client.publish(f"{shadow}/update", json.dumps({"state": {"reported": {"version": version}}}), qos=1)
        answer = json.loads(heard.messages.get(timeout=iot.PATIENCE).payload)
        assert answer["state"] == {"reported": {"version": version}}


@VERSIONS
def test_after_its_credentials_expired_a_client_comes_back_with_a_new_url(
    version: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve(tmp_path) as account:
        for name, value in account.environment.items():
            monkeypatch.setenv(name, value)
        lab = create_lab(boto3.Session())
        iot.let_roles_use_iot()
        carol = iot.signed_in(lab)
        old, host = carol.keys(), os.environ["AWS_IOT_ENDPOINT"]
        with connected(carol, version, path=presigned(old, host=host)):
            account.advance("2h")
            time.sleep(1)  # a signature of the very second of an advance counts as older
        assert_refused(carol, presigned(old, host=host))
        carol.refresh()
        with connected(carol, version, path=presigned(carol.keys(), host=host)) as (client, heard):
            subscribe(client, heard, "people/carol")
            client.publish("people/carol", b"again", qos=1)
            assert heard.messages.get(timeout=iot.PATIENCE).payload == b"again"
