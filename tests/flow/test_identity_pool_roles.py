"""Role mappings, principal tags and developer identities, stage by stage.

https://docs.aws.amazon.com/cognito/latest/developerguide/role-based-access-control.html
https://docs.aws.amazon.com/cognito/latest/developerguide/attributes-for-access-control.html
https://docs.aws.amazon.com/cognito/latest/developerguide/developer-authenticated-identities.html
"""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

import jwt
import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from labkit.account import Account
from labkit.errors import LabError
from labkit.flow import access, developer_identity, principal_tags, sign_in
from labkit.flow import identity_pool as pools
from labkit.flow.identity_pool import Logins, authenticated_trust
from labkit.flow.role_mapping import RoleMapping, Rule, by_rules, by_token, provider_of
from labkit.provision import Lab
from labkit.record import Secret
from labkit.resources import AppClient, IdentityPool, Role, Tokens

_NUMBERS = itertools.count(1)
DEVELOPER = "login.example.app"


def login(account: Account, lab: Lab, username: str = "alice") -> Logins:
    assert lab.app_client
    tokens = sign_in.initiate_auth(account, lab.app_client, username, lab.users[username].password)
    assert isinstance(tokens, Tokens)
    return pools.logins(lab.app_client.user_pool, tokens.id_token)


@pytest.fixture
def pool(account: Account, app_client: AppClient) -> IdentityPool:
    return pools.create_identity_pool(
        account, "roles", app_clients=[app_client], allow_guests=False, DeveloperProviderName=DEVELOPER
    )


def new_role(account: Account, pool: IdentityPool, *, tag_sessions: bool = False) -> Role:
    trust = authenticated_trust(pool, tag_sessions=tag_sessions)
    return pools.create_role(account, f"mapped-{next(_NUMBERS)}", trust)


def caller(account: Account, credentials: object) -> str:
    return str(account.client("sts", credentials).get_caller_identity()["Arn"])  # type: ignore[arg-type]


def test_the_token_of_a_grouped_user_chooses_the_role(
    account: Account, lab: Lab, app_client: AppClient, pool: IdentityPool
) -> None:
    default, chosen = new_role(account, pool), new_role(account, pool)
    idp, group = account.client("cognito-idp"), f"group-{next(_NUMBERS)}"
    where = {"UserPoolId": app_client.user_pool.id, "GroupName": group}
    idp.create_group(**where, RoleArn=chosen.arn, Precedence=1)
    idp.admin_add_user_to_group(**where, Username="alice")
    mine = login(account, lab)
    identity = pools.get_id(account, pool, mine)
    for mappings, expected in (
        (None, default),
        ({provider_of(app_client): by_token(ambiguous="Deny")}, chosen),
    ):
        pools.set_identity_pool_roles(
            account, pool, authenticated=default, unauthenticated=None, role_mappings=mappings
        )
        credentials = pools.get_credentials_for_identity(account, identity, mine)
        assert f"assumed-role/{expected.name}/" in caller(account, credentials)
    idp.delete_group(**where)


def test_rules_choose_the_role_by_a_claim(
    account: Account, lab: Lab, app_client: AppClient, pool: IdentityPool
) -> None:
    default, chosen = new_role(account, pool), new_role(account, pool)
    rules = by_rules(Rule("cognito:username", "Equals", "alice", chosen), ambiguous="Deny")
    pools.set_identity_pool_roles(
        account,
        pool,
        authenticated=default,
        unauthenticated=None,
        role_mappings={provider_of(app_client): rules},
    )
    assert pools.get_identity_pool_roles(account, pool).role_mappings == {provider_of(app_client): rules}
    alice, bob = login(account, lab), login(account, lab, "bob")
    credentials = pools.get_credentials_for_identity(account, pools.get_id(account, pool, alice), alice)
    assert f"assumed-role/{chosen.name}/" in caller(account, credentials)
    with pytest.raises(ClientError) as caught:
        pools.get_credentials_for_identity(account, pools.get_id(account, pool, bob), bob)
    assert caught.value.response["Error"]["Code"] == "NotAuthorizedException"


def test_a_principal_tag_map_needs_a_role_that_lets_its_sessions_be_tagged(
    account: Account, lab: Lab, app_client: AppClient, pool: IdentityPool
) -> None:
    provider = app_client.user_pool.provider_name
    mine = login(account, lab)
    identity = pools.get_id(account, pool, mine)
    made = principal_tags.set_principal_tag_attribute_map(
        account, pool, provider, {"name": "cognito:username"}
    )
    assert principal_tags.get_principal_tag_attribute_map(account, pool, provider) == made
    plain, taggable = new_role(account, pool), new_role(account, pool, tag_sessions=True)
    pools.set_identity_pool_roles(account, pool, authenticated=taggable, unauthenticated=None)
    assert pools.get_credentials_for_identity(account, identity, mine).session_token
    pools.set_identity_pool_roles(account, pool, authenticated=plain, unauthenticated=None)
    with pytest.raises(ClientError) as caught:
        pools.get_credentials_for_identity(account, identity, mine)
    assert caught.value.response["Error"]["Code"] == "InvalidIdentityPoolConfigurationException"


def test_another_trust_policy_takes_the_place_of_the_one_before(
    account: Account, lab: Lab, app_client: AppClient, pool: IdentityPool
) -> None:
    role, mine = new_role(account, pool), login(account, lab)
    pools.set_identity_pool_roles(account, pool, authenticated=role, unauthenticated=None)
    identity = pools.get_id(account, pool, mine)
    assert pools.get_credentials_for_identity(account, identity, mine).session_token
    pools.update_assume_role_policy(account, role, pools.guest_trust(pool))
    with pytest.raises(ClientError) as caught:
        pools.get_credentials_for_identity(account, identity, mine)
    assert "sts:TagSession" in caught.value.__notes__[0]


def test_who_gets_no_role_or_asks_for_anothers_is_told_by_which_setting(
    account: Account, lab: Lab, app_client: AppClient, pool: IdentityPool
) -> None:
    default, other = new_role(account, pool), new_role(account, pool)
    everybody = by_rules(Rule("token_use", "Equals", "id", default), ambiguous="Deny")
    nobody = by_token(ambiguous="Deny")
    mine = login(account, lab)
    identity = pools.get_id(account, pool, mine)

    def mapped(mapping: RoleMapping, custom: str | None = None) -> object:
        pools.set_identity_pool_roles(
            account,
            pool,
            authenticated=default,
            unauthenticated=None,
            role_mappings={provider_of(app_client): mapping},
        )
        return pools.get_credentials_for_identity(account, identity, mine, custom_role_arn=custom)

    assert mapped(everybody, default.arn)
    with pytest.raises(ClientError) as denied:
        mapped(nobody)
    with pytest.raises(ClientError) as forbidden:
        mapped(everybody, other.arn)
    assert "AmbiguousRoleResolution" in denied.value.__notes__[0]
    assert "CustomRoleArn" in forbidden.value.__notes__[0]


def test_a_session_policy_makes_one_session_of_the_basic_flow_smaller(
    account: Account, lab: Lab, identity_pool: IdentityPool
) -> None:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html"""
    mine, role = login(account, lab), lab.roles["authenticated"]
    identity = pools.get_id(account, identity_pool, mine)
    token = pools.get_open_id_token(account, identity, mine).token
    reading = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    limits = {"Version": "2012-10-17", "Statement": [reading]}
    whole = pools.assume_role_with_web_identity(account, role, token, role_session_name="whole")
    small = pools.assume_role_with_web_identity(
        account, role, token, role_session_name="small", session_policy=limits
    )
    key = f"{identity.id}/note.txt"
    assert access.put_object(account, whole, str(lab.bucket), key, "hello").allowed
    assert access.get_object(account, small, str(lab.bucket), key).allowed
    refused = access.put_object(account, small, str(lab.bucket), key, "hello")
    assert "no session policy allows" in str(refused.message)


def test_a_developers_user_gets_an_identity_and_credentials(account: Account, pool: IdentityPool) -> None:
    role = new_role(account, pool, tag_sessions=True)
    pools.set_identity_pool_roles(account, pool, authenticated=role, unauthenticated=None)
    anna = developer_identity.get_open_id_token_for_developer_identity(
        account, pool, DEVELOPER, "anna", principal_tags={"team": "red"}
    )
    credentials = pools.get_credentials_for_identity(
        account, anna.identity, developer_identity.developer_logins(anna)
    )
    assert f"assumed-role/{role.name}/" in caller(account, credentials)
    found = developer_identity.lookup_developer_identity(account, pool, DEVELOPER, "anna")
    assert found == anna.identity


def test_developers_users_are_merged_and_parted(account: Account, pool: IdentityPool) -> None:
    anna, ann = (
        developer_identity.get_open_id_token_for_developer_identity(account, pool, DEVELOPER, name)
        for name in ("anna", "ann")
    )
    one = developer_identity.merge_developer_identities(
        account, pool, DEVELOPER, source="ann", destination="anna"
    )
    assert one == anna.identity
    developer_identity.unlink_developer_identity(account, one, DEVELOPER, "ann")
    again = developer_identity.get_open_id_token_for_developer_identity(account, pool, DEVELOPER, "ann")
    assert again.identity not in (anna.identity, ann.identity)
    with pytest.raises(ClientError) as caught:
        developer_identity.get_open_id_token_for_developer_identity(
            account, pool, DEVELOPER, "anna", identity=again.identity
        )
    assert "lookup_developer_identity" in caught.value.__notes__[0]


def test_an_account_is_told_an_issuers_keys(account: Account) -> None:
    issuer = f"https://issuer-{next(_NUMBERS)}.example.com"
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    provider = account.client("iam").create_open_id_connect_provider(
        Url=issuer, ClientIDList=["app"], ThumbprintList=["0" * 40]
    )["OpenIDConnectProviderArn"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": provider},
        "Action": "sts:AssumeRoleWithWebIdentity",
    }
    role = pools.create_role(
        account, f"web-{next(_NUMBERS)}", {"Version": "2012-10-17", "Statement": [statement]}
    )
    claims = {"iss": issuer, "sub": "anna", "aud": "app", "exp": int(datetime.now(UTC).timestamp()) + 600}
    token = Secret(jwt.encode(claims, key, algorithm="RS256", headers={"kid": "one"}))
    with pytest.raises(ClientError) as caught:
        pools.assume_role_with_web_identity(account, role, token, role_session_name="web")
    assert "tell_issuer_keys" in caught.value.__notes__[0]
    jwks = {"keys": [RSAAlgorithm.to_jwk(key.public_key(), as_dict=True) | {"kid": "one"}]}
    account.tell_issuer_keys(issuer, jwks)
    assert pools.assume_role_with_web_identity(account, role, token, role_session_name="web").session_token
    with pytest.raises(LabError, match="public RSA or EC keys"):
        account.tell_issuer_keys(issuer, {"keys": []})
