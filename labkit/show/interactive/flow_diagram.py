"""The flow diagram: API calls that were really made, to be walked through one by one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from labkit.record import ApiCall, masked
from labkit.show.diagram import Sequence, answer, failed, participant, question, sequence, signature
from labkit.show.interactive.widget import Interactive, page
from labkit.show.values import utc


def flow_diagram(calls: Iterable[ApiCall], *, title: str = "") -> FlowDiagram:
    """Who asked whom, signed or not, with what, and what came back: forwards, backwards, step by step.

    `calls` is what `with labkit.record() as calls:` collected, or a record's `calls`. Secrets in what was
    sent and in what came back are masked. The page saves the diagram as `show.sequence` draws it, as SVG
    and as Mermaid. Raises LabError where an item is no ApiCall.
    """
    return FlowDiagram(sequence(calls, title=title))


class FlowDiagram(Interactive):
    """`flow_diagram()` makes one."""

    _esm, _css = page("flow_diagram")

    def __init__(self, drawn: Sequence) -> None:
        super().__init__(drawn, walked(drawn))


def walked(drawn: Sequence) -> dict[str, Any]:
    """What the page draws: the participants, the steps in their order, and the files that it saves."""
    return {
        "participants": drawn.participants,
        "steps": [_step(call, drawn.participants) for call in drawn.calls],
        "svg": drawn.to_svg() if drawn.calls else "",
        "mermaid": drawn.to_mermaid() if drawn.calls else "",
    }


def _step(call: ApiCall, participants: tuple[str, ...]) -> dict[str, Any]:
    return {
        "to": participants.index(participant(call)),
        "service": call.service,
        "operation": call.operation,
        "question": question(call),
        "signature": signature(call),
        "answer": answer(call),
        "failed": failed(call),
        "milliseconds": round(call.duration / timedelta(milliseconds=1)),
        "started": utc(call.started),
        "request_id": call.request_id,
        "sent": _json(call.request),
        "received": _json(call.response),
    }


def _json(members: Mapping[str, Any]) -> str:
    """The members, masked (again, for a record that was made by hand)."""
    return json.dumps(masked(members), indent=2, ensure_ascii=False, default=_spelled) if members else ""


def _spelled(value: Any) -> str:
    return utc(value) if isinstance(value, datetime) else str(value)


def sample(data: list[dict[str, Any]]) -> FlowDiagram:
    """The view of the gallery: `data` has the calls."""
    calls = (
        ApiCall(
            **{
                **call,
                "started": datetime.fromisoformat(call["started"]),
                "duration": timedelta(milliseconds=call["duration"]),
            }
        )
        for call in data
    )
    return flow_diagram(calls, title="From a password to S3")
