"""AWS IoT Core's registry and policies: which Things there are, and who may say what to whom.

An authenticated Cognito identity needs its role's policy *and* an IoT policy attached to its Identity
ID; a guest needs the role's alone; a device's certificate needs an IoT policy.
https://docs.aws.amazon.com/iot/latest/developerguide/cognito-identities.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from labkit.account import Account
from labkit.flow.recorded import recorded
from labkit.record import Secret
from labkit.resources import Acknowledgement, Identity
from labkit.things import Certificate, IotEndpoint, IotPolicy, Thing

Document = Mapping[str, Any]

#: Whom an IoT policy is attached to, and who can be a Thing's principal.
Principal = Identity | Certificate


def describe_endpoint(account: Account) -> IotEndpoint:
    """Where devices and apps of this account connect."""
    return account.iot


def create_thing(account: Account, name: str, attributes: Mapping[str, str] | None = None) -> Thing:
    """A new entry in the registry; one with the same name and attributes stays as it is."""
    given = dict(attributes or {})
    payload = {"attributePayload": {"attributes": given}} if given else {}
    with recorded(account) as calls:
        answer = account.client("iot").create_thing(thingName=name, **payload)
    return Thing(answer["thingName"], answer["thingArn"], given, calls=tuple(calls))


def create_keys_and_certificate(account: Account) -> Certificate:
    """A new client certificate, active, and its private key, which AWS does not keep."""
    with recorded(account) as calls:
        answer = account.client("iot").create_keys_and_certificate(setAsActive=True)
    key = Secret(answer["keyPair"]["PrivateKey"])
    return Certificate(
        answer["certificateId"], answer["certificateArn"], answer["certificatePem"], key, tuple(calls)
    )


def attach_thing_principal(account: Account, thing: Thing, principal: Principal) -> Acknowledgement:
    """This certificate, or this identity, is the Thing's: policies with Thing variables then apply."""
    with recorded(account) as calls:
        account.client("iot").attach_thing_principal(thingName=thing.name, principal=_target(principal))
    return Acknowledgement("AttachThingPrincipal", calls=tuple(calls))


def create_policy(account: Account, name: str, document: Document) -> IotPolicy:
    """A new IoT policy. It allows nothing until it is attached (`attach_policy`)."""
    with recorded(account) as calls:
        answer = account.client("iot").create_policy(policyName=name, policyDocument=json.dumps(document))
    return IotPolicy(name, answer["policyArn"], document, answer["policyVersionId"], calls=tuple(calls))


def create_policy_version(account: Account, policy: IotPolicy, document: Document) -> IotPolicy:
    """Another document for the policy, which counts from now on. AWS keeps five versions at most.

    https://docs.aws.amazon.com/iot/latest/apireference/API_CreatePolicyVersion.html
    """
    with recorded(account) as calls:
        answer = account.client("iot").create_policy_version(
            policyName=policy.name, policyDocument=json.dumps(document), setAsDefault=True
        )
    return IotPolicy(policy.name, policy.arn, document, answer["policyVersionId"], calls=tuple(calls))


def delete_policy_version(account: Account, policy: IotPolicy, version: str) -> Acknowledgement:
    """Remove a version that does not count any more."""
    with recorded(account) as calls:
        account.client("iot").delete_policy_version(policyName=policy.name, policyVersionId=version)
    return Acknowledgement("DeletePolicyVersion", calls=tuple(calls))


def attach_policy(account: Account, policy: IotPolicy, principal: Principal) -> Acknowledgement:
    """What the policy allows, this identity or certificate may do. The administrator's call."""
    with recorded(account) as calls:
        account.client("iot").attach_policy(policyName=policy.name, target=_target(principal))
    return Acknowledgement("AttachPolicy", calls=tuple(calls))


def detach_policy(account: Account, policy: IotPolicy, principal: Principal) -> Acknowledgement:
    """Take it away again."""
    with recorded(account) as calls:
        account.client("iot").detach_policy(policyName=policy.name, target=_target(principal))
    return Acknowledgement("DetachPolicy", calls=tuple(calls))


def list_attached_policies(account: Account, principal: Principal) -> Sequence[str]:
    """The names of the IoT policies that are attached to this identity or certificate."""
    answer = account.client("iot").list_attached_policies(target=_target(principal))
    return [policy["policyName"] for policy in answer["policies"]]


def _target(principal: Principal) -> str:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_AttachPolicy.html (target)"""
    return principal.id if isinstance(principal, Identity) else principal.arn
