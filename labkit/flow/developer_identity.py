"""Developer-authenticated identities: your own backend vouches for the user, with its AWS credentials.

`get_open_id_token_for_developer_identity` takes the place of `get_id`; the app shows the token as a login
(`developer_logins`) to `get_credentials_for_identity`.
https://docs.aws.amazon.com/cognito/latest/developerguide/developer-authenticated-identities.html
"""

from __future__ import annotations

from collections.abc import Mapping

from labkit.account import Account
from labkit.flow.identity_pool import NO_LOGINS, Logins
from labkit.flow.recorded import recorded
from labkit.record import Secret, reveal
from labkit.resources import Acknowledgement, Identity, IdentityPool, OpenIdToken

#: The provider in the Logins map of a developer's token, the same for every Identity Pool.
COGNITO_IDENTITY = "cognito-identity.amazonaws.com"


def developer_logins(token: OpenIdToken) -> Logins:
    """The Logins map of an app that its backend gave this token."""
    return {COGNITO_IDENTITY: token.token}


def get_open_id_token_for_developer_identity(
    account: Account,
    identity_pool: IdentityPool,
    developer_provider: str,
    user_identifier: str,
    *,
    identity: Identity | None = None,
    logins: Logins = NO_LOGINS,
    principal_tags: Mapping[str, str] | None = None,
    token_duration: int = 900,
) -> OpenIdToken:
    """The user's Identity ID, new where nobody knew the user, and a token of `token_duration` seconds.

    `identity` links the user to an Identity ID that is there; `logins` links public logins as well.
    """
    known = {"IdentityId": identity.id} if identity else {}
    tags = {"PrincipalTags": dict(principal_tags)} if principal_tags else {}
    given = {developer_provider: user_identifier} | {name: reveal(token) for name, token in logins.items()}
    with recorded(account) as calls:
        answer = account.client("cognito-identity").get_open_id_token_for_developer_identity(
            IdentityPoolId=identity_pool.id,
            Logins=given,
            TokenDuration=token_duration,
            **known,
            **tags,
        )
    owner = Identity(answer["IdentityId"], identity_pool, tuple(given), calls=tuple(calls))
    return OpenIdToken(owner, Secret(answer["Token"]), calls=tuple(calls))


def lookup_developer_identity(
    account: Account, identity_pool: IdentityPool, developer_provider: str, user_identifier: str
) -> Identity:
    """The Identity ID that a user of the backend has."""
    with recorded(account) as calls:
        answer = account.client("cognito-identity").lookup_developer_identity(
            IdentityPoolId=identity_pool.id, DeveloperUserIdentifier=user_identifier
        )
    return Identity(answer["IdentityId"], identity_pool, (developer_provider,), calls=tuple(calls))


def merge_developer_identities(
    account: Account, identity_pool: IdentityPool, developer_provider: str, *, source: str, destination: str
) -> Identity:
    """One Identity ID for two users: the destination's. The source's is of no use any more."""
    with recorded(account) as calls:
        answer = account.client("cognito-identity").merge_developer_identities(
            IdentityPoolId=identity_pool.id,
            DeveloperProviderName=developer_provider,
            SourceUserIdentifier=source,
            DestinationUserIdentifier=destination,
        )
    return Identity(answer["IdentityId"], identity_pool, (developer_provider,), calls=tuple(calls))


def unlink_developer_identity(
    account: Account, identity: Identity, developer_provider: str, user_identifier: str
) -> Acknowledgement:
    """Part a user from the Identity ID: the next time the user is a new one."""
    with recorded(account) as calls:
        account.client("cognito-identity").unlink_developer_identity(
            IdentityId=identity.id,
            IdentityPoolId=identity.pool.id,
            DeveloperProviderName=developer_provider,
            DeveloperUserIdentifier=user_identifier,
        )
    return Acknowledgement("UnlinkDeveloperIdentity", calls=tuple(calls))
