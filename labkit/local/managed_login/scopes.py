"""Which flows and scopes an app client may have, and which of them a request is granted."""

from __future__ import annotations

from labkit.local.user_pools.directory.attributes import standard_attributes
from labkit.local.user_pools.pools import Client
from labkit.local.user_pools.tokens.scopes import ADDRESSES, NEED_OPENID, OPENID


def allows(client: Client, flow: str) -> bool:
    """Whether the client may use `code`, `implicit` or `client_credentials` at all.

    "When false, [AllowedOAuthFlowsUserPoolClient] only SDK-based API sign-in is permitted."
    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html
    """
    settings = client.extended_config
    on = bool(settings.get("AllowedOAuthFlowsUserPoolClient"))
    return on and flow in (settings.get("AllowedOAuthFlows") or [])


def readable(client: Client, wanted: tuple[str, ...]) -> bool:
    """ "invalid_grant: … App client doesn't have read access to all attributes in the requested scope. For
    example, your app requests the email scope and your app client can read the email attribute, but not
    email_verified." (`profile` gives what can be read.)

    https://docs.aws.amazon.com/cognito/latest/developerguide/token-endpoint.html
    """
    names = client.extended_config.get("ReadAttributes") or standard_attributes()
    return all(name in names for scope in wanted for name in ADDRESSES.get(scope, ()))


def granted(client: Client, asked: str | None) -> tuple[str, ...] | None:
    """The scopes that were asked for, or without a wish all of the client's; None where one cannot be had.

    "If you request a scope that you haven't associated with your app client, … authentication fails." (Of the
    endpoints' pages one says in another place that it is ignored.)
    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-define-resource-servers.html
    """
    allowed = client.extended_config.get("AllowedOAuthScopes") or []
    wanted = tuple(dict.fromkeys((asked or "").split())) or tuple(allowed)
    if not wanted or not set(wanted) <= set(allowed):
        return None
    return None if OPENID not in wanted and set(wanted) & set(NEED_OPENID) else wanted
