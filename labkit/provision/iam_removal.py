"""Finding and deleting the identity providers that the lab registered in IAM."""

from __future__ import annotations

from typing import Any

from labkit.account import Account
from labkit.provision.kinds import Kind


def _listed(account: Account, operation: str, key: str) -> dict[str, str]:
    found = getattr(account.client("iam"), operation)()[key]
    return {item["Arn"]: item["Arn"].partition("/")[2] for item in found}


def _pairs(answer: Any) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in answer.get("Tags", ())}


def _saml_providers(account: Account) -> dict[str, str]:
    return _listed(account, "list_saml_providers", "SAMLProviderList")


def _saml_tags(account: Account, arn: str) -> dict[str, str]:
    return _pairs(account.client("iam").get_saml_provider(SAMLProviderArn=arn))


def _delete_saml(account: Account, arn: str) -> None:
    account.client("iam").delete_saml_provider(SAMLProviderArn=arn)


def _oidc_providers(account: Account) -> dict[str, str]:
    return _listed(account, "list_open_id_connect_providers", "OpenIDConnectProviderList")


def _oidc_tags(account: Account, arn: str) -> dict[str, str]:
    return _pairs(account.client("iam").get_open_id_connect_provider(OpenIDConnectProviderArn=arn))


def _delete_oidc(account: Account, arn: str) -> None:
    account.client("iam").delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)


KINDS = (
    Kind("SAMLProvider", "SAML provider", _saml_providers, _saml_tags, _delete_saml),
    Kind("OpenIDConnectProvider", "OpenID Connect provider", _oidc_providers, _oidc_tags, _delete_oidc),
)
