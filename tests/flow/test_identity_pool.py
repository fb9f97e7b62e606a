"""From a login to temporary credentials, by both flows.

https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flow.html
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from labkit.account import Account
from labkit.flow import identity_pool as pools
from labkit.flow import sign_in
from labkit.flow.identity_pool import Logins, authenticated_trust, guest_trust, logins
from labkit.provision import Lab
from labkit.record import Secret
from labkit.resources import AppClient, IdentityPool, Tokens, UserPool


def login(account: Account, lab: Lab, username: str = "alice") -> Logins:
    assert lab.app_client
    assert lab.user_pool
    tokens = sign_in.initiate_auth(account, lab.app_client, username, lab.users[username].password)
    assert isinstance(tokens, Tokens)
    return logins(lab.user_pool, tokens.id_token)


def caller(account: Account, credentials: object) -> str:
    return str(account.client("sts", credentials).get_caller_identity()["Arn"])  # type: ignore[arg-type]


def test_the_same_login_has_the_same_identity_and_another_login_another(
    account: Account, lab: Lab, identity_pool: IdentityPool
) -> None:
    first = pools.get_id(account, identity_pool, login(account, lab))
    assert first == pools.get_id(account, identity_pool, login(account, lab))
    assert first.id != pools.get_id(account, identity_pool, login(account, lab, "bob")).id
    assert not first.guest
    assert not first.calls[0].signed


def test_each_guest_is_a_new_identity_and_only_where_the_pool_allows_guests(
    account: Account, app_client: AppClient, identity_pool: IdentityPool
) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/identity-pools.html"""
    guests = [pools.get_id(account, identity_pool) for _ in range(2)]
    assert guests[0].id != guests[1].id
    assert guests[0].guest
    closed = pools.create_identity_pool(account, "members", app_clients=[app_client], allow_guests=False)
    with pytest.raises(ClientError) as caught:
        pools.get_id(account, closed)
    assert caught.value.response["Error"]["Code"] == "NotAuthorizedException"
    assert "Send a login" in caught.value.__notes__[0]


def test_the_enhanced_flow_gives_one_hour_of_the_authenticated_role(
    account: Account, lab: Lab, identity_pool: IdentityPool
) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/accessing-aws-services.html"""
    mine = login(account, lab)
    credentials = pools.get_credentials_for_identity(
        account, pools.get_id(account, identity_pool, mine), mine
    )
    assert credentials.session_token
    assert credentials.expiration
    left = credentials.expiration - account.clock.now()
    assert timedelta(minutes=59) < left <= timedelta(hours=1)
    assert caller(account, credentials).endswith(
        "assumed-role/labkit-lab-authenticated/CognitoIdentityCredentials"
    )


def test_a_guest_gets_the_guest_role(account: Account, identity_pool: IdentityPool) -> None:
    credentials = pools.get_credentials_for_identity(account, pools.get_id(account, identity_pool))
    assert "assumed-role/labkit-lab-guest/" in caller(account, credentials)


def test_an_identity_is_no_use_without_its_login(
    account: Account, lab: Lab, identity_pool: IdentityPool
) -> None:
    alice, bob = login(account, lab), login(account, lab, "bob")
    identity = pools.get_id(account, identity_pool, alice)
    assert pools.get_credentials_for_identity(account, identity, alice).session_token
    for others in ({}, bob):
        with pytest.raises(ClientError) as caught:
            pools.get_credentials_for_identity(account, identity, others)
        assert caught.value.response["Error"]["Code"] == "NotAuthorizedException"


def test_the_basic_flow_ends_at_a_role_of_ones_own_choice_that_trusts_the_pool(
    account: Account, lab: Lab, identity_pool: IdentityPool
) -> None:
    mine = login(account, lab)
    opened = pools.get_open_id_token(account, pools.get_id(account, identity_pool, mine), mine)
    authenticated, guest = lab.roles["authenticated"], lab.roles["guest"]
    credentials = pools.assume_role_with_web_identity(
        account, authenticated, opened.token, role_session_name="basic"
    )
    assert caller(account, credentials).endswith("assumed-role/labkit-lab-authenticated/basic")
    with pytest.raises(ClientError) as caught:
        pools.assume_role_with_web_identity(account, guest, opened.token, role_session_name="basic")
    assert caught.value.response["Error"]["Code"] == "AccessDenied"
    assert "trust policy" in caught.value.__notes__[0]


def test_without_roles_there_are_no_credentials(account: Account, lab: Lab, app_client: AppClient) -> None:
    pool = pools.create_identity_pool(account, "no-roles", app_clients=[app_client], allow_guests=False)
    assert pools.get_identity_pool_roles(account, pool).authenticated is None
    mine = login(account, lab)
    identity = pools.get_id(account, pool, mine)
    with pytest.raises(ClientError) as caught:
        pools.get_credentials_for_identity(account, identity, mine)
    assert caught.value.response["Error"]["Code"] == "InvalidIdentityPoolConfigurationException"

    role = pools.create_role(account, "late", authenticated_trust(pool))
    pools.set_identity_pool_roles(account, pool, authenticated=role, unauthenticated=None)
    assert pools.get_identity_pool_roles(account, pool).authenticated == role.arn
    assert pools.get_credentials_for_identity(account, identity, mine).session_token


def test_a_role_policy_is_stored_as_it_was_given(account: Account, identity_pool: IdentityPool) -> None:
    role = pools.create_role(account, "reader", guest_trust(identity_pool))
    statement = {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    pools.put_role_policy(account, role, "list", policy)
    stored = account.client("iam").get_role_policy(RoleName="reader", PolicyName="list")
    assert stored["PolicyDocument"] == policy


def test_a_role_name_is_free_once_and_the_error_tells_what_to_do(
    account: Account, identity_pool: IdentityPool
) -> None:
    assert pools.create_role(account, "once", guest_trust(identity_pool)).name == "once"
    with pytest.raises(ClientError) as caught:
        pools.create_role(account, "once", guest_trust(identity_pool))
    assert caught.value.response["Error"]["Code"] == "EntityAlreadyExists"
    assert "run again from the cell" in caught.value.__notes__[0]


def test_the_trust_policies_are_plain_documents_for_this_pool_alone(identity_pool: IdentityPool) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/role-trust-and-permissions.html"""
    for trust, amr in ((authenticated_trust, "authenticated"), (guest_trust, "unauthenticated")):
        (statement,) = trust(identity_pool)["Statement"]
        assert statement["Condition"] == {
            "StringEquals": {"cognito-identity.amazonaws.com:aud": identity_pool.id},
            "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": amr},
        }


def test_a_logins_map_names_the_user_pool(user_pool: UserPool) -> None:
    assert logins(user_pool, Secret("token")) == {
        f"cognito-idp.{user_pool.region}.amazonaws.com/{user_pool.id}": Secret("token")
    }


def test_no_token_or_key_stands_in_a_record_or_its_calls(
    account: Account, lab: Lab, identity_pool: IdentityPool
) -> None:
    mine = login(account, lab)
    identity = pools.get_id(account, identity_pool, mine)
    credentials = pools.get_credentials_for_identity(account, identity, mine)
    assert credentials.session_token
    shown = repr((identity, credentials, [(call.request, call.response) for call in credentials.calls]))
    (token,) = (token for token in mine.values() if isinstance(token, Secret))
    assert identity.id in shown
    for secret in (token, credentials.secret_access_key, credentials.session_token):
        assert secret.reveal() not in shown
