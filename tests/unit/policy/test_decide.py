"""The decision as a record: trace, layers, decisive statements. What AWS decides is in tests/decisions.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from dataclasses import FrozenInstanceError
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.errors import LabError
from labkit.policy import Anonymous, Decision, Named, Policy, PolicySet, Request, State, Verdict, decide

ACCOUNT = "111122223333"
ZOE = f"arn:aws:iam::{ACCOUNT}:user/zoe"
SUB = "us-east-1:aaaabbbb-1111-2222-3333-ccccddddeeee"
BOOK = Request(ZOE, "s3:GetObject", "arn:aws:s3:::shelf/book")


def policy(effect: str = "Allow", action: str = "*", resource: str = "*", **more: Any) -> Policy:
    statement = {"Effect": effect, "Action": action, "Resource": resource, **more}
    return Policy.parse({"Version": "2012-10-17", "Statement": statement}, name=more.get("Sid", ""))


def test_every_statement_of_every_layer_is_in_the_trace() -> None:
    bucket = policy("Deny", Principal={"AWS": "444455556666"}, Sid="Bucket")
    policies = PolicySet(
        identity=(policy("Deny", "s3:Put*", Sid="Writes"), policy(Sid="All")),
        resource=bucket,
        boundary=(policy(Sid="Boundary"),),
        session=(policy(Sid="One"), policy(action="sqs:*", Sid="Two")),
        scp=((policy(Sid="Root"),), (policy(Sid="Unit"),)),
        rcp=((policy(Principal="*", Sid="Rcp"),),),
    )

    found = decide(BOOK, policies=policies)

    assert found.allowed
    assert [(layer.name, [trace.label for trace in layer.statements]) for layer in found.layers] == [
        ("rcp", ["Rcp"]),
        ("scp", ["Root"]),
        ("scp", ["Unit"]),
        ("resource", ["Bucket"]),
        ("identity", ["Writes", "All"]),
        ("boundary", ["Boundary"]),
        ("session", ["One", "Two"]),
    ]
    assert [trace.label for trace in found.decisive] == ["All"]
    assert len(found.statements) == 9


def test_each_element_is_judged_on_its_own() -> None:
    condition = {"StringEquals": {"s3:prefix": "${cognito-identity.amazonaws.com:sub}/"}}
    listing = policy(action="s3:ListBucket", resource="arn:aws:s3:::homes", Condition=condition)
    request = Request(ZOE, "s3:GetObject", "arn:aws:s3:::homes", context={"s3:prefix": "x"})

    (trace,) = decide(request, policies=PolicySet(identity=(listing,))).statements

    assert (trace.action.matched, trace.applies, trace.principal) == (False, False, None)
    assert trace.resource is not None
    assert trace.resource.matched
    assert trace.conditions[0].state is State.UNRESOLVED
    assert [type(part).__name__ for part in trace.failures] == ["ElementTrace", "ConditionTrace"]


def test_a_not_element_is_turned_round_in_its_trace() -> None:
    statement = {"Effect": "Allow", "NotAction": "iam:*", "NotResource": "arn:aws:s3:::vault/*"}
    policies = PolicySet(identity=(Policy.parse({"Statement": statement}),))

    (open_shelf,) = decide(BOOK, policies=policies).statements
    (vault,) = decide(Request(ZOE, "s3:GetObject", "arn:aws:s3:::vault/x"), policies=policies).statements

    assert open_shelf.resource is not None
    assert vault.resource is not None
    assert (open_shelf.action.element, open_shelf.action.matched) == ("NotAction", True)
    assert (open_shelf.resource.matched, vault.resource.matched) == (True, False)
    assert [pattern.matched for pattern in vault.resource.patterns] == [True]


def test_the_principal_s_trace_says_how_directly_the_caller_is_named() -> None:
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/Learner/s"
    named = {
        Named.CALLER: session,
        Named.ROLE: f"arn:aws:iam::{ACCOUNT}:role/Learner",
        Named.ACCOUNT: ACCOUNT,
        Named.NOBODY: "444455556666",
    }

    for degree, principal in named.items():
        bucket = policy(Principal={"AWS": principal})
        (trace,) = decide(Request(session, "s3:GetObject"), policies=PolicySet(resource=bucket)).statements
        assert trace.principal is not None
        assert trace.principal.named is degree


def test_a_not_principal_s_trace_goes_by_its_name() -> None:
    bucket = policy("Deny", NotPrincipal={"AWS": [ACCOUNT, ZOE]})
    found = decide(BOOK, policies=PolicySet(identity=(policy(),), resource=bucket))
    element = found.statements[0].principal

    assert found.allowed
    assert element is not None
    assert (element.element, element.matched) == ("NotPrincipal", False)
    assert [pattern.matched for pattern in element.patterns] == [True, True]


def test_an_incomplete_arn_is_shown_matched_only_where_it_stands_for_the_rest_too() -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html"""
    short = policy(resource="arn:aws:s3")
    shown = [
        trace.resource is not None and trace.resource.patterns[0].matched
        for trace in decide(BOOK, policies=PolicySet(identity=(short,), session=(short,))).statements
    ]

    assert shown == [True, False]


def test_a_context_that_its_owner_changes_later_changes_no_request() -> None:
    context = {"aws:username": "zoe"}
    request = Request(ZOE, "s3:GetObject", "arn:aws:s3:::shelf/book", context=context)
    context["aws:username"] = "ann"
    own = PolicySet(identity=(policy(Condition={"StringEquals": {"aws:username": "zoe"}}),))

    assert decide(request, policies=own).allowed


def test_a_denial_names_the_layers_that_were_silent_in_order() -> None:
    nothing = policy(action="sqs:*")
    granted = PolicySet(identity=(policy(),), boundary=(policy(),), session=(policy(),))
    silent = PolicySet(identity=(nothing,), boundary=(nothing,), session=(nothing,), scp=((nothing,),))

    assert decide(BOOK, policies=granted).blocked_by == ()
    assert decide(BOOK, policies=silent).blocked_by == ("scp", "identity", "boundary", "session")
    assert decide(BOOK, policies=silent).decisive == ()


def test_an_explicit_deny_names_its_layer_and_its_statement() -> None:
    policies = PolicySet(identity=(policy(),), boundary=(policy(), policy("Deny", "s3:*", Sid="No")))

    found = decide(BOOK, policies=policies)

    assert decide(BOOK, policies=PolicySet(identity=(policy(),), boundary=(policy(),))).allowed
    assert (found.verdict, found.blocked_by) == (Verdict.EXPLICIT_DENY, ("boundary",))
    assert [trace.label for trace in found.decisive] == ["No"]


def test_no_documents_are_no_boundary_and_no_session_policy() -> None:
    assert decide(BOOK, policies=PolicySet(identity=(policy(),), boundary=(), session=())).allowed
    limited = PolicySet(identity=(policy(),), boundary=(policy(action="sqs:*"),))
    assert not decide(BOOK, policies=limited).allowed


@pytest.mark.parametrize("principal", ["zoe", "", "arn:aws:s3:::shelf", "arn:aws:iam::1:user/zoe", ACCOUNT])
def test_a_principal_that_is_no_caller_s_arn_is_an_error_with_a_sentence(principal: str) -> None:
    assert decide(Request(ZOE, "s3:GetObject"), policies=PolicySet(identity=(policy(),))).allowed

    with pytest.raises(LabError, match="expected the ARN of a user"):
        decide(Request(principal, "s3:GetObject"), policies=PolicySet())


def test_a_decision_is_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        decide(BOOK, policies=PolicySet()).verdict = Verdict.ALLOWED  # type: ignore[misc]


CONDITION = st.sampled_from(
    [
        {},
        {"StringEquals": {"aws:PrincipalTag/team": "red"}},
        {"StringNotEquals": {"aws:PrincipalTag/team": "${aws:username}"}},
        {"ForAllValues:StringLike": {"aws:TagKeys": ["e*", "t*"]}},
        {"Bool": {"aws:SecureTransport": "true"}},
    ]
)
POLICY = st.builds(
    lambda effect, action, resource, condition: policy(effect, action, resource, Condition=condition),
    st.sampled_from(["Allow", "Deny"]),
    st.sampled_from(["*", "s3:*", "s3:Get*", "sqs:*", "s3:GetObject"]),
    st.sampled_from(["*", "arn:aws:s3:::shelf/*", "arn:aws:s3:::${aws:username}/*"]),
    CONDITION,
)
POLICIES = st.lists(POLICY, max_size=4).map(tuple)
REQUEST = st.builds(
    lambda action, resource, context: Request(ZOE, action, resource, ACCOUNT, context),
    st.sampled_from(["s3:GetObject", "s3:PutObject", "sqs:SendMessage"]),
    st.sampled_from(["*", "arn:aws:s3:::shelf/book", "arn:aws:s3:::zoe/book"]),
    st.fixed_dictionaries(
        {},
        optional={
            "aws:PrincipalTag/team": st.sampled_from(["red", "zoe"]),
            "aws:username": st.just("zoe"),
            "aws:TagKeys": st.lists(st.sampled_from(["env", "cost"]), max_size=2),
            "aws:SecureTransport": st.sampled_from(["true", "false"]),
        },
    ),
)


def decided(request: Request, *identity: Policy) -> Decision:
    return decide(request, policies=PolicySet(identity=identity))


@given(REQUEST, POLICIES, POLICY)
def test_one_more_policy_widens_by_its_allows_and_narrows_by_its_denies(
    request: Request, policies: tuple[Policy, ...], more: Policy
) -> None:
    before, after = decided(request, *policies), decided(request, *policies, more)

    if more.statements[0].effect == "Deny":
        assert before.allowed or not after.allowed
    else:
        assert after.allowed or not before.allowed


@given(REQUEST, POLICIES)
def test_the_order_of_policies_does_not_matter(request: Request, policies: tuple[Policy, ...]) -> None:
    assert decided(request, *policies).verdict is decided(request, *reversed(policies)).verdict


@given(REQUEST, POLICIES, POLICIES)
def test_a_boundary_never_widens(
    request: Request, policies: tuple[Policy, ...], boundary: tuple[Policy, ...]
) -> None:
    limited = decide(request, policies=PolicySet(identity=policies, boundary=boundary))

    assert decided(request, *policies).allowed or not limited.allowed


@given(REQUEST, POLICIES)
def test_the_verdict_follows_from_the_trace(request: Request, policies: tuple[Policy, ...]) -> None:
    found = decided(request, *policies)
    effects = {trace.effect for trace in found.statements if trace.applies}

    assert (found.verdict is Verdict.EXPLICIT_DENY) is ("Deny" in effects)
    assert found.allowed is (effects == {"Allow"})
    for trace in found.statements:
        assert trace.applies is (trace.failures == ())


@given(REQUEST)
def test_without_policies_only_what_needs_none_is_allowed(request: Request) -> None:
    assert decided(request).verdict is Verdict.IMPLICIT_DENY
    assert not decide(Request(Anonymous(), request.action), policies=PolicySet()).allowed
    assert decided(Request(ZOE, "sts:GetCallerIdentity")).allowed
