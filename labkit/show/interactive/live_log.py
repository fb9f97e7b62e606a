"""The live log: the latest requests to an account, or the packets of its devices, with their verdicts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from labkit.errors import LabError
from labkit.record import LoggedRequest
from labkit.show.blocks import Cell, Mark, Note, Table, row
from labkit.show.explanations import reason
from labkit.show.interactive.widget import Interactive, page
from labkit.show.names import shorten
from labkit.show.values import utc
from labkit.show.view import View
from labkit.things import LogEntry

if TYPE_CHECKING:
    from labkit.policy import Explanation


#: Reads a log anew: `account.request_log`, `account.iot_log`, or a function that adds up both.
Read = Callable[[], Iterable[LoggedRequest | LogEntry]]

#: The latest that are shown.
MOST = 200
#: As the page's `mark` takes them.
_VERDICTS: dict[Mark | None, bool] = {Mark.ALLOW: True, Mark.DENY: False}
MARKS = {"accepted": Mark.ALLOW, "denied": Mark.DENY, "failed": Mark.DENY}


def live_log(
    read: Read,
    *,
    explain: Callable[[str], Explanation] | None = None,
    title: str = "Live log",
    every: timedelta = timedelta(seconds=2),
    follow: bool = True,
) -> LiveLog:
    """The latest requests with their verdicts, to be filtered by service, verdict and text.

    `read` is called now, and as long as the page follows once in `every`: `account.request_log`,
    `account.iot_log`, or both added up. The page asks, so nothing runs once it is closed, hidden or stopped.
    With `explain=account.explain` a request that was put to policies says why. On a real account the view
    says in a sentence where AWS keeps such a log.
    """
    seconds = every / timedelta(seconds=1)
    if seconds < 1:
        raise LabError(f"a log is read at most once a second: got `every={every}`")
    return LiveLog(
        read, explain, title, {"every": seconds, "follow": follow, "explains": explain is not None}
    )


class LiveLog(Interactive):
    """`live_log()` makes one."""

    _esm, _css = page("live_log")

    def __init__(
        self,
        read: Read,
        explain: Callable[[str], Explanation] | None,
        title: str,
        settings: Mapping[str, Any],
    ) -> None:
        self._read, self._explain = read, explain
        found = latest(read)
        super().__init__(fallback(title, found), {**settings, **found})

    def reply(self, question: dict[str, Any]) -> dict[str, Any]:
        return answer(self._read, self._explain, question)


def latest(read: Read) -> dict[str, Any]:
    """What there is to see now: the rows, newest first, or the sentence why there are none."""
    try:
        newest = sorted(read(), key=lambda event: event.time)[::-1][:MOST]
    except LabError as refused:
        return {"rows": [], "refused": str(refused)}
    except Exception as error:  # whatever `read` meets, the page gets an answer
        return {"rows": [], "refused": f"The log could not be read: {type(error).__name__}."}
    return {"rows": [line(event) for event in newest], "refused": ""}


def line(event: LoggedRequest | LogEntry) -> dict[str, Any]:
    """One row, the same for a request and a packet."""
    return _of_request(event) if isinstance(event, LoggedRequest) else _of_packet(event)


def _of_request(event: LoggedRequest) -> dict[str, Any]:
    phrase = HTTPStatus(event.status).phrase if event.status in set(HTTPStatus) else ""
    return {
        "id": event.request_id,
        "time": utc(event.time),
        "service": event.service,
        "what": event.operation,
        "on": "",
        "who": _who(event.principal),
        "principal": event.principal or "nobody: the request was not signed, or its signature not believed",
        "kind": _kind(event.verdict, failed=event.status >= 400),
        "answer": f"{event.status} {event.error_code or phrase}".rstrip(),
        "reason": _policies(event.verdict),
        "explained": bool(event.verdict),
    }


def _of_packet(event: LogEntry) -> dict[str, Any]:
    return {
        "id": event.decision_id,
        "time": utc(event.time),
        "service": "mqtt",
        "what": event.event,
        "on": event.topic,
        "who": shorten([event.client_id]).short[0],
        "principal": event.principal,
        "kind": _kind(event.verdict if event.decision_id else "", failed=event.verdict != "ALLOWED"),
        "answer": event.verdict.replace("_", " ").lower(),
        "reason": event.reason,
        "explained": bool(event.decision_id),
    }


def _who(arn: str) -> str:
    """What tells principals of one account apart: the part of the ARN behind the account's number."""
    return shorten([arn.split(":", 5)[-1]]).short[0] if arn else "nobody"


def _kind(verdict: str, *, failed: bool) -> str:
    if verdict.endswith("DENY"):
        return "denied"
    return "failed" if failed else "accepted"


def _policies(verdict: str) -> str:
    words = verdict.replace("_", " ").lower()
    return f"the policies' verdict: {words}" if verdict else "no policy was asked"


def answer(
    read: Read, explain: Callable[[str], Explanation] | None, question: Mapping[str, Any]
) -> dict[str, Any]:
    """The rows, unless they are those that the page `have`; or why the request `why` got its verdict."""
    if "why" in question:
        return {"why": _why(explain, str(question["why"]))}
    if "have" not in question:
        raise LabError("a log is asked for what is new, or why: got neither `have` nor `why`")
    found = latest(read)
    stamp = stamped(found)
    return {"stamp": stamp} if stamp == question["have"] else {"stamp": stamp, **found}


def stamped(found: Mapping[str, Any]) -> str:
    """Tells what was read from what is there now."""
    return hashlib.sha256(json.dumps(found).encode()).hexdigest()[:16]


def _why(explain: Callable[[str], Explanation] | None, request_id: str) -> list[dict[str, Any]]:
    if explain is None:
        raise LabError("nothing can be explained: pass `explain=account.explain`")
    return [
        {
            "text": note.text,
            "verdict": _VERDICTS.get(note.mark),
            "marked": note.mark is not None,
            "page": note.source,
        }
        for note in reason(explain(request_id)).blocks
        if isinstance(note, Note)
    ]


def fallback(title: str, found: Mapping[str, Any]) -> View:
    if not found["rows"]:
        return View(title, (Note(found["refused"] or "Nothing was asked yet."),))
    lines = tuple(
        row(
            each["time"],
            each["service"],
            Cell(f"{each['what']} {each['on']}".rstrip(), code=True),
            each["who"],
            Cell(each["answer"], mark=MARKS[each["kind"]]),
            each["reason"],
        )
        for each in found["rows"]
    )
    head = ("time", "service", "operation", "who", "answer", "verdict")
    return View(title, (Table(f"The latest {len(lines)}, the newest first", head, lines),))


def sample(data: Mapping[str, Any]) -> LiveLog:
    """The view of the gallery: `data` has requests, and a device's packets."""

    def timed(each: Mapping[str, Any]) -> dict[str, Any]:
        return {**each, "time": datetime.fromisoformat(each["time"])}

    requests = [LoggedRequest(**timed(each)) for each in data["requests"]]
    packets = [LogEntry(**timed(each)) for each in data["packets"]]
    return live_log(lambda: [*requests, *packets], title="The account's latest requests", follow=False)
