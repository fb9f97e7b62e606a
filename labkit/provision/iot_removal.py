"""Things, certificates and IoT policies of the lab, and how AWS lets them go.

https://docs.aws.amazon.com/iot/latest/developerguide/thing-registry.html
"""

from __future__ import annotations

from typing import Any

from labkit.account import Account
from labkit.account.guard import TAG
from labkit.provision.kinds import Kind, pages


def _things(account: Account) -> dict[str, str]:
    """Those with the lab's attribute: Things have no tags."""
    own = {"attributeName": TAG, "attributeValue": account.lab}
    names = [thing["thingName"] for thing in pages(account.client("iot"), "list_things", "things", **own)]
    return dict(zip(names, names, strict=True))


def _delete_thing(account: Account, name: str) -> None:
    """AWS deletes a Thing only without its principals."""
    iot = account.client("iot")
    for principal in pages(iot, "list_thing_principals", "principals", thingName=name):
        iot.detach_thing_principal(thingName=name, principal=principal)
    iot.delete_thing(thingName=name)


def _certificates(account: Account) -> dict[str, str]:
    """Those of the lab's Things, and those in the ledger: certificates have neither name nor tags."""
    iot = account.client("iot")
    principals = [
        principal
        for thing in _things(account)
        for principal in pages(iot, "list_thing_principals", "principals", thingName=thing)
    ]
    ours = {arn.rpartition("/")[2] for arn in principals if ":cert/" in arn}
    ours |= {entry.id for entry in account.ledger.entries if entry.kind == "Certificate"}
    all_of_them = pages(iot, "list_certificates", "certificates") if ours else []
    there = ours & {certificate["certificateId"] for certificate in all_of_them}
    return {certificate_id: certificate_id[:12] for certificate_id in sorted(there)}


def _delete_certificate(account: Account, certificate_id: str) -> None:
    """AWS deletes a certificate only when it is inactive and attached to nothing.

    https://docs.aws.amazon.com/iot/latest/apireference/API_DeleteCertificate.html
    """
    iot = account.client("iot")
    arn = iot.describe_certificate(certificateId=certificate_id)["certificateDescription"]["certificateArn"]
    for thing in pages(iot, "list_principal_things", "things", principal=arn):
        iot.detach_thing_principal(thingName=thing, principal=arn)
    for policy in pages(iot, "list_attached_policies", "policies", target=arn):
        iot.detach_policy(policyName=policy["policyName"], target=arn)
    iot.update_certificate(certificateId=certificate_id, newStatus="INACTIVE")
    iot.delete_certificate(certificateId=certificate_id)


def _policies(account: Account) -> dict[str, str]:
    names = [policy["policyName"] for policy in pages(account.client("iot"), "list_policies", "policies")]
    return dict(zip(names, names, strict=True))


def _policy_tags(account: Account, name: str) -> dict[str, str]:
    arn = f"arn:aws:iot:{account.region}:{account.account_id}:policy/{name}"
    found: list[Any] = pages(account.client("iot"), "list_tags_for_resource", "tags", resourceArn=arn)
    return {tag["Key"]: tag["Value"] for tag in found}


def _delete_policy(account: Account, name: str) -> None:
    """AWS deletes a policy only when it is attached to nobody and has one version.

    https://docs.aws.amazon.com/iot/latest/apireference/API_DeletePolicy.html
    """
    iot = account.client("iot")
    for target in pages(iot, "list_targets_for_policy", "targets", policyName=name):
        iot.detach_policy(policyName=name, target=target)
    for version in iot.list_policy_versions(policyName=name)["policyVersions"]:
        if not version["isDefaultVersion"]:
            iot.delete_policy_version(policyName=name, policyVersionId=version["versionId"])
    iot.delete_policy(policyName=name)


def _ours(account: Account, _: str) -> dict[str, str]:
    """What was found was found by the lab's own marks."""
    return {TAG: account.lab}


#: In the order of deletion: a certificate is found by its Thing.
KINDS = (
    Kind("Certificate", "certificate", _certificates, _ours, _delete_certificate),
    Kind("IotPolicy", "IoT policy", _policies, _policy_tags, _delete_policy),
    Kind("Thing", "Thing", _things, _ours, _delete_thing),
)
