"""The lab as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from labkit.record import Secret
from labkit.resources import AppClient, IdentityPool, Role, UserPool


@dataclass(frozen=True)
class LabUser:
    """A confirmed user whose password every learner knows."""

    username: str
    password: Secret
    sub: str


@dataclass(frozen=True)
class Lab:
    """What an account has at a checkpoint; None and empty where the checkpoint does not reach."""

    checkpoint: str
    user_pool: UserPool | None = None
    app_client: AppClient | None = None
    #: By user name: `alice` and `bob`.
    users: Mapping[str, LabUser] = field(default_factory=dict)
    identity_pool: IdentityPool | None = None
    #: `authenticated` and `guest`.
    roles: Mapping[str, Role] = field(default_factory=dict)
    #: The bucket's name; each identity has the prefix of its Identity ID.
    bucket: str | None = None
    #: The table's name; partition key `owner` (an Identity ID), sort key `note`.
    table: str | None = None
