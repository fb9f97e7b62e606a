"""AssumeRole: a session of a role, for a user or for another session.

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from labkit.local.authorization.principal import role_named
from labkit.local.authorization.sts import source_identity
from labkit.local.errors import AwsError
from labkit.local.operations import Call
from labkit.local.session_tags import NO_TAGS, SessionTags
from labkit.local.sessions import Limits, Session, Subject
from labkit.local.sts import session_policies
from labkit.local.sts.answers import credentials

if TYPE_CHECKING:
    from labkit.local.authentication import Caller
    from labkit.local.state import State

_ROLE_ARN = re.compile(r"arn:aws[\w-]*:iam::\d{12}:role/.+")
_SESSION_NAME = re.compile(r"[\w+=,.@-]{2,64}")
#: "Role chaining limits your … role session to a maximum of one hour." A user's own session begins no chain:
#: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining
_CHAINED = timedelta(hours=1)


def assume_role(call: Call, caller: Caller, state: State) -> dict[str, Any]:
    """Trust and identity policies have been asked before this is called."""
    role = role_asked(call, state)
    duration = duration_asked(call, role)
    _require_no_contexts(call)
    if caller.session is not None and caller.session.subject.kind != "User" and duration > _CHAINED:
        raise AwsError(
            "ValidationError",
            "The requested DurationSeconds exceeds the 1 hour session limit "
            "for roles assumed by role chaining",
        )
    before = caller.session.limits if caller.session else Limits()
    tags = tags_passed(call).after(before.tags)
    source = source_identity(call, caller)
    if before.source_identity not in (None, source):
        raise AwsError("AccessDenied", "The source identity of a role chain cannot be changed.", 403)
    limits = Limits(
        policies=session_policies.passed(call, state),
        tags=tags,
        source_identity=source,
        # What AssumeRole gives has no MFA information, whatever the caller showed.
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html
        context={"aws:MultiFactorAuthPresent": "false"},
    )
    session = open_session(role, session_name_asked(call), duration, limits, state)
    answer = answer_for(session) | {"PackedPolicySize": session_policies.packed_size(call, tags)}
    return answer | ({"SourceIdentity": source} if source else {})


def _require_no_contexts(call: Call) -> None:
    """A context assertion "is signed and encrypted by AWS STS", for IAM Identity Center, which the account
    does not have: no assertion is one of this STS.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_ProvidedContext.html
    """
    if call.parameters.get("ProvidedContexts"):
        raise AwsError("InvalidContextAssertion", "The context assertion is not one that STS has signed.")


def role_asked(call: Call, state: State, denied: str = "Not authorized to perform sts:AssumeRole") -> Any:
    """The role of the request. Raises AwsError where there is none."""
    arn = call.parameters.get("RoleArn") or ""
    if not _ROLE_ARN.fullmatch(arn):
        raise AwsError("ValidationError", f"{arn[:80] or 'An empty string'} is invalid")
    role = role_named(arn, state)
    if role is None:
        raise AwsError("AccessDenied", denied, 403)
    return role


def session_name_asked(call: Call) -> str:
    name = str(call.parameters.get("RoleSessionName") or "")
    if not _SESSION_NAME.fullmatch(name):
        raise AwsError(
            "ValidationError",
            f"1 validation error detected: Value '{name[:80]}' at 'roleSessionName' failed to satisfy "
            "constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*",
        )
    return name


def duration_asked(call: Call, role: Any) -> timedelta:
    """An hour, or what was asked for, as far as the role's MaxSessionDuration goes."""
    duration = timedelta(seconds=int(call.parameters.get("DurationSeconds") or 3600))
    if duration > timedelta(seconds=int(role.max_session_duration or 3600)):
        raise AwsError(
            "ValidationError",
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        )
    return duration


def tags_passed(call: Call) -> SessionTags:
    """The session tags of a request's `Tags` and `TransitiveTagKeys`."""
    tags, transitive = call.parameters.get("Tags"), call.parameters.get("TransitiveTagKeys")
    if not tags and not transitive:
        return NO_TAGS
    return SessionTags.passed([(tag["Key"], tag["Value"]) for tag in tags or []], transitive or [])


def open_session(role: Any, name: str, duration: timedelta, limits: Limits, state: State) -> Session:
    subject = Subject.role(role, name)
    return state.sessions.issue(subject, now=state.clock.now(), duration=duration, limits=limits)


def answer_for(session: Session) -> dict[str, Any]:
    """The credentials, and whose they are."""
    return credentials(session) | {"AssumedRoleUser": {"AssumedRoleId": session.user_id, "Arn": session.arn}}
