"""`labkit outbox`, `clock` and `destroy`: what can be asked of a running account."""

from __future__ import annotations

import argparse
import os
import re
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from labkit.errors import LabError

if TYPE_CHECKING:
    from labkit.account import Account

_STEP = re.compile(r"(?:(?P<days>\d+)d)?(?:(?P<hours>\d+)h)?(?:(?P<minutes>\d+)m)?(?:(?P<seconds>\d+)s)?")


def duration(text: str) -> timedelta:
    """A step of time as given on the command line: `90s`, `15m`, `1h`, `2d` or `1h30m`."""
    match = _STEP.fullmatch(text.strip().lower())
    parts = {unit: int(value) for unit, value in match.groupdict().items() if value} if match else {}
    try:
        step = timedelta(**parts)
    except OverflowError:
        step = timedelta()
    if not step:
        raise argparse.ArgumentTypeError(
            f"`{text}` is no step of time, expected one such as `15m`, `1h` or `2d`"
        )
    return step


def outbox(options: Namespace) -> int:
    """Print the codes that the account sent, or just the newest one for a user."""
    account = _running()
    with _aws_errors():
        messages = account.outbox(options.username)
    if options.latest:
        if not messages:
            who = f" for `{options.username}`" if options.username else ""
            raise LabError(f"no code in the outbox{who}: sign up or ask for a new code first")
        print(messages[-1].code)
    elif messages:
        rows = [(m.username, m.kind, m.destination, m.code, _utc(m.sent)) for m in messages]
        print(_table(("USERNAME", "FOR", "TO", "CODE", "SENT"), rows))
    else:
        print("The outbox is empty.")
    return 0


def clock(options: Namespace) -> int:
    """Print the account's time, after moving it forward where that was asked."""
    account = _running()
    with _aws_errors():
        if options.advance is not None:
            account.clock.advance(options.advance)
        print(_utc(account.clock.now()))
    return 0


def destroy(options: Namespace) -> int:
    """Remove what the lab created, after showing it and asking (`--yes` shows it only)."""
    from labkit import provision
    from labkit.account import open_account

    confirm = _agree if options.yes else _ask
    with _aws_errors():
        account = (
            open_account("aws", profile=options.profile, confirm=confirm) if options.profile else _running()
        )
        removed = provision.destroy(account, confirm=confirm)
    print(
        f"Removed {len(removed.steps)} resources."
        if removed.steps
        else "There is nothing of the lab to remove."
    )
    return 0


@contextmanager
def _aws_errors() -> Iterator[None]:
    """On the command line, AWS's own error is a sentence and no traceback."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise LabError(str(error).strip()) from error


def _running() -> Account:
    """The account at AWS_ENDPOINT_URL; these commands never start one of their own."""
    if not os.environ.get("AWS_ENDPOINT_URL"):
        raise LabError(
            "no running account: `AWS_ENDPOINT_URL` is not set; use a terminal of JupyterLab under "
            "`labkit start`, or set what `labkit serve --env-file FILE` writes"
        )
    from labkit.account import open_account

    try:
        with _aws_errors():
            return open_account()
    except ValueError:
        endpoint = os.environ["AWS_ENDPOINT_URL"]
        raise LabError(
            f"`AWS_ENDPOINT_URL` is `{endpoint}`, expected an address such as `http://127.0.0.1:4577`"
        ) from None


def _utc(instant: datetime) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}"


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in [head, *rows]
    )


def _agree(question: str) -> bool:
    print(question, "yes", flush=True)
    return True


def _ask(question: str) -> bool:
    try:
        return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:  # nobody is there to ask
        return False
