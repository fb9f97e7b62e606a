"""Which statement almost allowed it, and where it parted."""

from labkit.policy import Policy, PolicySet, Request, explain
from tests.unit.policy.explanation.questions import ME, ROLE, YOU, allow, why


def test_an_allowed_request_has_no_misses() -> None:
    assert why("s3:GetObject", f"arn:aws:s3:::shelf/{ME}/a").near_misses == ()


def test_the_sentence_says_what_matched_and_at_which_character_the_rest_parts() -> None:
    (miss,) = why("s3:GetObject", f"arn:aws:s3:::shelf/{YOU}/a").near_misses

    assert miss.sentence == "statement `Own` matched the action; the resource differs at character 30"
    assert f"arn:aws:s3:::shelf/{YOU}/a"[29] != f"arn:aws:s3:::shelf/{ME}/a"[29]
    (lack,) = miss.lacks
    assert lack.difference is not None
    assert (lack.difference.pattern, lack.difference.value) == (
        f"arn:aws:s3:::shelf/{ME}/*",
        f"arn:aws:s3:::shelf/{YOU}/a",
    )


def test_a_value_that_ends_before_the_pattern_does_ends_too_early() -> None:
    (miss,) = why("s3:GetObject", f"arn:aws:s3:::shelf/{ME}").near_misses

    assert miss.sentence == "statement `Own` matched the action; the resource ends too early"


def test_an_absent_key_a_wrong_value_and_a_missing_variable_read_differently() -> None:
    absent = why("s3:ListBucket", "arn:aws:s3:::shelf").near_misses[0]
    wrong = why("s3:ListBucket", "arn:aws:s3:::shelf", s3__prefix="other/").near_misses[0]
    tagged = allow("s3:GetObject", "*", Condition={"StringEquals": {"s3:prefix": "${aws:PrincipalTag/team}"}})
    unresolved = why("s3:GetObject", "arn:aws:s3:::shelf/a", tagged, s3__prefix="x").near_misses[0]

    assert (
        absent.sentence == "statement `List` matched the action and resource; the request has no `s3:prefix`"
    )
    assert wrong.lacks[0].sentence == (
        "StringLike `s3:prefix` is not true of `other/`, which differs at character 1"
    )
    assert unresolved.lacks[0].sentence == "StringEquals `s3:prefix` names a variable that has no value"
    named = why(
        "s3:GetObject", "arn:aws:s3:::shelf/a", allow("s3:GetObject", "arn:aws:s3:::${aws:username}/*")
    )
    assert named.near_misses[0].lacks[0].sentence == "the resource names a variable that has no value"


def test_the_nearest_comes_first() -> None:
    far = {**allow("s3:GetObject", "arn:aws:s3:::attic/*"), "Sid": "Far"}
    near = {**allow("s3:GetObject", "arn:aws:s3:::shelf/books/*"), "Sid": "Near"}
    farther = {**far, "Sid": "Farther", "Condition": {"StringEquals": {"s3:prefix": "x"}}}

    found = why("s3:GetObject", "arn:aws:s3:::shelf/book", farther, far, near).near_misses

    assert [miss.trace.label for miss in found] == ["Near", "Far", "Farther"]
    assert [miss.cost for miss in found] == sorted(miss.cost for miss in found)


def test_a_statement_about_something_else_is_no_miss() -> None:
    elsewhere = {**allow("sqs:SendMessage", "arn:aws:sqs:us-east-1:111122223333:jobs"), "Sid": "Queue"}
    same_thing = allow("s3:PutObject", "arn:aws:s3:::shelf/*")

    found = why("s3:GetObject", "arn:aws:s3:::shelf/a", elsewhere, same_thing).near_misses

    assert [miss.sentence for miss in found] == [
        "statement `It` matched the resource; the action differs at character 4"
    ]


def test_only_the_layers_that_block_have_misses() -> None:
    boundary = Policy.parse({"Statement": {**allow("s3:GetObject", "arn:aws:s3:::attic/*"), "Sid": "Bound"}})

    found = why("s3:GetObject", f"arn:aws:s3:::shelf/{ME}/a", layers={"boundary": (boundary,)}).near_misses

    assert [(miss.layer, miss.trace.label) for miss in found] == [("boundary", "Bound")]


def test_a_principal_that_differs_and_what_a_statement_excludes_are_named() -> None:
    trust = {"Effect": "Allow", "Principal": {"AWS": f"{ROLE}s"}, "Action": "sts:AssumeRole"}
    asked = Request("arn:aws:iam::111122223333:user/zoe", "sts:AssumeRole", ROLE)
    found = explain(asked, policies=PolicySet(resource=Policy.parse({"Statement": trust})))
    but = {"Sid": "But", "Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::shelf/*"}

    assert found.near_misses[0].lacks[0].name == "Principal"
    excluded = why("s3:GetObject", "arn:aws:s3:::shelf/a", but).near_misses[0]
    assert excluded.lacks[0].sentence == "NotResource excludes `arn:aws:s3:::shelf/a`"


def test_a_statement_that_names_nobody_where_a_principal_is_needed_lacks_one() -> None:
    bucket = Policy.parse({"Statement": allow("s3:*", "arn:aws:s3:::shelf/*")})
    asked = Request(
        "arn:aws:iam::111122223333:user/zoe", "s3:GetObject", "arn:aws:s3:::shelf/a", "444455556666"
    )
    found = explain(asked, policies=PolicySet(resource=bucket))

    assert [lack.sentence for lack in found.near_misses[0].lacks] == ["the statement names no principal"]
    assert "the statement has no Principal" in str(found)
    assert found.policy_changes[0].sentence.startswith("allowed if statement `It` names `arn:aws:iam")
