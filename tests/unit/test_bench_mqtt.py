"""The benchmark of the MQTT brokers runs. Nothing here asserts a time."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.server import ServerProtocol
from websockets.uri import parse_uri

from bench import brokers, mqtt, servers
from bench.mqtt_clients import Shape, acknowledgements, frame, opened, unframed
from bench.table import Measured, Table
from labkit.errors import LabError
from labkit.local.mqtt.codec import encode
from labkit.local.mqtt.packets import V311, Puback, Publish

ONE = Shape("1→1 QoS 1", 1, 1, 1)


def server() -> ServerProtocol:
    """A server of `websockets` that has a client."""
    made, client = ServerProtocol(), ClientProtocol(parse_uri("ws://localhost/mqtt"))
    client.send_request(client.connect())
    made.receive_data(b"".join(client.data_to_send()))
    (request,) = made.events_received()
    made.send_response(made.accept(request))  # type: ignore[arg-type]
    client.receive_data(b"".join(made.data_to_send()))
    assert isinstance(client.events_received()[0], Response)
    return made


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535])
def test_a_frame_is_one_that_a_server_reads(size: int) -> None:
    reader = server()
    reader.receive_data(frame(b"x" * size))
    (read,) = reader.events_received()
    assert isinstance(read, Frame)
    assert (read.opcode, read.fin, bytes(read.data)) == (Opcode.BINARY, True, b"x" * size)


def test_a_packet_that_is_longer_than_any_of_the_benchmark_is_no_frame() -> None:
    with pytest.raises(ValueError, match="`65536` bytes"):
        frame(b"x" * 65_536)


def test_what_a_servers_frames_carry_comes_out_and_an_incomplete_one_stays() -> None:
    parts = [b"a" * 3, b"b" * 200, b"c" * 70_000]
    data = bytearray(b"".join(Frame(Opcode.BINARY, part).serialize(mask=False) for part in parts))
    data += Frame(Opcode.PING, b"?").serialize(mask=False)
    whole = Frame(Opcode.BINARY, b"later").serialize(mask=False)
    data += whole[:4]
    assert unframed(data) == b"".join(parts)
    assert bytes(data) == whole[:4]
    data += whole[4:]
    assert unframed(data) == b"later"
    assert not data


def test_each_of_several_messages_is_acknowledged_by_its_packet_identifier() -> None:
    packets = [encode(Publish("bench/t", b"payload", 1, packet_id=n), V311) for n in (1, 256, 65_535)]
    size = len(packets[0])
    expected = b"".join(frame(encode(Puback(n), V311)) for n in (1, 256, 65_535))
    assert acknowledgements(b"".join(packets), size, size - len(b"payload") - 2) == expected


def test_a_table_says_what_labkit_does_for_each_1_of_the_other() -> None:
    rows = [
        Measured("labkit", {"messages/s": 50_000.0, "CPU µs/message": 12.0}),
        Measured("aedes", {"messages/s": 25_000.0, "CPU µs/message": 48.0}),
        Measured("silent", {"messages/s": 0.0, "CPU µs/message": 6.0}),
    ]
    head, *lines = str(Table("1→1 QoS 1", rows)).splitlines()
    assert head.split() == ["1→1", "QoS", "1", "messages/s", "CPU", "µs/message"]
    assert [line.split() for line in lines] == [
        ["labkit", "50,000", "12.0"],
        ["aedes", "25,000", "2.00×", "48.0", "0.25×"],
        ["silent", "0.0", "-", "6.0", "2.00×"],
    ]


def test_the_shapes_are_those_of_the_aim() -> None:
    assert [shape.title for shape in mqtt.SHAPES] == [
        *("1→1 QoS 0", "1→1 QoS 1", "50 pairs QoS 0", "50 pairs QoS 1", "1→49 QoS 0", "1→49 QoS 1")
    ]
    assert all(shape.window <= 100 for shape in mqtt.SHAPES if shape.qos)


def test_an_upgrade_is_signed_and_its_token_appended() -> None:
    path, _, query = brokers.signed_path("AKIDEXAMPLE", "secret", "a token").partition("?")
    asked = parse_qs(query, strict_parsing=True)
    assert path == "/mqtt"
    assert asked["X-Amz-Credential"][0].startswith("AKIDEXAMPLE/")
    assert list(asked)[-2:] == ["X-Amz-Signature", "X-Amz-Security-Token"]
    assert "secret" not in query
    assert "Token" not in brokers.signed_path("AKIDEXAMPLE", "secret")


def test_a_server_finds_its_files_with_its_port_in_them(tmp_path: Path) -> None:
    subject = servers.Subject(
        "cat",
        (sys.executable, "-c", "import sys; print(open(sys.argv[1]).read())", "{folder}/settings"),
        keys=None,
        files={"settings": "listen {port} in {folder}"},
    )
    process = servers._started(subject, 4711, tmp_path)
    assert process.communicate()[0].strip() == f"listen 4711 in {tmp_path}"


@pytest.mark.parametrize("tls", [False, True])
def test_mosquitto_asks_for_a_password_and_a_list_of_topics_on_this_machine_only(tls: bool) -> None:
    files = brokers.mosquitto(tls=tls).subject.files
    settings = files["mosquitto.conf"].split("\n")
    assert "allow_anonymous false" in settings
    assert [line for line in settings if line.startswith("listener")] == [
        *("listener 0 {folder}/socket", "listener {port} 127.0.0.1")
    ]
    assert files["acl"] == "user bench\ntopic readwrite bench/#\n"
    assert re.fullmatch(r"bench:\$7\$101\$[A-Za-z0-9+/]{16}\$[A-Za-z0-9+/]{86}==\n", files["passwords"])
    assert ("cert.pem" in files) is tls


def test_a_peer_that_is_missing_is_named_and_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def no_npm(*_: object) -> Path:
        raise LabError("install Node.js")

    monkeypatch.setattr("bench.mqtt.brokers.has_mosquitto", lambda: False)
    monkeypatch.setattr("bench.mqtt.decisions.installed", no_npm)
    options = argparse.Namespace(cache=tmp_path, ministack="/no/python", amqtt="/no/python")
    assert not list(mqtt._peers(options))
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(" ")[0] for line in lines] == ["mosquitto", "aedes", "ministack", "amqtt"]
    assert all("is left out" in line for line in lines)


@pytest.fixture(scope="module")
def subject() -> Iterator[mqtt.Subject]:
    with mqtt.started(brokers.labkit()) as running:
        yield running


@pytest.mark.enable_socket
@pytest.mark.parametrize("qos", [0, 1])
def test_messages_of_every_flow_arrive_and_are_counted(subject: mqtt.Subject, qos: int) -> None:
    shape = Shape("two flows to two", 2, 2, qos)
    with closing(opened(subject.door, shape, b"x" * 200)) as load:
        load.drive(0.2)
        counts = [count for flow in load.flows for count in flow._counts.values()]
    assert len(counts) == 4
    assert min(counts) > shape.window
    assert load.received == sum(counts)


@pytest.mark.enable_socket
def test_a_broker_is_measured_from_outside(subject: mqtt.Subject) -> None:
    (flood,) = mqtt.throughput(ONE, [subject], 1, 0.1).rows
    (ping,) = mqtt.latency(ONE, [subject], 1, 0.2).rows
    assert flood.figures["messages/s"] > 0
    assert 0 < ping.figures["p50 µs"] <= ping.figures["p99 µs"]


@pytest.mark.enable_socket
def test_what_is_denied_is_measured_beside_what_is_allowed() -> None:
    table = mqtt.denials(argparse.Namespace(rounds=1), count=100)
    assert [row.name.rpartition(", ")[2] for row in table.rows] == ["allowed", "denied"] * 3


@pytest.mark.enable_socket
def test_idle_connections_are_counted_over_tls_too() -> None:
    (row,) = mqtt.idle([brokers.labkit(tls=True)], 5).rows
    assert row.name == "labkit wss"
    assert row.figures["MB in all"] > 0
