"""A user pool's identity providers: their operations. moto keeps them.

https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateIdentityProvider.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.local.certificate import self_signed
from labkit.local.errors import AwsError, not_simulated
from labkit.local.federation import details, groups
from labkit.local.managed_login.domains import origin
from labkit.local.operations import Call
from labkit.local.user_pools.directory import pages
from labkit.local.user_pools.directory.attributes import is_known
from labkit.local.user_pools.pools import Pool, pool_asked
from labkit.local.user_pools.settings import oauth_settings

if TYPE_CHECKING:
    from labkit.local.state import State

#: moto's CognitoIdpIdentityProvider.
Provider = Any

#: Where the username of a provider's users comes from.
#: https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-specifying-attribute-mapping.html
SUBJECT = {
    "Facebook": "id",
    "Google": "sub",
    "LoginWithAmazon": "user_id",
    "OIDC": "sub",
    "SignInWithApple": "sub",
}


def create_identity_provider(call: Call, state: State) -> dict[str, Any]:
    from moto.cognitoidp.models import CognitoIdpIdentityProvider

    pool, given = pool_asked(call, state), call.parameters
    name, kind = given["ProviderName"], given["ProviderType"]
    _require_name(pool, name, kind)
    provider = CognitoIdpIdentityProvider(name, {"ProviderType": kind})
    _configure(pool, provider, given, call, state)
    provider.creation_date = provider.last_modified_date
    pool.identity_providers[name] = provider
    groups.of_provider(pool, name)
    return {"IdentityProvider": _shown(pool, provider)}


def _require_name(pool: Pool, name: str, kind: str) -> None:
    """The texts as AWS gave them: https://github.com/aws/aws-cli/issues/3179 and
    https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1287
    """
    if name in pool.identity_providers:
        raise AwsError("DuplicateProviderException", f"{name} already exists in user pool {pool.id}")
    if (kind in details.SOCIAL or name in details.SOCIAL) and name != kind:
        raise _invalid(f"Provider {name} cannot be of type {kind}.")


def _configure(pool: Pool, provider: Provider, given: dict[str, Any], call: Call, state: State) -> None:
    """Take what a call gives; what it leaves out stays."""
    kept = dict(provider.extended_config)
    kind, own = kept["ProviderType"], origin(call.request)
    if "ProviderDetails" in given:
        kept["ProviderDetails"] = details.completed(kind, given["ProviderDetails"], own, state)
        if kind == "SAML":
            found = details.metadata(kept["ProviderDetails"], own, state)
            kept["ProviderDetails"] |= _addresses(found)
            if details.is_on(kept["ProviderDetails"], "EncryptedResponses"):
                key = state.federation.encryption_key(pool.id, provider.name)
                kept["ProviderDetails"]["ActiveEncryptionCertificate"] = self_signed(key, pool.id)
            if details.is_on(kept["ProviderDetails"], "IDPInit"):
                _require_saml_beside(pool, provider.name)
            state.federation.metadata[(pool.id, provider.name)] = found
    if given.get("AttributeMapping") is not None:
        _require_mapped(pool, given["AttributeMapping"])
        _require_own_username(kind, given["AttributeMapping"])
        kept["AttributeMapping"] = given["AttributeMapping"]
    if kind in SUBJECT:
        kept["AttributeMapping"] = {"username": SUBJECT[kind]} | (kept.get("AttributeMapping") or {})
    if given.get("IdpIdentifiers") is not None:
        _require_free(pool, provider, given["IdpIdentifiers"])
        kept["IdpIdentifiers"] = given["IdpIdentifiers"]
    provider.extended_config, provider.last_modified_date = kept, state.clock.now()


def _require_saml_beside(pool: Pool, name: str) -> None:
    """At every client that has the provider, before a sign-in may begin there (unconfirmed for an update)."""
    for client in pool.clients.values():
        names = client.extended_config.get("SupportedIdentityProviders") or []
        if name in names:
            oauth_settings.require_saml(pool, names)


def _addresses(metadata: Any) -> dict[str, str]:
    found = {"SSORedirectBindingURI": metadata.sign_on, "SLORedirectBindingURI": metadata.sign_out}
    return {name: url for name, url in found.items() if url}


def _require_mapped(pool: Pool, mapping: dict[str, str]) -> None:
    """Each key names an attribute of the pool's (AWS documents no text)."""
    for name in mapping:
        if name != "username" and (name == "sub" or not is_known(pool, name)):
            raise _invalid(f"Invalid AttributeMapping: the user pool has no attribute {name} to write.")


def _require_own_username(kind: str, mapping: dict[str, str]) -> None:
    """The username comes from one claim of each type. What AWS says to another one is not documented.

    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-specifying-attribute-mapping.html
    """
    wanted = mapping.get("username")
    if kind in SUBJECT and wanted not in (None, SUBJECT[kind]):
        raise not_simulated(f"a username of {kind} users from `{wanted}`, not `{SUBJECT[kind]}`")


def _require_free(pool: Pool, provider: Provider, identifiers: list[str]) -> None:
    """One identifier names one provider (AWS documents no text)."""
    for other in pool.identity_providers.values():
        taken = set(other.extended_config.get("IdpIdentifiers") or []) & set(identifiers)
        if taken and other.name != provider.name:
            raise AwsError(
                "DuplicateProviderException", f"{min(taken)} already exists in user pool {pool.id}"
            )


def update_identity_provider(call: Call, state: State) -> dict[str, Any]:
    pool, provider = _asked(call, state)
    _configure(pool, provider, call.parameters, call, state)
    return {"IdentityProvider": _shown(pool, provider)}


def describe_identity_provider(call: Call, state: State) -> dict[str, Any]:
    pool, provider = _asked(call, state)
    return {"IdentityProvider": _shown(pool, provider)}


def get_identity_provider_by_identifier(call: Call, state: State) -> dict[str, Any]:
    pool, wanted = pool_asked(call, state), call.parameters["IdpIdentifier"]
    for provider in pool.identity_providers.values():
        if wanted in (provider.extended_config.get("IdpIdentifiers") or []):
            return {"IdentityProvider": _shown(pool, provider)}
    raise _missing(wanted)


def delete_identity_provider(call: Call, state: State) -> dict[str, Any]:
    pool, provider = _asked(call, state)
    del pool.identity_providers[provider.name]
    state.federation.metadata.pop((pool.id, provider.name), None)
    return {}


def list_identity_providers(call: Call, state: State) -> dict[str, Any]:
    pool = pool_asked(call, state)
    found = list(pool.identity_providers.values())
    page, token = pages.page(found, call, "NextToken", "MaxResults", state)
    return {"Providers": [_described(provider) for provider in page]} | token


def _asked(call: Call, state: State) -> tuple[Pool, Provider]:
    pool, name = pool_asked(call, state), call.parameters["ProviderName"]
    if name not in pool.identity_providers:
        raise _missing(name)
    return pool, pool.identity_providers[name]


def _described(provider: Provider) -> dict[str, Any]:
    return {
        "ProviderName": provider.name,
        "ProviderType": provider.extended_config["ProviderType"],
        "LastModifiedDate": provider.last_modified_date,
        "CreationDate": provider.creation_date,
    }


def _shown(pool: Pool, provider: Provider) -> dict[str, Any]:
    """AWS's IdentityProviderType; Apple's private key is not shown."""
    kept = dict(provider.extended_config)
    kept["ProviderDetails"] = {k: v for k, v in kept["ProviderDetails"].items() if k != "private_key"}
    return {"UserPoolId": pool.id} | _described(provider) | kept


def _missing(name: str) -> AwsError:
    return AwsError("ResourceNotFoundException", f"Identity provider {name} does not exist.")


def _invalid(text: str) -> AwsError:
    return AwsError("InvalidParameterException", text)
