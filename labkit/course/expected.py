"""A refusal that the lesson is about."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from labkit.errors import LabError, OAuthError, TokenRejected
from labkit.show import refusal


@dataclass
class Refusal:
    """What was refused; the error is here once the block has ended."""

    error: Exception | None = None


@contextmanager
def refused(code: str) -> Iterator[Refusal]:
    """Show the refusal of this code (AWS's or OAuth's error code, or a token's failed check) and go on.

    The error stays in what `as` names, for `labkit.explain`. Any other error rises as it is. Where
    nothing is refused, LabError says so: a lesson whose failure does not happen is broken.
    """
    refusal = Refusal()
    try:
        yield refusal
    except Exception as error:
        if _code(error) != code:
            raise
        refusal.error = error
        _display(error)
    else:
        raise LabError(f"this was meant to be refused with `{code}`, but it was accepted")


def _code(error: Exception) -> str:
    if isinstance(error, TokenRejected):
        return error.check
    if isinstance(error, OAuthError):
        return error.error
    response = getattr(error, "response", None)
    return str(response["Error"]["Code"]) if isinstance(response, dict) else ""


def _display(error: Exception) -> None:
    from IPython.display import display

    display(refusal(error))  # type: ignore[no-untyped-call]
