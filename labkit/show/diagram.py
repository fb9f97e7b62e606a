"""A sequence diagram of the API calls that were really made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

from labkit.errors import LabError
from labkit.record import ApiCall
from labkit.show import svg
from labkit.show.blocks import Block, Cell, Drawing, Mark, Note, Table, clean, row
from labkit.show.view import View

YOU = "You"

#: A service's botocore name → the participant that answers for it.
PARTICIPANTS = MappingProxyType(
    {
        "cognito-idp": "User Pool",
        "cognito-identity": "Identity Pool",
        "sts": "STS",
        "s3": "S3",
        "dynamodb": "DynamoDB",
        "iam": "IAM",
        "iot": "AWS IoT",
        "iot-data": "AWS IoT Core",
    }
)


@dataclass(frozen=True, kw_only=True, repr=False)
class Sequence(View):
    """A view of API calls in their order; `to_svg` and `to_mermaid` give the diagram alone."""

    calls: tuple[ApiCall, ...]
    times: bool = False

    @property
    def participants(self) -> tuple[str, ...]:
        """You, then every service that was called, in the order of its first call."""
        return (YOU, *dict.fromkeys(participant(call) for call in self.calls))

    def to_svg(self) -> str:
        """The diagram as an SVG document of its own."""
        return _svg(self.title, self.participants, self.calls, self.times)

    def to_mermaid(self) -> str:
        """The diagram in Mermaid's language (https://mermaid.js.org/syntax/sequenceDiagram.html)."""
        names = {name: f"p{number}" for number, name in enumerate(self.participants)}
        lines = [f"    participant {key} as {_mermaid(name)}" for name, key in names.items()]
        for call in self.calls:
            you, other = names[YOU], names[participant(call)]
            back = "--x" if failed(call) else "-->>"
            lines.append(f"    {you}->>{other}: {_mermaid(question(call))}")
            lines.append(f"    {other}{back}{you}: {_mermaid(answer(call, self.times))}")
        return "\n".join(["sequenceDiagram", *lines]) + "\n"

    def _forms(self) -> dict[str, Any]:
        return {**super()._forms(), **({"image/svg+xml": self.to_svg()} if self.calls else {})}


def sequence(calls: Iterable[ApiCall], *, title: str = "", times: bool = False) -> Sequence:
    """The calls as a sequence diagram: who asked whom, signed or not, and what came back.

    `calls` is a record's `calls`, or several of them added up. `times` adds how long each call
    took; without it the view is the same on every run. Raises LabError where an item is no ApiCall.
    """
    made: tuple[Any, ...] = tuple(calls)
    if wrong := [call for call in made if not isinstance(call, ApiCall)]:
        raise LabError(
            f"a sequence is drawn from API calls: got `{type(wrong[0]).__name__}`; pass a record's `calls`"
        )
    title = title or f"API calls ({len(made)})"
    return Sequence(title, _blocks(title, made, times), calls=made, times=times)


def participant(call: ApiCall) -> str:
    return PARTICIPANTS.get(call.service, call.service)


def failed(call: ApiCall) -> bool:
    return call.error_code is not None or call.status >= 400


def question(call: ApiCall) -> str:
    """What was asked, and whether the request was signed."""
    return f"{call.operation} ({signature(call)})"


def signature(call: ApiCall) -> str:
    return "SigV4" if call.signed else "unsigned"


def answer(call: ApiCall, times: bool = False) -> str:
    """The status and AWS's error code or the status's own phrase, as in `400 NotAuthorizedException`."""
    took = f", {call.duration.total_seconds() * 1000:.0f} ms" if times else ""
    return f"{call.status} {call.error_code or _phrase(call.status)}".rstrip() + took


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in set(HTTPStatus) else ""


def _mermaid(label: str) -> str:
    """A label that ends neither its line nor its statement: `;` and `#` have a meaning in Mermaid."""
    kept = clean(label).replace("#", "#35;").replace("\n", " ")
    return kept.replace(";", "#59;").replace("#35#59;", "#35;")


def _blocks(title: str, calls: tuple[ApiCall, ...], times: bool) -> tuple[Block, ...]:
    if not calls:
        return (Note("No API call was recorded."),)
    names = (YOU, *dict.fromkeys(participant(call) for call in calls))
    return (Drawing(_svg(title, names, calls, times), _lines(calls, times), _steps(calls, times)),)


def _steps(calls: tuple[ApiCall, ...], times: bool) -> Table:
    lines = (
        row(
            str(number),
            participant(call),
            Cell(call.operation, code=True),
            signature(call),
            Cell(answer(call, times), mark=Mark.DENY if failed(call) else Mark.ALLOW),
        )
        for number, call in enumerate(calls, 1)
    )
    head = ("#", "asked", "operation", "request", "answer")
    return Table("The same calls as a table", head, tuple(lines))


def _lines(calls: tuple[ApiCall, ...], times: bool) -> str:
    width = max(len(participant(call)) for call in calls)
    lines = []
    for number, call in enumerate(calls, 1):
        name, sign = participant(call).ljust(width), Mark.DENY if failed(call) else Mark.ALLOW
        lines.append(f"{number:>2}. {YOU} --> {name}  {question(call)}")
        lines.append(f"    {YOU} <-- {name}  {sign.value} {answer(call, times)}")
    return "\n".join(lines)


def _svg(title: str, names: tuple[str, ...], calls: tuple[ApiCall, ...], times: bool) -> str:
    arrows = []
    for number, call in enumerate(calls, 1):
        column = names.index(participant(call))
        arrows.append(svg.Arrow(column, f"{number}. {question(call)}", back=False, failed=False))
        sign = Mark.DENY if failed(call) else Mark.ALLOW
        arrows.append(
            svg.Arrow(column, f"{sign.value} {answer(call, times)}", back=True, failed=failed(call))
        )
    description = f"Sequence diagram of {len(calls)} API calls between {', '.join(names)}."
    return svg.draw(title, description, names, tuple(arrows))
