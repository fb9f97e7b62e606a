"""What one local account consists of, beside moto's own backends."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from labkit.local.clock import Clock
from labkit.local.iot.state import Iot
from labkit.local.loading import part
from labkit.local.oidc import Issuers
from labkit.local.outbox import Outbox
from labkit.local.requests import Requests
from labkit.local.seed import Source
from labkit.local.sessions import Sessions
from labkit.policy import Decision

if TYPE_CHECKING:
    from labkit.local.federation.state import Federation
    from labkit.local.identity_pools.state import IdentityPools
    from labkit.local.lab_idp.state import LabIdp
    from labkit.local.managed_login.state import ManagedLogin
    from labkit.local.user_pools.state import UserPools
    from labkit.local.user_pools.triggers import Function
    from labkit.resources import Credentials


class Decisions:
    """The latest decisions by request ID, for whoever asks why.

    One request is answered at a time; `begin` says which.
    """

    def __init__(self, capacity: int = 1000) -> None:
        self._capacity = capacity
        self._decisions: OrderedDict[str, Decision] = OrderedDict()
        self._current = ""

    def begin(self, request_id: str) -> None:
        """What is decided from here on belongs to this request."""
        self._current = request_id

    def keep(self, decision: Decision) -> None:
        """Of several decisions about one request the first denial stays, else the latest."""
        kept = self._decisions.get(self._current)
        if kept is None or kept.allowed:
            self._decisions[self._current] = decision
        while len(self._decisions) > self._capacity:
            self._decisions.popitem(last=False)

    def get(self, request_id: str) -> Decision | None:
        return self._decisions.get(request_id)


@dataclass
class State:
    """One account: its number, its time, its chance, and what labkit's own layers remember."""

    account_id: str
    region: str
    clock: Clock
    source: Source
    #: Tells this run of the account from an earlier one at the same address.
    instance: str
    outbox: Outbox = field(default_factory=Outbox)
    issuers: Issuers = field(default_factory=Issuers)
    decisions: Decisions = field(default_factory=Decisions)
    #: What runs in the place of Lambda functions, by ARN (user_pools.triggers).
    functions: dict[str, Function] = field(default_factory=dict)
    #: The time step of the latest code of each IAM user's MFA device, by serial number: none is good twice.
    mfa_steps: dict[str, int] = field(default_factory=dict)
    #: moto's backends are not made for threads; one request at a time changes them.
    lock: threading.RLock = field(default_factory=threading.RLock)
    #: Request IDs have a chance of their own: a health check more must not change what a seed gives.
    request_ids: Source = field(init=False)
    requests: Requests = field(init=False)
    sessions: Sessions = field(init=False)
    iot: Iot = field(init=False)
    administrator: Credentials = field(init=False)

    def __post_init__(self) -> None:
        self.request_ids = self.source.branch("request IDs")
        self.requests = Requests(self)
        self.sessions = Sessions(self.source)
        self.iot = Iot(self)

    @part
    def user_pools(self) -> UserPools:
        from labkit.local.user_pools.state import UserPools

        return UserPools(self)

    @part
    def identity_pools(self) -> IdentityPools:
        from labkit.local.identity_pools.state import IdentityPools

        return IdentityPools(self)

    @part
    def managed_login(self) -> ManagedLogin:
        from labkit.local.managed_login.state import ManagedLogin

        return ManagedLogin(self)

    @part
    def federation(self) -> Federation:
        from labkit.local.federation.state import Federation

        return Federation(self)

    @part
    def lab_idp(self) -> LabIdp:
        from labkit.local.lab_idp.state import LabIdp

        return LabIdp(self)

    def arn(self, service: str, resource: str, *, region: str | None = None) -> str:
        """An ARN of this account; IAM's and STS's have no Region."""
        return f"arn:aws:{service}:{region or ''}:{self.account_id}:{resource}"
