"""A refusal as a lesson: who said no, in which words, and what to do next."""

from __future__ import annotations

from typing import Any

from labkit.errors import OAuthError, TokenRejected
from labkit.show.blocks import Block, Cell, Mark, Note, Table, row
from labkit.show.view import View


def refusal(error: BaseException) -> View:
    """A `ClientError`, an `OAuthError` or a `TokenRejected` that was expected, with its notes as hints."""
    hints = tuple(Note(f"Next: {hint}") for hint in getattr(error, "__notes__", ()))
    if isinstance(error, TokenRejected):
        return View("The token was rejected", (*_rejected(error), *hints))
    if isinstance(error, OAuthError):
        return View("The domain said no", (*_redirected(error), *hints))
    return View("AWS said no", (*_answered(error), *hints))


def _redirected(error: OAuthError) -> tuple[Block, ...]:
    lines = (
        row("endpoint", Cell(error.endpoint, code=True)),
        row("error", Cell(error.error, code=True)),
        row("error_description", Cell(error.description or "none", code=True)),
    )
    return Note(f"Refused: {error.error}.", Mark.DENY), Table("The answer", ("part", "value"), lines)


def _rejected(error: TokenRejected) -> tuple[Block, ...]:
    lines = (
        row("check", Cell(error.check, code=True)),
        row("expected", Cell(str(error.expected), code=True)),
        row("got", Cell(str(error.actual), code=True)),
    )
    return Note(f"The check `{error.check}` failed.", Mark.DENY), Table("Why", ("part", "value"), lines)


def _answered(error: BaseException) -> tuple[Block, ...]:
    # Any botocore ClientError has these; this room does not import botocore.
    response: dict[str, Any] = getattr(error, "response", {})
    said, status = response.get("Error", {}), response.get("ResponseMetadata", {}).get("HTTPStatusCode", "")
    lines = (
        row("operation", Cell(str(getattr(error, "operation_name", "")), code=True)),
        row("HTTP status", Cell(str(status), code=True)),
        row("code", Cell(str(said.get("Code", type(error).__name__)), code=True)),
        row("message", Cell(str(said.get("Message", error)), code=True)),
    )
    note = Note(f"Refused: {said.get('Code', '')}.", Mark.DENY)
    return note, Table("AWS's answer", ("part", "value"), lines)
