"""The benchmarks run. Nothing here asserts a time."""

from __future__ import annotations

import argparse
import json
import re
import shutil
from pathlib import Path

import pytest

from bench import decisions, run, servers, views
from bench.measure import interleaved, medians
from bench.workloads import Json, workloads
from labkit.errors import LabError
from labkit.policy import decide
from labkit.policy.case import Case
from labkit.show.interactive.gallery import VIEWS


def test_works_take_turns_and_the_median_is_in_milliseconds() -> None:
    order: list[str] = []
    found = medians({"A": lambda: order.append("A"), "B": lambda: order.append("B")}, count=3, warm_up=1)
    assert order == ["A", "B"] * 4
    assert found.keys() == {"A", "B"}
    assert all(0 <= taken < 1000 for taken in found.values())


def test_a_row_says_how_long_labkit_takes_for_each_1_of_the_other() -> None:
    row = str(run.Row("one call", {"labkit": 3.0, "moto": 4.0}))
    assert row.split() == ["one", "call", "labkit", "3.0", "moto", "4.0", "0.75×"]


@pytest.mark.enable_socket
def test_the_calls_and_the_starts_are_timed_on_a_running_account() -> None:
    account = [servers.labkit()]
    rows = [str(row) for row in (*run.calls(account, 1), *run.starts(account, 1))]
    assert len(rows) == 6
    assert all(re.search(r"labkit +\d+\.\d$", row) for row in rows)


def test_every_view_is_drawn_and_timed(capsys: pytest.CaptureFixture[str]) -> None:
    views.main(["--count", "1"])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[1:]] == list(VIEWS)
    assert all(re.search(r" \d+\.\d$", line) for line in lines[1:])


# Decisions


def test_measures_take_turns_and_each_has_its_median() -> None:
    order: list[str] = []
    numbers = iter([7.0, 9.0, 1.0, 1.0, 5.0, 2.0, 3.0, 3.0])

    def measure(name: str) -> float:
        order.append(name)
        return next(numbers)

    both = {"A": lambda: measure("A"), "B": lambda: measure("B")}
    assert interleaved(both, count=3, warm_up=1) == {"A": 3.0, "B": 2.0}
    assert order == ["A", "B"] * 4


def test_the_workloads_have_the_size_that_they_are_named_after_and_verdicts_of_each_kind() -> None:
    sizes = []
    for workload in workloads():
        policies = decisions.policy_set(workload)
        requests = [decisions.request(raw) for raw in workload["requests"]]
        sizes.append((len(policies.identity[0].statements), len(requests)))
        assert len({decide(each, policies=policies).verdict for each in requests}) >= 2
    assert sizes == [(5, 6), (100, 13), (100, 13), (5, 1000)]


@pytest.mark.parametrize("workload", workloads(), ids=lambda workload: workload["name"])
def test_a_workload_is_made_of_cases_as_the_vectors_are(workload: Json) -> None:
    for raw in workload["requests"][::7]:
        case = Case.of({"request": raw, "policies": workload["policies"]})
        assert case.request == decisions.request(raw)
        assert case.policies == decisions.policy_set(workload)


class Echo(decisions.Peer):
    """A peer that needs no process, agrees on nothing, and decides ten times in a second."""

    def __init__(self) -> None: ...

    def verdicts(self, workload: str) -> list[str]:
        return ["maybe"] * next(len(each["requests"]) for each in workloads() if each["name"] == workload)

    def rate(self, workload: str, seconds: float) -> float:
        return 10.0


@pytest.mark.parametrize("workload", workloads(), ids=lambda workload: workload["name"])
def test_every_way_to_decide_is_measured_against_the_peer(workload: Json) -> None:
    options = argparse.Namespace(rounds=1, seconds=0.001)
    theirs, *ours = decisions.compared(workload, Echo(), options)
    assert (theirs.name, theirs.rate, theirs.ratio) == ("iam-simulate", 10.0, None)
    assert [line.name for line in ours] == list(decisions.ours(workload))
    assert all(line.ratio == line.rate / 10 for line in ours)
    decides, explains = decisions.AIMS[workload["name"][0]]
    assert [line.aim for line in ours][:5] == [decides, decides, explains, explains, None]


def test_a_line_says_how_many_decisions_labkit_makes_for_each_1_of_the_peer() -> None:
    line = str(decisions.Line("decide", 104228.4, 18.04, 15))
    assert line.split() == ["decide", "104,228", "18.0×", "(aim:", "≥", "15×)"]
    assert str(decisions.Line("iam-simulate", 5788.0)).split() == ["iam-simulate", "5,788"]


def test_a_request_on_which_the_two_differ_is_named() -> None:
    workload = workloads()[0]
    found = list(decisions.differences(workload, Echo()))
    assert len(found) == 6
    assert found[0].endswith("notes.txt: labkit allow, iam-simulate maybe")


STAND_IN = """
exports.runUnsafeSimulation = ({ request, identityPolicies }) =>
  request.action === "s3:GetObject" && identityPolicies[0].policy.Version ? "Allowed" : "ExplicitlyDenied";
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is missing")
def test_the_peer_answers_with_its_verdicts_and_its_rate(tmp_path: Path) -> None:
    """With a stand-in for the package, which only `python -m bench.decisions` installs."""
    package = tmp_path / "node_modules" / "@cloud-copilot" / "iam-simulate"
    package.mkdir(parents=True)
    (package / "package.json").write_text(json.dumps({"version": "1.2.3", "main": "index.cjs"}))
    (package / "index.cjs").write_text(STAND_IN)
    shutil.copy(decisions.SOURCES / "peer.mjs", tmp_path)
    name = workloads()[0]["name"]
    with decisions.running(tmp_path, workloads()) as peer:
        assert peer.verdicts(name)[:2] == ["allow", "explicit_deny"]
        assert peer.rate(name, 0.001) > 0
    assert decisions.version(tmp_path) == "1.2.3"


@pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is missing")
def test_npm_is_asked_only_where_the_package_is_not_there_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def install(command: list[str], *, cwd: Path, check: bool) -> None:
        asked.append(command[1])
        (cwd / "node_modules").mkdir(exist_ok=True)

    monkeypatch.setattr("bench.decisions.subprocess.run", install)
    for _ in range(2):
        assert decisions.installed(tmp_path / "cache") == tmp_path / "cache"
    assert asked == ["install"]
    (tmp_path / "cache" / "package.json").write_text("{}")
    decisions.installed(tmp_path / "cache")
    assert asked == ["install", "install"]


def test_without_node_the_benchmark_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("bench.decisions.shutil.which", lambda _name: None)
    with pytest.raises(LabError, match="install Node"):
        decisions.installed(tmp_path)
    assert decisions.main(["--cache", str(tmp_path)]) == 1
    assert "install Node.js" in capsys.readouterr().out
