"""Advice on the Action and NotAction elements.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html
"""

from __future__ import annotations

from collections.abc import Iterator

from labkit.policy import reference
from labkit.policy.advice.record import GUIDE, Advice, Subject, analyzer
from labkit.policy.elements import nearest

#: What people write, from an API's or a product's name, and what IAM calls it.
_SERVICES = {
    "cognito": ("cognito-idp", "cognito-identity"),
    "ddb": ("dynamodb",),
    "iot-data": ("iot",),
    "iotdata": ("iot",),
}
#: Operations that an action of another name allows.
#: https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
_OPERATIONS = {
    "lambda:invoke": "lambda:InvokeFunction",
    "s3:completemultipartupload": "s3:PutObject",
    "s3:copyobject": "s3:PutObject",
    "s3:createmultipartupload": "s3:PutObject",
    "s3:deleteobjects": "s3:DeleteObject",
    "s3:headbucket": "s3:ListBucket",
    "s3:headobject": "s3:GetObject",
    "s3:listbuckets": "s3:ListAllMyBuckets",
    "s3:listobjects": "s3:ListBucket",
    "s3:listobjectsv2": "s3:ListBucket",
    "s3:uploadpart": "s3:PutObject",
}


def advise_actions(subject: Subject) -> Iterator[Advice]:
    statement = subject.statement
    for element, values in (("Action", statement.actions), ("NotAction", statement.not_actions)):
        for pointer, value in subject.each(element, values):
            yield from _advise_action(pointer, value)
    if statement.not_actions and subject.allows:
        yield Advice(
            f"{subject.pointer}.NotAction",
            ", ".join(statement.not_actions),
            "Allow with NotAction allows every other action of every service, those of the future too",
            None,
            f"{GUIDE}/reference_policies_elements_notaction.html",
        )


def _advise_action(pointer: str, value: str) -> Iterator[Advice]:
    prefix, _, name = value.partition(":")
    if value == "*" or prefix == "*":
        return
    if "*" in prefix or "?" in prefix:
        yield Advice(
            pointer,
            value,
            f"`{prefix}` matches no service: wildcards stand in the action's name only",
            _service(prefix.strip("*?"), name),
            f"{GUIDE}/reference_policies_elements_action.html",
        )
    elif prefix.lower() not in reference.services():
        message = f"there is no service with the prefix `{prefix}`"
        yield Advice(
            pointer, value, message, _service(prefix, name), **analyzer("error", "INVALID_SERVICE_IN_ACTION")
        )
    elif not reference.matching(prefix, name):
        message = f"`{prefix}` has no action that `{value}` matches"
        yield Advice(pointer, value, message, _action(prefix, name), **analyzer("error", "INVALID_ACTION"))


def _service(prefix: str, name: str) -> str | None:
    """The action with the service that was meant: one that has such an action, if there is one."""
    similar = nearest(prefix, sorted(reference.services()), similar=0.85)
    candidates = _SERVICES.get(prefix.lower()) or ((similar,) if similar else ())
    for service in candidates:
        if found := reference.matching(service, name):
            return f"{service}:{name if len(found) > 1 else found[0]}"
    return f"{candidates[0]}:{name}" if candidates else None


def _action(prefix: str, name: str) -> str | None:
    if found := _OPERATIONS.get(f"{prefix}:{name}".lower()):
        return found
    similar = nearest(name.strip("*?"), reference.actions(prefix).values())
    return f"{prefix}:{similar}" if similar else None
