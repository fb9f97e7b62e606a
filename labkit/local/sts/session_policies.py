"""Session policies: what a session may do at most, inline or as ARNs of managed policies.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from labkit.errors import PolicySyntaxError
from labkit.local.authorization.principal import managed_policy
from labkit.local.errors import AwsError
from labkit.local.operations import Call
from labkit.local.policies import make_known
from labkit.local.session_tags import SessionTags
from labkit.policy import Policy

if TYPE_CHECKING:
    from labkit.local.state import State

#: "The plaintext that you use for both inline and managed session policies can't exceed 2,048 characters."
_PLAIN_TEXT = 2048
#: "You can provide up to 10 managed policy ARNs."
_MOST_ARNS = 10
#: Bytes that packed policies and tags may take. How AWS packs them, and into how much, it does not say;
#: here it is DEFLATE, into a kibibyte.
_PACKED = 1024


def passed(call: Call, state: State) -> tuple[Policy, ...] | None:
    """The request's session policies; None where it has none. Raises AwsError for malformed ones."""
    document, arns = call.parameters.get("Policy"), _arns(call)
    if len(document or "") + sum(map(len, arns)) > _PLAIN_TEXT:
        raise AwsError(
            "ValidationError",
            f"1 validation error detected: Value '{(document or '')[:120]}' at 'policy' failed to satisfy "
            f"constraint: Member must have length less than or equal to {_PLAIN_TEXT}",
        )
    inline = (_inline(document),) if document else ()
    return (*inline, *(_managed(arn, state) for arn in arns)) or None


def _inline(document: str) -> Policy:
    try:
        return Policy.parse(document, name="session policy", kind="session")
    except PolicySyntaxError as error:
        raise AwsError("MalformedPolicyDocument", f"{error}.") from None


def _arns(call: Call) -> list[str]:
    arns = [str(item.get("arn") or "") for item in call.parameters.get("PolicyArns") or []]
    if len(arns) > _MOST_ARNS:
        raise AwsError(
            "ValidationError",
            f"1 validation error detected: Value '{arns}' at 'policyArns' failed to satisfy constraint: "
            f"Member must have length less than or equal to {_MOST_ARNS}",
        )
    return arns


def _managed(arn: str, state: State) -> Policy:
    """ "The policies must exist in the same account as the role." """
    make_known(arn, state)
    policy = managed_policy(arn, state)
    if policy is None:
        raise AwsError("MalformedPolicyDocument", f"The session policy {arn} does not exist.")
    return policy


def packed_size(call: Call, tags: SessionTags) -> int:
    """`PackedPolicySize`: how much of the room in a session token policies and tags take, in per cent.

    Raises AwsError where it is more than there is.
    """
    parts = [call.parameters.get("Policy") or "", *_arns(call)]
    parts += [text for pair in tags.tags.items() for text in pair]
    if not any(parts):
        return 0
    size = -(-len(zlib.compress("\0".join(parts).encode(), 9)) * 100 // _PACKED)
    if size > 100:
        raise AwsError(
            "PackedPolicyTooLarge",
            f"Packed policy consumes {size}% of allotted space, please use smaller policy.",
        )
    return size
