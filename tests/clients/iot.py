"""People and devices around the served account's IoT endpoint, and AWS's own MQTT client for them."""

from __future__ import annotations

import itertools
import json
import os
import queue
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import boto3
from awscrt import auth, exceptions, mqtt, mqtt5
from awsiot import mqtt5_client_builder, mqtt_connection_builder

from tests.clients.served import Lab

PASSWORD = "Correct-horse-1"
PATIENCE = 15
_NUMBERS = itertools.count(1)
_SUB = "${cognito-identity.amazonaws.com:sub}"


def client(service: str) -> Any:
    """A client of the account that the environment names now; boto3's default session keeps another."""
    return _client(service, os.environ["AWS_ENDPOINT_URL"], os.environ["AWS_ACCESS_KEY_ID"])


@lru_cache
def _client(service: str, *_: str) -> Any:
    return boto3.Session().client(service)  # type: ignore[call-overload]


def endpoint() -> dict[str, Any]:
    """Where awsiotsdk connects to, as its builders take it."""
    return {
        "endpoint": os.environ["AWS_IOT_ENDPOINT"],
        "port": int(os.environ["AWS_IOT_PORT"]),
        "ca_filepath": os.environ["AWS_IOT_CA"],
    }


def statements(*, client: str = _SUB, topics: str = "*") -> list[dict[str, object]]:
    """What a client may do under `topics` when it connects as `client`, or as `client-…`.

    The shadow of the Thing that is called like the client is its own.
    """
    arn = "arn:aws:iot:*:*:"
    shadow = f"$aws/things/{client}/shadow/*"
    return [
        {
            "Effect": "Allow",
            "Action": "iot:Connect",
            "Resource": [f"{arn}client/{client}", f"{arn}client/{client}-*"],
        },
        {
            "Effect": "Allow",
            "Action": ["iot:Publish", "iot:Receive", "iot:RetainPublish"],
            "Resource": [f"{arn}topic/{topics}", f"{arn}topic/{shadow}"],
        },
        {
            "Effect": "Allow",
            "Action": "iot:Subscribe",
            "Resource": [f"{arn}topicfilter/{topics}", f"{arn}topicfilter/{shadow}"],
        },
    ]


def document(*statements: dict[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def let_roles_use_iot() -> None:
    """Signed-in people may connect as their Identity ID and use what is below `people/`; so may guests."""
    iam = client("iam")
    for role in ("signed-in", "guest"):
        iam.put_role_policy(
            RoleName=role, PolicyName="iot", PolicyDocument=document(*statements(topics="people/*"))
        )


@dataclass
class Person:
    """Somebody who has signed in, and whose Identity ID has an IoT policy."""

    lab: Lab
    username: str
    identity_id: str = ""
    _refresh_token: str = field(default="", repr=False)
    _id_token: str = field(default="", repr=False)

    @property
    def _logins(self) -> dict[str, str]:
        return {self.lab.provider: self._id_token}

    def sign_in(self) -> None:
        idp, identity = client("cognito-idp"), client("cognito-identity")
        answer = idp.initiate_auth(
            ClientId=self.lab.client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": self.username, "PASSWORD": PASSWORD},
        )["AuthenticationResult"]
        self._id_token, self._refresh_token = answer["IdToken"], answer["RefreshToken"]
        pool = self.lab.identity_pool_id
        self.identity_id = identity.get_id(IdentityPoolId=pool, Logins=self._logins)["IdentityId"]

    def refresh(self) -> None:
        answer = client("cognito-idp").initiate_auth(
            ClientId=self.lab.client_id,
            AuthFlow="REFRESH_TOKEN_AUTH",
            AuthParameters={"REFRESH_TOKEN": self._refresh_token},
        )
        self._id_token = answer["AuthenticationResult"]["IdToken"]

    def keys(self) -> dict[str, str]:
        """Temporary credentials, as boto3 and awscrt name them."""
        answer = client("cognito-identity").get_credentials_for_identity(
            IdentityId=self.identity_id, Logins=self._logins
        )["Credentials"]
        return {
            "access_key_id": answer["AccessKeyId"],
            "secret_access_key": answer["SecretKey"],
            "session_token": answer["SessionToken"],
        }

    def credentials(self) -> auth.AwsCredentialsProvider:
        """What awscrt asks for credentials, at each connection."""
        return auth.AwsCredentialsProvider.new_static(**self.keys())


def signed_in(lab: Lab, *, policy: bool = True) -> Person:
    """A new user. Without an IoT policy of its own an authenticated identity may do nothing:
    https://docs.aws.amazon.com/iot/latest/developerguide/cog-iot-policies.html"""
    idp, iot = client("cognito-idp"), client("iot")
    person = Person(lab, f"iot-{next(_NUMBERS)}")
    ids: dict[str, Any] = {"UserPoolId": lab.user_pool_id, "Username": person.username}
    idp.admin_create_user(**ids, MessageAction="SUPPRESS")
    idp.admin_set_user_password(**ids, Password=PASSWORD, Permanent=True)
    person.sign_in()
    if policy:
        allowed = statements(client=person.identity_id, topics="people/*")
        iot.create_policy(policyName=person.username, policyDocument=document(*allowed))
        iot.attach_policy(policyName=person.username, target=person.identity_id)
    return person


@dataclass
class Heard:
    """What a client was told, in the order of events."""

    messages: queue.Queue[tuple[str, bytes, bool]] = field(default_factory=queue.Queue)
    events: queue.Queue[Any] = field(default_factory=queue.Queue)

    def message(self) -> tuple[str, bytes, bool]:
        """Topic, payload, and whether it was a retained one."""
        return self.messages.get(timeout=PATIENCE)

    def event(self) -> Any:
        return self.events.get(timeout=PATIENCE)


@contextmanager
def mqtt_311(
    credentials: auth.AwsCredentialsProvider, client_id: str, *, connect: bool = True, **more: Any
) -> Iterator[tuple[mqtt.Connection, Heard]]:
    """awsiotsdk's client for MQTT 3.1.1, with AWS's default signing."""
    heard = Heard()
    connection = mqtt_connection_builder.websockets_with_default_aws_signing(
        region=os.environ["AWS_REGION"],
        credentials_provider=credentials,
        client_id=client_id,
        on_connection_interrupted=lambda connection, error, **_: heard.events.put(error),
        on_connection_resumed=lambda **_: heard.events.put("resumed"),
        **endpoint(),
        **{"clean_session": True, "reconnect_min_timeout_secs": 1, "reconnect_max_timeout_secs": 1, **more},
    )
    yield from _connected(connection, heard, connect)


@contextmanager
def mqtt_311_device(certificate: dict[str, Any], client_id: str) -> Iterator[tuple[mqtt.Connection, Heard]]:
    """The same client with a certificate, on the port for devices."""
    heard = Heard()
    connection = mqtt_connection_builder.mtls_from_bytes(
        cert_bytes=certificate["certificatePem"].encode(),
        pri_key_bytes=certificate["keyPair"]["PrivateKey"].encode(),
        client_id=client_id,
        clean_session=True,
        **endpoint() | {"port": int(os.environ["AWS_IOT_TLS_PORT"])},
    )
    yield from _connected(connection, heard, True)


def _connected(
    connection: mqtt.Connection, heard: Heard, connect: bool
) -> Iterator[tuple[mqtt.Connection, Heard]]:
    if connect:
        connection.connect().result(PATIENCE)
    try:
        yield connection, heard
    finally:
        with suppress(RuntimeError):  # it is not connected, and was perhaps never
            connection.disconnect().result(PATIENCE)


def subscribe(connection: mqtt.Connection, heard: Heard, topic: str) -> None:
    def tell(topic: str, payload: bytes, dup: bool, qos: mqtt.QoS, retain: bool, **_: Any) -> None:
        heard.messages.put((topic, payload, retain))

    connection.subscribe(topic, mqtt.QoS.AT_LEAST_ONCE, tell)[0].result(PATIENCE)


def publish(connection: mqtt.Connection, topic: str, payload: bytes, *, retain: bool = False) -> None:
    connection.publish(topic, payload, mqtt.QoS.AT_LEAST_ONCE, retain)[0].result(PATIENCE)


def error_name(error: object) -> str:
    """awscrt's name of what went wrong."""
    assert isinstance(error, exceptions.AwsCrtError), error
    return str(error.name)


@contextmanager
def mqtt_5(
    credentials: auth.AwsCredentialsProvider, client_id: str, **more: Any
) -> Iterator[tuple[mqtt5.Client, Heard]]:
    """awsiotsdk's client for MQTT 5, with AWS's default signing. It connects in the background."""
    heard = Heard()

    def published(data: mqtt5.PublishReceivedData) -> None:
        packet = data.publish_packet
        heard.messages.put((packet.topic, bytes(packet.payload or b""), bool(packet.retain)))

    client = mqtt5_client_builder.websockets_with_default_aws_signing(
        region=os.environ["AWS_REGION"],
        credentials_provider=credentials,
        client_id=client_id,
        on_publish_received=published,
        on_lifecycle_connection_success=heard.events.put,
        on_lifecycle_connection_failure=heard.events.put,
        on_lifecycle_disconnection=heard.events.put,
        **endpoint(),
        **{"min_reconnect_delay_ms": 100, "max_reconnect_delay_ms": 200, **more},
    )
    client.start()
    try:
        yield client, heard
    finally:
        client.stop()
