"""An app client's OAuth settings, on CreateUserPoolClient and UpdateUserPoolClient.

https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from labkit.local.errors import AwsError
from labkit.local.user_pools.pools import Pool
from labkit.local.user_pools.tokens import scopes

#: "These callback URLs are for testing purposes only."
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
#: What a browser runs or shows by itself, in the place of an app.
_NO_APP = ("javascript", "data", "file", "vbscript", "blob", "about")


def check(pool: Pool, settings: dict[str, Any], *, has_secret: bool) -> None:
    flows, allowed = settings.get("AllowedOAuthFlows") or [], settings.get("AllowedOAuthScopes") or []
    _require_known_scopes(pool, allowed)
    _require_known_providers(pool, settings.get("SupportedIdentityProviders") or [])
    _require_urls(settings)
    if settings.get("AllowedOAuthFlowsUserPoolClient") and not (flows and allowed):
        raise _wrong_flow(  # unconfirmed
            "AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is allowed to use "
            "OAuth flows."
        )
    if {"code", "implicit"} & {*flows} and not settings.get("CallbackURLs"):
        # https://github.com/cisagov/crossfeed/pull/440
        raise _wrong_flow("CallbackUrls can not be empty when code flow or implicit flow is selected")
    if "client_credentials" in flows:
        _require_machine(pool, flows, allowed, has_secret)


def _require_machine(pool: Pool, flows: list[str], allowed: list[str], has_secret: bool) -> None:
    """ "… you must add client_credentials as the only allowed OAuth flow." The tokens are "authorized by a
    combination of the client ID and client secret". The texts but the first as AWS gave them:
    https://jobairkhan.com/2019/02/10/aws-cognito-user-pools-client-credentials and
    https://github.com/hashicorp/terraform-provider-aws/issues/4984
    """
    if len(set(flows)) > 1:
        raise _wrong_flow(
            "client_credentials flow can not be selected along with code flow or implicit flow."
        )
    if not has_secret:
        raise _wrong_flow(
            "client_credentials flow can not be selected if client does not have a client secret."
        )
    for scope in allowed:
        if scope in scopes.RESERVED:
            raise _wrong_flow(f"{scope} is not supported with client_credentials flow")


def _require_known_scopes(pool: Pool, allowed: list[str]) -> None:
    """The text as AWS gave it: https://github.com/awsdocs/aws-cloudformation-user-guide/issues/564"""
    known = scopes.custom(pool) | set(scopes.RESERVED)
    for scope in allowed:
        if scope not in known:
            raise AwsError("ScopeDoesNotExistException", f"Invalid scope requested: {scope}")


def _require_known_providers(pool: Pool, names: list[str]) -> None:
    """The text as AWS gave it: https://github.com/aws-amplify/amplify-cli/issues/11986"""
    for name in names:
        if name != "COGNITO" and name not in pool.identity_providers:
            raise _invalid(f"The provider {name} does not exist for User Pool {pool.id}.")
    if any(_begins_sign_ins(pool.identity_providers[name]) for name in names if name != "COGNITO"):
        require_saml(pool, names)


def _begins_sign_ins(provider: Any) -> bool:
    """Whether this is a SAML provider at which a sign-in may begin."""
    config = provider.extended_config
    begins = str((config.get("ProviderDetails") or {}).get("IDPInit", "false"))
    return bool(config.get("ProviderType") == "SAML") and begins.lower() == "true"


def require_saml(pool: Pool, names: list[str]) -> None:
    """ "When you activate support for a SAML 2.0 IdP that supports IdP-initiated sign in an app client, you
    can only add other SAML 2.0 IdPs to that app client." No text is documented.

    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-saml-idp-things-to-know.html
    """
    for name in names:
        kind = pool.identity_providers[name].extended_config.get("ProviderType") if name != "COGNITO" else ""
        if kind != "SAML":
            raise _invalid(f"{name} cannot stand beside a SAML provider with IdP-initiated sign-in.")


def _require_urls(settings: dict[str, Any]) -> None:
    callbacks = settings.get("CallbackURLs") or []
    for url in (*callbacks, *(settings.get("LogoutURLs") or [])):
        _require_redirect(url)
    default = settings.get("DefaultRedirectURI")
    if default and default not in callbacks:
        raise _invalid(
            "DefaultRedirectURI must be in the CallbackURLs list."
        )  # the rule is AWS's, not the text


def _require_redirect(url: str) -> None:
    """An absolute URI without a fragment, by HTTPS but to this machine, or of an app's own scheme.

    The first text as AWS gave it: https://github.com/aws-amplify/amplify-cli/issues/5419
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        raise _invalid(f"{url} is not a valid URL.") from None
    if parts.scheme == "http" and host not in _LOOPBACK:
        raise _invalid(f"{url} cannot use the HTTP protocol.")
    if not parts.scheme or (parts.scheme in ("http", "https") and not host) or parts.scheme in _NO_APP:
        raise _invalid(f"{url} is not a valid URL.")
    if not url.isprintable() or " " in url:
        raise _invalid(f"{url!a} is not a valid URL.")
    if "#" in url:
        raise _invalid(f"{url} must not include a fragment.")


def _wrong_flow(text: str) -> AwsError:
    return AwsError("InvalidOAuthFlowException", text)


def _invalid(text: str) -> AwsError:
    return AwsError("InvalidParameterException", text)
