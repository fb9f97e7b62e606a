"""Wrong mental models: each is recognised where it shows, and nowhere else."""

from typing import Any

import pytest

from labkit.policy import Explanation, IotPrincipal, Policy, PolicySet, Request, explain
from labkit.policy.explanation.mistakes import _MODELS
from tests.unit.policy.explanation.questions import (
    ACCOUNT,
    AMR,
    ME,
    POOL_SUB,
    SESSION,
    SUB,
    YOU,
    allow,
    policy,
    request,
    why,
)

SHELF, BOOK = "arn:aws:s3:::shelf", "arn:aws:s3:::shelf/book"
TABLE = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/Notes"
TOPIC = f"arn:aws:iot:us-east-1:{ACCOUNT}:topic/a"
FILTER = f"arn:aws:iot:us-east-1:{ACCOUNT}:topicfilter/a"
LEADING = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [f"${{{SUB}}}"]}}
UNLESS_BLUE = {"StringNotEquals": {"aws:PrincipalTag/team": "blue"}}


def guest(*statements: dict[str, Any]) -> Explanation:
    ceiling = policy(allow(["s3:*", "iot:*"], "*"), name="guest ceiling")
    asked = Request(SESSION, "ec2:DescribeInstances", "*", context={SUB: ME, AMR: ("unauthenticated",)})
    return explain(asked, policies=PolicySet(identity=(policy(*statements),), session=(ceiling,)))


def iot(policies: tuple[Policy, ...]) -> Explanation:
    return why("iot:Publish", TOPIC, allow("iot:Publish", TOPIC), layers={"iot": policies})


def device(*policies: Policy) -> Explanation:
    lamp = IotPrincipal(f"arn:aws:iot:us-east-1:{ACCOUNT}:cert/0f4e")
    return explain(Request(lamp, "iot:Publish", TOPIC), policies=PolicySet(iot=policies))


#: Name of the model → an explanation that shows it, and one that is close to it and does not.
SHOWN: dict[str, tuple[Explanation, Explanation]] = {
    "bucket_for_object": (
        why("s3:GetObject", BOOK, allow("s3:GetObject", SHELF)),
        why("s3:GetObject", BOOK, allow("s3:GetObject", f"{SHELF}x/*")),
    ),
    "object_for_bucket": (
        why("s3:ListBucket", SHELF, allow("s3:ListBucket", f"{SHELF}/*")),
        why("s3:ListBucket", SHELF, allow("s3:ListBucket", f"{SHELF}x/*")),
    ),
    "pool_sub_for_identity_id": (
        why("s3:GetObject", f"{SHELF}/{POOL_SUB}/a"),
        why("s3:GetObject", f"{SHELF}/{YOU}/a"),
    ),
    "user_name_in_a_session": (
        why("s3:GetObject", f"{SHELF}/zoe/a", allow("s3:GetObject", f"{SHELF}/${{aws:username}}/*")),
        why("s3:GetObject", f"{SHELF}/zoe/a", allow("s3:GetObject", f"{SHELF}/${{aws:userid}}/*")),
    ),
    "all_of_nothing": (
        why("dynamodb:Scan", TABLE, allow("dynamodb:Scan", TABLE, Condition=LEADING)),
        why(
            "dynamodb:Query",
            TABLE,
            allow("dynamodb:Query", TABLE, Condition=LEADING),
            dynamodb__LeadingKeys=[ME],
        ),
    ),
    "true_because_absent": (
        why("s3:GetObject", BOOK, allow("s3:GetObject", "*", Condition=UNLESS_BLUE)),
        why(
            "s3:GetObject",
            BOOK,
            allow("s3:GetObject", "*", Condition=UNLESS_BLUE),
            aws__PrincipalTag_slash_team="red",
        ),
    ),
    "no_version": (
        explain(
            request("s3:GetObject", f"{SHELF}/{ME}/a"),
            policies=PolicySet(
                identity=(policy(allow("s3:GetObject", f"{SHELF}/${{{SUB}}}/*"), version="2008-10-17"),)
            ),
        ),
        why("s3:GetObject", f"{SHELF}/{YOU}/a"),
    ),
    "allow_all_but": (
        why("iam:CreateUser", "*", {"Effect": "Allow", "Action": "*", "NotResource": f"{SHELF}/*"}),
        why("s3:GetObject", BOOK, {"Effect": "Deny", "NotAction": "iam:*", "Resource": "*"}),
    ),
    "guest_ceiling": (guest(allow("ec2:*", "*")), guest(allow("s3:*", "*"))),
    "identity_without_iot_policy": (iot(()), device()),
    "device_without_iot_policy": (device(), device(policy(allow("iot:Publish", f"{TOPIC}b")))),
    "topic_for_filter": (
        why("iot:Subscribe", FILTER, allow("iot:Subscribe", TOPIC)),
        why("iot:Subscribe", FILTER, allow("iot:Subscribe", f"{FILTER}b")),
    ),
    "wildcard_in_equals": (
        why(
            "s3:ListBucket",
            SHELF,
            allow("s3:ListBucket", "*", Condition={"StringEquals": {"s3:prefix": "a/*"}}),
            s3__prefix="a/b",
        ),
        why(
            "s3:ListBucket",
            SHELF,
            allow("s3:ListBucket", "*", Condition={"StringEquals": {"s3:prefix": "a/${*}"}}),
            s3__prefix="a/b",
        ),
    ),
    "letter_case": (
        why("s3:GetObject", BOOK, allow("s3:GetObject", f"{SHELF}/Book")),
        why("s3:GetObject", BOOK, allow("s3:GetObject", f"{SHELF}/Books")),
    ),
    "other_account_or_region": (
        why("dynamodb:GetItem", TABLE, allow("dynamodb:GetItem", TABLE.replace("us-east-1", "eu-west-1"))),
        why("dynamodb:GetItem", TABLE, allow("dynamodb:GetItem", f"{TABLE}2")),
    ),
    "table_for_index": (
        why("dynamodb:Query", f"{TABLE}/index/day", allow("dynamodb:Query", TABLE)),
        why("dynamodb:Query", f"{TABLE}/index/day", allow("dynamodb:Query", f"{TABLE}2")),
    ),
    "limits_grant_nothing": (
        why(
            "s3:GetObject",
            BOOK,
            allow("s3:PutObject", "*"),
            layers={"boundary": (policy(allow("s3:*", "*")),)},
        ),
        why(
            "s3:GetObject",
            BOOK,
            allow("s3:PutObject", "*"),
            layers={"boundary": (policy(allow("sqs:*", "*")),)},
        ),
    ),
    "only_any_resource": (
        why("s3:ListAllMyBuckets", "*", allow("s3:ListAllMyBuckets", SHELF)),
        why("s3:ListAllMyBuckets", "*", allow("s3:PutObject", "*")),
    ),
    "key_of_another_action": (
        why("s3:GetObject", BOOK, allow("s3:*", "*", Condition={"StringLike": {"s3:prefix": "a/*"}})),
        why("s3:ListBucket", SHELF, allow("s3:*", "*", Condition={"StringLike": {"s3:prefix": "a/*"}})),
    ),
}


def names(explanation: Explanation) -> set[str]:
    return {mistake.name for mistake in explanation.mistakes}


@pytest.mark.parametrize("name", SHOWN)
def test_a_wrong_model_is_named_where_it_shows_and_not_beside_it(name: str) -> None:
    shown, close = SHOWN[name]

    assert name in names(shown)
    assert name not in names(close)


def test_every_model_is_tried() -> None:
    assert set(SHOWN) == {model.recognise.__name__ for model in _MODELS}


@pytest.mark.parametrize("name", SHOWN)
def test_its_sentence_is_whole_and_cites_the_page(name: str) -> None:
    mistake = next(each for each in SHOWN[name][0].mistakes if each.name == name)

    assert "{" not in mistake.sentence.replace("${", "").replace('{"', "")
    assert mistake.source.startswith("https://docs.aws.amazon.com/")


def test_what_is_right_shows_no_mistake() -> None:
    assert names(why("s3:GetObject", f"{SHELF}/{ME}/a")) == set()
    assert names(why("s3:ListBucket", SHELF, s3__prefix=f"{ME}/")) == set()
