"""Whether a value of Resource can match an ARN of a template.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
"""

from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.policy.overlap import fits, overlap

BUCKET = "arn:${Partition}:s3:::${BucketName}"
OBJECT = "arn:${Partition}:s3:::${BucketName}/${ObjectName}"
TABLE = "arn:${Partition}:dynamodb:${Region}:${Account}:table/${TableName}"


@pytest.mark.parametrize(
    "resource, template, expected",
    [
        ("arn:aws:s3:::shelf", BUCKET, True),
        ("arn:aws:s3:::shelf/*", BUCKET, False),
        ("arn:aws:s3:::sh*", BUCKET, True),
        ("arn:aws:s3:::sh*", OBJECT, True),
        ("arn:aws:s3:::shelf", OBJECT, False),
        ("arn:aws:s3:::shelf/", OBJECT, False),
        ("arn:aws:s3:::${aws:username}", OBJECT, True),
        ("arn:aws:s3:::${*}", OBJECT, False),
        ("arn:aws:s3:eu-west-1::shelf", BUCKET, False),
        ("arn:aws:s3:*:*:shelf", BUCKET, True),
        ("arn:aws:dynamodb:*:*:table/*", TABLE, True),
        ("arn:aws:dynamodb:*::table/Books", TABLE, False),
        ("arn:aws:dynamodb:*:1111?2223333:tab*", TABLE, True),
        ("arn:aws:dynamodb:*:111122223333:index/Books", TABLE, False),
        ("arn:aws:dynamodb", TABLE, True),
        ("arn:aws:dynamodb:*:table/Books", TABLE, True),
        ("arn:aws:s3", TABLE, False),
        ("*", TABLE, True),
    ],
)
def test_a_resource_fits_a_template_that_it_can_match(resource: str, template: str, expected: bool) -> None:
    assert fits(resource, template) is expected


@given(st.text("ab*?", max_size=8), st.text("ab", max_size=8))
def test_on_plain_text_overlap_is_a_match(pattern: str, text: str) -> None:
    assert overlap(pattern, text) is fnmatchcase(text, pattern)


@given(st.text("ab*?", max_size=6), st.text("ab*?", max_size=6))
def test_overlap_does_not_ask_which_is_which(one: str, other: str) -> None:
    assert overlap(one, other) is overlap(other, one)
