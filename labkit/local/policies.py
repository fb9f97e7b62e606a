"""Policy documents are read when they are stored, as AWS does; moto would take almost any."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from labkit.errors import PolicySyntaxError
from labkit.local.errors import AwsError, not_simulated
from labkit.local.expressions import KeyCondition
from labkit.local.operations import Call
from labkit.local.saml import Metadata, NotMetadata
from labkit.policy import Policy
from labkit.policy.grammar import Kind

if TYPE_CHECKING:
    from labkit.local.state import State


def check_document(call: Call, state: State) -> None:
    """The identity policy of PutRolePolicy, CreatePolicy and their like."""
    _require(call.parameters.get("PolicyDocument"), "identity", "MalformedPolicyDocument")


def check_trust(call: Call, state: State) -> None:
    """The trust policy of CreateRole and UpdateAssumeRolePolicy."""
    document = call.parameters.get("AssumeRolePolicyDocument") or call.parameters.get("PolicyDocument")
    _require(document, "trust", "MalformedPolicyDocument")


def check_new_role(call: Call, state: State) -> None:
    """CreateRole: its trust policy, and its permissions boundary, which may be AWS's own."""
    check_trust(call, state)
    load_aws_managed(call, state)


def refuse_boundary(call: Call, state: State) -> None:
    """moto's users have no permissions boundary, so that one would be forgotten rather than enforced."""
    if call.parameters.get("PermissionsBoundary"):
        raise not_simulated(f"iam:{call.operation} with PermissionsBoundary")


def plain_key_condition(call: Call, state: State) -> None:
    """One reading of a Query's key condition: moto's own parser knows no white space but single blanks."""
    if call.parameters.get("KeyConditionExpression"):
        call.replace(KeyConditionExpression=KeyCondition(call.parameters).text)


def check_bucket_policy(call: Call, state: State) -> None:
    try:
        document = call.request.body.decode()
    except UnicodeDecodeError:
        raise AwsError("MalformedPolicy", "This policy contains invalid Json") from None
    _require(document, "resource", "MalformedPolicy")


def _require(document: Any, kind: Kind, code: str) -> None:
    if not isinstance(document, str):
        return  # a missing parameter is told apart by whoever reads it next
    try:
        Policy.parse(document, kind=kind)
    except PolicySyntaxError as error:
        raise AwsError(code, f"{error}.") from None


def load_aws_managed(call: Call, state: State) -> None:
    """Make the AWS managed policy known that this call names."""
    make_known(call.parameters.get("PolicyArn") or call.parameters.get("PermissionsBoundary") or "", state)


def make_known(arn: str, state: State) -> None:
    """Give moto one AWS managed policy; all 1,500 would slow the start."""
    from moto.iam.models import AWSManagedPolicy, iam_backends

    iam = iam_backends[state.account_id]["aws"]
    if not arn.startswith("arn:aws:iam::aws:policy/") or arn in iam.managed_policies:
        return
    for name, data in _aws_managed().items():
        if arn == f"arn:aws:iam::aws:policy{data['Path']}{name}":
            iam.managed_policies[arn] = AWSManagedPolicy.from_data(name, state.account_id, "aws", data)


@lru_cache(maxsize=1)
def _aws_managed() -> dict[str, Any]:
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    return json.loads(aws_managed_policies_data)  # type: ignore[no-any-return]


def check_saml_metadata(call: Call, state: State) -> None:
    """The metadata document of CreateSAMLProvider and UpdateSAMLProvider: whom to believe later.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_saml.html (Could not parse metadata)
    """
    document = call.parameters.get("SAMLMetadataDocument")
    if document is None:
        return
    try:
        Metadata.parse(str(document))
    except NotMetadata:
        raise AwsError("InvalidInput", "Could not parse metadata") from None
