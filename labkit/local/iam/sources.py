"""The policies of a simulation, each under the name by which the simulator points to it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labkit.errors import PolicySyntaxError
from labkit.local.authorization import attached
from labkit.local.authorization.attached import Attached
from labkit.local.errors import AwsError
from labkit.policy import Policy
from labkit.policy.grammar import Kind

if TYPE_CHECKING:
    from labkit.local.state import State

_ENTITY = re.compile(r"arn:aws:iam::(\d{12}):(user|group|role)/(?:.+/)?([^/]+)")


@dataclass(frozen=True, eq=False)
class Source:
    """A policy, its text, and where it came from."""

    #: `PolicyInputList.1`, `ResourcePolicy`, a managed policy's name; of an inline one `user_NAME_POLICY`.
    id: str
    text: str
    policy: Policy
    #: `IAM Policy` or `Resource Policy`, as in AWS's samples.
    type: str = "IAM Policy"


def invalid(message: str) -> AwsError:
    """InvalidInput. AWS documents the code and the status, and of the texts only what callers have met."""
    return AwsError("InvalidInput", message, 400)


def inputs(texts: list[str], name: str, *, kind: Kind = "identity") -> tuple[Source, ...]:
    """Documents that the request itself brings, numbered from 1."""
    return tuple(read(text, f"{name}.{number}", kind=kind) for number, text in enumerate(texts, 1))


def read(text: str, name: str, *, kind: Kind = "identity", type: str = "IAM Policy") -> Source:
    """One document of the request. Raises InvalidInput for one that is no policy of its kind."""
    try:
        return Source(name, text, Policy.parse(text, name=name, kind=kind), type)
    except PolicySyntaxError as error:
        raise invalid(f"{name}: {error}.") from None


def entity(arn: str, state: State) -> Any:
    """moto's user, group or role of that ARN. Raises InvalidInput, or NoSuchEntity."""
    from moto.iam.models import iam_backends

    found = _ENTITY.fullmatch(arn)
    if found is None:
        raise invalid(f"Invalid Entity Arn: {arn} does not clearly define entity type and name.")
    _, kind, name = found.groups()
    iam = iam_backends[state.account_id]["aws"]
    known: dict[str, Any] = {"user": iam.users, "group": iam.groups, "role": iam.roles}
    holder = next((one for one in known[kind].values() if one.arn == arn), None)
    if holder is None:
        raise AwsError("NoSuchEntity", f"The {kind} with name {name} cannot be found.", 404)
    return holder


def identity(holder: Any, state: State) -> tuple[Attached, ...]:
    """The policies of an entity; a managed one that it also has from a group counts once."""
    found = {(each.arn or each): each for each in attached.identity_policies(holder, state)}
    return tuple(found.values())


def boundary(holder: Any, state: State) -> Attached | None:
    """The permissions boundary of an entity."""
    return next(iter(attached.boundary(holder, state) or ()), None)


def stored(each: Attached) -> Source:
    """A policy that the account keeps."""
    name = each.name if each.arn else f"{each.kind}_{each.holder}_{each.name}"
    return Source(name, each.document, Policy.parse(each.document, name=name, arn=each.arn))
