"""Opening the local account: the one that runs at AWS_ENDPOINT_URL, or one in this process."""

from __future__ import annotations

import json
import os
import socket
import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labkit.account.account import Account, Anonymous, MakeClient, Trigger, keys
from labkit.account.clock import LocalClock
from labkit.account.control import Control, Response, Send, get
from labkit.account.decisions import LocalDecisions
from labkit.account.guard import Guard
from labkit.account.iot import LocalIot
from labkit.account.issuers import ToldIssuers
from labkit.account.lab import lab_name
from labkit.account.outbox import LocalOutbox
from labkit.account.requests import LocalRequests
from labkit.errors import LabError
from labkit.ledger import Ledger
from labkit.record import Secret
from labkit.resources import Credentials

if TYPE_CHECKING:
    from labkit.local.app import LocalApp
    from labkit.local.gateway import Gateway
    from labkit.local.server import Server


@dataclass(frozen=True)
class Running:
    """A local account that answers, and how to reach it."""

    endpoint: str
    access_key_id: str
    secret_access_key: Secret
    send: Send
    #: Readies a botocore session for it; the direct transport hooks in here.
    attach: Callable[[Any], None]
    register_trigger: Callable[[str, Trigger], None]
    close: Callable[[], None]
    #: Where the ledger goes; None where everything ends with this process.
    folder: Path | None


def open_account(
    *, region: str | None, seed: str | None, clock: datetime | None, transport: str, lab: str | None
) -> Account:
    """Join or start a local account; see `labkit.open_account`."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL")
    if endpoint and transport == "http":
        if seed is not None or clock is not None:
            raise LabError(
                "`seed` and `clock` belong to the account that is started; the one at "
                f"AWS_ENDPOINT_URL `{endpoint}` runs already"
            )
        return _with_good_keys(_account(_joined(endpoint.rstrip("/")), region, lab))
    return _account(_IN_PROCESS.running(seed, clock, transport), region, lab)


def _with_good_keys(account: Account) -> Account:
    """A restarted account has new keys: better said now than by each call."""
    try:
        account.clock.now()
    except LabError as refusal:
        raise LabError(
            f"the account at AWS_ENDPOINT_URL `{account.endpoint}` does not know AWS_ACCESS_KEY_ID: it was "
            "restarted. Load the file that `labkit serve --env-file` wrote again, or use the JupyterLab of "
            "the newest `labkit start`"
        ) from refusal
    return account


def _account(running: Running, region: str | None, lab: str | None) -> Account:
    health = _health(running)
    region = region or str(health["region"])
    control = Control(
        running.send,
        running.endpoint,
        region=region,
        access_key_id=running.access_key_id,
        secret_access_key=running.secret_access_key,
    )
    account_id, lab = str(health["account"]), lab_name(lab)
    ledger = Ledger(running.folder, account_id, str(health["instance"]))
    place = f"account {account_id}"
    return Account(
        kind="local",
        account_id=account_id,
        region=region,
        lab=lab,
        endpoint=running.endpoint,
        clock=LocalClock(control),
        ledger=ledger,
        confirm=None,
        _guard=Guard(place=place, region=region, lab=lab, ledger=ledger, confirm=None),
        _outbox=LocalOutbox(control),
        _requests=LocalRequests(control),
        _decisions=LocalDecisions(control),
        _issuers=ToldIssuers(control),
        _iot=LocalIot(control, running.send, running.endpoint),
        _make_client=_client_maker(running, region),
        _send=running.send,
        _register_trigger=running.register_trigger,
        _close=running.close,
    )


def _client_maker(running: Running, region: str) -> MakeClient:
    """Clients of the local account; nothing of `~/.aws` or a proxy reaches them."""
    import boto3
    import botocore.session
    from botocore import UNSIGNED
    from botocore.config import Config

    # Name, environment variable, default: without these three no profile is looked up.
    files: dict[str, Any] = {
        "profile": (None, None, None, None),
        "config_file": (None, None, os.devnull, None),
        "credentials_file": (None, None, os.devnull, None),
    }
    core = botocore.session.Session(session_vars=files)
    running.attach(core)
    session: Any = boto3.Session(botocore_session=core)
    settings = Config(
        proxies={},
        connect_timeout=5,
        retries={"mode": "standard", "total_max_attempts": 2},
        s3={"addressing_style": "path"},
    )
    administrator = Credentials(running.access_key_id, running.secret_access_key, None, None)

    def make(service: str, credentials: Credentials | Anonymous | None) -> Any:
        unsigned = isinstance(credentials, Anonymous)
        return session.client(
            service,
            region_name=region,
            endpoint_url=running.endpoint,
            config=settings.merge(Config(signature_version=UNSIGNED)) if unsigned else settings,
            **keys(credentials if isinstance(credentials, Credentials) else administrator),
        )

    return make


def _health(running: Running) -> dict[str, Any]:
    from botocore.exceptions import BotoCoreError
    from urllib3.exceptions import LocationParseError

    advice = "start one with `labkit serve`, or unset AWS_ENDPOINT_URL to get one in this process"
    try:
        response = get(running.send, f"{running.endpoint}/_labkit/health")
    except (BotoCoreError, LocationParseError):
        raise LabError(f"nothing answers at AWS_ENDPOINT_URL `{running.endpoint}`; {advice}") from None
    try:
        health = json.loads(response.content)
    except ValueError:
        health = {}
    if not isinstance(health, dict) or "labkit" not in health:
        raise LabError(f"what answers at AWS_ENDPOINT_URL `{running.endpoint}` is no local account; {advice}")
    return health


def _joined(endpoint: str) -> Running:
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    values = [os.environ.get(name) for name in names]
    for name, value in zip(names, values, strict=True):
        if not value:
            raise LabError(
                f"AWS_ENDPOINT_URL is set but `{name}` is not; load the file that "
                "`labkit serve --env-file` wrote"
            )
    return Running(
        endpoint=endpoint,
        access_key_id=str(values[0]),
        secret_access_key=Secret(str(values[1])),
        send=_over_http(),
        attach=lambda _: None,
        register_trigger=_register_elsewhere,
        close=lambda: None,
        folder=Path.cwd(),
    )


def _register_elsewhere(arn: str, _: Trigger) -> None:
    raise LabError(
        f"the function of `{arn}` cannot run in the account at AWS_ENDPOINT_URL, which is another program: "
        "take `open_account(transport='direct')`, an account of this process"
    )


def _over_http() -> Send:
    from botocore.httpsession import URLLib3Session

    # Without it Nagle and delayed acknowledgement hold each small request back for 40 ms.
    no_delay: Any = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]
    send: Send = URLLib3Session(proxies={}, timeout=5, socket_options=no_delay).send
    return send


class InProcess:
    """The local account that this process started, until it is closed.

    A learner who runs the first cell again must find the account that holds the User Pool. There is
    one at most, because moto keeps its resources in the process.
    """

    def __init__(self) -> None:
        self._started: Started | None = None
        self._lock = threading.RLock()

    def running(self, seed: str | None, clock: datetime | None, transport: str) -> Running:
        """The account that runs, unless `seed` or `clock` ask for another; else a new one."""
        with self._lock:
            started = self._started
            if started is None or not started.suits(seed, clock):
                self.stop(started)
                started = self._started = _start(seed, clock)
                # The end of the program stops the server too.
                weakref.finalize(self, started.stop)
            return started.running(transport, close=lambda: self.stop(started))

    def stop(self, started: Started | None) -> None:
        with self._lock:
            if started is not None:
                started.stop()
            if self._started is started:
                self._started = None


class Started:
    """An account in this process, reached directly or, from the first wish on, through a socket."""

    def __init__(self, app: LocalApp, seed: str | None, clock: datetime | None) -> None:
        self._app = app
        self._seed = seed
        self._clock = clock
        self._server: Server | None = None
        self._gateway: Gateway | None = None
        app.state.iot.start_gateway = self._start_gateway

    def suits(self, seed: str | None, clock: datetime | None) -> bool:
        return seed in (None, self._seed) and clock in (None, self._clock)

    def running(self, transport: str, *, close: Callable[[], None]) -> Running:
        from labkit.local import direct

        keys, direct_transport = self._app.administrator, transport == "direct"
        return Running(
            endpoint=direct.ENDPOINT if direct_transport else self._serve(),
            access_key_id=keys.access_key_id,
            secret_access_key=keys.secret_access_key,
            send=self._send_directly if direct_transport else _over_http(),
            attach=(lambda session: direct.attach(session, self._app))
            if direct_transport
            else lambda _: None,
            register_trigger=self._register_trigger,
            close=close,
            folder=None,
        )

    def _register_trigger(self, arn: str, function: Trigger) -> None:
        from labkit.local.user_pools import triggers

        triggers.register(arn, function, self._app.state)

    def stop(self) -> None:
        server, self._server = self._server, None
        gateway, self._gateway = self._gateway, None
        for one in (server, gateway):
            if one is not None:
                one.stop()

    def _start_gateway(self) -> None:
        """At the first wish for the IoT endpoint: most accounts of a process never have one."""
        from labkit.local.gateway import Gateway

        if self._gateway is None:
            self._gateway = Gateway(self._app.state)
            self._gateway.start()

    def _serve(self) -> str:
        from labkit.local.server import Server

        if self._server is None:
            self._server = Server(self._app, port=0)
            self._server.start()
        return self._server.endpoint

    def _send_directly(self, request: Any) -> Response:
        from labkit.local import direct

        headers = dict(request.headers.items())
        response: Response = direct.respond(self._app, request.method, request.url, headers, request.body)
        return response


def _start(seed: str | None, clock: datetime | None) -> Started:
    """A new account; what is not given comes from `LABKIT_SEED` and `LABKIT_CLOCK`."""
    from labkit.local.app import create_app
    from labkit.local.seed import parse_clock, parse_seed

    seed, fixed = seed or os.environ.get("LABKIT_SEED") or None, os.environ.get("LABKIT_CLOCK")
    clock = clock or (parse_clock(fixed) if fixed else None)
    return Started(create_app(seed=parse_seed(seed) if seed else None, clock=clock), seed, clock)


#: The one state at module level: what runs in this process is this process's.
_IN_PROCESS = InProcess()
