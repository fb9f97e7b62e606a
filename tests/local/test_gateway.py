"""The sockets of AWS IoT Core, by clients that send exactly what a test wants.

https://docs.aws.amazon.com/iot/latest/developerguide/protocols.html
"""

from __future__ import annotations

import contextlib
import gc
import itertools
import os
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import psutil
import pytest
from botocore.exceptions import ClientError
from websockets.frames import Opcode

from labkit.local.gateway import Gateway, channel, gateway, websocket
from labkit.local.mqtt.codec import encode
from labkit.local.mqtt.contract import Message
from labkit.local.mqtt.packets import (
    V5,
    V311,
    Connect,
    Disconnect,
    Pingreq,
    Pingresp,
    Puback,
    Publish,
    Reason,
    Suback,
    Subscribe,
    Subscription,
)
from labkit.resources import Credentials
from tests.local.accounts import FRESH, LocalAccount, document, reached, statement, user
from tests.local.gateway_clients import Client, over_tls, over_websocket
from tests.local.gateway_clients import reached as socket_to
from tests.local.signed_urls import signed_path


@dataclass
class Running:
    """An account's gateway, and clients of it."""

    account: LocalAccount
    gateway: Gateway
    context: ssl.SSLContext = field(repr=False)

    @property
    def keys(self) -> Credentials:
        return self.account.app.administrator

    def websocket(self, **more: Any) -> AbstractContextManager[Client]:
        return over_websocket(self.gateway.port, self.context, signed_path(self.keys), **more)

    @contextmanager
    def client(self, client_id: str, **more: Any) -> Iterator[Client]:
        """One that is connected."""
        with self.websocket() as client:
            assert client.connect(client_id, **more).reason == 0
            yield client

    @property
    def reasons(self) -> list[str]:
        """Why the gateway refused or dropped somebody."""
        told = ("Socket", "Disconnect")
        return [entry.reason for entry in self.account.app.state.iot.log if entry.event in told]


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """An account of this module's own."""
    with started(FRESH) as made:
        yield made


#: moto keeps its resources in the process by account number.
OTHER = "555566667777"


@contextmanager
def started(account_id: str = OTHER, **settings: Any) -> Iterator[Running]:
    from labkit.local.app import create_app

    app = create_app(account_id=account_id)
    account = reached(app, "direct")
    with Gateway(app.state, **settings) as made:
        context = ssl.create_default_context(cadata=app.state.iot.certificates.ca_pem.decode())
        yield Running(account, made, context)


def subscribe(client: Client, topic_filter: str, qos: int = 0) -> None:
    client.send(Subscribe(1, (Subscription(topic_filter, qos),)))
    assert client.receive() == Suback(1, (qos,))


def serves(running: Running) -> None:
    """A client that behaves is served, now."""
    began = time.monotonic()
    with running.client("good") as good:
        subscribe(good, "good")
        good.send(Publish("good", b"hello", 1, packet_id=7))
        answers = [good.receive(), good.receive()]
        assert Puback(7) in answers
        assert Publish("good", b"hello") in answers
    assert time.monotonic() - began < 5


def eventually(condition: Callable[[], Any]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end, "it did not become true"
        time.sleep(0.01)


# WebSocket


@pytest.mark.parametrize("version", [V311, V5])
def test_what_one_client_publishes_another_receives(running: Running, version: int) -> None:
    with running.client("reader", version=version) as reader, running.client("writer") as writer:
        subscribe(reader, "news/#", qos=1)
        writer.send(Publish("news/today", b"hello", 1, packet_id=5))
        assert writer.receive() == Puback(5)
        received = reader.receive()
        assert isinstance(received, Publish)
        assert (received.topic, received.payload, received.qos) == ("news/today", b"hello", 1)


@pytest.mark.unconfirmed
@pytest.mark.parametrize(
    "path, headers, status, reason",
    [
        ("/other", {}, 501, "does not simulate HTTP requests at the IoT endpoint"),
        ("/mqtt", {"Upgrade": None}, 426, "Upgrade"),
        ("/mqtt", {"Connection": "close"}, 426, "Connection"),
        ("/mqtt", {"Sec-WebSocket-Version": "12"}, 400, "Version"),
        ("/mqtt", {"Sec-WebSocket-Protocol": "mqttv3.1"}, 400, "subprotocol"),
        ("/mqtt", {"Sec-WebSocket-Protocol": None}, 400, "subprotocol"),
        ("/mqtt", {}, 403, "MissingAuthenticationTokenException"),
        ("/mqtt?X-Amz-Algorithm=AWS4-HMAC-SHA256", {}, 403, "IncompleteSignatureException"),
    ],
)
def test_an_upgrade_is_refused_with_a_reason_that_the_log_keeps(
    running: Running, path: str, headers: dict[str, str | None], status: int, reason: str
) -> None:
    with running.websocket():
        pass
    made = over_websocket(running.gateway.port, running.context, path, headers=headers, require=status)
    with made as client:
        assert client.response is not None
        assert reason in bytes(client.response.body or b"").decode()
        assert client.until_closed() == []
    assert reason in running.reasons[-1]
    assert str(status) in running.reasons[-1]


@pytest.mark.parametrize("operation", ["publish", "get_thing_shadow"])
def test_the_data_api_is_asked_elsewhere(running: Running, tmp_path: Path, operation: str) -> None:
    """On AWS it is the same endpoint: https://docs.aws.amazon.com/iot/latest/developerguide/http.html"""
    ca = tmp_path / "ca.pem"
    ca.write_bytes(running.account.app.state.iot.certificates.ca_pem)
    url = f"https://localhost:{running.gateway.port}"
    session = boto3.Session(
        running.keys.access_key_id, running.keys.secret_access_key.reveal(), region_name="us-east-1"
    )
    data: Any = session.client("iot-data", endpoint_url=url, verify=str(ca))
    given = {"topic": "a", "payload": b"x"} if operation == "publish" else {"thingName": "lamp"}
    with pytest.raises(ClientError) as caught:
        getattr(data, operation)(**given)
    assert caught.value.response["Error"]["Code"] == "NotSimulated"
    assert "AWS_ENDPOINT_URL answers iot-data" in running.reasons[-1]


def test_mqtt_without_websocket_is_no_upgrade(running: Running) -> None:
    with running.websocket() as client:
        client.connect("lamp")
    with socket_to(running.gateway.port, running.context) as sock:
        sock.sendall(encode(Connect(V311, "lamp"), V311))
        assert sock.recv(1) == b""
    assert "MQTT without WebSocket" in running.reasons[-1]


def test_a_wrong_signature_is_answered_with_403(running: Running) -> None:
    """ "received bad response code from server 403": https://github.com/aws-amplify/aws-sdk-ios/issues/2972"""
    path = signed_path(running.keys)
    with over_websocket(running.gateway.port, running.context, path):
        pass
    with over_websocket(running.gateway.port, running.context, path + "0", require=403) as client:
        assert client.until_closed() == []
    assert "InvalidSignatureException" in running.reasons[-1]


def test_the_subprotocol_is_mqtt_and_nothing_is_compressed(running: Running) -> None:
    """[MQTT-6.0.0-4]"""
    offered = {"Sec-WebSocket-Extensions": "permessage-deflate", "Sec-WebSocket-Protocol": "mqttv3.1, mqtt"}
    with running.websocket(headers=offered) as client:
        assert client.response is not None
        assert client.response.headers["Sec-WebSocket-Protocol"] == "mqtt"
        assert "Sec-WebSocket-Extensions" not in client.response.headers


def test_packets_and_frames_need_not_coincide(running: Running) -> None:
    """ "A single WebSocket data frame can contain multiple or partial MQTT Control Packets"
    [MQTT-6.0.0-2]."""
    with running.client("frames") as client:
        client.send(Pingreq(), Pingreq())
        assert [client.receive(), client.receive()] == [Pingresp(), Pingresp()]
        client.send_bytes(b"\xc0")
        client.send_bytes(b"\x00\xc0", fin=False)
        client.send_bytes(b"\x00", opcode=Opcode.CONT)
        assert [client.receive(), client.receive()] == [Pingresp(), Pingresp()]


def test_a_ping_of_websocket_is_answered(running: Running) -> None:
    with running.client("pings") as client:
        client.send_bytes(b"are you there", opcode=Opcode.PING)
        client.send(Pingreq())
        assert client.receive() == Pingresp()
        assert [bytes(f.data) for f in client.frames if f.opcode is Opcode.PONG] == [b"are you there"]


def test_a_text_frame_ends_the_connection(running: Running) -> None:
    """[MQTT-6.0.0-1]"""
    with running.client("texts") as client:
        client.send(Pingreq())
        assert client.receive() == Pingresp()
        client.send_bytes(b"\xc0\x00".decode("latin-1").encode(), opcode=Opcode.TEXT)
        assert client.until_closed() == []
    assert "text frame" in running.reasons[-1]


def test_the_log_says_what_is_wrong_with_a_frame(running: Running) -> None:
    """ "The server MUST close the connection upon receiving a frame that is not masked" (RFC 6455, 5.1)."""
    with running.client("framed") as client:
        client.send(Pingreq())
        assert client.receive() == Pingresp()
        client.sock.sendall(b"\x82\x02\xc0\x00")
        assert client.sock.recv(100)[:1] == b"\x88"
    assert "WebSocket: incorrect masking" in running.reasons


def test_who_is_dropped_sees_the_end_of_the_connection_and_no_close_frame(running: Running) -> None:
    """So that awscrt says AWS_ERROR_MQTT_UNEXPECTED_HANGUP, the name that people see with AWS."""
    with running.client("twin") as older, running.client("twin") as newer:
        assert older.until_closed() == []
        assert all(frame.opcode is not Opcode.CLOSE for frame in older.frames)
        newer.send(Pingreq())
        assert newer.receive() == Pingresp()


def test_what_was_written_before_the_drop_arrives(running: Running) -> None:
    with running.client("five", version=V5) as older:
        with running.client("five", version=V5):
            told = older.until_closed()
        assert [p.reason for p in told if isinstance(p, Disconnect)] == [Reason.SESSION_TAKEN_OVER]


def test_a_close_frame_is_answered_and_tells_no_will(running: Running) -> None:
    """ "CLIENT_INITIATED_DISCONNECT … or by sending a websocket Close frame":
    https://docs.aws.amazon.com/iot/latest/developerguide/life-cycle-events.html"""
    with running.client("closes") as client:
        client.send_bytes(b"\x03\xe8", opcode=Opcode.CLOSE)
        client.until_closed()
        assert [bytes(f.data) for f in client.frames if f.opcode is Opcode.CLOSE] == [b"\x03\xe8"]


def test_a_message_without_end_is_cut_short(running: Running) -> None:
    with running.client("large") as client:
        client.send(Publish("large", bytes(100_000), 1, packet_id=1))
        assert client.receive() == Puback(1)
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            client.send_bytes(bytes(websocket.MAX_MESSAGE + 1))
        client.until_closed()
    serves(running)


def test_plain_http_without_tls_is_for_measurements_only() -> None:
    with started(tls=False) as running:
        path = signed_path(running.keys)
        with over_websocket(running.gateway.port, None, path) as client:
            assert client.connect("plain").reason == 0


def test_the_account_itself_publishes_from_any_thread(running: Running) -> None:
    state = running.account.app.state
    with running.client("listener") as listener:
        subscribe(listener, "from/the/account")
        with state.lock:
            assert state.iot.broker.publish(Message("from/the/account", b"1")) == 1
        received = listener.receive()
        assert isinstance(received, Publish)
        assert received.payload == b"1"


# Client certificates


def device(running: Running, folder: Path, *, status: str = "ACTIVE") -> ssl.SSLContext:
    """How a device with a new certificate does TLS."""
    iot = running.account.client("iot")
    made = iot.create_keys_and_certificate(setAsActive=True)
    name = running.account.name("policy")
    iot.create_policy(policyName=name, policyDocument=document(statement("iot:*")))
    iot.attach_policy(policyName=name, target=made["certificateArn"])
    if status != "ACTIVE":
        iot.update_certificate(certificateId=made["certificateId"], newStatus=status)
    pem = folder / f"{made['certificateId'][:8]}.pem"
    pem.write_text(made["keyPair"]["PrivateKey"] + made["certificatePem"])
    context = ssl.create_default_context(cadata=running.account.app.state.iot.certificates.ca_pem.decode())
    context.load_cert_chain(pem)
    return context


def test_a_device_connects_with_its_certificate_to_a_client_of_the_other_port(
    running: Running, tmp_path: Path
) -> None:
    context = device(running, tmp_path)
    with running.client("app") as app, over_tls(running.gateway.tls_port, context) as thing:
        assert thing.connect("thing").reason == 0
        subscribe(app, "measured")
        thing.send(Publish("measured", b"21", 1, packet_id=1))
        assert thing.receive() == Puback(1)
        assert app.receive() == Publish("measured", b"21")


def test_on_the_websocket_port_a_device_says_by_alpn_that_it_means_mqtt(
    running: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ "Clients that connect on port 443 with X.509 client certificate authentication must implement the
    Application Layer Protocol Negotiation (ALPN) TLS extension and use the ALPN protocol name":
    https://docs.aws.amazon.com/iot/latest/developerguide/protocols.html"""
    context = device(running, tmp_path)
    context.set_alpn_protocols(["x-amzn-mqtt-ca"])
    with over_tls(running.gateway.port, context) as thing:
        assert thing.connect("thing-by-alpn").reason == 0
    monkeypatch.setattr(channel, "HANDSHAKE", 0.3)
    bare = device(running, tmp_path)
    with over_tls(running.gateway.port, bare) as thing:
        thing.send_bytes(b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x00\x00\x01a")
        assert thing.until_closed() == []


def handshake(tls: ssl.SSLObject, incoming: ssl.MemoryBIO, sock: socket.socket) -> None:
    """Read the server's answer."""
    while answer := sock.recv(65_536):
        incoming.write(answer)
        with contextlib.suppress(ssl.SSLWantReadError):
            tls.do_handshake()
            return


def test_a_client_hello_that_comes_in_two_pieces_is_read_whole(running: Running) -> None:
    """ALPN may stand in the second one."""
    context = ssl.create_default_context(cadata=running.account.app.state.iot.certificates.ca_pem.decode())
    context.set_alpn_protocols(["x-amzn-mqtt-ca"])
    for cuts in ((), (3, 100)):
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
        with contextlib.suppress(ssl.SSLWantReadError):
            tls.do_handshake()
        hello = outgoing.read()
        with socket.create_connection(("127.0.0.1", running.gateway.port), timeout=10) as sock:
            for start, end in itertools.pairwise((0, *cuts, len(hello))):
                sock.sendall(hello[start:end])
                time.sleep(0.05)
            handshake(tls, incoming, sock)
        assert tls.selected_alpn_protocol() == "x-amzn-mqtt-ca"


@pytest.mark.parametrize("status", ["INACTIVE", "REVOKED"])
def test_only_an_active_certificate_connects(running: Running, tmp_path: Path, status: str) -> None:
    """ "Certificates must be in the ACTIVE state to authenticate devices":
    https://docs.aws.amazon.com/iot/latest/apireference/API_UpdateCertificate.html"""
    context = device(running, tmp_path)
    with over_tls(running.gateway.tls_port, context) as thing:
        assert thing.connect("active").reason == 0
    context = device(running, tmp_path, status=status)
    with over_tls(running.gateway.tls_port, context) as thing:
        with contextlib.suppress(OSError):
            thing.send_bytes(b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x00\x00\x01a")
        assert thing.until_closed() == []
    assert "not an active one" in running.reasons[-1]


def test_without_a_certificate_of_this_account_nobody_comes_in(running: Running, tmp_path: Path) -> None:
    import trustme

    context = device(running, tmp_path)
    with over_tls(running.gateway.tls_port, context) as thing:
        assert thing.connect("known").reason == 0
    strange = ssl.create_default_context(cadata=running.account.app.state.iot.certificates.ca_pem.decode())
    trustme.CA().issue_cert("thing").configure_cert(strange)
    for refused in (running.context, strange):
        with (
            contextlib.suppress(ssl.SSLError, ConnectionError),
            over_tls(running.gateway.tls_port, refused) as thing,
        ):
            thing.send_bytes(b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x00\x00\x01a")
            assert thing.until_closed() == []
        eventually(lambda: running.reasons[-1].startswith("TLS: "))


# Time


def test_a_connection_by_sigv4_ends_after_24_hours_by_the_account_s_clock() -> None:
    """ "IoT Core will close websocket-based connections after 24 hours":
    https://github.com/aws/aws-iot-device-sdk-python-v2/issues/283
    and https://docs.aws.amazon.com/general/latest/gr/iot-core.html#iot-protocol-limits"""
    with started() as running, running.client("long") as client:
        running.account.advance(hours=23, minutes=59)
        client.send(Pingreq())
        assert client.receive() == Pingresp()
        time.sleep(2 * gateway.TICK)
        client.send(Pingreq())
        assert client.receive() == Pingresp()
        running.account.advance(minutes=1)
        assert client.until_closed() == []
        assert "24 hours" in running.reasons[-1]
        last = list(running.account.app.state.iot.log)[-1]
        assert (last.client_id, last.event) == ("long", "Disconnect")
        time.sleep(1)  # a URL that was signed in the very second of an advance counts as older than it
        with running.client("long"):
            pass


def test_a_connection_outlives_the_credentials_that_opened_it() -> None:
    """ "the wss connection would be re-established every hour instead of the maximum 24 hrs":
    https://github.com/awslabs/aws-crt-nodejs/issues/423"""
    with started() as running:
        keys = running.account.client("sts").get_session_token(DurationSeconds=900)["Credentials"]
        given = Credentials(
            keys["AccessKeyId"], _secret(keys["SecretAccessKey"]), _secret(keys["SessionToken"]), None
        )
        path = signed_path(given)
        with over_websocket(running.gateway.port, running.context, path) as client:
            assert client.connect("outlives").reason == 0
            running.account.advance(minutes=15)
            time.sleep(2 * gateway.TICK)
            client.send(Pingreq())
            assert client.receive() == Pingresp()
        time.sleep(1)
        with over_websocket(running.gateway.port, running.context, signed_path(given), require=403):
            assert "ExpiredTokenException" in running.reasons[-1]


def _secret(text: str) -> Any:
    from labkit.record import Secret

    return Secret(text)


# Who does not take part


@pytest.mark.parametrize("begin", [b"", b"\x16\x03\x01", b"GET /mqtt HTTP/1.1\r\n"])
def test_who_says_nothing_is_dropped(running: Running, monkeypatch: pytest.MonkeyPatch, begin: bytes) -> None:
    monkeypatch.setattr(channel, "HANDSHAKE", 0.3)
    with socket.create_connection(("127.0.0.1", running.gateway.port), timeout=5) as sock:
        sock.sendall(begin)
        serves(running)
        with contextlib.suppress(ConnectionError):
            while sock.recv(1024):
                pass
    serves(running)


def test_who_upgrades_to_nothing_is_dropped(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel, "HANDSHAKE", 0.3)
    from tests.local.gateway_clients import reached as socket_to

    with socket_to(running.gateway.port, running.context) as sock:
        sock.sendall(b"GET /mqtt HTTP/1.1\r\nHost: localhost\r\n")
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            while sock.recv(1024):
                pass
    assert "in time" in running.reasons[-1]


def test_a_client_that_stops_reading_is_dropped_and_blocks_nobody(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel, "STALL", 0.3)
    with running.client("sleeper") as sleeper, running.client("talker") as talker:
        sleeper.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        subscribe(sleeper, "flood")
        broker = running.account.app.state.iot.broker
        for _ in range(200):
            talker.send(Publish("flood", bytes(100_000), 1, packet_id=1))
            assert talker.receive() == Puback(1)
            if "sleeper" not in broker.connections:
                break
        serves(running)
        eventually(lambda: "sleeper" not in broker.connections)
    assert any("took nothing" in reason for reason in running.reasons)


def test_one_connection_too_many_is_not_taken(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    eventually(lambda: not running.gateway._channels)
    monkeypatch.setattr(gateway, "MAX_CONNECTIONS", 1)
    with running.client("first"), pytest.raises((ConnectionError, ssl.SSLError)), running.websocket():
        pass
    monkeypatch.undo()
    eventually(lambda: not running.gateway._channels)
    serves(running)


# Beginning and end


def test_a_port_that_is_taken_is_said_at_once() -> None:
    from labkit.local.app import create_app

    state = create_app(account_id=OTHER).state
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        with pytest.raises(OSError, match=r"in use|only one usage"):
            Gateway(state, port=number)
        with pytest.raises(OSError, match=r"in use|only one usage"):
            Gateway(state, tls_port=number)


def test_a_gateway_listens_on_this_machine_only(running: Running) -> None:
    listening = {c.laddr for c in psutil.Process().net_connections("tcp") if c.status == psutil.CONN_LISTEN}
    for port in (running.gateway.port, running.gateway.tls_port):
        assert [address.ip for address in listening if address.port == port] == ["127.0.0.1"]


def test_two_accounts_have_an_endpoint_each(running: Running) -> None:
    from labkit.local.app import create_app

    other = create_app(account_id="777788889999")
    with Gateway(other.state) as second:
        assert len({second.port, second.tls_port, running.gateway.port, running.gateway.tls_port}) == 4
        assert other.state.iot.endpoint.port == second.port
        assert running.account.app.state.iot.endpoint.port == running.gateway.port
        another_ca = over_websocket(second.port, running.context, "/mqtt", require=None)
        with pytest.raises(ssl.SSLCertVerificationError), another_ca:
            pass


def test_nothing_is_left_after_the_end() -> None:
    with started() as running, running.client("left"):
        pass
    gc.collect()
    before, threads = _open_files(), threading.active_count()
    for _ in range(3):
        with started() as running, running.client("left") as client:
            subscribe(client, "left")
            with running.account.app.state.lock:  # it may hold the lock of its account when it ends
                pass
        assert running.account.app.state.iot.endpoint.port is None
        gc.collect()
    assert threading.active_count() == threads
    assert _open_files() <= before


def test_clients_of_mqtt_5_are_told_that_the_account_ends() -> None:
    """https://docs.oasis-open.org/mqtt/mqtt/v5.0/os/mqtt-v5.0-os.html (3.14.2.1, 0x8B)"""
    with started() as running, running.client("told", version=V5) as client:
        client.send(Pingreq())
        assert client.receive() == Pingresp()
        running.gateway.stop()
        (last,) = client.until_closed()
        assert isinstance(last, Disconnect)
        assert last.reason == Reason.SERVER_SHUTTING_DOWN


def test_a_connection_that_was_just_accepted_ends_too() -> None:
    for _ in range(20):
        with started() as running:
            sock = socket.create_connection(("127.0.0.1", running.gateway.port), timeout=5)
        with sock, contextlib.suppress(ConnectionError):
            assert sock.recv(1) == b""
    gc.collect()


def _open_files() -> int:
    process: Any = psutil.Process()
    return int(process.num_handles() if os.name == "nt" else process.num_fds())


def test_stopping_twice_or_before_the_start_is_no_error() -> None:
    from labkit.local.app import create_app

    state = create_app(account_id=OTHER).state
    never = Gateway(state)
    never.stop()
    with Gateway(state) as once:
        once.stop()


def test_a_user_without_permission_may_not_connect(running: Running) -> None:
    allowed = user(running.account, statement("iot:Connect"))
    with over_websocket(running.gateway.port, running.context, signed_path(allowed)) as client:
        assert client.connect("allowed").reason == 0
    denied = user(running.account)
    with (
        over_websocket(running.gateway.port, running.context, signed_path(denied)) as client,
        pytest.raises(EOFError),
    ):
        client.connect("denied")


def test_small_answers_do_not_wait_for_the_clients_acknowledgement_of_the_one_before(
    running: Running,
) -> None:
    """Nagle's algorithm holds them back (RFC 896), for 40 ms with Linux's delayed acknowledgements."""
    with running.client("small") as client:
        address = client.sock.getsockname()
        sockets = [each._transport.get_extra_info("socket") for each in running.gateway._channels]
        (served,) = (each for each in sockets if each.getpeername() == address)
        assert served.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
