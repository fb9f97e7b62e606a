"""Every decision vector, one loop: request and policies in, verdict out."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from labkit.policy import (
    Anonymous,
    Decision,
    Federated,
    IotPrincipal,
    Policy,
    PolicySet,
    Request,
    Service,
    Verdict,
    decide,
)

VECTORS = Path(__file__).parent / "vectors"
Case = Mapping[str, Any]


def cases() -> Iterator[Case]:
    for path in sorted(VECTORS.glob("*.json")):
        yield from json.loads(path.read_text(encoding="utf-8"))["cases"]


def parameters() -> Iterator[Any]:
    for case in cases():
        yield pytest.param(case, id=f"{case['id']} {case['group']}: {case['name']}", marks=marks_of(case))


def marks_of(case: Case) -> list[pytest.MarkDecorator]:
    """`unconfirmed` where AWS's pages are silent; `xfail` where the engine is known to differ from them."""
    marks = [pytest.mark.unconfirmed] if case.get("unconfirmed") else []
    return [*marks, pytest.mark.xfail(reason=case["xfail"], strict=True)] if "xfail" in case else marks


def principal(raw: str | Mapping[str, str]) -> str | Anonymous | Service | Federated | IotPrincipal:
    if isinstance(raw, str):
        return raw
    if "service" in raw:
        return Service(raw["service"])
    if "iot" in raw:
        return IotPrincipal(raw["iot"])
    return Federated(raw["federated"]) if "federated" in raw else Anonymous()


def documents(raw: list[Any]) -> tuple[Policy, ...]:
    return tuple(Policy.parse(document) for document in raw)


def policy_set(raw: Mapping[str, Any]) -> PolicySet:
    return PolicySet(
        identity=documents(raw.get("identity", [])),
        resource=Policy.parse(raw["resource"]) if "resource" in raw else None,
        boundary=documents(raw["boundary"]) if "boundary" in raw else None,
        session=documents(raw["session"]) if "session" in raw else None,
        scp=tuple(documents(level) for level in raw.get("scp", [])),
        rcp=tuple(documents(level) for level in raw.get("rcp", [])),
        iot=documents(raw["iot"]) if "iot" in raw else None,
    )


def decision(case: Case) -> Decision:
    raw = case["request"]
    request = Request(
        principal(raw["principal"]),
        raw["action"],
        raw["resource"],
        raw.get("resource_account"),
        raw["context"],
        raw.get("wildcard_only_action", False),
    )
    return decide(request, policies=policy_set(case["policies"]))


@pytest.mark.parametrize("case", list(parameters()))
def test_the_decision_is_aws_s(case: Case) -> None:
    found, expected = decision(case), case["expect"]

    assert found.verdict is Verdict(expected["decision"])
    assert found.allowed is (expected["decision"] == "allow")
    assert found.judgement.verdict is found.verdict
    if "blocked_by" in expected:
        assert list(found.blocked_by) == expected["blocked_by"]
    if "decisive" in expected:
        assert [trace.label for trace in found.decisive] == expected["decisive"]


def test_every_group_holds_a_request_that_is_accepted_and_one_that_is_refused() -> None:
    verdicts: dict[str, set[bool]] = defaultdict(set)
    for case in cases():
        verdicts[case["group"]].add(case["expect"]["decision"] == "allow")

    assert {group for group, found in verdicts.items() if len(found) == 1} == set()


def test_every_vector_cites_the_page_of_aws_that_it_comes_from() -> None:
    pages = [case["source"] for case in cases()]

    assert len(pages) > 1900
    assert [page for page in pages if not page.startswith("https://docs.aws.amazon.com/")] == []
