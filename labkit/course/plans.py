"""A policy for teams: what holds of it for members of any team, and for those of none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from labkit.course.repairs import fault_of
from labkit.policy import Policy, PolicySet, Request, explain
from labkit.provision import Lab

#: Any session of any role: the policy is asked alone.
_SESSION = "arn:aws:sts::123456789012:assumed-role/team/CognitoIdentityCredentials"


@dataclass(frozen=True)
class _Call:
    sentence: str
    #: The caller's tag; None for a session without it.
    team: str | None
    action: str
    #: What in the bucket; empty for the bucket itself.
    path: str
    allowed: bool

    def request(self, bucket: str) -> Request:
        tags = {"aws:PrincipalTag/team": self.team} if self.team else {}
        resource = f"arn:aws:s3:::{bucket}{self.path}"
        return Request(_SESSION, self.action, resource, context=tags)


_CALLS = (
    _Call("Red gets blue's plan", "red", "s3:GetObject", "/blue/plan.txt", True),
    _Call("Blue gets its own plan", "blue", "s3:GetObject", "/blue/plan.txt", True),
    _Call("Blue puts its own plan", "blue", "s3:PutObject", "/blue/plan.txt", True),
    _Call("A new team, green, puts its own plan", "green", "s3:PutObject", "/green/plan.txt", True),
    _Call("Red puts blue's plan", "red", "s3:PutObject", "/blue/plan.txt", False),
    _Call("Red deletes blue's plan", "red", "s3:DeleteObject", "/blue/plan.txt", False),
    _Call("Somebody without a team puts red's plan", None, "s3:PutObject", "/red/plan.txt", False),
    _Call("Red deletes the bucket", "red", "s3:DeleteBucket", "", False),
)


def fault(policy: Mapping[str, Any] | str, lab: Lab) -> str | None:
    """The first call that comes out wrong under `policy`, or None."""
    policies = PolicySet(identity=(Policy.parse(policy, kind="identity"),))
    found = (
        fault_of(call.sentence, explain(call.request(str(lab.bucket)), policies=policies), call.allowed)
        for call in _CALLS
    )
    return next(filter(None, found), None)
