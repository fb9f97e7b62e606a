"""A decision in plain words."""

from labkit.policy import Anonymous, Federated, Policy, PolicySet, Request, explain

SESSION = "arn:aws:sts::111122223333:assumed-role/Learner/CognitoIdentityCredentials"
SUB = "us-east-1:aaaabbbb-1111-2222-3333-ccccddddeeee"
POLICY = Policy.parse(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Own",
                "Effect": "Allow",
                "Action": "s3:GetObject",
                "Resource": "arn:aws:s3:::homes/${cognito-identity.amazonaws.com:sub}/*",
            },
            {
                "Sid": "List",
                "Effect": "Allow",
                "Action": "s3:ListBucket",
                "Resource": "arn:aws:s3:::homes",
                "Condition": {"StringLike": {"s3:prefix": "public/*"}},
            },
            {
                "Sid": "Secure",
                "Effect": "Deny",
                "Action": "*",
                "Resource": "*",
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            },
            {
                "Sid": "Rows",
                "Effect": "Allow",
                "Action": "dynamodb:Scan",
                "Resource": "*",
                "Condition": {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": "x"}},
            },
        ],
    },
    name="learner",
)


def explained(action: str, resource: str, **context: str) -> list[str]:
    keys = {"cognito-identity.amazonaws.com:sub": SUB, **context}
    request = Request(SESSION, action, resource, context=keys)
    return str(explain(request, policies=PolicySet(identity=(POLICY,)))).splitlines()


def test_an_allowed_call_names_the_statement_that_allows_it() -> None:
    found = explained("s3:GetObject", f"arn:aws:s3:::homes/{SUB}/a")

    assert found == [
        f"ALLOWED: {SESSION} → s3:GetObject on arn:aws:s3:::homes/{SUB}/a",
        "  statement Own of learner allows it",
        (
            f"  ${{cognito-identity.amazonaws.com:sub}} is {SUB}: the Identity ID that GetId returned "
            "(not the user pool's `sub`)"
        ),
    ]


def test_a_denied_call_shows_raw_and_resolved_pattern_and_the_request_s_value() -> None:
    raw = "arn:aws:s3:::homes/${cognito-identity.amazonaws.com:sub}/*"
    found = explained("s3:GetObject", "arn:aws:s3:::homes/other/a")

    assert found[0].startswith("IMPLICIT_DENY")
    assert found[1:7] == [
        "  no statement of the identity-based policies allows it",
        "  statement Own of learner came close:",
        f"    Resource {raw} → arn:aws:s3:::homes/{SUB}/* does not match arn:aws:s3:::homes/other/a",
        f"      pattern arn:aws:s3:::homes/{SUB}/*",
        "      request arn:aws:s3:::homes/other/a",
        "                                 ^ character 20",
    ]


def test_an_absent_key_and_another_value_read_differently() -> None:
    absent = explained("s3:ListBucket", "arn:aws:s3:::homes")
    other = explained("s3:ListBucket", "arn:aws:s3:::homes", **{"s3:prefix": "private/"})

    assert "    StringLike s3:prefix: the request has no such key" in absent
    assert "    StringLike s3:prefix public/*: the request has private/" in other


def test_an_explicit_deny_names_the_statement_that_denies() -> None:
    found = explained("s3:GetObject", f"arn:aws:s3:::homes/{SUB}/a", **{"aws:SecureTransport": "false"})

    assert found[0].startswith("EXPLICIT_DENY")
    assert found[1] == "  statement Secure of learner denies it"


def test_true_only_because_the_key_is_absent_is_said() -> None:
    found = explained("dynamodb:Scan", "arn:aws:dynamodb:us-east-1:111122223333:table/Notes")

    assert found[2].startswith(
        "  note: `ForAllValues:StringEquals` is true of no values at all: the request has no "
        "`dynamodb:LeadingKeys`"
    )


def test_a_variable_without_value_is_said() -> None:
    request = Request(SESSION, "s3:GetObject", f"arn:aws:s3:::homes/{SUB}/a")

    assert "(a variable has no value)" in str(explain(request, policies=PolicySet(identity=(POLICY,))))


def test_a_role_s_resource_policy_is_called_its_trust_policy() -> None:
    role = "arn:aws:iam::111122223333:role/Learner"
    request = Request(Federated("cognito-identity.amazonaws.com"), "sts:AssumeRoleWithWebIdentity", role)

    assert "no statement of the trust policy allows it" in str(explain(request, policies=PolicySet()))


def test_what_needs_no_permission_is_said() -> None:
    request = Request(SESSION, "sts:GetCallerIdentity")

    assert "no policy needs to allow it" in str(explain(request, policies=PolicySet()))


def test_an_excluded_resource_is_said_to_be_excluded() -> None:
    statement = {"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::vault/*", "Principal": "*"}
    request = Request(Anonymous(), "s3:GetObject", "arn:aws:s3:::vault/x")
    policies = PolicySet(resource=Policy.parse({"Statement": statement}))

    assert "NotResource arn:aws:s3:::vault/* excludes arn:aws:s3:::vault/x" in str(
        explain(request, policies=policies)
    )
