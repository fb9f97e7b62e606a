"""What a simulation asks: whose policies, who calls, what, on what, in which context.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulateCustomPolicy.html
https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labkit.local.errors import not_simulated
from labkit.local.iam import exclusions, sources
from labkit.local.iam.context import ContextValue, context
from labkit.local.iam.sources import Source, invalid
from labkit.local.operations import Call
from labkit.policy import Policy, PolicySet, Request
from labkit.policy.variables import prepare

if TYPE_CHECKING:
    from labkit.local.state import State

_ARN = re.compile(r"arn:[^:]+:[^:]+:[^:]*:(\d{12})?[^:]*:.+", re.DOTALL)
_ACCOUNT = re.compile(r"arn:aws[\w-]*:iam::(\d{12}):root")
_CALLER = re.compile(r"arn:aws[\w-]*:iam::(\d{12}):(user|group|role)/.+")
_ACTION = re.compile(r"[\w-]+:\w+", re.ASCII)
_SCENARIOS = frozenset(
    {"EC2-VPC-InstanceStore", "EC2-VPC-InstanceStore-Subnet", "EC2-VPC-EBS", "EC2-VPC-EBS-Subnet"}
)


@dataclass(frozen=True)
class Question:
    """The inputs of one simulation, read and checked."""

    #: Stands for the caller of the simulated operations; one of another account where AWS is told so.
    caller: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    context: Mapping[str, ContextValue]
    identity: tuple[Source, ...]
    boundary: tuple[Source, ...]
    resource: Source | None
    #: Account that owns resources whose ARN names none.
    owner: str
    scp: tuple[tuple[Policy, ...], ...]

    @property
    def sources(self) -> tuple[Source, ...]:
        """The policies whose statements and context keys the answer may name.

        "Only statements from identity-based and resource-based policies appear here."
        https://docs.aws.amazon.com/IAM/latest/APIReference/API_EvaluationResult.html
        """
        return (*([self.resource] if self.resource else ()), *self.identity)

    @property
    def account(self) -> str:
        """The caller's account."""
        return self.caller.split(":")[4]

    def crosses(self, action: str, resource: str) -> bool:
        """Whether two accounts decide: only a resource's policy brings the other one in."""
        return self.resource is not None and not _assumes(action) and self._owner(resource) != self.account

    def request(self, action: str, resource: str, *, wildcard_only: bool) -> Request:
        owner = self._owner(resource) if self.crosses(action, resource) else self.account
        return Request(self.caller, action, resource, owner, self.context, wildcard_only)

    def policies(self, action: str) -> PolicySet:
        """The simulator does not evaluate trust policies: a role is taken to trust the caller's account.

        https://github.com/aws/aws-cli/issues/10314 (ResourcePolicy is ignored for `sts:Assume*`)
        """
        resource = self.resource.policy if self.resource else None
        return PolicySet(
            identity=tuple(source.policy for source in self.identity),
            boundary=tuple(source.policy for source in self.boundary) or None,
            resource=_trusting(self.account) if _assumes(action) else resource,
            scp=self.scp,
        )

    def _owner(self, resource: str) -> str:
        found = _ARN.fullmatch(resource)
        return (found[1] if found else None) or self.owner


def _assumes(action: str) -> bool:
    return action.lower().startswith("sts:assume")


def _trusting(account: str) -> Policy:
    statement = {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "*"}
    return Policy.parse({"Version": "2012-10-17", "Statement": statement})


def custom(call: Call, state: State) -> Question:
    """SimulateCustomPolicy: every policy comes with the request."""
    given = call.parameters
    if given.get("ResourcePolicy") and not given.get("CallerArn"):
        raise invalid("CallerArn is required if you include a ResourcePolicy.")
    caller = given.get("CallerArn") or state.arn("iam", "user/simulated")
    question = _question(call, caller, _limits(given), ())
    _require_applicable(question)
    return question


def principal(call: Call, state: State) -> Question:
    """SimulatePrincipalPolicy: the policies of an entity, and those that come with the request."""
    given = call.parameters
    left_out = given.get("PolicyExclusionList") or []
    exclusions.check(left_out)
    holder = sources.entity(given["PolicySourceArn"], state)
    kept = [each for each in sources.identity(holder, state) if not exclusions.excluded(each, left_out)]
    limits = _limits(given)
    own = sources.boundary(holder, state)
    if own is not None and not limits and not exclusions.excluded(own, left_out, boundary=True):
        limits = (sources.stored(own),)
    caller = given.get("CallerArn") or given["PolicySourceArn"]
    return _question(call, caller, limits, tuple(map(sources.stored, kept)))


def _question(call: Call, caller: str, limits: tuple[Source, ...], own: tuple[Source, ...]) -> Question:
    given = call.parameters
    _require_plain(call)
    if len(limits) > 1:
        raise invalid("You can input only one permissions boundary.")
    resource = _resource_policy(given)
    principal = _caller(caller, named=resource is not None)
    return Question(
        caller=principal,
        actions=_actions(given),
        resources=_resources(given),
        context=context(given.get("ContextEntries") or []),
        identity=(*own, *sources.inputs(_texts(given, "PolicyInputList"), "PolicyInputList")),
        boundary=limits,
        resource=resource,
        owner=_owner(given, principal),
        scp=_levels(given),
    )


def _limits(given: Mapping[str, Any]) -> tuple[Source, ...]:
    name = "PermissionsBoundaryPolicyInputList"
    return sources.inputs(_texts(given, name), name, kind="boundary")


def _texts(given: Mapping[str, Any], name: str) -> list[str]:
    return given.get(name) or []


def _require_plain(call: Call) -> None:
    option = call.parameters.get("ResourceHandlingOption")
    if option in _SCENARIOS:
        raise not_simulated(f"iam:{call.operation} with ResourceHandlingOption")
    if option:
        raise invalid(f"{option} is not a valid ResourceHandlingOption.")


def _caller(arn: str, *, named: bool) -> str:
    """The simulated caller; `named`: a Principal element has to be compared with it.

    "You cannot specify the ARN of an assumed role, federated user, or a service principal." and
    "Simulation of resource-based policies isn't supported for IAM roles."
    A group calls nothing: a user of its account stands for it, which no identity-based policy can tell.
    """
    found = _CALLER.fullmatch(arn)
    if found is None:
        raise invalid(f"Invalid Entity Arn: {arn} does not clearly define entity type and name.")
    if named and found[2] != "user":
        raise invalid("Invalid caller - Caller must be an IAM user in this context.")
    return arn.replace(":group/", ":user/", 1) if found[2] == "group" else arn


def _actions(given: Mapping[str, Any]) -> tuple[str, ...]:
    """ "Each operation must include the service identifier … does not support using wildcards (*)" """
    actions = tuple(given.get("ActionNames") or ())
    wrong = [action for action in actions if not _ACTION.fullmatch(action)]
    if wrong or not actions:
        raise invalid(f"Invalid Action Names: {', '.join(wrong) or 'none'}.")
    return tuple(dict.fromkeys(actions))


def _resources(given: Mapping[str, Any]) -> tuple[str, ...]:
    resources = tuple(given.get("ResourceArns") or ("*",))
    wrong = [arn for arn in resources if arn != "*" and not _ARN.fullmatch(arn)]
    if wrong:
        raise invalid(f"ResourceNames are not in a valid ARN format: {', '.join(wrong)}.")
    return tuple(dict.fromkeys(resources))


def _resource_policy(given: Mapping[str, Any]) -> Source | None:
    text = given.get("ResourcePolicy")
    if not text:
        return None
    return sources.read(text, "ResourcePolicy", kind="resource", type="Resource Policy")


def _owner(given: Mapping[str, Any], caller: str) -> str:
    owner = given.get("ResourceOwner")
    if not owner:
        return caller.split(":")[4]
    found = _ACCOUNT.fullmatch(owner)
    if found is None:
        raise invalid(f"'{owner}' is not a valid as a Resource Owner.")
    return found[1]


def _levels(given: Mapping[str, Any]) -> tuple[tuple[Policy, ...], ...]:
    name = "ServiceControlPolicyInputList"
    levels = given.get("OrderedOrganizationPolicyInputList") or []
    return tuple(
        tuple(source.policy for source in sources.inputs(_texts(level, name), name, kind="scp"))
        for level in levels
    )


def _require_applicable(question: Question) -> None:
    """ "If you include a ResourcePolicy, then it must be applicable to all of the resources included in
    the simulation or you receive an invalid input error." """
    if question.resource is None:
        return
    statements, prepared = question.resource.policy.statements, prepare(question.context)
    for resource in question.resources:
        if not any(each.covers_whole(resource, prepared) for each in statements):
            raise invalid(f"The ResourcePolicy is not applicable to the resource {resource}.")
