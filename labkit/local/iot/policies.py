"""AWS IoT policies and their versions, five at most.

https://docs.aws.amazon.com/iot/latest/developerguide/iot-policies.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.errors import PolicySyntaxError
from labkit.local.errors import AwsError
from labkit.local.iot.registry import not_found, page, registry
from labkit.local.iot.things import already_exists
from labkit.local.members import members
from labkit.local.operations import Call
from labkit.policy import Policy

if TYPE_CHECKING:
    from labkit.local.state import State

#: "… with a maximum length of 2048, excluding whitespace."
#: https://docs.aws.amazon.com/iot/latest/apireference/API_CreatePolicy.html
_MAX_LENGTH = 2048
#: "A managed policy can have up to five versions."
#: https://docs.aws.amazon.com/iot/latest/apireference/API_CreatePolicyVersion.html
_MAX_VERSIONS = 5


def require_document(document: str) -> None:
    """Raise MalformedPolicyException for a document that AWS IoT would not store.

    AWS's words, as callers report them: https://github.com/aws/aws-cdk/issues/32414 (syntax),
    https://github.com/aws-samples/simplerobotservice/issues/1 (resources). The rest of the sentence is ours.
    """
    try:
        Policy.parse(document, kind="iot")
    except PolicySyntaxError as error:
        if error.pointer.rpartition(".")[2] in ("Resource", "NotResource"):
            raise _malformed(f"The following resources are invalid : {error.found}") from None
        raise _malformed(f"Invalid policy syntax. {error}.") from None
    length = len("".join(document.split()))
    if length > _MAX_LENGTH:
        raise _malformed(f"It has {length} characters without white space, {_MAX_LENGTH} are allowed.")


def _malformed(reason: str) -> AwsError:
    return AwsError("MalformedPolicyException", f"Policy document is Malformed: {reason}")


def create_policy(call: Call, state: State) -> dict[str, Any]:
    from moto.iot import models

    given, policies = members(call), registry(call.region, state).policies
    name, document = given["policyName"], given["policyDocument"]
    require_document(document)
    if name in policies:
        sentence = f"Policy cannot be created - name already exists (name={name})"
        raise already_exists(sentence, name, policies[name].arn)
    make: Any = models.FakePolicy
    policy = policies[name] = make(name, document, state.account_id, call.region)
    _dated(policy.versions[0], state)
    return {
        "policyName": name,
        "policyArn": policy.arn,
        "policyDocument": document,
        "policyVersionId": policy.default_version_id,
    }


def _dated(version: Any, state: State) -> None:
    """moto goes by the machine's clock."""
    version.create_datetime = version.last_modified_datetime = state.clock.now()


def create_policy_version(call: Call, state: State) -> dict[str, Any]:
    from moto.iot.models import FakePolicyVersion

    given, policy = members(call), _policy(call, state)
    document, default = given["policyDocument"], bool(given.get("setAsDefault"))
    require_document(document)
    if len(policy.versions) >= _MAX_VERSIONS:
        sentence = f"The policy {policy.name} already has the maximum number of versions ({_MAX_VERSIONS})"
        raise AwsError("VersionsLimitExceededException", sentence, 409)
    policy._max_version_id += 1
    number = policy._max_version_id
    version = FakePolicyVersion(policy.name, document, False, state.account_id, call.region, number)
    _dated(version, state)
    policy.versions.append(version)
    if default:
        _make_default(policy, version)
    return dict(version.to_dict_at_creation())


def _make_default(policy: Any, version: Any) -> None:
    for each in policy.versions:
        each.is_default = each is version
    policy.default_version_id, policy.document = version.version_id, version.document


def set_default_policy_version(call: Call, state: State) -> dict[str, Any]:
    policy = _policy(call, state)
    _make_default(policy, _version(policy, call))
    return {}


def delete_policy_version(call: Call, state: State) -> dict[str, Any]:
    """ "The default version of a policy cannot be deleted using this action."

    https://docs.aws.amazon.com/iot/latest/apireference/API_DeletePolicyVersion.html
    """
    policy = _policy(call, state)
    version = _version(policy, call)
    if version.is_default:
        raise _conflict("Cannot delete the default version of a policy")
    policy.versions.remove(version)
    return {}


def delete_policy(call: Call, state: State) -> dict[str, Any]:
    """A policy without attachments and with no version but its default one.

    https://docs.aws.amazon.com/iot/latest/apireference/API_DeletePolicy.html
    """
    policy, kept = _policy(call, state), registry(call.region, state)
    if any(name == policy.name for _, name in kept.principal_policies):
        raise _conflict(
            "The policy cannot be deleted as the policy is attached to one or more principals"
            f" (name={policy.name})"
        )
    if len(policy.versions) > 1:
        raise _conflict(
            "Cannot delete the policy because it has one or more policy versions attached to it"
            f" (name={policy.name})"
        )
    del kept.policies[policy.name]
    return {}


def _conflict(sentence: str) -> AwsError:
    return AwsError("DeleteConflictException", sentence, 409)


def get_policy(call: Call, state: State) -> dict[str, Any]:
    policy = _policy(call, state)
    return {
        "policyName": policy.name,
        "policyArn": policy.arn,
        "policyDocument": policy.document,
        "defaultVersionId": policy.default_version_id,
        "creationDate": policy.versions[0].create_datetime,
        "lastModifiedDate": policy.versions[-1].create_datetime,
        "generationId": policy.default_version_id,
    }


def get_policy_version(call: Call, state: State) -> dict[str, Any]:
    return dict(_version(_policy(call, state), call).to_get_dict())


def list_policies(call: Call, state: State) -> dict[str, Any]:
    given = members(call)
    policies = list(registry(call.region, state).policies.values())
    if given.get("ascendingOrder") is False:
        policies.reverse()
    found, marker = page(policies, given.get("marker"), given.get("pageSize"))
    return {"policies": [shown(policy) for policy in found], "nextMarker": marker}


def list_policy_versions(call: Call, state: State) -> dict[str, Any]:
    return {"policyVersions": [version.to_dict() for version in _policy(call, state).versions]}


def shown(policy: Any) -> dict[str, str]:
    return {"policyName": policy.name, "policyArn": policy.arn}


def policy_named(name: str, region: str, state: State) -> Any:
    """moto's policy of that name. Raises AwsError where there is none."""
    policy = registry(region, state).policies.get(name)
    if policy is None:
        raise not_found(f"Policy not found. Policy name: {name}")
    return policy


def _policy(call: Call, state: State) -> Any:
    return policy_named(members(call)["policyName"], call.region, state)


def _version(policy: Any, call: Call) -> Any:
    wanted = members(call)["policyVersionId"]
    found = next((each for each in policy.versions if each.version_id == wanted), None)
    if found is None:
        raise not_found(f"Policy {policy.name} has no version {wanted}.")
    return found
