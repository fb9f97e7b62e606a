"""AWS's words for a denial.

https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

from __future__ import annotations

import re

from labkit.policy.decide import Decision
from labkit.policy.request import Anonymous, Request
from labkit.policy.trace import Verdict

#: Layer → AWS's name of its policies. labkit has no VPC endpoints; their text is here for completeness.
_POLICIES = {
    "rcp": "resource control policy",
    "scp": "service control policy",
    "resource": "resource-based policy",
    "trust": "role trust policy",
    "identity": "identity-based policy",
    "boundary": "permissions boundary",
    "session": "session policy",
    "endpoint": "VPC endpoint policy",
}

#: Services that say `on resource: *`, as callers report them; AWS's page shows others that say nothing.
#: https://github.com/aws-samples/resource-control-policy-examples/issues/18
_STARRED = frozenset({"cognito-identity", "cognito-idp", "iam"})

#: To callers without an AWS principal STS does not say who was refused, nor why.
_BARE = frozenset({"sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML", "sts:TagSession"})


def denial_text(decision: Decision, *, service: str) -> str:
    """The message of AWS's AccessDenied for `decision`, as `service` (`s3`, `dynamodb` …) words it.

    Where several layers refuse, AWS names one and does not document which. Naming the first in
    AWS's order of evaluation (RCP, SCP, resource, identity, boundary, session) is our choice.
    Raises ValueError where the decision is no denial.
    """
    if decision.allowed:
        raise ValueError("no denial text: expected a denied decision, got an allowed one")
    request = decision.request
    if is_bare(request):
        return f"Not authorized to perform {request.action}"
    if service == "s3" and _is_foreign(decision):
        return "Access Denied"
    layer = decision.blocked_by[0]
    if request.assumes_role and layer == "resource":
        layer = "trust"
    resource = "" if layer == "trust" else _resource_clause(decision, service)
    if service == "execute-api":
        layer = ""  # API Gateway names none
    why = reason(layer, request.action, explicit=decision.verdict is Verdict.EXPLICIT_DENY)
    subject = f"User: {request.principal} is not authorized to perform: {request.action}"
    return f"{subject}{resource}{why}{_arn_suffix(decision) if layer in _POLICIES else ''}"


def is_bare(request: Request) -> bool:
    """Whether AWS's message would name neither the caller nor any policy."""
    return request.action in _BARE and not isinstance(request.principal, str)


def reason(layer: str, action: str, *, explicit: bool) -> str:
    """The end of the sentence: which kind of policy forbids it, or fails to allow it.

    Of a layer that AWS does not name, it only says whether something forbids.
    """
    name = _POLICIES.get(layer)
    if name is None:
        return " with an explicit deny" if explicit else ""
    if not explicit:
        return f" because no {name} allows the {action} action"
    article = "the" if layer == "trust" else "an" if name[0] in "aeiou" else "a"
    return f" with an explicit deny in {article} {name}"


def _is_foreign(decision: Decision) -> bool:
    """S3 says more only to callers of the bucket's own account.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html
    """
    request = decision.request
    if isinstance(request.principal, str):
        return request.account not in (None, request.principal.split(":")[4])
    return isinstance(request.principal, Anonymous)


def _resource_clause(decision: Decision, service: str) -> str:
    """S3 quotes the ARN; API Gateway masks the account; not every service says `*`."""
    request, arn = decision.request, decision.request.resource
    if service == "s3" and request.wildcard_only_action:
        return ""
    if arn == "*" and request.action.partition(":")[0] not in _STARRED:
        return ""
    if service == "s3":
        arn = f'"{arn}"'
    elif service == "execute-api":
        arn = re.sub(r":[0-9]{8}([0-9]{4}):", r":********\1:", arn, count=1)
    return f" on resource: {arn}"


def _arn_suffix(decision: Decision) -> str:
    """The ARN of the managed policy that denies.

    https://aws.amazon.com/blogs/security/enhanced-access-denied-error-messages-with-policy-arns
    """
    arn = decision.decisive[0].policy.arn if decision.decisive else None
    return f": {arn}" if arn else ""
