"""What a learner predicted, beside what AWS answered and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from labkit.errors import LabError
from labkit.resources import Attempt
from labkit.show.attempts import refused_credentials
from labkit.show.blocks import Cell, Mark, Note, Table, row
from labkit.show.view import View
from labkit.things import IotAttempt

if TYPE_CHECKING:
    from labkit.policy import Explanation

_WORDS = {"allowed": True, "refused": False}


def predictions(
    predicted: Mapping[str, object],
    attempts: Sequence[Attempt | IotAttempt],
    why: Sequence[Explanation | str],
) -> View:
    """Each call with what the learner said of it, AWS's answer and the reason.

    A reason is an explanation, or a sentence where no policy was asked. A prediction is `allowed` or
    `refused`; `...` is none. Raises LabError for another word.
    """
    said = [_said(word) for word in predicted.values()]
    lines = tuple(_line(*call) for call in zip(predicted, said, attempts, why, strict=True))
    table = Table("Predicted and answered", ("call", "you", "AWS", "together", "why"), lines)
    return View("", (table, _score(said, attempts)))


def _said(word: object) -> bool | None:
    if word is Ellipsis:
        return None
    if isinstance(word, str) and word.strip().lower() in _WORDS:
        return _WORDS[word.strip().lower()]
    raise LabError(f'a prediction is "allowed" or "refused": got `{word}`')


def _line(
    name: str, said: bool | None, attempt: Attempt | IotAttempt, why: Explanation | str
) -> tuple[Cell, ...]:
    answer = Cell("allowed", mark=Mark.ALLOW) if attempt.allowed else Cell("refused", mark=Mark.DENY)
    if code := refused_credentials(attempt):
        why = f"AWS refused the credentials (`{code}`) and asked no policy"
    return row(name, _word(said), answer, _together(said, attempt), _reason(why))


def _word(said: bool | None) -> str:
    return "…" if said is None else "allowed" if said else "refused"


def _together(said: bool | None, attempt: Attempt | IotAttempt) -> Cell:
    if said is None or refused_credentials(attempt):
        return Cell("open", mark=Mark.NEITHER)
    right = said is attempt.allowed
    return Cell("right" if right else "a surprise", mark=Mark.ALLOW if right else Mark.DENY)


def _reason(why: Explanation | str) -> str:
    if isinstance(why, str):
        return why
    if why.decisive:
        verb = "denies" if why.decisive[0].effect == "Deny" else "allows"
        return f"statement `{why.decisive[0].label}` {verb} it"
    if why.near_misses:
        return why.near_misses[0].sentence
    return why.mistakes[0].sentence if why.mistakes else "no statement is about it"


def _score(said: Sequence[bool | None], attempts: Sequence[Attempt | IotAttempt]) -> Note:
    if any(map(refused_credentials, attempts)):
        return Note("Run the cell that got the credentials again, then this one.")
    if None in said:
        return Note("Write your predictions into the cell above, then run both again.")
    right = sum(word is attempt.allowed for word, attempt in zip(said, attempts, strict=True))
    return Note(f"{right} of {len(said)} as predicted.", Mark.ALLOW if right == len(said) else Mark.NEITHER)
