"""A sign-in as a chain: what the app sends, and what the User Pool asks next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from labkit.errors import LabError
from labkit.record import ApiCall
from labkit.show import chain_picture
from labkit.show.blocks import Block, Cell, Drawing, Mark, Note, Table, row
from labkit.show.view import Drawn

_SIGN_IN = ("InitiateAuth", "RespondToAuthChallenge", "AdminInitiateAuth", "AdminRespondToAuthChallenge")


@dataclass(frozen=True)
class Step:
    """One call of a sign-in."""

    #: The flow that begins, or the challenge that is answered.
    answers: str
    begins: bool
    #: The names of what was sent.
    sent: tuple[str, ...]
    #: The next challenge, `tokens`, or what AWS refused it with.
    outcome: str
    #: The names of what came with it; what there is to choose from, for SELECT_CHALLENGE.
    given: tuple[str, ...]
    mark: Mark | None


def challenges(calls: Iterable[ApiCall], *, title: str = "A sign-in, challenge by challenge") -> Drawn:
    """The calls of sign-ins as chains: each challenge, and the names of what was sent to answer it.

    `calls` is a record's `calls`, or several of them added up; those that sign nobody in are left out.
    Raises LabError where an item is no ApiCall.
    """
    made: tuple[Any, ...] = tuple(calls)
    if wrong := [call for call in made if not isinstance(call, ApiCall)]:
        raise LabError(
            f"challenges are drawn from API calls: got `{type(wrong[0]).__name__}`; pass a record's `calls`"
        )
    steps = tuple(_step(call) for call in made if call.operation in _SIGN_IN)
    return Drawn(title, (_drawing(title, steps) if steps else Note("No call of a sign-in was recorded."),))


def _step(call: ApiCall) -> Step:
    begins = call.operation.endswith("InitiateAuth")
    request, response = call.request, call.response
    sent = request.get("AuthParameters" if begins else "ChallengeResponses") or {}
    answers = str(request.get("AuthFlow" if begins else "ChallengeName", ""))
    return Step(answers, begins, (*sorted(sent), *_session(request)), *_outcome(call, response))


def _outcome(call: ApiCall, response: Mapping[str, Any]) -> tuple[str, tuple[str, ...], Mark | None]:
    if call.error_code is not None:
        return f"{call.status} {call.error_code}", (), Mark.DENY
    if "ChallengeName" not in response:
        return "tokens", (), Mark.ALLOW
    parameters = response.get("AvailableChallenges") or sorted(response.get("ChallengeParameters") or {})
    return str(response["ChallengeName"]), (*map(str, parameters), *_session(response)), None


def _session(members: Mapping[str, Any]) -> tuple[str, ...]:
    return ("Session",) if members.get("Session") else ()


def _drawing(title: str, steps: tuple[Step, ...]) -> Block:
    head = ("#", "answered", "sent", "outcome", "with it came")
    rows = tuple(
        row(
            str(number),
            Cell(step.answers, code=True),
            Cell("\n".join(step.sent), code=True),
            Cell(step.outcome, mark=step.mark),
            Cell("\n".join(step.given), code=True),
        )
        for number, step in enumerate(steps, 1)
    )
    table = Table("The same steps as a table", head, rows)
    return Drawing(chain_picture.draw(title, _links(steps)), "\n".join(_lines(steps)), table)


def _links(steps: tuple[Step, ...]) -> Iterator[chain_picture.Link]:
    for number, step in enumerate(steps, 1):
        if step.begins:
            yield chain_picture.Link("", step.answers, "", chain_picture.Kind.BEGIN)
        kind = chain_picture.Kind.REFUSED if step.mark is Mark.DENY else chain_picture.Kind.NEXT
        yield chain_picture.Link(
            f"{number}. {', '.join(step.sent)}", _signed(step), ", ".join(step.given), kind
        )


def _signed(step: Step) -> str:
    return f"{step.mark.value} {step.outcome}" if step.mark else step.outcome


def _lines(steps: tuple[Step, ...]) -> Iterator[str]:
    for number, step in enumerate(steps, 1):
        if step.begins:
            yield step.answers
        yield f"{number:>2}. --> {', '.join(step.sent)}"
        given = f" ({', '.join(step.given)})" if step.given else ""
        yield f"    <-- {_signed(step)}{given}"
