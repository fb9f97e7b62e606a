"""Temporary security credentials that the account has issued."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from string import ascii_uppercase, digits
from typing import Any, Literal

from labkit.local.seed import Source
from labkit.local.session_tags import NO_TAGS, SessionTags
from labkit.policy import Policy
from labkit.record import Secret

#: What an AWS access key id consists of, behind its prefix.
KEY_ALPHABET = ascii_uppercase + digits

ContextValue = str | tuple[str, ...]

#: `aws:PrincipalType` of the caller that a session makes.
#: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable
Kind = Literal["AssumedRole", "FederatedUser", "User"]


@dataclass(frozen=True)
class Subject:
    """Whom a session speaks for, and the IAM role or user behind it, whose policies count."""

    kind: Kind
    #: The session's own ARN.
    arn: str
    #: `aws:userid` of the session.
    user_id: str
    #: ARN and unique id (`AROA…`, `AIDA…`) of the role or user.
    holder_arn: str
    holder_id: str

    @classmethod
    def role(cls, role: Any, session_name: str) -> Subject:
        """A session of a role; the role's path is no part of the session's ARN."""
        account, name = role.arn.split(":")[4], role.arn.rsplit("/", 1)[-1]
        arn = f"arn:aws:sts::{account}:assumed-role/{name}/{session_name}"
        return cls("AssumedRole", arn, f"{role.id}:{session_name}", role.arn, role.id)

    @classmethod
    def user(cls, user: Any) -> Subject:
        """The user itself, by temporary credentials."""
        return cls("User", user.arn, user.id, user.arn, user.id)

    @classmethod
    def federated_user(cls, user: Any, name: str) -> Subject:
        """Somebody for whom a user asked."""
        account = user.arn.split(":")[4]
        arn = f"arn:aws:sts::{account}:federated-user/{name}"
        return cls("FederatedUser", arn, f"{account}:{name}", user.arn, user.id)

    @property
    def user_name(self) -> str | None:
        """The IAM user's name, where the session is the user's own."""
        return self.arn.rsplit("/", 1)[-1] if self.kind == "User" else None

    @property
    def principal_arn(self) -> str:
        """`aws:PrincipalArn`, which is the role's for a session of a role."""
        return self.holder_arn if self.kind == "AssumedRole" else self.arn


@dataclass(frozen=True)
class Limits:
    """What a session is given on its way: its policies, tags, source identity and condition keys."""

    #: Session policies; None where none were passed, so that the holder's own policies are the limit.
    policies: tuple[Policy, ...] | None = None
    tags: SessionTags = NO_TAGS
    source_identity: str | None = None
    #: Condition keys that came with the session, such as `cognito-identity.amazonaws.com:sub`.
    context: Mapping[str, ContextValue] = field(default_factory=dict)
    #: When the user showed a code of an MFA device, where one was asked for.
    mfa: datetime | None = None


@dataclass(frozen=True)
class Session:
    """One session: its keys, whom they stand for, and what limits it."""

    access_key_id: str
    secret_access_key: Secret
    session_token: Secret
    subject: Subject
    issued: datetime
    expiration: datetime
    limits: Limits = field(default_factory=Limits)

    @property
    def arn(self) -> str:
        return self.subject.arn

    @property
    def user_id(self) -> str:
        return self.subject.user_id

    @property
    def policies(self) -> tuple[Policy, ...] | None:
        return self.limits.policies


class Sessions:
    """All sessions by access key id. Expired ones stay known, so that the refusal can say `expired`."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._sessions: dict[str, Session] = {}

    def get(self, access_key_id: str) -> Session | None:
        return self._sessions.get(access_key_id)

    def issue(
        self, subject: Subject, *, now: datetime, duration: timedelta, limits: Limits | None = None
    ) -> Session:
        session = Session(
            access_key_id="ASIA" + self._source.text(16, KEY_ALPHABET),
            secret_access_key=Secret(self._source.text(40)),
            session_token=Secret("IQoJb3JpZ2luX2Vj" + self._source.text(320)),
            subject=subject,
            issued=now,
            expiration=now + duration,
            limits=limits or Limits(),
        )
        self._sessions[session.access_key_id] = session
        return session
