"""Temporary security credentials that the account has issued."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from string import ascii_uppercase, digits

from labkit.local.seed import Source
from labkit.policy import Policy
from labkit.record import Secret

#: What an AWS access key id consists of, behind its prefix.
KEY_ALPHABET = ascii_uppercase + digits

ContextValue = str | tuple[str, ...]


@dataclass(frozen=True)
class Session:
    """One assumed-role session: its keys, its role, and what limits it."""

    access_key_id: str
    secret_access_key: Secret
    session_token: Secret
    role_arn: str
    #: The role's unique id, `AROA…`.
    role_id: str
    session_name: str
    issued: datetime
    expiration: datetime
    #: Session policies; None where none were passed, so that the role's own policies are the limit.
    policies: tuple[Policy, ...] | None = None
    #: Condition keys that came with the session, such as `cognito-identity.amazonaws.com:sub`.
    context: Mapping[str, ContextValue] = field(default_factory=dict)

    @property
    def role_name(self) -> str:
        return self.role_arn.rsplit("/", 1)[-1]

    @property
    def arn(self) -> str:
        account = self.role_arn.split(":")[4]
        return f"arn:aws:sts::{account}:assumed-role/{self.role_name}/{self.session_name}"

    @property
    def user_id(self) -> str:
        """`aws:userid` of the session."""
        return f"{self.role_id}:{self.session_name}"


class Sessions:
    """All sessions by access key id. Expired ones stay known, so that the refusal can say `expired`."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._sessions: dict[str, Session] = {}

    def get(self, access_key_id: str) -> Session | None:
        return self._sessions.get(access_key_id)

    def issue(
        self,
        *,
        role_arn: str,
        role_id: str,
        session_name: str,
        now: datetime,
        duration: timedelta,
        policies: tuple[Policy, ...] | None = None,
        context: Mapping[str, ContextValue] | None = None,
    ) -> Session:
        session = Session(
            access_key_id="ASIA" + self._source.text(16, KEY_ALPHABET),
            secret_access_key=Secret(self._source.text(40)),
            session_token=Secret("IQoJb3JpZ2luX2Vj" + self._source.text(320)),
            role_arn=role_arn,
            role_id=role_id,
            session_name=session_name,
            issued=now,
            expiration=now + duration,
            policies=policies,
            context=dict(context or {}),
        )
        self._sessions[session.access_key_id] = session
        return session
