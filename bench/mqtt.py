"""`python -m bench.mqtt`: the account's MQTT broker against mosquitto, aedes, MiniStack and amqtt.

Every broker authorises each packet. Messages are counted as they are delivered. Numbers are medians of
rounds in which all brokers take turns; × is labkit ÷ the other. On a machine that others use as well, the
broker's own CPU time for a message (user and system) is the steadier figure: there less is better.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psutil

from bench import brokers, decisions, servers
from bench.brokers import Broker
from bench.measure import computed, interleaved
from bench.mqtt_clients import Client, Door, Load, Shape, opened, refused_or_not
from bench.table import Measured, Table
from labkit.errors import LabError
from labkit.local.mqtt.packets import V5, Disconnect, Reason

PAYLOAD = b"x" * 128
SHAPES = tuple(
    Shape(f"{title} QoS {qos}", flows, subscribers, qos)
    for title, flows, subscribers in (("1→1", 1, 1), ("50 pairs", 50, 1), ("1→49", 1, 49))
    for qos in (0, 1)
)
LATENCY = tuple(Shape(f"one at a time, QoS {qos}", 1, 1, qos) for qos in (0, 1))
SOURCES = Path(__file__).parent / "aedes"
#: Connections that are opened at the same time: mosquitto looks only now and then who came over WebSocket.
AT_ONCE = 50
#: Seconds before what is measured, in which code is compiled and windows fill.
WARM = 0.3


@dataclass
class Subject:
    """A broker that runs, seen from outside."""

    name: str
    door: Door
    process: psutil.Process

    def cpu(self) -> float:
        """Seconds that the broker computed so far, in all its processes."""
        return computed(self.process)

    def memory(self) -> float:
        """MB resident, in all its processes."""
        each = [self.process, *self.process.children(recursive=True)]
        return sum(process.memory_info().rss for process in each) / 1e6


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables."""
    options = _parser().parse_args(arguments)
    plain = [brokers.labkit(), *_peers(options)]
    tls = [brokers.labkit(tls=True)]
    if brokers.has_mosquitto():
        tls.append(brokers.mosquitto(tls=True))
    print(f"{len(PAYLOAD)} bytes a message, medians of {options.rounds}; × = labkit ÷ the other\n")
    for group in (plain, tls):
        with _running(group) as subjects:
            for table in _tables(subjects, options):
                print(f"{table}\n", flush=True)
    print(denials(options), "\n")
    for group in (plain, tls):
        print(idle(group, options.idle), "\n", flush=True)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.mqtt", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often each broker has its turn (5)")
    parser.add_argument("--seconds", type=float, default=1.0, help="how long a turn is (1)")
    parser.add_argument("--idle", type=int, default=2000, help="connections that do nothing (2000)")
    for name, module in (("ministack", "MiniStack"), ("amqtt", "amqtt")):
        parser.add_argument(
            f"--{name}", default=sys.executable, metavar="PYTHON", help=f"the interpreter that has {module}"
        )
    parser.add_argument(
        "--cache", type=Path, default=decisions.CACHE / "mqtt", help="the folder for aedes (~/.cache/…)"
    )
    return parser


def _peers(options: argparse.Namespace) -> Iterator[Broker]:
    """Those that are there; a line for each that is not."""
    if brokers.has_mosquitto():
        yield brokers.mosquitto()
    else:
        print("mosquitto is left out: install Debian's package of that name")
    try:
        yield brokers.aedes(decisions.installed(options.cache, SOURCES))
    except LabError as error:
        print(f"aedes is left out: {error}")
    for name, make in (("ministack", brokers.ministack), ("amqtt", brokers.amqtt)):
        python = getattr(options, name)
        if servers.has_module(python, name):
            yield make(python)
        else:
            print(f"{name} is left out: name an interpreter that has it with `--{name}`")


@contextmanager
def _running(group: Sequence[Broker]) -> Iterator[list[Subject]]:
    with ExitStack() as stack:
        yield [stack.enter_context(started(broker)) for broker in group]


@contextmanager
def started(broker: Broker) -> Iterator[Subject]:
    with servers.running(broker.subject) as running:
        yield Subject(broker.name, broker.door(running), psutil.Process(running.process.pid))


# Messages


def _tables(subjects: Sequence[Subject], options: argparse.Namespace) -> Iterator[Table]:
    for shape in SHAPES:
        yield throughput(shape, subjects, options.rounds, options.seconds)
    for shape in LATENCY:
        yield latency(shape, subjects, options.rounds, options.seconds)


def throughput(shape: Shape, subjects: Sequence[Subject], rounds: int, seconds: float) -> Table:
    """Messages delivered in a second, and what each cost the broker and this process."""
    return _compared(shape, subjects, rounds, partial(_flood, seconds=seconds), window=None)


def _flood(subject: Subject, load: Load, *, seconds: float) -> dict[str, float]:
    load.drive(min(WARM, seconds))
    before, broker, own = load.received, subject.cpu(), time.process_time()
    taken = load.drive(seconds)
    count = load.received - before
    return {
        "messages/s": count / taken,
        "CPU µs/message": 1e6 * (subject.cpu() - broker) / count,
        "the clients' µs": 1e6 * (time.process_time() - own) / count,
    }


def latency(shape: Shape, subjects: Sequence[Subject], rounds: int, seconds: float) -> Table:
    """From sending to reception (and PUBACK), with nothing else on its way."""
    return _compared(shape, subjects, rounds, partial(_ping, seconds=seconds), window=1)


def _ping(_: Subject, load: Load, *, seconds: float) -> dict[str, float]:
    load.flows[0].rest()
    load.drive(seconds)
    percentiles = statistics.quantiles(load.flows[0].times, n=100)
    return {"p50 µs": 1e6 * percentiles[49], "p99 µs": 1e6 * percentiles[98]}


def _compared(
    shape: Shape,
    subjects: Sequence[Subject],
    rounds: int,
    work: Callable[[Subject, Load], dict[str, float]],
    *,
    window: int | None,
) -> Table:
    """Each subject's figures: every broker has its clients, and they take turns."""
    with ExitStack() as stack:
        loads = {
            subject.name: stack.enter_context(closing(opened(subject.door, shape, PAYLOAD, window)))
            for subject in subjects
        }
        found: dict[str, list[dict[str, float]]] = {subject.name: [] for subject in subjects}
        for _ in range(rounds):
            for subject in subjects:
                found[subject.name].append(work(subject, loads[subject.name]))
    return Table(shape.title, [Measured(name, _medians(each)) for name, each in found.items()])


def _medians(figures: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {name: statistics.median(each[name] for each in figures) for name in figures[0]}


# Refusals


def denials(options: argparse.Namespace, count: int = 20_000) -> Table:
    """CPU of labkit for a packet that is refused beside one that is not: the same topic again and again, ever
    new ones, and CONNECT."""
    with started(brokers.labkit()) as subject:
        works = {
            f"{kind}, {verdict}": partial(_asked, subject, prefix, new, count)
            for kind, new in (("PUBLISH to one topic", False), ("PUBLISH to new topics", True))
            for verdict, prefix in (("allowed", brokers.TOPICS), ("denied", brokers.DENIED))
        }
        works |= {
            f"connection, {verdict}": partial(_connected, subject, client_id, max(1, count // 80))
            for verdict, client_id in (("allowed", "t"), ("denied", "denied"))
        }
        found = interleaved(works, count=options.rounds, warm_up=1)
    rows = [Measured(name, {"CPU µs": taken}) for name, taken in found.items()]
    return Table("labkit: allowed or denied", rows)


def _asked(subject: Subject, prefix: str, new: bool, count: int) -> float:
    """CPU-µs a PUBLISH of QoS 1 in MQTT 5, whose PUBACK says whether it was refused."""
    topics = [f"{prefix}{number if new else 0}" for number in range(count)]
    client = Client(subject.door)
    with closing(client):
        client.connect("t-asks", subject.door, V5)
        before = subject.cpu()
        refused = refused_or_not(client, topics, V5, PAYLOAD)
        taken = subject.cpu() - before
    if refused != (count if prefix == brokers.DENIED else 0):
        raise RuntimeError(f"{refused} of {count} messages to `{prefix}…` were refused")
    return 1e6 * taken / count


def _connected(subject: Subject, client_id: str, count: int) -> float:
    """CPU-µs a connection, from its upgrade to its end."""
    before = subject.cpu()
    for _ in range(count):
        with closing(Client(subject.door)) as client:
            try:
                client.connect(client_id, subject.door, V5)
            except ConnectionError:
                if client_id != "denied":
                    raise
            else:
                client.send(Disconnect(Reason.SUCCESS), V5)
    return 1e6 * (subject.cpu() - before) / count


# Idle connections


def idle(group: Sequence[Broker], count: int) -> Table:
    """What so many connections that say nothing take, each broker in a process that has seen no others."""
    _allow_files(count + 200)
    return Table(f"{count} idle connections", [_idle(broker, count) for broker in group])


def _idle(broker: Broker, count: int) -> Measured:
    with started(broker) as subject, ThreadPoolExecutor(AT_ONCE) as pool:
        memory, cpu, begin = subject.memory(), subject.cpu(), time.perf_counter()
        clients = list(pool.map(partial(_idler, subject.door), range(count)))
        taken, used, whole = time.perf_counter() - begin, subject.cpu() - cpu, subject.memory()
        for client in clients:
            client.close()
    figures = {
        "connections/s": count / taken,
        "CPU µs/connection": 1e6 * used / count,
        "KB/connection": 1e3 * (whole - memory) / count,
        "MB in all": whole,
    }
    return Measured(broker.name, figures)


def _idler(door: Door, number: int) -> Client:
    client = Client(door)
    client.connect(f"t{number}", door)
    return client


def _allow_files(count: int) -> None:
    """Many systems allow 1,024 open files unless asked for more; the broker's process inherits it."""
    try:
        import resource
    except ImportError:  # Windows has no such bound
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(count, hard), hard))


if __name__ == "__main__":
    sys.exit(main())
