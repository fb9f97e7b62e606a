"""What holds of every decision, whatever the policies and the request.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.policy import (
    Anonymous,
    Federated,
    Policy,
    PolicySet,
    Request,
    Service,
    Verdict,
    decide,
    explain,
    judge,
)
from labkit.policy.request import Principal

ACCOUNT, OTHER = "111122223333", "444455556666"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/Learner/CognitoIdentityCredentials"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/Learner"
ZOE = f"arn:aws:iam::{ACCOUNT}:user/zoe"
SUB = "cognito-identity.amazonaws.com:sub"

ACTIONS = ["s3:GetObject", "s3:PutObject", "s3:ListBucket", "kms:Decrypt", "sts:AssumeRole", "iot:Publish"]
RESOURCES = ["arn:aws:s3:::shelf", "arn:aws:s3:::shelf/a/book", "arn:aws:s3:::shelf/b/book", ROLE, "*"]
PATTERNS = [
    *RESOURCES,
    "arn:aws:s3:::shelf/*",
    "arn:aws:s3:::shelf/${cognito-identity.amazonaws.com:sub}/*",
    "arn:aws:s3:::*/b?ok",
    "arn:aws:s3",
]
CONDITIONS: list[dict[str, Any]] = [
    {"StringEquals": {SUB: "a"}},
    {"StringNotEquals": {SUB: ["a", "c"]}},
    {"StringLikeIfExists": {"s3:prefix": "${cognito-identity.amazonaws.com:sub}*"}},
    {"ForAllValues:StringEquals": {"aws:TagKeys": ["x", "y"]}},
    {"ForAnyValue:StringNotEquals": {"aws:TagKeys": "x"}},
    {"Null": {"aws:TagKeys": "true"}},
    {"Bool": {"aws:SecureTransport": "true"}, "IpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
    {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/*"}},
]
PRINCIPALS: list[Any] = [
    "*",
    {"AWS": "*"},
    {"AWS": ACCOUNT},
    {"AWS": ROLE},
    {"AWS": [SESSION, ZOE]},
    {"Federated": "cognito-identity.amazonaws.com"},
    {"Service": "s3.amazonaws.com"},
]


@st.composite
def statements(draw: st.DrawFn, *, principal: bool = False, effect: str | None = None) -> dict[str, Any]:
    found: dict[str, Any] = {"Effect": effect or draw(st.sampled_from(["Allow", "Allow", "Deny"]))}
    some_actions = st.lists(st.sampled_from([*ACTIONS, "*", "s3:*", "S3:Get*"]), min_size=1, max_size=3)
    some_patterns = st.lists(st.sampled_from(PATTERNS), min_size=1, max_size=3)
    found[draw(st.sampled_from(["Action", "Action", "Action", "NotAction"]))] = draw(some_actions)
    found[draw(st.sampled_from(["Resource", "Resource", "Resource", "NotResource"]))] = draw(some_patterns)
    if draw(st.booleans()):
        found["Condition"] = draw(st.sampled_from(CONDITIONS))
    if principal:
        name = draw(st.sampled_from(["Principal", "Principal", "NotPrincipal"]))
        found[name] = draw(st.sampled_from(PRINCIPALS))
    return found


def documents(*, principal: bool = False) -> st.SearchStrategy[Policy]:
    many = st.lists(statements(principal=principal), min_size=1, max_size=4)
    versions = st.sampled_from(["2012-10-17", "2012-10-17", "2008-10-17"])
    return st.builds(lambda v, s: Policy.parse({"Version": v, "Statement": s}), versions, many)


def layers(*, principal: bool = False) -> st.SearchStrategy[tuple[Policy, ...]]:
    return st.lists(documents(principal=principal), max_size=2).map(tuple)


POLICIES = st.builds(
    PolicySet,
    identity=layers(),
    resource=st.none() | documents(principal=True),
    boundary=st.none() | layers(),
    session=st.none() | layers(),
    scp=st.lists(layers(), max_size=2).map(tuple),
    rcp=st.lists(layers(principal=True), max_size=1).map(tuple),
    iot=st.none() | layers(),
)
CALLERS: list[Principal] = [
    *(SESSION, ROLE, ZOE, f"arn:aws:iam::{ACCOUNT}:root", f"arn:aws:iam::{OTHER}:user/ann"),
    *(Anonymous(), Service("s3.amazonaws.com"), Federated("cognito-identity.amazonaws.com")),
]
REQUESTS = st.builds(
    Request,
    st.sampled_from(CALLERS),
    st.sampled_from(ACTIONS),
    st.sampled_from(RESOURCES),
    st.sampled_from([None, ACCOUNT]),
    st.fixed_dictionaries(
        {},
        optional={
            SUB: st.sampled_from(["a", "b", "*"]),
            "s3:prefix": st.sampled_from(["", "a/", "b"]),
            "aws:TagKeys": st.lists(st.sampled_from(["x", "y", "z", ""]), max_size=3),
            "aws:SecureTransport": st.sampled_from(["true", "false"]),
            "aws:SourceIp": st.sampled_from(["203.0.113.9", "198.51.100.1"]),
            "aws:PrincipalArn": st.sampled_from([ROLE, ZOE]),
        },
    ),
    st.booleans(),
)
many = settings(max_examples=150, deadline=None)


def with_statement(policies: PolicySet, layer: str, statement: dict[str, Any]) -> PolicySet:
    """The policies with a statement more in a layer that is there."""
    extra = Policy.parse({"Version": "2012-10-17", "Statement": [statement]})
    if layer == "resource":
        assert policies.resource is not None
        raw = [*policies.resource.raw, *extra.raw]
        return replace(
            policies, resource=Policy.parse({"Version": policies.resource.version, "Statement": raw})
        )
    documents: dict[str, Any] = {layer: (*(getattr(policies, layer) or ()), extra)}
    return replace(policies, **documents)


@many
@given(REQUESTS, POLICIES)
def test_deciding_and_explaining_give_the_same_verdict(request: Request, policies: PolicySet) -> None:
    decision, judgement = decide(request, policies=policies), judge(request, policies=policies)

    assert decision.verdict is judgement.verdict
    assert explain(request, policies=policies).verdict is decision.verdict
    assert decision.blocked_by == judgement.blocked_by
    assert bool(judgement.blocked_by) is not (judgement.verdict is Verdict.ALLOWED)


@many
@given(REQUESTS, POLICIES)
def test_each_element_s_own_trace_says_what_the_judgement_says(request: Request, policies: PolicySet) -> None:
    for trace in judge(request, policies=policies).statements:
        assert trace.action.matched is trace.action_matched
        assert (trace.resource is None) or trace.resource.matched is trace.resource_matched
        assert tuple(condition.matched for condition in trace.conditions) == trace.conditions_matched
        if trace.resource is not None:
            hit = any(pattern.matched for pattern in trace.resource.patterns)
            assert hit is (
                trace.resource_matched if trace.resource.element == "Resource" else not trace.resource_matched
            )
        speaks = trace.principal is None or trace.principal.matched
        assert not trace.applies or (trace.action_matched and trace.resource_matched and speaks)


@many
@given(REQUESTS, POLICIES, statements(effect="Deny"), statements(effect="Deny", principal=True))
def test_a_deny_never_widens(
    request: Request, policies: PolicySet, deny: dict[str, Any], named: dict[str, Any]
) -> None:
    before = decide(request, policies=policies)

    changed = [with_statement(policies, "identity", deny)]
    changed += [with_statement(policies, "resource", named)] if policies.resource else []
    changed += [
        with_statement(policies, name, deny) for name in ("boundary", "session") if getattr(policies, name)
    ]
    for after in changed:
        assert before.allowed or not decide(request, policies=after).allowed


@many
@given(REQUESTS, POLICIES, statements(effect="Allow"), statements(effect="Allow", principal=True))
def test_an_allow_never_narrows(
    request: Request, policies: PolicySet, allow: dict[str, Any], named: dict[str, Any]
) -> None:
    before = decide(request, policies=policies)

    changed = [with_statement(policies, "identity", allow)]
    changed += [with_statement(policies, "resource", named)] if policies.resource else []
    changed += [
        with_statement(policies, name, allow) for name in ("boundary", "session") if getattr(policies, name)
    ]
    for after in changed:
        assert not before.allowed or decide(request, policies=after).allowed


@many
@given(REQUESTS, POLICIES, st.randoms(use_true_random=False))
def test_the_order_of_statements_and_policies_does_not_matter(
    request: Request, policies: PolicySet, random: Any
) -> None:
    def shuffled(policy: Policy) -> Policy:
        raw = list(policy.raw)
        random.shuffle(raw)
        return Policy.parse({"Version": policy.version, "Statement": raw})

    def layer(found: tuple[Policy, ...] | None) -> tuple[Policy, ...] | None:
        return None if found is None else tuple(shuffled(each) for each in reversed(found))

    other = PolicySet(
        identity=layer(policies.identity) or (),
        resource=shuffled(policies.resource) if policies.resource else None,
        boundary=layer(policies.boundary),
        session=layer(policies.session),
        scp=tuple(layer(level) or () for level in policies.scp),
        rcp=tuple(layer(level) or () for level in policies.rcp),
        iot=layer(policies.iot),
    )

    assert decide(request, policies=other).verdict is decide(request, policies=policies).verdict


@settings(max_examples=80, deadline=None)
@given(REQUESTS, POLICIES)
def test_every_change_that_is_proposed_turns_the_verdict_round(request: Request, policies: PolicySet) -> None:
    explanation = explain(request, policies=policies)

    for change in explanation.request_changes:
        found = decide(change.request, policies=policies)
        assert found.allowed is not explanation.allowed
        assert found.verdict is change.verdict
    for policy_change in explanation.policy_changes:
        found = decide(request, policies=policy_change.policies)
        assert found.allowed is not explanation.allowed
        for neighbour in policy_change.opens:
            assert (
                decide(neighbour, policies=policies).allowed
                is not decide(neighbour, policies=policy_change.policies).allowed
            )
    assert str(explanation)


@settings(max_examples=60, deadline=None)
@given(REQUESTS, st.lists(statements(), min_size=8, max_size=24))
def test_the_index_leaves_out_only_what_cannot_apply(request: Request, many: list[dict[str, Any]]) -> None:
    policy = Policy.parse({"Version": "2012-10-17", "Statement": many})
    policies = PolicySet(identity=(policy,))

    denies, allows = policy.index.candidates(request.question.action)
    found = {s.index for s in (*denies.of(request.question.resource), *allows.of(request.question.resource))}

    applying = {
        trace.statement.index for trace in judge(request, policies=policies).statements if trace.applies
    }
    assert applying <= found
