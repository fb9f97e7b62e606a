"""The same question to AWS: what its policy simulator says of a request.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html
The simulator cannot be asked everything that decides; a Simulation lists what was left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from labkit.account import Account
from labkit.errors import LabError
from labkit.flow.context_entries import context_entries
from labkit.flow.recorded import recorded
from labkit.policy import Policy, PolicySet, Request
from labkit.record import ApiCall
from labkit.resources import LeftOut, MatchedStatement, Simulation

#: Grants nothing and forbids nothing; AWS wants at least one policy.
_SILENT = {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "NotAction": "*", "Resource": "*"}}

_USERS_ONLY = "AWS simulates resource-based policies for IAM users only, and this caller is none"
_NO_TRUST = "AWS's simulator does not evaluate the trust policies of roles"
_NOT_FETCHED = "AWS's simulator does not fetch the resource's own policy"
_NO_SESSION = "AWS's simulator takes no session policies"
_NO_RCP = "AWS's simulator takes no resource control policies"
_NO_IOT = "AWS's simulator does not know the policies of AWS IoT"
_NO_SCP = "this version of botocore cannot send service control policies to the simulator"
_ONE_BOUNDARY = "AWS's simulator takes one permissions boundary, and there are several"
_AS_ROLE = "AWS's simulator takes a role in place of its session, and the role's path is not known here"
_NO_FEDERATED = "AWS's simulator takes no federated user as the caller"

Parameters = dict[str, Any]


def simulate_custom_policy(account: Account, request: Request, policies: PolicySet) -> Simulation:
    """What AWS decides about `request` under `policies`, as far as its simulator can be told of them."""
    client, caller = account.client("iam"), _caller(request)
    sends_scp = "OrderedOrganizationPolicyInputList" in _members(client, "SimulateCustomPolicy")
    left_out = tuple(_unsaid(request, policies, caller, sends_scp=sends_scp))
    parts = {each.part for each in left_out}
    given = _question(request, policies) | _policies(policies, parts)
    if caller is not None:
        given["CallerArn"] = caller
    if "ResourcePolicy" in given and request.account is not None:
        given["ResourceOwner"] = f"arn:aws:iam::{request.account}:root"
    with recorded(account) as calls:
        answer = client.simulate_custom_policy(**given)
    return _simulation(request, caller, answer, left_out, calls)


def simulate_principal_policy(account: Account, principal_arn: str, request: Request) -> Simulation:
    """What AWS decides about `request` under all policies of a user, group or role.

    `principal_arn` takes the place of the request's own principal. A session stands for its role.
    """
    with recorded(account) as calls:
        entity = _entity(account, principal_arn)
        answer = account.client("iam").simulate_principal_policy(
            PolicySourceArn=entity, **_question(request, PolicySet())
        )
    left_out = [LeftOut("trust", _NO_TRUST) if request.assumes_role else LeftOut("resource", _NOT_FETCHED)]
    if entity != principal_arn:
        left_out.append(LeftOut("session", _NO_SESSION))
    left_out.append(LeftOut("rcp", _NO_RCP))
    if request.action.lower().startswith("iot:"):
        left_out.append(LeftOut("iot", _NO_IOT))
    return _simulation(request, entity, answer, tuple(left_out), calls)


def _caller(request: Request) -> str | None:
    """Whom AWS is told of: "You cannot specify the ARN of an assumed role, federated user, or a service
    principal." """
    principal = request.principal
    if not isinstance(principal, str) or principal.endswith(":root"):
        raise LabError(
            f"AWS's policy simulator cannot be asked about `{principal}`: it takes users and roles"
        )
    if ":assumed-role/" in principal:
        account, role = principal.split(":")[4], principal.split("/")[1]
        return f"arn:aws:iam::{account}:role/{role}"
    return None if ":federated-user/" in principal else principal


def _entity(account: Account, arn: str) -> str:
    """A session's role: its own ARN, which the session's does not give away."""
    if ":assumed-role/" not in arn:
        return arn
    return str(account.client("iam").get_role(RoleName=arn.split("/")[1])["Role"]["Arn"])


def _unsaid(
    request: Request, policies: PolicySet, caller: str | None, *, sends_scp: bool
) -> Iterator[LeftOut]:
    if caller != request.principal:
        yield LeftOut("caller", _AS_ROLE if caller else _NO_FEDERATED)
    if request.assumes_role:
        yield LeftOut("trust", _NO_TRUST)
    elif policies.resource is not None and ":user/" not in (caller or ""):
        yield LeftOut("resource", _USERS_ONLY)
    elif policies.resource is None and request.account not in (None, str(request.principal).split(":")[4]):
        yield LeftOut("resource", _NOT_FETCHED)
    if policies.session is not None:
        yield LeftOut("session", _NO_SESSION)
    if len(policies.boundary or ()) > 1:
        yield LeftOut("boundary", _ONE_BOUNDARY)
    if policies.scp and not sends_scp:
        yield LeftOut("scp", _NO_SCP)
    if policies.rcp:
        yield LeftOut("rcp", _NO_RCP)
    if policies.iot is not None:
        yield LeftOut("iot", _NO_IOT)


def _policies(policies: PolicySet, left_out: set[str]) -> Parameters:
    given: Parameters = {"PolicyInputList": _texts(policies.identity) or [json.dumps(_SILENT)]}
    if policies.boundary and "boundary" not in left_out:
        given["PermissionsBoundaryPolicyInputList"] = _texts(policies.boundary)
    if policies.scp and "scp" not in left_out:
        given["OrderedOrganizationPolicyInputList"] = [
            {"ServiceControlPolicyInputList": _texts(level)} for level in policies.scp
        ]
    if policies.resource is not None and not left_out & {"resource", "trust"}:
        (given["ResourcePolicy"],) = _texts((policies.resource,))
    return given


def _texts(policies: Sequence[Policy]) -> list[str]:
    return [json.dumps(policy.document) for policy in policies]


def _question(request: Request, policies: PolicySet) -> Parameters:
    given: Parameters = {"ActionNames": [request.action]}
    if request.resource != "*":
        given["ResourceArns"] = [request.resource]
    entries = context_entries(request.context, policies)
    return given | ({"ContextEntries": entries} if entries else {})


def _members(client: Any, operation: str) -> Mapping[str, Any]:
    members: Mapping[str, Any] = client.meta.service_model.operation_model(operation).input_shape.members
    return members


def _simulation(
    request: Request,
    caller: str | None,
    answer: Mapping[str, Any],
    left_out: tuple[LeftOut, ...],
    calls: Sequence[ApiCall],
) -> Simulation:
    (result,) = answer["EvaluationResults"]
    specific: Mapping[str, Any] = next(iter(result.get("ResourceSpecificResults", ())), {})
    boundary = result.get("PermissionsBoundaryDecisionDetail", {})
    organization = result.get("OrganizationsDecisionDetail", {})
    return Simulation(
        action=request.action,
        resource=request.resource,
        caller=caller,
        decision=specific.get("EvalResourceDecision") or result["EvalDecision"],
        matched=tuple(map(_matched, (specific or result).get("MatchedStatements", ()))),
        missing_context_keys=tuple(result.get("MissingContextValues", ())),
        boundary_allows=boundary.get("AllowedByPermissionsBoundary"),
        organization_allows=organization.get("AllowedByOrganizations"),
        details=dict(result.get("EvalDecisionDetails", {})),
        left_out=left_out,
        calls=tuple(calls),
    )


def _matched(statement: Mapping[str, Any]) -> MatchedStatement:
    start, end = (
        (statement[name]["Line"], statement[name]["Column"]) for name in ("StartPosition", "EndPosition")
    )
    return MatchedStatement(statement["SourcePolicyId"], start, end)
