"""Reading policy documents: what IAM stores is read, what IAM refuses is refused with its place.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
"""

import json
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.errors import PolicySyntaxError
from labkit.policy import Condition, Policy
from labkit.policy.grammar import Kind

PUBLIC = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::shelf/*"}


def statement(**change: Any) -> dict[str, Any]:
    """An acceptable statement; None removes an element."""
    body = {"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", **change}
    return {name: value for name, value in body.items() if value is not None}


def document(**change: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [statement(**change)]}


def refused(raw: Any, kind: Kind | None = None) -> PolicySyntaxError:
    with pytest.raises(PolicySyntaxError) as caught:
        Policy.parse(raw, kind=kind)
    return caught.value


def test_a_document_is_read_from_text_and_from_an_object_alike() -> None:
    policy = Policy.parse(
        json.dumps(document()), name="reader", arn="arn:aws:iam::111122223333:policy/reader"
    )

    assert policy == Policy.parse(document(), name=policy.name, arn=policy.arn)
    assert (policy.version, policy.name, len(policy.statements)) == ("2012-10-17", "reader", 1)


def test_a_statement_keeps_each_element_as_it_is_written() -> None:
    conditions = {"StringLike": {"s3:prefix": ["a/*", "b/*"]}, "Bool": {"aws:SecureTransport": True}}
    raw = document(Action=["s3:Get*", "s3:List*"], Condition=conditions, Principal={"AWS": "111122223333"})

    found = Policy.parse(raw).statements[0]

    assert (found.sid, found.index, found.effect, found.label) == ("Read", 0, "Allow", "Read")
    assert (found.actions, found.not_actions) == (("s3:Get*", "s3:List*"), ())
    assert (found.resources, found.not_resources) == (("*",), ())
    assert (found.principal, found.not_principal) == ({"AWS": ("111122223333",)}, None)
    assert [(each.operator, each.key, each.values) for each in found.conditions] == [
        ("StringLike", "s3:prefix", ("a/*", "b/*")),
        ("Bool", "aws:SecureTransport", ("true",)),
    ]


def test_a_statement_without_sid_is_labelled_with_its_index() -> None:
    policy = Policy.parse({"Statement": [statement(Sid=None), statement(Sid="")]})

    assert [each.label for each in policy.statements] == ["0", "1"]


def test_one_statement_needs_no_list() -> None:
    assert len(Policy.parse({"Statement": statement()}).statements) == 1


def test_a_document_without_version_is_of_the_older_language() -> None:
    assert Policy.parse({"Statement": statement()}).version == "2008-10-17"


@pytest.mark.parametrize(
    "change, pointer, found",
    [
        ({"Effect": "allow"}, "Effect", "allow"),
        ({"Effect": None}, "Effect", "nothing"),
        ({"Action": None}, "Action", "neither"),
        ({"NotAction": "s3:*"}, "Action", "Action and NotAction"),
        ({"Action": "GetObject"}, "Action", "GetObject"),
        ({"Action": ["s3:Get*", ":Get"]}, "Action", ":Get"),
        ({"Action": []}, "Action", []),
        ({"Action": [1]}, "Action", [1]),
        ({"Resource": None}, "Resource", "neither"),
        ({"NotResource": "*"}, "Resource", "Resource and NotResource"),
        ({"Resource": {"Ref": "x"}}, "Resource", {"Ref": "x"}),
        ({"Actions": "s3:*"}, "Actions", "Actions"),
        ({"Sid": 7}, "Sid", 7),
        ({"Principal": "111122223333"}, "Principal", "111122223333"),
        ({"Principal": {}}, "Principal", {}),
        ({"Principal": {"Aws": "*"}}, "Principal.Aws", "Aws"),
        ({"Principal": "*", "NotPrincipal": "*"}, "Principal", "Principal and NotPrincipal"),
        ({"Condition": []}, "Condition", []),
        ({"Condition": {"StringEqual": {"a:b": "c"}}}, "Condition.StringEqual", "StringEqual"),
        ({"Condition": {"NullIfExists": {"a:b": "true"}}}, "Condition.NullIfExists", "NullIfExists"),
        ({"Condition": {"ForSome:Bool": {"a:b": "true"}}}, "Condition.ForSome:Bool", "ForSome:Bool"),
        ({"Condition": {"Null": {"a:b": "yes"}}}, "Condition.Null.a:b", "yes"),
        ({"Condition": {"StringLike": "x"}}, "Condition.StringLike", "x"),
        ({"Condition": {"StringLike": {"a:b": {}}}}, "Condition.StringLike.a:b", {}),
        ({"Condition": {"StringLike": {"a:b": [None]}}}, "Condition.StringLike.a:b", [None]),
    ],
)
def test_a_statement_that_iam_refuses_is_refused_with_its_place(
    change: dict[str, Any], pointer: str, found: object
) -> None:
    assert Policy.parse(document()).statements

    error = refused(document(**change))

    assert error.pointer == f"Statement[0].{pointer}"
    assert error.found == found
    assert "expected" in str(error)


@pytest.mark.parametrize(
    "raw, pointer",
    [
        ("{", "line 1, column 2"),
        ("[]", "document"),
        ("7", "document"),
        ('{"Version": "2012-10-17"}', "Statement"),
        ('{"Statement": []}', "Statement"),
        ('{"Statement": ["x"]}', "Statement[0]"),
        ('{"Version": "2012-10-18", "Statement": []}', "Version"),
        ('{"Statment": []}', "Statment"),
        ('{"Id": "a", "Id": "b", "Statement": []}', "Id"),
        ('{"Id": 7, "Statement": []}', "Id"),
        ('{"Statement": {"Effect": "Allow", "Effect": "Deny"}}', "Statement.Effect"),
        ('{"Statement": {"Resource": NaN}}', "document"),
        ('{"Statement": {"Resource": 1e999}}', "document"),
        ('{"Statement": {"Resource": "\\ud800"}}', "document"),
        ("[" * 100_000, "document"),
        ('{"Id": ' + "9" * 5000 + "}", "document"),
    ],
)
def test_a_document_that_iam_refuses_is_refused_with_its_place(raw: str, pointer: str) -> None:
    assert Policy.parse(
        '{"Version": "2012-10-17", "Id": "a", "Statement": ' + json.dumps(statement()) + "}"
    ).statements

    assert refused(raw).pointer == pointer


@pytest.mark.parametrize(
    "change, meant",
    [
        ({"Condition": {"stringequals": {"a:b": "c"}}}, "StringEquals"),
        ({"Condition": {"StringEqual": {"a:b": "c"}}}, "StringEquals"),
        ({"Condition": {"ForAnyValues:StringLike": {"a:b": "c"}}}, "ForAnyValue:StringLike"),
        ({"Condition": {"ArnEqualsIfExist": {"a:b": "c"}}}, "ArnEqualsIfExists"),
        ({"Effect": "allow"}, "Allow"),
        ({"Effect": "Denny"}, "Deny"),
        ({"Resources": "*"}, "Resource"),
        ({"action": "s3:*"}, "Action"),
        ({"Principal": {"Aws": "111122223333"}}, "AWS"),
    ],
)
def test_a_misspelt_word_is_refused_with_the_one_that_was_meant(change: dict[str, Any], meant: str) -> None:
    """IAM reads no other case of an operator: "Invalid Condition type : stringEquals".

    https://github.com/ministryofjustice/modernisation-platform-environments/pull/8893 (IAM's answer)
    https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
    """
    assert Policy.parse(document(Condition={"StringEquals": {"a:b": "c"}})).statements

    error = refused(document(**change))

    assert error.suggestion == meant
    assert str(error).endswith(f"(did you mean `{meant}`?)")


def test_what_resembles_nothing_gets_no_suggestion() -> None:
    assert refused(document(Effect="Allov")).suggestion == "Allow"

    assert refused(document(Effect="Perhaps")).suggestion is None


def test_a_version_that_does_not_exist_gets_the_nearest_one_that_does() -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html"""
    assert Policy.parse(document()).version == "2012-10-17"

    assert refused({**document(), "Version": "2012-10-18"}).suggestion == "2012-10-17"
    assert refused({**document(), "Version": "2008-10-18"}).suggestion == "2008-10-17"


@pytest.mark.parametrize(
    "element, key",
    [
        ('"Condition": {"Bool": {}, "Bool": {}}', "Condition.Bool"),
        ('"Condition": {"Bool": {"a:b": true, "a:b": true}}', "Condition.Bool.a:b"),
        ('"Principal": {"AWS": "*", "AWS": "*"}', "Principal.AWS"),
        ('"Sid": "A", "Sid": "B"', "Sid"),
    ],
)
def test_no_object_has_a_key_twice(element: str, key: str) -> None:
    """ "Individual elements must not contain multiple instances of the same key." """
    text = '{"Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*", %s}]}'
    assert Policy.parse(text % '"Sid": "A"').statements

    error = refused(text % element)

    assert error.pointer == f"Statement[0].{key}"
    assert "twice" in str(error)


@pytest.mark.parametrize("kind", ["identity", "boundary", "session"])
def test_two_statements_of_an_iam_policy_cannot_share_a_sid(kind: Kind) -> None:
    """ "In IAM, the Sid value must be unique within a JSON policy"; elsewhere it should be.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_sid.html
    """
    assert Policy.parse({"Statement": [statement(), statement(Sid="Write")]}, kind=kind).statements
    assert Policy.parse({"Statement": [statement(Sid=""), statement(Sid="")]}, kind=kind).statements
    assert len(Policy.parse({"Statement": [PUBLIC | {"Sid": "A"}] * 2}, kind="resource").statements) == 2

    error = refused({"Statement": [statement(), statement()]}, kind)

    assert error.pointer == "Statement[1].Sid"
    assert "Statement[0]" in str(error)


def test_a_trust_policy_has_no_resource_and_is_read_without_one() -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}

    assert Policy.parse({"Statement": trust}, kind="trust").statements[0].resources == ()
    assert refused({"Statement": {**trust, "Resource": "*"}}, kind="trust").pointer == "Statement.Resource"


def test_not_principal_is_for_resource_policies_not_for_trust_policies() -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html"""
    deny = {"Effect": "Deny", "NotPrincipal": {"AWS": "111122223333"}, "Action": "sts:AssumeRole"}

    assert Policy.parse({"Statement": {**deny, "Resource": "*"}}, kind="resource").statements
    assert refused({"Statement": deny}, kind="trust").pointer == "Statement.NotPrincipal"


@pytest.mark.parametrize("kind", ["identity", "boundary", "session", "scp", "iot"])
def test_a_principal_is_refused_where_the_policy_is_attached_to_one(kind: Kind) -> None:
    assert Policy.parse(document(), kind=kind).statements

    assert refused({"Version": "2012-10-17", "Statement": PUBLIC}, kind).pointer == "Statement.Principal"


@pytest.mark.parametrize("kind", ["resource", "rcp"])
def test_a_principal_is_required_where_the_policy_is_attached_to_a_resource(kind: Kind) -> None:
    denied = {**PUBLIC, "Effect": "Deny"}
    assert Policy.parse({"Version": "2012-10-17", "Statement": denied}, kind=kind).statements

    assert refused(document(Effect="Deny"), kind).pointer == "Statement[0].Principal"


def test_a_condition_cannot_be_made_with_an_unknown_operator() -> None:
    assert Condition.of("Bool", "aws:SecureTransport", ["true"], version="2012-10-17").values == ("true",)

    with pytest.raises(ValueError, match="Boole"):
        Condition.of("Boole", "aws:SecureTransport", ["true"], version="2012-10-17")


def read_or_refused(raw: Any, kind: Kind | None = None) -> bool:
    """Whether `raw` was read whole, or refused with a place; any other error is the test's failure."""
    try:
        return bool(Policy.parse(raw, kind=kind).statements)
    except PolicySyntaxError as error:
        return bool(error.pointer) and bool(str(error).encode())


ANY_TEXT = st.text(st.characters(codec=None))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
ELEMENT = st.sampled_from(["Effect", "Action", "Resource", "Condition", "Principal", "Sid", "NotAction"])
KINDS: tuple[Kind | None, ...] = (None, *get_args(Kind))
#: What Python can hold and JSON cannot.
ODD = st.binary() | st.sets(st.integers()) | st.just(10**5000) | st.just(object()) | JSON


@given(st.dictionaries(ELEMENT, JSON), JSON)
def test_no_document_does_anything_but_parse_or_say_where_it_is_wrong(
    change: dict[str, Any], anything: Any
) -> None:
    for raw in (document(**change), {"Statement": anything}, {"Version": anything, "Statement": statement()}):
        for given_as in (raw, json.dumps(raw)):
            assert read_or_refused(given_as)


@given(st.text())
def test_no_text_does_anything_but_parse_or_say_where_it_is_wrong(text: str) -> None:
    assert refused(text).pointer


@given(st.dictionaries(ELEMENT, ODD), st.sampled_from(KINDS))
def test_no_object_does_anything_but_parse_or_say_where_it_is_wrong(
    change: dict[str, Any], kind: Kind | None
) -> None:
    assert read_or_refused(document(**change), kind)


@given(
    st.dictionaries(st.sampled_from(["AWS", "Service", "Federated"]), ANY_TEXT, min_size=1),
    ANY_TEXT,
    st.sampled_from(KINDS),
)
def test_no_name_of_a_principal_an_action_or_a_resource_does_anything_else(
    principal: dict[str, str], text: str, kind: Kind | None
) -> None:
    for change in ({"Principal": principal}, {"Action": f"s3:{text}"}, {"Resource": f"arn:aws:s3:{text}"}):
        assert read_or_refused(document(**change), kind)


def test_nesting_without_end_is_refused() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    cycle: dict[str, Any] = {}
    cycle["Statement"] = cycle

    assert refused(document(Resource=deep)).pointer == "document"
    assert refused(cycle).pointer == "document"


def test_a_message_shows_the_beginning_of_something_long_and_nothing_unprintable() -> None:
    assert str(refused(document(Effect="Perhaps"))).endswith("got `Perhaps`")

    assert len(str(refused(document(Effect="x" * 10_000)))) < 400
    assert "\\x1b[31m" in str(refused(document(Effect="\x1b[31m")))
