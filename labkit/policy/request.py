"""What is asked: who wants to do what with which resource, and everything known about the call."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Generic, TypeVar

from labkit.errors import LabError
from labkit.policy.variables import Context, prepare

T = TypeVar("T")
_PRINCIPAL = re.compile(r"arn:([^:]+):(iam|sts)::(\d{12}):(root|(user|role|assumed-role|federated-user)/.+)")

#: ARNs of buckets have no account, and those of AWS's own policies `aws` in its place.
_OWNER = re.compile(r"arn:[^:]*:[^:]*:[^:]*:(\d{12}):")


@dataclass(frozen=True, slots=True)
class Anonymous:
    """A caller that sends no credentials."""

    def __str__(self) -> str:
        return "anonymous"


@dataclass(frozen=True, slots=True)
class Service:
    """An AWS service that calls on its own behalf, as in `cognito-idp.amazonaws.com`."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Federated:
    """A caller whom an identity provider vouches for, before there are credentials.

    `provider` is a host such as `cognito-identity.amazonaws.com`, or the provider's ARN.
    """

    provider: str

    def __str__(self) -> str:
        return self.provider


@dataclass(frozen=True, slots=True)
class IotPrincipal:
    """What AWS IoT knows by the policies attached to it alone: a device by its X.509 certificate.

    `name` is the certificate's ARN. IAM has no such principal, and none of its policies speaks on it.
    https://docs.aws.amazon.com/iot/latest/developerguide/authorization.html
    """

    name: str

    def __str__(self) -> str:
        return self.name


Principal = str | Anonymous | Service | Federated | IotPrincipal


@dataclass(frozen=True, slots=True)
class Caller:
    """A principal taken apart into the names by which a policy can mean it."""

    principal: Principal
    #: None for a caller without an AWS account.
    account: str | None = None
    #: `root`, `user`, `role`, `assumed-role`, `federated-user` or `iot`; empty for the others.
    kind: str = ""
    #: Name of the role, for a role and its sessions.
    role: str | None = None

    @classmethod
    def of(cls, principal: Principal) -> Caller:
        """Raises LabError where `principal` is a string but not the ARN of an IAM or STS principal."""
        if not isinstance(principal, str):
            return cls(principal, kind="iot") if isinstance(principal, IotPrincipal) else cls(principal)
        found = _PRINCIPAL.fullmatch(principal)
        if found is None:
            raise LabError(
                f"`{principal}` names no caller: expected the ARN of a user, a role, "
                "a session or an account's root"
            )
        _, _, account, name, kind = found.groups()
        return cls(principal, account, kind or "root", _role(kind, name))

    @property
    def is_root_user(self) -> bool:
        return self.kind == "root"

    @property
    def is_iot(self) -> bool:
        return self.kind == "iot"

    @property
    def is_service_linked(self) -> bool:
        """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html"""
        return self.role is not None and self.role.startswith("AWSServiceRoleFor")


def _role(kind: str | None, name: str) -> str | None:
    if kind == "assumed-role":
        return name.split("/")[1]
    return name.rsplit("/", 1)[-1] if kind == "role" else None


class once(Generic[T]):
    """A property that is computed when it is first asked for.

    functools' own takes a lock before Python 3.12, which is a tenth of a decision's time.
    """

    def __init__(self, compute: Callable[[Any], T]) -> None:
        self._compute = compute
        self._name = compute.__name__
        self.__doc__ = compute.__doc__

    def __get__(self, owner: Any, _type: object = None) -> T:
        value = owner.__dict__[self._name] = self._compute(owner)
        return value


@dataclass(frozen=True)
class Request:
    """One API call as IAM sees it.

    `context` holds the condition keys of the call; a key that is not there is absent. A list is
    a multivalued key. `wildcard_only_action` marks an action that knows no resource types.
    """

    principal: Principal
    #: As in `s3:GetObject`.
    action: str
    #: ARN, or `*` where the action has no resource.
    resource: str = "*"
    #: Account that owns the resource; None takes it from the ARN, or else the caller's own.
    resource_account: str | None = None
    context: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    wildcard_only_action: bool = False
    #: Condition key → where its value came from, step by step, where that is known.
    origins: Mapping[str, Sequence[str]] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Prepared once below: a mapping that its owner changes later must not change the request.
        object.__setattr__(self, "context", dict(self.context))

    @once
    def question(self) -> Question:
        """The request as the statements meet it. Raises LabError for a principal it cannot read."""
        resource = "*" if self.wildcard_only_action else self.resource
        return Question(self.action.lower(), resource, _caller(self.principal), prepare(self.context))

    @once
    def account(self) -> str | None:
        """The account that owns the resource, or None where the request does not tell."""
        if self.resource_account:
            return self.resource_account
        found = _OWNER.match(self.resource)
        return found[1] if found else None

    @property
    def assumes_role(self) -> bool:
        """Whether the resource-based policy is a role's trust policy."""
        return ":role/" in self.resource and self.question.action.startswith("sts:")


@dataclass(frozen=True, slots=True)
class Question:
    """A request prepared once for all statements."""

    #: Lower-case, since actions are not case-sensitive.
    action: str
    #: `*` where the action has no resource types: only Resource `*` covers it.
    resource: str
    caller: Caller
    context: Context


#: Callers recur from call to call.
_caller = lru_cache(maxsize=1024)(Caller.of)
