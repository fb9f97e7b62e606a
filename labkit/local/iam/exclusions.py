"""PolicyExclusionList: attached policies that a simulation is to leave out.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_PolicyIdentifier.html
"""

from __future__ import annotations

import re
from typing import Any

from labkit.local.authorization.attached import Attached
from labkit.local.iam.sources import invalid

_ARN = re.compile(r"(arn:aws:iam::(?:\d{12}|aws):policy/)(.+)")


def excluded(each: Attached, identifiers: list[dict[str, Any]], *, boundary: bool = False) -> bool:
    """Whether an identifier means this policy, which is the permissions boundary where `boundary` says so."""
    return any(_means(identifier, each, boundary) for identifier in identifiers)


def check(identifiers: list[dict[str, Any]]) -> None:
    """Raise InvalidInput for an identifier that is none."""
    for identifier in identifiers:
        if len(identifier) != 1:
            raise invalid("Specify exactly one of PolicyType, PolicyArn or InlinePolicyIdentifier.")
        arn = identifier.get("PolicyArn")
        if arn is not None and (not (found := _ARN.fullmatch(arn)) or found[2].count("*") > 1):
            raise invalid(f"{arn} is not a valid policy ARN.")


def _means(identifier: dict[str, Any], each: Attached, boundary: bool) -> bool:
    if "PolicyType" in identifier:
        return bool(identifier["PolicyType"] == ("permission-boundary" if boundary else _type(each)))
    if boundary:
        return False
    if "PolicyArn" in identifier:
        return each.arn is not None and _like(identifier["PolicyArn"], each.arn)
    inline = identifier["InlinePolicyIdentifier"]
    wanted = (inline["PolicyName"], inline["AttachmentType"])
    return (
        each.arn is None and wanted == (each.name, each.kind) and _like(inline["AttachmentName"], each.holder)
    )


def _type(each: Attached) -> str:
    if each.arn is None:
        return "inline"
    return "aws-managed" if each.arn.startswith("arn:aws:iam::aws:") else "user-managed"


def _like(pattern: str, value: str) -> bool:
    """`*` stands for any characters, `?` for one."""
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, value) is not None
