"""Policies to repair: which calls must work and which must not, by the engine and on the account."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from labkit.account import Account
from labkit.course.people import Person, people
from labkit.course.policies import role_policy
from labkit.flow import access
from labkit.policy import Explanation, Policy, PolicySet, Request, Verdict, explain
from labkit.provision import Lab
from labkit.resources import Attempt


@dataclass(frozen=True)
class Call:
    """What somebody asks for."""

    #: As in `Alice lists her own folder`.
    sentence: str
    who: str
    action: str
    #: Whose folder or notes; None for everybody's.
    whose: str | None = None


@dataclass(frozen=True)
class Repair:
    """What holds of a policy once it is repaired."""

    works: tuple[Call, ...]
    refused: tuple[Call, ...]

    def fault(self, policy: Mapping[str, Any] | str, account: Account, lab: Lab) -> str | None:
        """The first call that comes out wrong, or None.

        The engine is asked about every call; then the account about those that only read, with the
        policy on the role, which has its own one back afterwards.
        """
        policies = PolicySet(identity=(Policy.parse(policy, kind="identity"),))
        place = _Place(account, lab, {person.username: person for person in people(account, lab)})
        faults = (_judged(call, allowed, place, policies) for call, allowed in self._calls())
        if fault := next(filter(None, faults), None):
            return fault
        with role_policy(account, lab, policy):
            faults = (_tried(call, allowed, place) for call, allowed in self._calls())
            return next(filter(None, faults), None)

    def _calls(self) -> Iterator[tuple[Call, bool]]:
        yield from ((call, True) for call in self.works)
        yield from ((call, False) for call in self.refused)


@dataclass(frozen=True)
class _Place:
    """Where calls are made, and by whom."""

    account: Account
    lab: Lab
    people: Mapping[str, Person]

    def request(self, call: Call) -> Request:
        """The call as IAM would see it."""
        owner, bucket = self._owner(call), f"arn:aws:s3:::{self.lab.bucket}"
        table = f"arn:aws:dynamodb:{self.account.region}:{self.account.account_id}:table/{self.lab.table}"
        asked: dict[str, tuple[str, dict[str, str | list[str]]]] = {
            "s3:GetObject": (f"{bucket}/{owner}/diary.txt", {}),
            "s3:DeleteObject": (f"{bucket}/{owner}/diary.txt", {}),
            "s3:ListBucket": (bucket, {"s3:prefix": f"{owner}/" if owner else ""}),
            "s3:DeleteBucket": (bucket, {}),
            "dynamodb:Query": (table, {"dynamodb:LeadingKeys": [owner]}),
            "dynamodb:Scan": (table, {}),
        }
        resource, keys = asked[call.action]
        return self.people[call.who].request(call.action, resource, **keys)

    def attempt(self, call: Call) -> Attempt | None:
        """The call itself; None for one that would change something."""
        account, keys, owner = self.account, self.people[call.who].keys, self._owner(call)
        bucket, table = str(self.lab.bucket), str(self.lab.table)
        if call.action == "s3:GetObject":
            return access.get_object(account, keys, bucket, f"{owner}/diary.txt")
        if call.action == "s3:ListBucket":
            return access.list_objects(account, keys, bucket, f"{owner}/" if owner else "")
        if call.action == "dynamodb:Query":
            return access.query(account, keys, table, "owner", owner)
        return access.scan(account, keys, table) if call.action == "dynamodb:Scan" else None

    def _owner(self, call: Call) -> str:
        return self.people[call.whose].id if call.whose else ""


def _judged(call: Call, allowed: bool, place: _Place, policies: PolicySet) -> str | None:
    return fault_of(call.sentence, explain(place.request(call), policies=policies), allowed)


def fault_of(sentence: str, found: Explanation, allowed: bool) -> str | None:
    """What is wrong about a call that comes out otherwise than it should; None where it does not."""
    if found.allowed is allowed:
        return None
    if found.allowed:
        return f"This opens too much. {sentence}: allowed by {_decisive(found)}."
    near = found.near_misses[0].sentence if found.near_misses else "no statement is near"
    why = f"denied by {_decisive(found)}" if found.verdict is Verdict.EXPLICIT_DENY else f"refused; {near}"
    return f"{sentence}: {why}."


def _decisive(found: Explanation) -> str:
    return " and ".join(f"statement `{trace.label}`" for trace in found.decisive)


def _tried(call: Call, allowed: bool, place: _Place) -> str | None:
    attempt = place.attempt(call)
    if attempt is None or attempt.allowed is allowed:
        return None
    answer = "allowed it" if attempt.allowed else f"refused it ({attempt.code})"
    return f"{call.sentence}: the engine is content, but the account {answer}."
