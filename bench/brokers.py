"""The MQTT brokers that are compared, each with its authorisation on and a door that a client may use.

labkit's client has a Cognito identity's credentials, so that a role's policy and an AWS IoT policy decide;
MiniStack asks an IAM user's policy, mosquitto an access control list, aedes and amqtt their hooks.
"""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import sys
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import trustme

from bench import chain, servers
from bench.mqtt_clients import Door
from labkit import sigv4

#: What every broker's rules let a client use.
TOPICS = "bench/"
#: A topic name that labkit's policies do not allow.
DENIED = "denied/"
_USER, _PASSWORD = "bench", b"bench"
#: MiniStack knows its IoT endpoint by AWS's name of it.
_AWS_HOST = "bench-ats.iot.us-east-1.amazonaws.com"


@dataclass(frozen=True)
class Broker:
    """A server, and how its door is found once it runs."""

    subject: servers.Subject
    door: Callable[[servers.Running], Door]

    @property
    def name(self) -> str:
        return self.subject.name


def labkit(*, tls: bool = False) -> Broker:
    name, kind = ("labkit wss", "wss") if tls else ("labkit", "ws")
    command = (sys.executable, "-m", "bench.serve", "cheroot", "{port}", kind)
    return Broker(servers.Subject(name, command, keys=None), partial(_labkit_door, tls=tls))


def _labkit_door(running: servers.Running, *, tls: bool) -> Door:
    """Credentials of an Identity Pool, and both policies."""
    lab = chain.create(running.client)
    answer = lab.credentials()
    arn = "arn:aws:iot:us-east-1:*:"
    statements = [
        {"Effect": "Allow", "Action": "iot:Connect", "Resource": f"{arn}client/t*"},
        {"Effect": "Allow", "Action": ["iot:Publish", "iot:Receive"], "Resource": f"{arn}topic/{TOPICS}*"},
        {"Effect": "Allow", "Action": "iot:Subscribe", "Resource": f"{arn}topicfilter/{TOPICS}*"},
    ]
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    iam, iot = running.client("iam"), running.client("iot")
    iam.put_role_policy(RoleName=chain.ROLE, PolicyName="mqtt", PolicyDocument=document)
    iot.create_policy(policyName="mqtt", policyDocument=document)
    iot.attach_policy(policyName="mqtt", target=answer["IdentityId"])
    port = int(iot.describe_endpoint(endpointType="iot:Data-ATS")["endpointAddress"].rpartition(":")[2])
    keys = answer["Credentials"]
    path = signed_path(keys["AccessKeyId"], keys["SecretKey"], keys["SessionToken"])
    return Door(port, path, ca=_labkit_ca(running) if tls else None)


def _labkit_ca(running: servers.Running) -> str:
    with urllib.request.urlopen(f"{running.endpoint}/_labkit/iot/ca.pem") as response:
        return str(response.read().decode())


def signed_path(key_id: str, secret: str, token: str | None = None, host: str = "localhost") -> str:
    """The upgrade's path with a query that was signed just now."""
    amz_date = sigv4.timestamp(datetime.now(UTC))
    scope = sigv4.Scope(amz_date[:8], "us-east-1", "iotdevicegateway")
    signed = sigv4.presign(
        host,
        "/mqtt",
        sigv4.query_to_sign(key_id, amz_date=amz_date, scope=scope),
        secret_access_key=secret,
        amz_date=amz_date,
        scope=scope,
        unsigned=[("X-Amz-Security-Token", token)] if token else [],
    )
    return f"/mqtt?{signed.query}"


def ministack(python: str) -> Broker:
    return Broker(servers.ministack(python), _ministack_door)


def _ministack_door(running: servers.Running) -> Door:
    """An IAM user's keys: MiniStack asks its policies about each packet."""
    iam = running.client("iam")
    iam.create_user(UserName=_USER)
    statement = {"Effect": "Allow", "Action": "iot:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName=_USER, PolicyName="mqtt", PolicyDocument=document)
    keys = iam.create_access_key(UserName=_USER)["AccessKey"]
    path = signed_path(keys["AccessKeyId"], keys["SecretAccessKey"], host=_AWS_HOST)
    return Door(_port(running), path, _AWS_HOST)


def _port(running: servers.Running) -> int:
    return int(running.endpoint.rpartition(":")[2])


def _password_door(running: servers.Running, ca: str | None = None) -> Door:
    return Door(_port(running), username=_USER, password=_PASSWORD, ca=ca)


#: It does not start with a WebSocket listener alone (https://github.com/eclipse-mosquitto/mosquitto/issues/2284),
#: and binds that to one address only where it is told the address family. What is for a listener comes last.
_MOSQUITTO = """
user root
persistence false
log_dest none
allow_anonymous false
password_file {folder}/passwords
acl_file {folder}/acl
set_tcp_nodelay true
max_inflight_messages 100
max_queued_messages 0
listener 0 {folder}/socket
listener {port} 127.0.0.1
socket_domain ipv4
protocol websockets
"""


def mosquitto(*, tls: bool = False) -> Broker:
    """Debian's, by a configuration of its own."""
    files = {
        "mosquitto.conf": _MOSQUITTO,
        "passwords": f"{_USER}:{_mosquitto_hash(_PASSWORD)}\n",
        "acl": f"user {_USER}\ntopic readwrite {TOPICS}#\n",
    }
    command = (shutil.which("mosquitto") or "/usr/sbin/mosquitto", "-c", "{folder}/mosquitto.conf")
    if not tls:
        return Broker(servers.Subject("mosquitto", command, files=files), _password_door)
    authority = trustme.CA()
    served = authority.issue_cert("localhost")
    files["mosquitto.conf"] += "certfile {folder}/cert.pem\nkeyfile {folder}/key.pem\n"
    files["cert.pem"] = b"".join(each.bytes() for each in served.cert_chain_pems).decode()
    files["key.pem"] = served.private_key_pem.bytes().decode()
    ca = authority.cert_pem.bytes().decode()
    return Broker(servers.Subject("mosquitto wss", command, files=files), partial(_password_door, ca=ca))


def _mosquitto_hash(password: bytes, iterations: int = 101) -> str:
    """As mosquitto_passwd writes it: PBKDF2 with SHA-512."""
    salt = bytes(12)
    derived = hashlib.pbkdf2_hmac("sha512", password, salt, iterations)
    return f"$7${iterations}${base64.b64encode(salt).decode()}${base64.b64encode(derived).decode()}"


def has_mosquitto() -> bool:
    return shutil.which("mosquitto") is not None or Path("/usr/sbin/mosquitto").exists()


def amqtt(python: str) -> Broker:
    rules: Any = {_USER: [f"{TOPICS}#"]}
    settings = {
        "listeners": {"default": {"type": "ws", "bind": "127.0.0.1:{port}"}},
        "plugins": {
            "amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True},
            "amqtt.plugins.topic_checking.TopicAccessControlListPlugin": {"acl": rules, "publish_acl": rules},
        },
    }
    # JSON is YAML.
    files = {"amqtt.yaml": json.dumps(settings)}
    command = (python, "-m", "amqtt.scripts.broker_script", "-c", "{folder}/amqtt.yaml")
    return Broker(servers.Subject("amqtt", command, files=files), _password_door)


def aedes(folder: Path) -> Broker:
    """From a folder where npm installed it."""
    command = ("node", str(folder / "peer.mjs"), "{port}")
    return Broker(servers.Subject("aedes", command), _password_door)
