"""An AWS account to learn in: the local one or a real one. The only room that knows which.

`account` holds what every step asks for: a client, a JWKS, a confirmation code, the time.
`local` and `aws` open the two kinds; `recording` and `guard` watch each client's calls.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from typing import Literal

from labkit.account.account import ANONYMOUS, Account, Anonymous
from labkit.account.explaining import explain
from labkit.account.outbox import Message
from labkit.account.recording import record
from labkit.errors import LabError

__all__ = ["ANONYMOUS", "Account", "Anonymous", "Message", "explain", "open_account", "record"]


def open_account(
    kind: Literal["local", "aws"] | None = None,
    *,
    profile: str | None = None,
    region: str | None = None,
    seed: str | None = None,
    clock: datetime | None = None,
    transport: Literal["http", "direct"] = "http",
    lab: str | None = None,
    confirm: Callable[[str], bool] | None = None,
    ask: Callable[[str], str] = input,
) -> Account:
    """Open the account that the lab works in: `local`, `aws`, or what LABKIT_ACCOUNT says (else `local`).

    `local` joins the local account at `AWS_ENDPOINT_URL`, or starts one in this process; opened
    again there, it is the same account until `close()`. `seed` and `clock` (by default
    `LABKIT_SEED` and `LABKIT_CLOCK`) make every run of a started account the same; `transport`
    `direct` calls it without a socket.

    `aws` uses the named `profile` and asks once, through `confirm`, before anything happens.

    `lab` (by default `LABKIT_LAB`, else `lab`) names this lab in tags and resource names. `ask`
    reads what only a person knows. Raises LabError where the account cannot be opened.
    """
    named = kind or os.environ.get("LABKIT_ACCOUNT") or "local"
    if named == "aws":
        from labkit.account import aws

        _reject(named, seed=seed, clock=clock, transport=None if transport == "http" else transport)
        return aws.open_account(profile=profile, region=region, lab=lab, confirm=confirm, ask=ask)
    if named == "local":
        from labkit.account import local

        _reject(named, profile=profile)
        return local.open_account(region=region, seed=seed, clock=clock, transport=transport, lab=lab)
    raise LabError(f"there is no account `{named}`: expected `local` or `aws`")


def _reject(kind: str, **arguments: object) -> None:
    for name, value in arguments.items():
        if value is not None:
            raise LabError(f"`{name}` has no meaning for the `{kind}` account; leave it out")
