"""What every step asks of an account, whichever kind it is."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

from labkit.account.clock import Clock
from labkit.account.control import Send, get
from labkit.account.decisions import Decisions
from labkit.account.domain import DomainAnswer, ask
from labkit.account.guard import Guard
from labkit.account.iot import Iot
from labkit.account.issuers import Issuers
from labkit.account.outbox import Message, Outbox
from labkit.account.recording import Recorder
from labkit.account.requests import Requests
from labkit.errors import LabError
from labkit.ledger import Ledger
from labkit.record import ApiCall, LoggedRequest
from labkit.resources import Credentials, UserPool
from labkit.things import IotEndpoint, LogEntry
from labkit.tokens import Jwks

if TYPE_CHECKING:
    from labkit.policy import Explanation


class Anonymous(Enum):
    """Whoever signs nothing."""

    ANONYMOUS = "anonymous"

    def __repr__(self) -> str:
        return "ANONYMOUS"


#: For `client()`: unsigned requests, as a mobile app sends before it has credentials.
ANONYMOUS: Final = Anonymous.ANONYMOUS

#: A Lambda handler in Python: event and context in, the event out.
Trigger = Callable[[dict[str, Any], Any], Any]

#: Makes a boto3 client: service, keys (None is the administrator).
MakeClient = Callable[[str, Credentials | Anonymous | None], Any]


def keys(credentials: Credentials) -> dict[str, str | None]:
    """What boto3 calls the credentials, revealed for the one client that signs with them."""
    token = credentials.session_token
    return {
        "aws_access_key_id": credentials.access_key_id,
        "aws_secret_access_key": credentials.secret_access_key.reveal(),
        "aws_session_token": token.reveal() if token else None,
    }


@dataclass(frozen=True, repr=False, eq=False)
class Account:
    """An open account. `open_account()` makes one."""

    #: In the `ResponseMetadata` of an error: the account whose client raised it.
    METADATA: ClassVar[str] = "Account"

    kind: Literal["local", "aws"]
    account_id: str
    region: str
    #: The name of this lab, in tags and resource names.
    lab: str
    #: Where the local account answers; None for AWS itself.
    endpoint: str | None
    clock: Clock
    ledger: Ledger
    #: Asks a person to agree; None where nothing has to be asked.
    confirm: Callable[[str], bool] | None
    _guard: Guard
    _outbox: Outbox
    _requests: Requests
    _decisions: Decisions
    _issuers: Issuers
    _iot: Iot
    _make_client: MakeClient
    _send: Send
    _register_trigger: Callable[[str, Trigger], None]
    _close: Callable[[], None]
    _recorder: Recorder = field(default_factory=Recorder)
    _clients: dict[tuple[str, Credentials | Anonymous | None], Any] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __repr__(self) -> str:
        return f"Account({self.kind}, {self.account_id}, {self.region})"

    def __enter__(self) -> Account:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def caller_arn(self) -> str:
        """The ARN of the administrator, from GetCallerIdentity."""
        return str(self.client("sts").get_caller_identity()["Arn"])

    def client(self, service: str, credentials: Credentials | Anonymous | None = None) -> Any:
        """A boto3 client, by botocore's name as in `cognito-idp`; the same one when asked again.

        It signs with `credentials`; None is the account's administrator, `ANONYMOUS` signs nothing.
        """
        # Making clients is not thread-safe in botocore; using them is.
        with self._lock:
            key = (service, credentials)
            if key not in self._clients:
                client = self._make_client(service, credentials)
                self._guard.attach(client, administrator=credentials is None)
                self._recorder.attach(client.meta.events)
                client.meta.events.register("after-call", self._sign_errors)
                self._clients[key] = client
            return self._clients[key]

    def record(self) -> AbstractContextManager[list[ApiCall]]:
        """`with account.record() as calls:` collects this thread's calls through any client."""
        return self._recorder.record()

    def approved(self) -> AbstractContextManager[None]:
        """In this block nothing is asked: a person has agreed to a plan."""
        return self._guard.approved()

    def jwks(self, user_pool: UserPool) -> Jwks:
        """The User Pool's public keys, fetched from its `jwks.json`.

        https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html
        """
        url = (
            f"{self.client('cognito-idp', ANONYMOUS).meta.endpoint_url}/{user_pool.id}/.well-known/jwks.json"
        )
        response = get(self._send, url)
        if response.status_code != 200:
            raise LabError(f"no keys for User Pool `{user_pool.id}`: `{url}` answered {response.status_code}")
        return Jwks.from_json(json.loads(response.content))

    def domain_url(self, domain: str) -> str:
        """Where a User Pool's domain answers: at a host of its own, or below the local account's address.

        https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-assign-domain.html
        """
        if self.endpoint is None:
            return f"https://{domain}.auth.{self.region}.amazoncognito.com"
        return f"{self.endpoint}/_domain/{domain}"

    def ask_domain(
        self,
        domain: str,
        path: str,
        *,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> DomainAnswer:
        """Send a form to an endpoint of a User Pool's domain, or GET it where there is none."""
        answer = ask(self._send, self.domain_url(domain), path, form=form, headers=headers or {})
        self._recorder.add(answer.call)
        return answer

    def confirmation_code(self, username: str) -> str:
        """The newest code sent to a user; a real account has the person type it in."""
        return self._outbox.confirmation_code(username)

    def outbox(self, username: str | None = None) -> list[Message]:
        """What the local account would have sent, newest last. Raises LabError on a real account."""
        return self._outbox.messages(username)

    def request_log(self) -> list[LoggedRequest]:
        """The latest requests to the local account, from every client, oldest first.

        Raises LabError on a real account, which has them in CloudTrail.
        """
        return self._requests.latest()

    def register_trigger(self, arn: str, function: Trigger) -> None:
        """Let `function(event, context)` run wherever a User Pool's LambdaConfig names the ARN.

        It takes and returns the event as a Lambda handler in Python does, and refuses by raising.
        Raises LabError unless the account runs in this process.

        https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html
        """
        self._register_trigger(arn, function)

    def explain(self, request_id: str) -> Explanation:
        """Why a call was allowed or refused, by its request ID.

        Raises LabError where the account keeps no such decision; a real account keeps none.
        """
        return self._decisions.explain(request_id)

    @cached_property
    def iot(self) -> IotEndpoint:
        """Where this account's devices and apps speak MQTT.

        https://docs.aws.amazon.com/iot/latest/developerguide/iot-connect-devices.html
        """
        return self._iot.endpoint(self.client("iot"))

    def iot_log(self, client_id: str | None = None) -> list[LogEntry]:
        """What AWS IoT decided about each packet (of one client), oldest first; a real account keeps it."""
        return [entry for entry in self._iot.log() if client_id in (None, entry.client_id)]

    def _sign_errors(self, parsed: dict[str, Any], **_: Any) -> None:
        """Whoever catches the error later can ask this account about it."""
        if "Error" in parsed:
            parsed.setdefault("ResponseMetadata", {})[self.METADATA] = self

    def tell_issuer_keys(self, issuer: str, jwks: Mapping[str, Any]) -> None:
        """Have the local account believe tokens of an OpenID Connect issuer that these keys verify.

        `issuer` is the tokens' `iss`. Raises LabError on a real account, which asks the issuer itself.
        """
        self._issuers.tell(issuer, jwks)

    def close(self) -> None:
        """Let the account go; one that runs in this process stops, with all that is in it."""
        with self._lock:
            for client in self._clients.values():
                client.close()
        self._close()
