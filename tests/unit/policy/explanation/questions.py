"""A policy as an app for Cognito users has it, and questions to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from labkit.policy import Explanation, Policy, PolicySet, Request, explain

ACCOUNT = "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/Learner"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/Learner/CognitoIdentityCredentials"
POOL_SUB = "8a1b2c3d-0000-1111-2222-333344445555"
ME, YOU = "us-east-1:99999999-2222-3333-4444-555555555555", "us-east-1:88888888-2222-3333-4444-555555555555"
SUB, AMR = "cognito-identity.amazonaws.com:sub", "cognito-identity.amazonaws.com:amr"
OWN = f"arn:aws:s3:::shelf/${{{SUB}}}/*"

STATEMENTS: list[dict[str, Any]] = [
    {
        "Sid": "List",
        "Effect": "Allow",
        "Action": "s3:ListBucket",
        "Resource": "arn:aws:s3:::shelf",
        "Condition": {"StringLike": {"s3:prefix": ["public/*", f"${{{SUB}}}/*"]}},
    },
    {"Sid": "Own", "Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": OWN},
    {
        "Sid": "Secure",
        "Effect": "Deny",
        "Action": "*",
        "Resource": "*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    },
]


def policy(*statements: dict[str, Any], version: str = "2012-10-17", name: str = "app") -> Policy:
    return Policy.parse({"Version": version, "Statement": list(statements)}, name=name)


def allow(action: str | Sequence[str], resource: str | Sequence[str], **more: Any) -> dict[str, Any]:
    """An Allow statement named `It`."""
    lists = [each if isinstance(each, str) else list(each) for each in (action, resource)]
    return {"Sid": "It", "Effect": "Allow", "Action": lists[0], "Resource": lists[1], **more}


def request(
    action: str, resource: str, *, principal: str = SESSION, **context: str | Sequence[str]
) -> Request:
    """A signed-in identity's request; `context` has `__` for `:` and `_slash_` for `/`."""
    keys = {name.replace("__", ":").replace("_slash_", "/"): value for name, value in context.items()}
    amr = ["authenticated", f"cognito-idp.us-east-1.amazonaws.com/us-east-1_Ab:CognitoSignIn:{POOL_SUB}"]
    return Request(principal, action, resource, ACCOUNT, {SUB: ME, AMR: amr, **keys})


def why(
    action: str,
    resource: str,
    *statements: dict[str, Any],
    layers: dict[str, Any] | None = None,
    **context: Any,
) -> Explanation:
    """The explanation of a request under the app's policy, or under `statements`."""
    policies = PolicySet(identity=(policy(*(statements or STATEMENTS)),), **(layers or {}))
    return explain(request(action, resource, **context), policies=policies)
