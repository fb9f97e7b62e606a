"""Managed login: a browser signs a person in at the User Pool's domain, and the app gets tokens for a code.

https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-managed-login.html
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from labkit.account import Account
from labkit.errors import OAuthError
from labkit.flow.recorded import recorded
from labkit.record import Secret, reveal
from labkit.resources import (
    Acknowledgement,
    AppClient,
    OAuthTokens,
    PkcePair,
    UserInfo,
    UserPool,
    UserPoolDomain,
)


def create_user_pool_domain(account: Account, user_pool: UserPool, domain: str) -> UserPoolDomain:
    """Give the User Pool a domain; its name must be nobody else's in the Region."""
    with recorded(account) as calls:
        account.client("cognito-idp").create_user_pool_domain(Domain=domain, UserPoolId=user_pool.id)
    return UserPoolDomain(domain, account.domain_url(domain), user_pool, calls=tuple(calls))


def delete_user_pool_domain(account: Account, domain: UserPoolDomain) -> Acknowledgement:
    with recorded(account) as calls:
        account.client("cognito-idp").delete_user_pool_domain(
            Domain=domain.name, UserPoolId=domain.user_pool.id
        )
    return Acknowledgement("DeleteUserPoolDomain", calls=tuple(calls))


def create_resource_server(
    account: Account, user_pool: UserPool, identifier: str, scopes: Mapping[str, str]
) -> Acknowledgement:
    """Tell the User Pool of an API of yours; `scopes` are names and descriptions, as in `{"read": "See"}`.

    An app client then asks for `identifier/name`:
    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-define-resource-servers.html
    """
    listed = [{"ScopeName": name, "ScopeDescription": text} for name, text in scopes.items()]
    with recorded(account) as calls:
        account.client("cognito-idp").create_resource_server(
            UserPoolId=user_pool.id, Identifier=identifier, Name=identifier, Scopes=listed
        )
    return Acknowledgement("CreateResourceServer", calls=tuple(calls))


def pkce_pair() -> PkcePair:
    """A fresh verifier, and the challenge that is its hash (RFC 7636, sections 4.1 and 4.2)."""
    verifier = secrets.token_urlsafe(32)
    return PkcePair(Secret(verifier), _base64url(hashlib.sha256(verifier.encode()).digest()))


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def authorization_url(
    domain: UserPoolDomain,
    app_client: AppClient,
    redirect_uri: str,
    *,
    scopes: Iterable[str],
    state: str,
    pkce: PkcePair | None = None,
    response_type: str = "code",
    **parameters: str,
) -> str:
    """Where the app sends the browser; `parameters` are AWS's own, such as `nonce` or `identity_provider`.

    https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html
    """
    given = {
        "response_type": response_type,
        "client_id": app_client.id,
        "redirect_uri": redirect_uri,
        "scope": " ".join(scopes),
        "state": state,
    }
    if pkce is not None:
        given |= {"code_challenge": pkce.challenge, "code_challenge_method": pkce.method}
    return f"{domain.url}/oauth2/authorize?{urlencode(given | parameters)}"


def logout_url(domain: UserPoolDomain, app_client: AppClient, logout_uri: str) -> str:
    """Where the app sends the browser to end the session; it comes back to `logout_uri`.

    https://docs.aws.amazon.com/cognito/latest/developerguide/logout-endpoint.html
    """
    return f"{domain.url}/logout?{urlencode({'client_id': app_client.id, 'logout_uri': logout_uri})}"


def exchange_code(
    account: Account,
    domain: UserPoolDomain,
    app_client: AppClient,
    code: str | Secret,
    redirect_uri: str,
    *,
    pkce: PkcePair | None = None,
) -> OAuthTokens:
    """Tokens for a code, which is good once and for five minutes.

    https://docs.aws.amazon.com/cognito/latest/developerguide/token-endpoint.html
    """
    form = {"grant_type": "authorization_code", "code": reveal(code), "redirect_uri": redirect_uri}
    if pkce is not None:
        form["code_verifier"] = pkce.verifier.reveal()
    return _tokens(account, domain, app_client, form)


def refresh(
    account: Account, domain: UserPoolDomain, app_client: AppClient, refresh_token: str | Secret
) -> OAuthTokens:
    """New tokens of the same sign-in, with the same scopes."""
    form = {"grant_type": "refresh_token", "refresh_token": reveal(refresh_token)}
    return _tokens(account, domain, app_client, form)


def client_credentials(
    account: Account, domain: UserPoolDomain, app_client: AppClient, scopes: Iterable[str] = ()
) -> OAuthTokens:
    """An access token for the app itself; without a wish, with all of its scopes."""
    wanted = " ".join(scopes)
    form = {"grant_type": "client_credentials"} | ({"scope": wanted} if wanted else {})
    return _tokens(account, domain, app_client, form)


def user_info(account: Account, domain: UserPoolDomain, access_token: str | Secret) -> UserInfo:
    """The attributes that the token's scopes open.

    https://docs.aws.amazon.com/cognito/latest/developerguide/userinfo-endpoint.html
    """
    bearer = {"Authorization": f"Bearer {reveal(access_token)}"}
    with recorded(account) as calls:
        found = dict(_asked(account, domain, "/oauth2/userInfo", headers=bearer))
    return UserInfo(str(found.pop("sub")), found, calls=tuple(calls))


def revoke(
    account: Account, domain: UserPoolDomain, app_client: AppClient, refresh_token: str | Secret
) -> Acknowledgement:
    """End a refresh token, and every access token that came of it.

    https://docs.aws.amazon.com/cognito/latest/developerguide/revocation-endpoint.html
    """
    form = {"token": reveal(refresh_token), "client_id": app_client.id}
    with recorded(account) as calls:
        _asked(account, domain, "/oauth2/revoke", form=form, headers=_proof(app_client))
    return Acknowledgement("/oauth2/revoke", calls=tuple(calls))


def _tokens(
    account: Account, domain: UserPoolDomain, app_client: AppClient, form: Mapping[str, str]
) -> OAuthTokens:
    with recorded(account) as calls:
        named = dict(form) | {"client_id": app_client.id}
        made = _asked(account, domain, "/oauth2/token", form=named, headers=_proof(app_client))
    return OAuthTokens(
        Secret(made["access_token"]),
        Secret(made["id_token"]) if "id_token" in made else None,
        Secret(made["refresh_token"]) if "refresh_token" in made else None,
        timedelta(seconds=int(made["expires_in"])),
        calls=tuple(calls),
    )


def _proof(app_client: AppClient) -> dict[str, str]:
    """HTTP Basic authentication, for an app with a secret."""
    if app_client.secret is None:
        return {}
    pair = f"{app_client.id}:{app_client.secret.reveal()}"
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


def _asked(
    account: Account,
    domain: UserPoolDomain,
    path: str,
    *,
    form: Mapping[str, str] | None = None,
    headers: Mapping[str, str],
) -> Mapping[str, Any]:
    answer = account.ask_domain(domain.name, path, form=form, headers=headers)
    if answer.status != 200:
        document = answer.document
        raise OAuthError(path, str(document.get("error")), str(document.get("error_description") or ""))
    return answer.document
