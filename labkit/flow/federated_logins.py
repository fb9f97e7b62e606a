"""Identity providers that an Identity Pool takes directly, without a User Pool between them.

Each has its key in the Logins map, and its proof.
https://docs.aws.amazon.com/cognito/latest/developerguide/external-identity-providers.html
"""

from __future__ import annotations

from collections.abc import Sequence

from labkit.account import Account
from labkit.flow.identity_pool import Logins
from labkit.flow.recorded import recorded
from labkit.record import Secret
from labkit.resources import IamIdentityProvider

#: For CreateIdentityPool's SupportedLoginProviders, and the Logins map.
GOOGLE, APPLE = "accounts.google.com", "appleid.apple.com"
FACEBOOK, AMAZON = "graph.facebook.com", "www.amazon.com"


def google_logins(id_token: str | Secret) -> Logins:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/google.html"""
    return {GOOGLE: id_token}


def apple_logins(id_token: str | Secret) -> Logins:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/apple.html"""
    return {APPLE: id_token}


def facebook_logins(access_token: str | Secret) -> Logins:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/facebook.html"""
    return {FACEBOOK: access_token}


def amazon_logins(access_token: str | Secret) -> Logins:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/amazon.html"""
    return {AMAZON: access_token}


def oidc_logins(issuer: str, id_token: str | Secret) -> Logins:
    """The key is the issuer without `https://`.

    https://docs.aws.amazon.com/cognito/latest/developerguide/open-id.html
    """
    return {issuer.removeprefix("https://"): id_token}


def saml_logins(provider: IamIdentityProvider, response: str | Secret) -> Logins:
    """The key is the provider's ARN, the proof the response as the browser posted it; enhanced flow only.

    https://docs.aws.amazon.com/cognito/latest/developerguide/saml-identity-provider.html
    """
    return {provider.arn: response}


def create_open_id_connect_provider(
    account: Account, issuer: str, client_ids: Sequence[str]
) -> IamIdentityProvider:
    """IAM's entry for an issuer, which an Identity Pool names in OpenIdConnectProviderARNs.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html
    """
    with recorded(account) as calls:
        answer = account.client("iam").create_open_id_connect_provider(
            Url=issuer, ClientIDList=list(client_ids)
        )
    return IamIdentityProvider(answer["OpenIDConnectProviderArn"], calls=tuple(calls))


def create_saml_provider(account: Account, name: str, metadata: str) -> IamIdentityProvider:
    """IAM's entry for a SAML provider, by its metadata; an Identity Pool names it in SamlProviderARNs.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateSAMLProvider.html
    """
    with recorded(account) as calls:
        answer = account.client("iam").create_saml_provider(Name=name, SAMLMetadataDocument=metadata)
    return IamIdentityProvider(answer["SAMLProviderArn"], calls=tuple(calls))
