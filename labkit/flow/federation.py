"""Federation: a User Pool lets other identity providers say who a person is.

To the provider the pool is one more app (OpenID Connect's relying party, SAML's service provider); to your
app it stays the one issuer of tokens. The browser is sent there by `managed_login.authorization_url`, with
`identity_provider` (its name) or `idp_identifier` (one of its identifiers).
https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-identity-federation.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from labkit.account import Account
from labkit.flow.recorded import recorded
from labkit.record import ApiCall, Secret, masked, reveal
from labkit.resources import Acknowledgement, IdentityProvider, UserPool, UserPoolDomain

#: The name of what a provider itself calls the person by.
SUBJECT = "Cognito_Subject"
#: User Pool attribute → the provider's claim or attribute.
Mapped = Mapping[str, str]


def oidc_redirect_uri(domain: UserPoolDomain) -> str:
    """What to register with an OpenID Connect or social provider as the pool's redirect URI.

    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-oidc-idp.html
    """
    return f"{domain.url}/oauth2/idpresponse"


def saml_acs_url(domain: UserPoolDomain) -> str:
    """What to register with a SAML provider as the pool's assertion consumer service.

    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-saml-idp.html
    """
    return f"{domain.url}/saml2/idpresponse"


def saml_entity_id(user_pool: UserPool) -> str:
    """What to register with a SAML provider as the pool's name, and what its assertions are for.

    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-saml-idp-things-to-know.html
    """
    return f"urn:amazon:cognito:sp:{user_pool.id}"


def create_identity_provider(
    account: Account,
    user_pool: UserPool,
    name: str,
    provider_type: str,
    details: Mapping[str, str | Secret],
    *,
    attribute_mapping: Mapped,
    idp_identifiers: Iterable[str] = (),
) -> IdentityProvider:
    """Another identity provider of the pool: `OIDC`, `SAML`, or a social one, whose name is its type
    (`Google`, `Facebook`, `LoginWithAmazon`, `SignInWithApple`).

    `details` are AWS's ProviderDetails, which differ by type:
    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateIdentityProvider.html
    An app client offers the provider once its SupportedIdentityProviders name it.
    """
    with recorded(account) as calls:
        answer = account.client("cognito-idp").create_identity_provider(
            UserPoolId=user_pool.id,
            ProviderName=name,
            ProviderType=provider_type,
            ProviderDetails={key: reveal(value) for key, value in details.items()},
            AttributeMapping=dict(attribute_mapping),
            IdpIdentifiers=list(idp_identifiers),
        )
    return _provider(user_pool, answer, calls)


def update_identity_provider(
    account: Account,
    provider: IdentityProvider,
    *,
    attribute_mapping: Mapped | None = None,
    details: Mapping[str, str | Secret] | None = None,
) -> IdentityProvider:
    """Another attribute mapping, or other details, in place of those that it has."""
    changed: dict[str, Any] = {}
    if attribute_mapping is not None:
        changed["AttributeMapping"] = dict(attribute_mapping)
    if details is not None:
        changed["ProviderDetails"] = {key: reveal(value) for key, value in details.items()}
    with recorded(account) as calls:
        answer = account.client("cognito-idp").update_identity_provider(
            UserPoolId=provider.user_pool.id, ProviderName=provider.name, **changed
        )
    return _provider(provider.user_pool, answer, calls)


def describe_identity_provider(account: Account, user_pool: UserPool, name: str) -> IdentityProvider:
    """The provider as it is now, with what AWS found out by itself, as an issuer's endpoints."""
    with recorded(account) as calls:
        answer = account.client("cognito-idp").describe_identity_provider(
            UserPoolId=user_pool.id, ProviderName=name
        )
    return _provider(user_pool, answer, calls)


def get_identity_provider_by_identifier(
    account: Account, user_pool: UserPool, idp_identifier: str
) -> IdentityProvider:
    """The provider that has this identifier, as an app asks that has only an address's domain to go by.

    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_GetIdentityProviderByIdentifier.html
    """
    with recorded(account) as calls:
        answer = account.client("cognito-idp").get_identity_provider_by_identifier(
            UserPoolId=user_pool.id, IdpIdentifier=idp_identifier
        )
    return _provider(user_pool, answer, calls)


def delete_identity_provider(account: Account, provider: IdentityProvider) -> Acknowledgement:
    """Its users stay in the pool, and cannot sign in by it any more."""
    with recorded(account) as calls:
        account.client("cognito-idp").delete_identity_provider(
            UserPoolId=provider.user_pool.id, ProviderName=provider.name
        )
    return Acknowledgement("DeleteIdentityProvider", calls=tuple(calls))


def admin_link_provider_for_user(
    account: Account,
    provider: IdentityProvider,
    value: str,
    username: str,
    *,
    attribute: str = SUBJECT,
) -> Acknowledgement:
    """Whoever the provider knows by `value` is the pool's user `username` from now on.

    The person must not have signed in by the provider before. Whoever the provider lets be `value` can be
    `username`, so link what you trust it to check:
    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-identity-federation-consolidate-users.html
    """
    with recorded(account) as calls:
        account.client("cognito-idp").admin_link_provider_for_user(
            UserPoolId=provider.user_pool.id,
            DestinationUser={"ProviderName": "Cognito", "ProviderAttributeValue": username},
            SourceUser=_at(provider, attribute, value),
        )
    return Acknowledgement("AdminLinkProviderForUser", calls=tuple(calls))


def admin_disable_provider_for_user(
    account: Account, provider: IdentityProvider, value: str, *, attribute: str = SUBJECT
) -> Acknowledgement:
    """End a link: who signs in by the provider next is a user of their own."""
    with recorded(account) as calls:
        account.client("cognito-idp").admin_disable_provider_for_user(
            UserPoolId=provider.user_pool.id, User=_at(provider, attribute, value)
        )
    return Acknowledgement("AdminDisableProviderForUser", calls=tuple(calls))


def _at(provider: IdentityProvider, attribute: str, value: str) -> dict[str, str]:
    return {
        "ProviderName": provider.name,
        "ProviderAttributeName": attribute,
        "ProviderAttributeValue": value,
    }


def _provider(user_pool: UserPool, answer: Mapping[str, Any], calls: list[ApiCall]) -> IdentityProvider:
    found = answer["IdentityProvider"]
    return IdentityProvider(
        found["ProviderName"],
        found["ProviderType"],
        user_pool,
        dict(found.get("AttributeMapping", {})),
        tuple(found.get("IdpIdentifiers", ())),
        masked(found["ProviderDetails"]),
        calls=tuple(calls),
    )
