"""What `bench.decisions` has decided: policies and requests, in the format of tests/decisions/vectors."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

ACCOUNT = "111122223333"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/LabUser/CognitoIdentityCredentials"
ME = "us-east-1:aaaabbbb-1111-2222-3333-ccccddddeeee"
SUB = "${cognito-identity.amazonaws.com:sub}"
BUCKET = "arn:aws:s3:::lab-bucket"
TABLE = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table"

#: What every request of a Cognito identity's session carries here.
CONTEXT: Json = {
    "cognito-identity.amazonaws.com:sub": ME,
    "aws:SecureTransport": "true",
    "aws:PrincipalTag/team": "red",
    "aws:SourceIp": "192.0.2.7",
}

_ACTIONS = (
    *("GetObject", "PutObject", "DeleteObject", "GetObjectTagging", "PutObjectTagging", "GetObjectVersion"),
    *("DeleteObjectVersion", "GetObjectAcl", "PutObjectAcl", "AbortMultipartUpload", "RestoreObject"),
    *("ListMultipartUploadParts", "GetObjectAttributes", "GetObjectRetention", "PutObjectRetention"),
    *("GetObjectLegalHold", "PutObjectLegalHold", "GetObjectVersionAcl", "GetObjectTorrent"),
    "DeleteObjectTagging",
)


def workloads() -> list[Json]:
    """The workloads by name: a policy, and the requests that are put to it."""
    return [
        _workload("a: 5 statements", _five(), _calls()),
        _workload("b: 100 statements, mixed services", _mixed(), _calls_of_many()),
        _workload("b: 100 statements, one action", _one_action(), _reads()),
        _workload("c: matrix of 20 × 50", _five(), _matrix()),
    ]


def _workload(name: str, statements: list[Json], requests: list[Json]) -> Json:
    policy = {"Version": "2012-10-17", "Statement": statements}
    return {"name": name, "policies": {"identity": [policy]}, "requests": requests}


def _statement(sid: str, effect: str, actions: str | list[str], resource: str, **condition: Any) -> Json:
    found = {"Sid": sid, "Effect": effect, "Action": actions, "Resource": resource}
    return {**found, "Condition": condition} if condition else found


def _request(action: str, resource: str, **more: Any) -> Json:
    return {
        "principal": SESSION,
        "action": action,
        "resource": resource,
        "resource_account": ACCOUNT,
        "context": {**CONTEXT, **more},
    }


def _five() -> list[Json]:
    """What an app grants its users: their own prefix, their own items, their team's objects, over TLS."""
    keys = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [SUB]}}
    team = {"StringEquals": {"s3:ExistingObjectTag/team": "${aws:PrincipalTag/team, 'none'}"}}
    return [
        _statement(
            "List", "Allow", "s3:ListBucket", BUCKET, StringLike={"s3:prefix": ["public/*", f"{SUB}/*"]}
        ),
        _statement("Own", "Allow", ["s3:GetObject", "s3:PutObject"], f"{BUCKET}/private/{SUB}/*"),
        _statement("Items", "Allow", ["dynamodb:GetItem", "dynamodb:Query"], f"{TABLE}/Notes", **keys),
        _statement("Team", "Allow", "s3:GetObject*", f"{BUCKET}/team-${{aws:PrincipalTag/team}}/*", **team),
        _statement("NoHttp", "Deny", "*", "*", Bool={"aws:SecureTransport": "false"}),
    ]


def _calls() -> list[Json]:
    return [
        _request("s3:GetObject", f"{BUCKET}/private/{ME}/notes.txt"),
        _request("s3:PutObject", f"{BUCKET}/private/somebody/notes.txt"),
        _request("s3:ListBucket", BUCKET, **{"s3:prefix": f"{ME}/2026/"}),
        _request("dynamodb:Query", f"{TABLE}/Notes", **{"dynamodb:LeadingKeys": [ME]}),
        _request("s3:GetObject", f"{BUCKET}/team-red/plan.txt", **{"s3:ExistingObjectTag/team": "red"}),
        _request("s3:PutObject", f"{BUCKET}/private/{ME}/a", **{"aws:SecureTransport": "false"}),
    ]


_SERVICES = (
    (["s3:GetObject", "s3:PutObject"], f"arn:aws:s3:::bucket-{{}}/{SUB}/*"),
    (["dynamodb:GetItem", "dynamodb:Query"], f"{TABLE}/Table{{}}"),
    (["sqs:SendMessage"], f"arn:aws:sqs:us-east-1:{ACCOUNT}:queue-{{}}"),
    (["sns:Publish"], f"arn:aws:sns:us-east-1:{ACCOUNT}:topic-{{}}"),
)


def _conditions(number: int) -> Json:
    """Every third statement has some."""
    team = {"aws:PrincipalTag/team": "red" if number % 2 else "blue"}
    return {"StringEquals": team, "Bool": {"aws:SecureTransport": "true"}} if number % 3 == 0 else {}


def _effect(number: int) -> str:
    return "Allow" if number % 10 else "Deny"


def _mixed() -> list[Json]:
    """Four services in turn, so that a quarter of the statements speaks of any action."""
    statements = []
    for number in range(100):
        actions, resource = _SERVICES[number % len(_SERVICES)]
        filled = resource.replace("{}", str(number))
        statements.append(_statement(f"S{number}", _effect(number), actions, filled, **_conditions(number)))
    return statements


def _calls_of_many() -> list[Json]:
    """To an object, an item, a queue and a topic, of statements from first to last and of none."""
    return [
        *(_request("s3:GetObject", f"arn:aws:s3:::bucket-{n}/{ME}/file") for n in (0, 4, 48, 96, 999)),
        *(_request("dynamodb:GetItem", f"{TABLE}/Table{n}") for n in (1, 57, 97, 999)),
        *(_request("sqs:SendMessage", f"arn:aws:sqs:us-east-1:{ACCOUNT}:queue-{n}") for n in (2, 50, 98)),
        _request("sns:Publish", f"arn:aws:sns:us-east-1:{ACCOUNT}:topic-99"),
    ]


def _one_action() -> list[Json]:
    """Every statement speaks of s3:GetObject: an index by action finds nothing to leave out."""
    return [
        _statement(
            f"S{number}",
            _effect(number),
            "s3:GetObject",
            f"arn:aws:s3:::bucket-{number}/{SUB}/*",
            **_conditions(number),
        )
        for number in range(100)
    ]


def _reads() -> list[Json]:
    places = (0, 1, 3, 20, 33, 45, 50, 66, 77, 90, 98, 99, 999)
    return [_request("s3:GetObject", f"arn:aws:s3:::bucket-{place}/{ME}/file") for place in places]


def _matrix() -> list[Json]:
    resources = [f"{BUCKET}/private/{ME if place % 2 else 'somebody'}/{place}" for place in range(50)]
    return [_request(f"s3:{action}", resource) for action in _ACTIONS for resource in resources]
