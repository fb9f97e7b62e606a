"""`labkit outbox`, `clock` and `destroy`: what can be asked of a running account."""

from __future__ import annotations

import argparse
import os
import re
from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from labkit.errors import LabError

if TYPE_CHECKING:
    from labkit.account import Account, Message

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
        others = account.outbox() if options.username and not messages else []
    if options.latest:
        if not messages:
            who = f" for `{options.username}`" if options.username else ""
            raise LabError(
                f"no code in the outbox{who}{_instead(others)}: sign up or ask for a new code first"
            )
        print(messages[-1].code)
    elif messages:
        rows = [(m.username, m.pool_id, m.kind, m.destination, m.code, _utc(m.sent)) for m in messages]
        print(_table(("USERNAME", "POOL", "FOR", "TO", "CODE", "SENT"), rows))
    elif others:
        print(f"The outbox has no message for `{options.username}`{_instead(others)}.")
    else:
        print("The outbox is empty.")
    return 0


def _instead(messages: Sequence[Message]) -> str:
    """Whose messages there are: the five latest users, because a class may have hundreds."""
    names = list(dict.fromkeys(message.username for message in reversed(messages)))
    more = " and others" if len(names) > 5 else ""
    return f", only for {', '.join(f'`{name}`' for name in names[:5])}{more}" if names else ""


def clock(options: Namespace) -> int:
    """Print the account's time, after moving it forward where that was asked."""
    account = _running()
    with _aws_errors():
        if options.advance is not None:
            account.clock.advance(options.advance)
        print(_utc(account.clock.now()))
    return 0


def destroy(options: Namespace) -> int:
    """Remove what the lab created, after showing it and asking (`--yes` shows it only).

    `--profile` or LABKIT_ACCOUNT=aws choose a real account. AWS_PROFILE alone does not: many shells
    have it set for other work.
    """
    from labkit import provision

    confirm = _agree if options.yes else _ask
    with _aws_errors():
        removed = provision.destroy(_chosen(options.profile, confirm), confirm=confirm)
    print(
        f"Removed {len(removed.steps)} resources."
        if removed.steps
        else "There is nothing of the lab to remove."
    )
    return 0


def _chosen(profile: str | None, confirm: Callable[[str], bool]) -> Account:
    """The real account where it is asked for, else the one that runs."""
    if not profile and os.environ.get("LABKIT_ACCOUNT") != "aws":
        return _running()
    from labkit.account import open_account

    # Named here too, because keys in the environment (the local account's, in a terminal of JupyterLab)
    # give way only to a profile that the program names: https://github.com/boto/botocore/pull/486
    return open_account("aws", profile=profile or os.environ.get("AWS_PROFILE") or None, confirm=confirm)


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
