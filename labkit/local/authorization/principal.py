"""What a caller brings along: its policies and its condition keys."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from labkit.local.authentication import Caller
from labkit.local.authorization.asks import ContextValue
from labkit.local.authorization.attached import (
    Attached,
    boundary,
    default_version,
    identity_policies,
    managed,
)
from labkit.local.operations import Call
from labkit.local.sessions import Session
from labkit.policy import Policy, PolicySet

if TYPE_CHECKING:
    from labkit.local.state import State


def policies_of(caller: Caller, state: State, *, resource: Policy | None = None) -> PolicySet:
    """The policies that decide about `caller`, with the resource's own one where there is one."""
    if caller.anonymous:
        return PolicySet(resource=resource)
    holder = _holder(caller, state)
    if holder is None:
        return PolicySet()  # nor does a resource's policy mean a principal that is gone
    limits = boundary(holder, state)
    return PolicySet(
        identity=_parsed(identity_policies(holder, state)),
        boundary=None if limits is None else _parsed(limits),
        session=caller.session.policies if caller.session else None,
        resource=resource,
    )


def role_named(arn: str, state: State) -> Any:
    """moto's role of that ARN, or None."""
    from moto.iam.models import iam_backends

    roles = iam_backends[state.account_id]["aws"].roles.values()
    return next((role for role in roles if role.arn == arn), None)


def _holder(caller: Caller, state: State) -> Any:
    """The IAM user or role whose policies count; None where it was deleted meanwhile.

    A new role of the same name is another role:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html (unique identifiers)
    """
    from moto.iam.models import iam_backends

    users = iam_backends[state.account_id]["aws"].users
    if caller.session is None:
        return users.get(caller.user_name or "")
    subject = caller.session.subject
    if subject.kind == "AssumedRole":
        holder = role_named(subject.holder_arn, state)
    else:
        holder = next((user for user in users.values() if user.arn == subject.holder_arn), None)
    return holder if holder is not None and holder.id == subject.holder_id else None


def _parsed(attached: Iterable[Attached]) -> tuple[Policy, ...]:
    return tuple(parse(each.document, name=each.name, arn=each.arn) for each in attached)


def managed_policy(arn: str, state: State) -> Policy | None:
    """The managed policy of that ARN, the account's own or one of AWS's that is known."""
    stored = managed(arn, state)
    return parse(default_version(stored), name=stored.name, arn=stored.arn) if stored is not None else None


@lru_cache(maxsize=1024)
def parse(document: str, *, name: str, arn: str | None) -> Policy:
    """A stored document, read once."""
    return Policy.parse(document, name=name, arn=arn)


def context_of(call: Call, caller: Caller, state: State) -> dict[str, ContextValue]:
    """AWS's global condition keys.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    The local account answers on the loopback interface alone, where AWS's own end points speak TLS:
    `aws:SecureTransport` is therefore always true.
    """
    now = state.clock.now()
    context: dict[str, ContextValue] = {
        "aws:CurrentTime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "aws:EpochTime": str(int(now.timestamp())),
        "aws:SecureTransport": "true",
        "aws:SourceIp": str(call.request.environ.get("REMOTE_ADDR") or "127.0.0.1"),
        "aws:RequestedRegion": call.region,
        "aws:ViaAWSService": "false",
        "aws:PrincipalIsAWSService": "false",
    }
    if "user-agent" in call.request.headers:
        context["aws:UserAgent"] = call.request.headers["user-agent"]
    if not caller.anonymous:
        context |= principal_keys(caller, state)
        context |= _mfa_keys(caller.session, now) if caller.session else {}
    if call.service == "s3" and caller.auth_type:
        context["s3:authType"] = caller.auth_type
    return context


def principal_keys(caller: Caller, state: State) -> dict[str, ContextValue]:
    """Who calls, with the tags and the session that it brings along."""
    session = caller.session
    context: dict[str, ContextValue] = {
        "aws:PrincipalAccount": state.account_id,
        "aws:PrincipalArn": session.subject.principal_arn if session else caller.arn,
        "aws:PrincipalType": session.subject.kind if session else "User",
        "aws:userid": caller.user_id,
    }
    own = tags_of(_holder(caller, state), state)
    tags = session.limits.tags.over(own) if session else own
    context |= {f"aws:PrincipalTag/{name}": value for name, value in tags.items()}
    if caller.user_name is not None:
        context["aws:username"] = caller.user_name
    return context | (_session_keys(session) if session else {})


def origins_of(caller: Caller) -> dict[str, tuple[str, ...]]:
    """Where the values of the caller's principal tags came from, step by step; a role's own need no word."""
    if caller.session is None:
        return {}
    tags = caller.session.limits.tags
    return {
        f"aws:PrincipalTag/{key}": (*tags.origins.get(key, ()), f"session tag `{key}`") for key in tags.tags
    }


def _session_keys(session: Session) -> dict[str, ContextValue]:
    context: dict[str, ContextValue] = {"aws:TokenIssueTime": session.issued.strftime("%Y-%m-%dT%H:%M:%SZ")}
    if session.limits.source_identity:
        context["aws:SourceIdentity"] = session.limits.source_identity
    return context | dict(session.limits.context)


def _mfa_keys(session: Session, now: datetime) -> dict[str, ContextValue]:
    """Whether, and how many seconds ago, the user showed an MFA code for this session.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-multifactorauthage
    """
    since = session.limits.mfa
    if since is None:
        return {}
    return {
        "aws:MultiFactorAuthPresent": "true",
        "aws:MultiFactorAuthAge": str(int((now - since).total_seconds())),
    }


def tags_of(holder: Any, state: State) -> dict[str, str]:
    """The tags of an IAM role or user."""
    if holder is None:
        return {}
    if hasattr(holder, "assume_role_policy_document"):
        return {tag["Key"]: tag["Value"] for tag in holder.tags or []}
    from moto.iam.models import iam_backends

    tagger = iam_backends[state.account_id]["aws"].tagger
    return dict(tagger.get_tag_dict_for_resource(holder.arn))
