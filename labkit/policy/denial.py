"""AWS's words for a denial.

https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

from __future__ import annotations

import re

from labkit.policy.decide import Decision
from labkit.policy.request import Anonymous
from labkit.policy.trace import Verdict

#: Layer → AWS's name of its policies.
_POLICIES = {
    "rcp": "resource control policy",
    "scp": "service control policy",
    "resource": "resource-based policy",
    "identity": "identity-based policy",
    "boundary": "permissions boundary",
    "session": "session policy",
}

#: Calls without an AWS principal: STS does not say who was refused, nor why.
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
    if request.action in _BARE:
        return f"Not authorized to perform {request.action}"
    if service == "s3" and _is_foreign(decision):
        return "Access Denied"
    subject = f"User: {request.principal} is not authorized to perform: {request.action}"
    trust = request.assumes_role and decision.blocked_by[0] == "resource"
    resource = "" if trust else _resource_clause(decision, service)
    return f"{subject}{resource}{_reason(decision, service, trust=trust)}"


def _is_foreign(decision: Decision) -> bool:
    """S3 says more only to callers of the bucket's own account.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html
    """
    request = decision.request
    if isinstance(request.principal, str):
        return request.account not in (None, request.principal.split(":")[4])
    return isinstance(request.principal, Anonymous)


def _resource_clause(decision: Decision, service: str) -> str:
    """S3 quotes the ARN; API Gateway masks the account; `*` is no resource to name."""
    arn = decision.request.resource
    if arn == "*" or (service == "s3" and decision.request.wildcard_only_action):
        return ""
    if service == "s3":
        arn = f'"{arn}"'
    elif service == "execute-api":
        arn = re.sub(r":[0-9]{8}([0-9]{4}):", r":********\1:", arn, count=1)
    return f" on resource: {arn}"


def _reason(decision: Decision, service: str, *, trust: bool) -> str:
    layer, action = decision.blocked_by[0], decision.request.action
    explicit = decision.verdict is Verdict.EXPLICIT_DENY
    if service == "execute-api":
        return " with an explicit deny" if explicit else ""
    if trust:
        reason = " with an explicit deny in the role trust policy"
        return reason if explicit else f" because no role trust policy allows the {action} action"
    if layer not in _POLICIES:
        return " with an explicit deny" if explicit else ""
    if explicit or layer in ("scp", "rcp"):
        # "When an SCP denies access, the error message can include the phrase … explicit deny
        # …, even if the denial is implicit."
        return f" with an explicit deny in {_article(_POLICIES[layer])}{_arn_suffix(decision)}"
    return f" because no {_POLICIES[layer]} allows the {action} action"


def _article(name: str) -> str:
    return f"an {name}" if name[0] in "aeiou" else f"a {name}"


def _arn_suffix(decision: Decision) -> str:
    """The ARN of the managed policy that denies.

    https://aws.amazon.com/blogs/security/enhanced-access-denied-error-messages-with-policy-arns
    """
    arn = decision.decisive[0].policy.arn if decision.decisive else None
    return f": {arn}" if arn else ""
