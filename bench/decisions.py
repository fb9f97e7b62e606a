"""`python -m bench.decisions`: labkit's IAM decisions against npm's @cloud-copilot/iam-simulate, in one run.

Every number is a median of decisions per CPU-second (user and system, of the process that decides);
the ratio says how many labkit makes for each 1 of iam-simulate, whose decisions always explain. That
package is AGPL: npm installs it into a cache folder, and it is no part of labkit.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from bench.measure import interleaved
from bench.workloads import Json, workloads
from labkit.errors import LabError
from labkit.policy import Policy, PolicySet, Request, Row, decide, explain, matrix

SOURCES = Path(__file__).parent / "iam_simulate"
CACHE = Path.home() / ".cache" / "labkit-bench"

#: iam-simulate's fastest public entry point. `runSimulation` checks policies and context as well, and
#: drops Cognito's keys from requests to S3, so that it decides something else.
ENTRY = "runUnsafeSimulation"
#: CPU-seconds after which V8 has compiled what is measured.
WARM = 1.0

#: What is aimed at with `decide` and with `explain`, by workload.
AIMS = MappingProxyType({"a": (15, 5), "b": (100, 20), "c": (15, 5)})

#: Decides every request of a workload once.
Pass = Callable[[], object]


@dataclass(frozen=True)
class Line:
    """One way to decide a workload, and how often in a CPU-second."""

    name: str
    rate: float
    #: To the peer; None for the peer itself.
    ratio: float | None = None
    aim: int | None = None

    def __str__(self) -> str:
        found = "" if self.ratio is None else f"{self.ratio:8.1f}×"
        aim = "" if self.aim is None else f"   (aim: ≥ {self.aim}×)"
        return f"{self.name:<36}{self.rate:12,.0f}{found}{aim}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; 1 where there is no peer to measure against."""
    options = _parser().parse_args(arguments)
    try:
        folder = installed(options.cache)
    except LabError as error:
        print(error)
        return 1
    print(f"decisions per CPU-second, medians of {options.rounds}")
    print(f"× = labkit ÷ iam-simulate {version(folder)}, {ENTRY}")
    with running(folder, workloads()) as peer:
        for workload in workloads():
            print(f"\n{workload['name']} ({len(workload['requests'])} requests)")
            for line in (*differences(workload, peer), *compared(workload, peer, options)):
                print(f"  {line}", flush=True)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.decisions", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often each way is measured (5)")
    parser.add_argument("--seconds", type=float, default=0.1, help="CPU-seconds of each measurement (0.1)")
    parser.add_argument(
        "--cache", type=Path, default=CACHE, help="the folder for iam-simulate (~/.cache/labkit-bench)"
    )
    return parser


# iam-simulate


def installed(cache: Path, sources: Path = SOURCES) -> Path:
    """The folder that has the peer's package and the script that runs it; npm is asked only if need be."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        raise LabError(f"`node` or `npm` is missing: install Node.js to measure against {sources.name}")
    cache.mkdir(parents=True, exist_ok=True)
    wanted = (sources / "package.json").read_bytes()
    kept = cache / "package.json"
    shutil.copy(sources / "peer.mjs", cache)
    if not (cache / "node_modules").is_dir() or not kept.is_file() or kept.read_bytes() != wanted:
        kept.write_bytes(wanted)
        command = [npm, "install", "--silent", "--no-package-lock", "--no-audit", "--no-fund"]
        subprocess.run(command, cwd=cache, check=True)
    return cache


def version(folder: Path) -> str:
    """The version that npm chose."""
    manifest = folder / "node_modules" / "@cloud-copilot" / "iam-simulate" / "package.json"
    return str(json.loads(manifest.read_bytes())["version"])


class Peer:
    """A running Node.js process that has the workloads prepared as iam-simulate wants them."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def verdicts(self, workload: str) -> list[str]:
        found: list[str] = self._ask(workload=workload)
        return found

    def rate(self, workload: str, seconds: float) -> float:
        return float(self._ask(workload=workload, seconds=seconds))

    def _ask(self, **question: object) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{json.dumps(question)}\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"iam-simulate ended without an answer to `{json.dumps(question)}`")
        return json.loads(answer)


@contextmanager
def running(folder: Path, all_workloads: list[Json]) -> Iterator[Peer]:
    """The peer, which reads the same JSON that labkit decides."""
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch, "workloads.json")
        path.write_text(json.dumps(all_workloads), encoding="utf-8")
        command = ["node", str(folder / "peer.mjs"), str(path)]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        ) as process:
            yield Peer(process)
            assert process.stdin is not None
            process.stdin.close()


# labkit


def policy_set(workload: Json) -> PolicySet:
    return PolicySet(identity=tuple(Policy.parse(each) for each in workload["policies"]["identity"]))


def request(raw: Json) -> Request:
    return Request(**raw)


def ours(workload: Json) -> dict[str, Pass]:
    """labkit's ways: requests prepared before (as iam-simulate has them), or made for each decision."""
    policies, raws = policy_set(workload), workload["requests"]
    prepared = [request(raw) for raw in raws]
    ways: dict[str, Pass] = {
        "decide": partial(_each, decide, policies, lambda: prepared),
        "decide, fresh requests": partial(_each, decide, policies, lambda: map(request, raws)),
        "explain": partial(_each, explain, policies, lambda: prepared),
        "explain, fresh requests": partial(_each, explain, policies, lambda: map(request, raws)),
        "explain, every pattern written out": partial(_each, _written_out, policies, lambda: prepared),
    }
    if workload["name"].startswith("c"):
        ways["matrix"] = partial(_as_matrix, policies, raws)
    return ways


def _each(way: Callable[..., object], policies: PolicySet, requests: Callable[[], Any]) -> None:
    for each in requests():
        way(each, policies=policies)


def _written_out(each: Request, *, policies: PolicySet) -> list[object]:
    """Every pattern as written and as resolved. `explain` leaves that for when somebody looks."""
    traces = explain(each, policies=policies).statements
    return [(trace.action, trace.resource, trace.principal, trace.conditions) for trace in traces]


def _as_matrix(policies: PolicySet, raws: list[Json]) -> None:
    row = Row("session", raws[0]["principal"], policies, raws[0]["context"])
    actions, resources = ([raw[side] for raw in raws] for side in ("action", "resource"))
    matrix([row], actions, resources, resource_account=raws[0]["resource_account"])


def _rate(work: Pass, decisions: int, seconds: float) -> float:
    """Decisions per CPU-second, in whole passes over the workload."""
    start = time.process_time()
    passes, taken = 0, 0.0
    while taken < seconds:
        work()
        passes += 1
        taken = time.process_time() - start
    return passes * decisions / taken


# The comparison


def differences(workload: Json, peer: Peer) -> Iterator[str]:
    """A sentence for each request on which the two do not agree."""
    policies = policy_set(workload)
    for raw, theirs in zip(workload["requests"], peer.verdicts(workload["name"]), strict=True):
        verdict = decide(request(raw), policies=policies).verdict.value
        if verdict != theirs:
            yield f"differs: {raw['action']} on {raw['resource']}: labkit {verdict}, iam-simulate {theirs}"


def compared(workload: Json, peer: Peer, options: argparse.Namespace) -> list[Line]:
    """iam-simulate's line, then labkit's with their ratios to it."""
    name, count, seconds = workload["name"], len(workload["requests"]), options.seconds
    peer.rate(name, min(WARM, 10 * seconds))
    works = {"": partial(peer.rate, name, seconds)}
    works |= {way: partial(_rate, work, count, seconds) for way, work in ours(workload).items()}
    found = interleaved(works, count=options.rounds, warm_up=1)
    theirs = found.pop("")
    lines = [Line(way, rate, rate / theirs, _aim(name, way)) for way, rate in found.items()]
    return [Line("iam-simulate", theirs), *lines]


def _aim(workload: str, way: str) -> int | None:
    """Of the ways with aims; `matrix` decides."""
    decides, explains = AIMS[workload[0]]
    aims = {"decide": decides, "matrix": decides, "explain": explains}
    return aims.get(way.removesuffix(", fresh requests"))


if __name__ == "__main__":
    sys.exit(main())
