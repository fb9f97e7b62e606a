"""Wrong mental models, named: what is thought, and what is so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from labkit.policy.decide import Judgement
from labkit.policy.explanation import recognisers

_IAM = "https://docs.aws.amazon.com/IAM/latest/UserGuide"
_COGNITO = "https://docs.aws.amazon.com/cognito/latest/developerguide"
_IOT = "https://docs.aws.amazon.com/iot/latest/developerguide"
_S3 = "https://docs.aws.amazon.com/AmazonS3/latest/userguide"
_DYNAMODB = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide"


@dataclass(frozen=True)
class Mistake:
    """A wrong mental model that explains what happened."""

    #: As in `bucket_for_object`.
    name: str
    sentence: str
    #: Label of the statement that it shows in; empty where it shows in none.
    statement: str
    #: The page that says how it is.
    source: str


@dataclass(frozen=True)
class _Model:
    recognise: Callable[[Judgement], Iterator[tuple[str, dict[str, str]]]]
    sentence: str
    source: str


_MODELS = (
    _Model(
        recognisers.bucket_for_object,
        "`{pattern}` is the bucket, not what is in it: an object's ARN goes on with `/` and its key, "
        "as in `{pattern}/*`",
        f"{_S3}/security_iam_service-with-iam.html",
    ),
    _Model(
        recognisers.object_for_bucket,
        "`{pattern}` covers objects, but the call is about the bucket itself, `{value}`; a condition on "
        "`s3:prefix` limits what may be listed",
        f"{_S3}/security_iam_service-with-iam.html",
    ),
    _Model(
        recognisers.pool_sub_for_identity_id,
        "the request names `{sub}`, the user's `sub` in the User Pool; "
        "`${{cognito-identity.amazonaws.com:sub}}` is the Identity ID of the Identity Pool, `{identity}`",
        f"{_COGNITO}/iam-roles.html",
    ),
    _Model(
        recognisers.user_name_in_a_session,
        "`${{aws:username}}` is an IAM user's name; a session of a role, such as Cognito's, has none; "
        "a Cognito identity is `${{cognito-identity.amazonaws.com:sub}}`",
        f"{_IAM}/reference_policies_variables.html",
    ),
    _Model(
        recognisers.all_of_nothing,
        "`{operator}` is true of no values at all: the request has no `{key}`, so the condition limits "
        'nothing; `"Null": {{"{key}": "false"}}` beside it asks for the key',
        f"{_IAM}/reference_policies_condition-single-vs-multi-valued-context-keys.html",
    ),
    _Model(
        recognisers.true_because_absent,
        "`{operator}` on `{key}` is true only because the request has no such key",
        f"{_IAM}/reference_policies_elements_condition_operators.html",
    ),
    _Model(
        recognisers.no_version,
        'a policy without `"Version": "2012-10-17"` has no variables: `{text}` is taken letter by letter',
        f"{_IAM}/reference_policies_elements_version.html",
    ),
    _Model(
        recognisers.allow_all_but,
        "`{element}` with Allow grants everything that it does not list, this request too; it denies nothing",
        f"{_IAM}/reference_policies_elements_notresource.html",
    ),
    _Model(
        recognisers.guest_ceiling,
        "the role allows it, but a guest of the enhanced flow never gets more than Amazon Cognito's own "
        "session policies allow, and `{action}` is not among it",
        f"{_COGNITO}/iam-roles.html",
    ),
    _Model(
        recognisers.identity_without_iot_policy,
        "the role is not enough: an authenticated Cognito identity also needs an AWS IoT policy, attached "
        "to its Identity ID",
        f"{_IOT}/cog-iot-policies.html",
    ),
    _Model(
        recognisers.device_without_iot_policy,
        "a certificate only says who the device is: what it may do takes an AWS IoT policy, attached to the "
        "certificate",
        f"{_IOT}/x509-client-certs.html",
    ),
    _Model(
        recognisers.topic_for_filter,
        "a subscription is about a topic filter: `{wanted}`; `{pattern}` is for Publish and Receive",
        f"{_IOT}/iot-action-resources.html",
    ),
    _Model(
        recognisers.wildcard_in_equals,
        "`StringEquals` takes `{pattern}` letter by letter; `StringLike` knows wildcards",
        f"{_IAM}/reference_policies_elements_condition_operators.html",
    ),
    _Model(
        recognisers.letter_case,
        "`{value}` and `{pattern}` differ in upper and lower case, and here that counts",
        f"{_IAM}/reference_policies_elements_resource.html",
    ),
    _Model(
        recognisers.other_account_or_region,
        "the policy names the {what} `{theirs}`, the request the {what} `{ours}`",
        f"{_IAM}/reference_identifiers.html",
    ),
    _Model(
        recognisers.table_for_index,
        "a table's ARN does not cover its indexes: they are `{pattern}/index/*`",
        f"{_DYNAMODB}/security_iam_service-with-iam.html",
    ),
    _Model(
        recognisers.limits_grant_nothing,
        "what {limits} allows is a limit, not a grant: the {layer} layer still has to allow it",
        f"{_IAM}/access_policies_boundaries.html",
    ),
    _Model(
        recognisers.only_any_resource,
        "`{action}` is about no single resource: only `*` covers it, `{pattern}` does not",
        f"{_IAM}/reference_policies_elements_resource.html",
    ),
    _Model(
        recognisers.key_of_another_action,
        "only a request for a list carries `{key}`; `{action}` never does, so the condition is never true",
        f"{_S3}/amazon-s3-policy-keys.html",
    ),
)


def mistakes(judgement: Judgement) -> tuple[Mistake, ...]:
    """The wrong mental models that this judgement shows."""
    found = (
        Mistake(model.recognise.__name__, model.sentence.format(**words), label, model.source)
        for model in _MODELS
        for label, words in model.recognise(judgement)
    )
    return tuple(dict.fromkeys(found))
