"""The live log's rows and answers, of requests, of packets, and of an account that tells nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from labkit.account import ANONYMOUS, open_account
from labkit.errors import LabError
from labkit.record import LoggedRequest
from labkit.show import live_log
from labkit.show.interactive.live_log import MOST, LiveLog
from labkit.things import LogEntry

NINE = datetime(2026, 1, 1, 9, tzinfo=UTC)


PACKET = LogEntry(
    time=NINE + timedelta(seconds=2),
    client_id="lamp",
    principal="arn:aws:iot:us-east-1:123456789012:cert/1f",
    event="Publish",
    topic="a/b",
    verdict="IMPLICIT_DENY",
    reason="no AWS IoT policy allows iot:Publish",
    decision_id="mqtt-1",
)


def request(**changes: Any) -> LoggedRequest:
    made: dict[str, Any] = {
        "time": NINE,
        "service": "s3",
        "operation": "GetObject",
        "principal": "arn:aws:sts::123456789012:assumed-role/lab/CognitoIdentityCredentials",
        "status": 200,
        "error_code": None,
        "verdict": "ALLOWED",
        "request_id": "request-1",
    }
    return LoggedRequest(**{**made, **changes})


def ask(view: LiveLog, **question: Any) -> Any:
    view.question = {**question, "n": (view.question.get("n") or 0) + 1}
    return view.get_state("answer")["answer"]


def test_requests_and_packets_stand_in_one_log_with_the_newest_first() -> None:
    later = request(time=NINE + timedelta(seconds=5), status=404, error_code="NoSuchKey")
    view = live_log(lambda: [request(), later, PACKET])
    assert [
        (row["service"], row["what"], row["on"], row["kind"], row["answer"]) for row in view.record["rows"]
    ] == [
        ("s3", "GetObject", "", "failed", "404 NoSuchKey"),
        ("mqtt", "Publish", "a/b", "denied", "implicit deny"),
        ("s3", "GetObject", "", "accepted", "200 OK"),
    ]
    assert [row["who"] for row in view.record["rows"][1:]] == [
        "lamp",
        "assumed-role/lab/CognitoIdentityCredentials",
    ]


@pytest.mark.parametrize(
    "verdict, status, kind, reason",
    [
        ("ALLOWED", 200, "accepted", "the policies' verdict: allowed"),
        ("", 200, "accepted", "no policy was asked"),
        ("ALLOWED", 404, "failed", "the policies' verdict: allowed"),
        ("", 400, "failed", "no policy was asked"),
        ("EXPLICIT_DENY", 403, "denied", "the policies' verdict: explicit deny"),
    ],
)
def test_what_a_policy_refused_is_told_from_what_failed_otherwise(
    verdict: str, status: int, kind: str, reason: str
) -> None:
    (row,) = live_log(lambda: [request(verdict=verdict, status=status)]).record["rows"]
    assert (row["kind"], row["reason"]) == (kind, reason)


def test_a_packet_that_no_policy_was_asked_about_failed_otherwise() -> None:
    untold = replace(PACKET, decision_id="", reason="the certificate is inactive")
    denied, failed = live_log(lambda: [untold, PACKET]).record["rows"]
    assert (denied["kind"], failed["kind"], failed["explained"]) == ("denied", "failed", False)


def test_the_page_gets_rows_only_where_there_is_something_new() -> None:
    events = [request()]
    view = live_log(lambda: events)
    first = ask(view, have="")
    assert len(first["rows"]) == 1
    assert "rows" not in ask(view, have=first["stamp"])
    events.append(request(request_id="request-2"))
    second = ask(view, have=first["stamp"])
    assert [row["id"] for row in second["rows"]] == ["request-2", "request-1"]
    assert second["stamp"] != first["stamp"]


def test_no_more_than_the_latest_reach_the_page() -> None:
    events = [request(time=NINE + timedelta(seconds=n), request_id=str(n)) for n in range(MOST + 5)]
    rows = live_log(lambda: events).record["rows"]
    assert (len(rows), rows[0]["id"], rows[-1]["id"]) == (MOST, str(MOST + 4), "5")
    added_up = live_log(lambda: [*events, *(replace(PACKET, time=NINE),) * MOST]).record["rows"]
    assert {row["service"] for row in added_up} == {"s3"}, "the latest of both, not the last of the sum"


def test_an_account_that_tells_nothing_says_so_in_a_sentence() -> None:
    def real() -> list[LoggedRequest]:
        raise LabError("a real account tells its requests in AWS CloudTrail only, some minutes later")

    view = live_log(real)
    assert view.record["rows"] == []
    assert "in AWS CloudTrail only" in view.record["refused"]
    assert "in AWS CloudTrail only" in repr(view)


def test_an_account_that_is_gone_is_said_and_may_come_back() -> None:
    answers: list[Any] = [[request()], ConnectionError("refused"), [request()]]

    def read() -> Any:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    view = live_log(read)
    gone = ask(view, have="")
    assert gone["refused"] == "The log could not be read: ConnectionError."
    assert len(ask(view, have=gone["stamp"])["rows"]) == 1


def test_a_log_of_a_running_account_says_why_a_request_was_denied() -> None:
    with open_account(transport="direct") as account:
        s3 = account.client("s3")
        s3.create_bucket(Bucket="diaries-of-the-live-log")
        with pytest.raises(ClientError):
            account.client("s3", ANONYMOUS).list_objects_v2(Bucket="diaries-of-the-live-log")
        view = live_log(account.request_log, explain=account.explain)
        newest = view.record["rows"][0]
        assert (newest["what"], newest["kind"], newest["answer"]) == (
            "ListObjectsV2",
            "denied",
            "403 AccessDenied",
        )
        assert (newest["who"], newest["explained"]) == ("nobody", True)
        why = ask(view, why=newest["id"])["why"]
        assert (why[0]["marked"], why[0]["verdict"]) == (True, None)
        assert "no decision of request `unknown`" in ask(view, why="unknown")["error"]
        sent = json.dumps(view.get_state(list(LiveLog.OWN)))
    assert "Signature" not in sent


def test_without_explain_and_for_anything_else_it_answers_with_a_sentence() -> None:
    view = live_log(lambda: [request()])
    assert view.record["explains"] is False
    assert "pass `explain=account.explain`" in ask(view, why="request-1")["error"]
    assert "neither `have` nor `why`" in ask(view, other=1)["error"]


def test_a_log_is_read_at_most_once_a_second() -> None:
    assert live_log(list, every=timedelta(seconds=1)).record["every"] == 1
    with pytest.raises(LabError, match="at most once a second: got `every=0:00:00`"):
        live_log(list, every=timedelta())
