"""Cases: a request and its policies as JSON, there and back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.errors import LabError, PolicySyntaxError
from labkit.policy import Anonymous, Federated, Policy, PolicySet, Request, Service, decide
from labkit.policy.case import Case, CaseError, cases

ZOE = "arn:aws:iam::111122223333:user/zoe"
DOCUMENT: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::shelf/*"}],
}
REQUEST: dict[str, Any] = {
    "principal": ZOE,
    "action": "s3:GetObject",
    "resource": "arn:aws:s3:::shelf/book",
    "resource_account": "111122223333",
    "context": {},
}
CASE: dict[str, Any] = {"id": "one", "request": REQUEST, "policies": {"identity": [DOCUMENT]}}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(max_size=6)
            | st.sampled_from(["request", "policies", "principal", "action", "identity", "cases"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


def test_a_case_is_a_request_and_its_policies() -> None:
    case = Case.of(CASE)

    assert case.id == "one"
    assert decide(case.request, policies=case.policies).allowed


def test_a_case_is_written_as_it_is_read() -> None:
    named = {
        "PolicyName": "shelf",
        "PolicyArn": "arn:aws:iam::111122223333:policy/shelf",
        "PolicyDocument": DOCUMENT,
    }
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": ZOE}, "Action": "sts:AssumeRole"}],
    }
    everything: dict[str, Any] = {
        "id": "all",
        "request": REQUEST
        | {"context": {"aws:TagKeys": ["a"], "aws:username": "zoe"}, "wildcard_only_action": True}
        | {"origins": {"aws:username": ["the user"]}},
        "policies": {
            "identity": [named],
            "resource": trust,
            "boundary": [DOCUMENT],
            "session": [DOCUMENT, named],
            "iot": [],
            "scp": [[DOCUMENT], [DOCUMENT, DOCUMENT]],
            "rcp": [[trust]],
        },
    }

    assert json.loads(json.dumps(Case.of(everything).to_json())) == everything
    assert Case.of(everything).policies.identity[0].name == "shelf"


@pytest.mark.parametrize(
    "raw, principal",
    [
        (ZOE, ZOE),
        ({"type": "anonymous"}, Anonymous()),
        ({"service": "s3.amazonaws.com"}, Service("s3.amazonaws.com")),
        ({"federated": "accounts.google.com"}, Federated("accounts.google.com")),
    ],
)
def test_every_kind_of_principal_goes_there_and_back(raw: Any, principal: Any) -> None:
    case = Case.of(CASE | {"request": REQUEST | {"principal": raw}})

    assert case.request.principal == principal
    assert case.to_json()["request"]["principal"] == raw


def test_what_is_left_out_or_null_does_not_apply_but_an_empty_list_of_iot_policies_does() -> None:
    nothing = dict.fromkeys(("resource", "boundary", "session", "scp", "rcp", "iot"))

    assert Case.of(CASE | {"policies": nothing}).policies == PolicySet()
    assert Case.of(CASE | {"policies": {"iot": []}}).policies.iot == ()


def test_numbers_and_booleans_of_json_count_as_their_text() -> None:
    context = {"aws:SecureTransport": True, "s3:max-keys": 10, "aws:TagKeys": [1, "x"]}

    assert Case.of(CASE | {"request": REQUEST | {"context": context}}).request.context == {
        "aws:SecureTransport": "true",
        "s3:max-keys": "10",
        "aws:TagKeys": ("1", "x"),
    }


def asking(**changes: Any) -> dict[str, Any]:
    return {"request": REQUEST | changes}


@pytest.mark.parametrize(
    "change, sentence",
    [
        ({"request": None}, "at `request`: expected a JSON object, got `null`"),
        (asking(action="GetObject"), "at `request.action`: expected `service:ActionName`"),
        (asking(action=7), "at `request.action`: expected a string, got `7`"),
        (asking(principal="zoe"), "`zoe` names no caller"),
        (asking(principal={"type": "root"}), "at `request.principal`: expected an ARN"),
        (asking(resource_account="1"), "expected an account id of twelve digits, got `1`"),
        (asking(context={"k": {}}), "at `request.context.k`: expected a string or a list"),
        (asking(contxt={}), "at `request.contxt`: expected one of principal, action"),
        ({"policies": {"identiy": []}}, "at `policies.identiy`: expected one of identity, resource"),
        ({"policies": {"scp": DOCUMENT}}, "at `policies.scp`: expected a list of levels"),
        ({"policies": {"identity": [7]}}, "at `policies.identity[0]`: expected a policy document, got `7`"),
    ],
)
def test_a_case_that_cannot_be_read_is_told_in_one_sentence(change: dict[str, Any], sentence: str) -> None:
    assert Case.of(CASE).id == "one"

    with pytest.raises(LabError) as refused:
        Case.of(CASE | change)
    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_document_that_iam_would_refuse_is_pointed_at() -> None:
    broken = {"Statement": [{"Effect": "allow", "Action": "*", "Resource": "*"}]}

    with pytest.raises(PolicySyntaxError, match=r"`policies.session\[1\]\.Statement\[0\]\.Effect`"):
        Case.of(CASE | {"policies": {"session": [DOCUMENT, broken]}})


def test_a_case_that_cannot_be_read_does_not_take_the_others_with_it() -> None:
    first, second, third = cases({"cases": [CASE, {"id": "bad"}, CASE | {"id": "three"}]})

    assert isinstance(first, Case)
    assert isinstance(third, Case)
    assert third.id == "three"
    assert str(second) == "case `bad`: case error at `request`: expected a JSON object, got `nothing`"


def test_a_list_and_a_single_case_are_read_too() -> None:
    assert [case.id for case in cases([CASE, CASE]) if isinstance(case, Case)] == ["one", "one"]
    assert [case.id for case in cases(CASE) if isinstance(case, Case)] == ["one"]
    with pytest.raises(CaseError, match="a list of cases"):
        list(cases({"cases": 7}))


@given(JSON)
def test_no_json_whatever_breaks_the_reader(raw: Any) -> None:
    try:
        found = list(cases(raw))
    except LabError as error:
        found = [error]
    assert all(isinstance(each, Case | LabError) for each in found)


def test_the_document_of_a_policy_is_the_one_it_was_read_from() -> None:
    assert Policy.parse(DOCUMENT).document == DOCUMENT
    assert Request(ZOE, "s3:GetObject").question.resource == "*"
