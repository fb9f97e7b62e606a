"""Linked logins, merged identities, and their end.

https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flow.html (Linking logins, Merging
identities)
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.local.accounts import LocalAccount, refused
from tests.local.directory import IdentityPool, Pool, identity_pool, user_pool
from tests.local.identities import Logins, get_credentials, get_id, open_id_token

GONE = "us-east-1:00000000-0000-0000-0000-000000000000"


@pytest.fixture(scope="session")
def staff(account: LocalAccount) -> Pool:
    return user_pool(account)


@pytest.fixture(scope="session")
def customers(account: LocalAccount) -> Pool:
    return user_pool(account)


@pytest.fixture
def pool(staff: Pool, customers: Pool) -> IdentityPool:
    """An identity pool that trusts two user pools."""
    providers = [
        {"ProviderName": users.provider, "ClientId": users.client_id, "ServerSideTokenCheck": False}
        for users in (staff, customers)
    ]
    made = identity_pool(staff, CognitoIdentityProviders=providers, AllowClassicFlow=True)
    made.give_roles(member=[], guest=[])
    return made


def login(users: Pool, name: str | None = None) -> dict[str, str]:
    return {users.provider: users.sign_in(name or users.confirmed())["IdToken"]}


def logins_of(pool: IdentityPool, identity: str) -> set[str]:
    return set(pool.admin.describe_identity(IdentityId=identity)["Logins"])


def unlink(pool: IdentityPool, identity: str, logins: Logins, *providers: str) -> Any:
    return pool.api.unlink_identity(IdentityId=identity, Logins=logins, LoginsToRemove=list(providers))


@pytest.mark.operation("cognito-identity:GetId")
def test_several_logins_make_one_identity(pool: IdentityPool, staff: Pool, customers: Pool) -> None:
    """https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_GetId.html

    "Supplying multiple logins will create an implicit linked account."
    """
    one, other = login(staff), login(customers)
    identity = get_id(pool, one | other)
    assert get_id(pool, one) == get_id(pool, other) == identity
    assert logins_of(pool, identity) == {staff.provider, customers.provider}


@pytest.mark.operation("cognito-identity:GetId")
@pytest.mark.operation(
    "cognito-identity:GetCredentialsForIdentity",
    "cognito-identity:GetOpenIdToken",
    refuses="NotAuthorizedException",
)
@pytest.mark.parametrize("call", [get_credentials, open_id_token])
def test_a_new_login_is_linked_beside_one_that_is_known(
    pool: IdentityPool, staff: Pool, customers: Pool, call: Any
) -> None:
    one, other = login(staff), login(customers)
    identity = get_id(pool, one)
    refusal = refused(call, pool=pool, identity=identity, logins=other)
    assert (refusal.status, refusal.code) == (400, "NotAuthorizedException")
    assert refusal.message == (
        "Logins don't match. Please include at least one valid login for this identity or identity pool."
    )
    assert call(pool, identity, one | other)
    assert get_id(pool, other) == identity


@pytest.mark.operation("cognito-identity:GetId")
@pytest.mark.operation(
    "cognito-identity:GetCredentialsForIdentity",
    "cognito-identity:GetOpenIdToken",
    refuses="ResourceConflictException",
)
@pytest.mark.parametrize("call", [get_credentials, open_id_token])
def test_one_public_provider_has_one_login_in_an_identity(
    pool: IdentityPool, staff: Pool, customers: Pool, call: Any
) -> None:
    """ "Attempts to link more than one login with a public provider will result in a
    ResourceConflictException." """
    first, second, third = login(staff), login(staff), login(customers)
    identity = get_id(pool, first | third)
    assert call(pool, identity, first | third)
    refusal = refused(call, pool=pool, identity=identity, logins=second | third)
    assert (refusal.status, refusal.code) == (400, "ResourceConflictException")


@pytest.mark.operation("cognito-identity:GetId")
@pytest.mark.operation(
    "cognito-identity:GetCredentialsForIdentity",
    "cognito-identity:GetOpenIdToken",
    refuses="NotAuthorizedException",
)
@pytest.mark.parametrize("operation", ["get_credentials_for_identity", "get_open_id_token"])
def test_a_guest_who_signs_in_with_a_known_login_becomes_its_owner(
    pool: IdentityPool, staff: Pool, operation: str
) -> None:
    """ "Once merged, one identity becomes the parent/owner of all associated logins and the other is
    disabled. In this case, the identity ID of the parent/owner is returned."

    A disabled identity: https://github.com/aws-amplify/amplify-js/issues/6616
    """
    known, guest = login(staff), get_id(pool)
    owner = get_id(pool, known)
    call = getattr(pool.api, operation)
    assert call(IdentityId=guest)["IdentityId"] == guest
    assert call(IdentityId=guest, Logins=known)["IdentityId"] == owner
    for logins in ({}, known):
        answer = refused(call, IdentityId=guest, Logins=logins)
        assert (answer.status, answer.code) == (400, "NotAuthorizedException")
        assert answer.message == f"Access to Identity '{guest}' is forbidden."


@pytest.mark.operation("cognito-identity:GetId")
@pytest.mark.operation("cognito-identity:GetCredentialsForIdentity", refuses="NotAuthorizedException")
@pytest.mark.unconfirmed
def test_two_identities_are_merged_by_their_logins(pool: IdentityPool, staff: Pool, customers: Pool) -> None:
    """Which of them stays, AWS does not say; here it is the one that the call names, or the older one."""
    one, other = login(staff), login(customers)
    first, second = get_id(pool, one), get_id(pool, other)
    answer = pool.api.get_credentials_for_identity(IdentityId=second, Logins=one | other)
    assert answer["IdentityId"] == second
    assert get_id(pool, one) == second
    assert refused(get_credentials, pool=pool, identity=first, logins=one).code == "NotAuthorizedException"
    third, fourth = login(staff), login(customers)
    older = get_id(pool, third)
    get_id(pool, fourth)
    assert get_id(pool, third | fourth) == older


@pytest.mark.operation("cognito-identity:GetId", refuses="ResourceConflictException")
def test_identities_with_different_users_of_one_provider_are_not_merged(
    pool: IdentityPool, staff: Pool, customers: Pool
) -> None:
    one, two, mine, hers = login(staff), login(staff), login(customers), login(customers)
    get_id(pool, one | mine)
    get_id(pool, two | hers)
    for mixed in (one | hers, two | mine):
        refusal = refused(get_id, pool=pool, logins=mixed)
        assert (refusal.status, refusal.code) == (400, "ResourceConflictException")
    assert get_id(pool, one) == get_id(pool, mine)


# --- UnlinkIdentity ---------------------------------------------------------------------------------------


@pytest.mark.operation("cognito-identity:GetId")
def test_an_unlinked_login_is_a_new_identity_next_time(
    pool: IdentityPool, staff: Pool, customers: Pool
) -> None:
    """https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_UnlinkIdentity.html"""
    one, other = login(staff), login(customers)
    identity = get_id(pool, one | other)
    assert unlink(pool, identity, one, customers.provider)
    assert logins_of(pool, identity) == {staff.provider}
    assert get_id(pool, one) == identity
    assert get_id(pool, other) != identity


@pytest.mark.operation("cognito-identity:GetId")
@pytest.mark.operation("cognito-identity:GetCredentialsForIdentity", refuses="NotAuthorizedException")
def test_an_identity_without_logins_is_inaccessible(pool: IdentityPool, staff: Pool) -> None:
    """ "Removing the last linked login will make this identity inaccessible." """
    mine = login(staff)
    identity = get_id(pool, mine)
    assert get_credentials(pool, identity, mine).session_token
    assert unlink(pool, identity, mine, staff.provider)
    for logins in ({}, mine):
        refusal = refused(get_credentials, pool=pool, identity=identity, logins=logins)
        assert refusal.message == f"Access to Identity '{identity}' is forbidden."
    assert get_id(pool, mine) != identity


@pytest.mark.operation("cognito-identity:GetId")
@pytest.mark.operation(
    "cognito-identity:UnlinkIdentity", refuses=["NotAuthorizedException", "ResourceNotFoundException"]
)
def test_only_the_owner_unlinks(pool: IdentityPool, staff: Pool, customers: Pool) -> None:
    one, other = login(staff), login(customers)
    identity = get_id(pool, one | other)
    thief = refused(lambda: unlink(pool, identity, login(staff), staff.provider))
    assert (thief.status, thief.code) == (400, "NotAuthorizedException")
    bad = refused(lambda: unlink(pool, identity, {staff.provider: "x"}, staff.provider))
    assert (bad.status, bad.code) == (400, "NotAuthorizedException")
    gone = refused(lambda: unlink(pool, GONE, one, staff.provider))
    assert (gone.status, gone.code) == (400, "ResourceNotFoundException")
    assert logins_of(pool, identity) == {staff.provider, customers.provider}
    assert unlink(pool, identity, one, staff.provider, customers.provider)


@pytest.mark.operation("cognito-identity:GetId")
@pytest.mark.operation("cognito-identity:UnlinkIdentity", refuses="ResourceConflictException")
@pytest.mark.unconfirmed
def test_nothing_is_unlinked_by_a_login_of_another_identity(
    pool: IdentityPool, staff: Pool, customers: Pool
) -> None:
    """ "Thrown when a user tries to use a login which is already linked to another account."

    https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_UnlinkIdentity.html
    """
    mine, others = login(staff), login(customers)
    identity = get_id(pool, mine)
    get_id(pool, others)
    refusal = refused(lambda: unlink(pool, identity, mine | others, staff.provider))
    assert (refusal.status, refusal.code) == (400, "ResourceConflictException")
    assert logins_of(pool, identity) == {staff.provider}
    assert unlink(pool, identity, mine, staff.provider)


@pytest.mark.operation("cognito-identity:GetId")
@pytest.mark.operation("cognito-identity:UnlinkIdentity", refuses="InvalidParameterException")
@pytest.mark.unconfirmed
def test_what_is_not_linked_cannot_be_unlinked(pool: IdentityPool, staff: Pool, customers: Pool) -> None:
    mine = login(staff)
    identity = get_id(pool, mine)
    refusal = refused(lambda: unlink(pool, identity, mine, customers.provider))
    assert (refusal.status, refusal.code) == (400, "InvalidParameterException")
    assert unlink(pool, identity, mine, staff.provider)


# --- lists and deletion -----------------------------------------------------------------------------------


@pytest.mark.operation(
    "cognito-identity:GetCredentialsForIdentity", "cognito-identity:GetId", "cognito-identity:ListIdentities"
)
def test_disabled_identities_are_hidden_on_request(pool: IdentityPool, staff: Pool) -> None:
    """https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_ListIdentities.html"""
    mine, guest = login(staff), get_id(pool)
    owner = get_id(pool, mine)
    get_credentials(pool, guest, mine)

    def listed(**more: Any) -> set[str]:
        answer = pool.admin.list_identities(IdentityPoolId=pool.id, MaxResults=60, **more)
        return {identity["IdentityId"] for identity in answer["Identities"]}

    assert listed() == listed(HideDisabled=False) == {guest, owner}
    assert listed(HideDisabled=True) == {owner}


@pytest.mark.operation("cognito-identity:DeleteIdentities", "cognito-identity:GetId")
def test_deleted_identities_are_gone_with_their_logins(pool: IdentityPool, staff: Pool) -> None:
    """https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_DeleteIdentities.html"""
    mine, guest = login(staff), get_id(pool)
    identity = get_id(pool, mine)
    answer = pool.admin.delete_identities(IdentityIdsToDelete=[identity, guest])
    assert answer["UnprocessedIdentityIds"] == []
    for gone in (identity, guest):
        refusal = refused(pool.admin.describe_identity, IdentityId=gone)
        assert (refusal.status, refusal.code) == (400, "ResourceNotFoundException")
    assert get_id(pool, mine) != identity


@pytest.mark.operation("cognito-identity:GetId")
@pytest.mark.operation("cognito-identity:DeleteIdentities", refuses="ValidationException")
@pytest.mark.unconfirmed
def test_what_cannot_be_deleted_is_named(pool: IdentityPool) -> None:
    guest = get_id(pool)
    answer = pool.admin.delete_identities(IdentityIdsToDelete=[GONE, guest])
    assert answer["UnprocessedIdentityIds"] == [{"IdentityId": GONE, "ErrorCode": "AccessDenied"}]
    assert refused(pool.admin.describe_identity, IdentityId=guest).code == "ResourceNotFoundException"
    too_many = [guest] * 61
    assert refused(pool.admin.delete_identities, IdentityIdsToDelete=too_many).code == "ValidationException"


# --- tags -------------------------------------------------------------------------------------------------


@pytest.mark.operation(
    "cognito-identity:DescribeIdentityPool",
    "cognito-identity:ListTagsForResource",
    "cognito-identity:TagResource",
    "cognito-identity:UntagResource",
)
def test_a_pool_is_tagged_and_untagged(pool: IdentityPool) -> None:
    """https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_TagResource.html

    https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_UntagResource.html
    """
    arn = f"arn:aws:cognito-identity:us-east-1:{pool.account.account_id}:identitypool/{pool.id}"
    pool.admin.tag_resource(ResourceArn=arn, Tags={"stage": "test", "team": "red"})
    pool.admin.tag_resource(ResourceArn=arn, Tags={"team": "blue"})
    tags = pool.admin.list_tags_for_resource(ResourceArn=arn)["Tags"]
    assert tags == {"stage": "test", "team": "blue"}
    pool.admin.untag_resource(ResourceArn=arn, TagKeys=["stage"])
    assert pool.admin.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"team": "blue"}
    assert pool.admin.describe_identity_pool(IdentityPoolId=pool.id)["IdentityPoolTags"] == {"team": "blue"}


@pytest.mark.operation(
    "cognito-identity:TagResource", refuses=["InvalidParameterException", "ResourceNotFoundException"]
)
def test_tags_are_for_pools_that_are_there_and_fifty_at_most(pool: IdentityPool) -> None:
    """ "An identity pool can have as many as 50 tags." """
    prefix = f"arn:aws:cognito-identity:us-east-1:{pool.account.account_id}:identitypool"
    fifty = {f"key-{number}": "x" for number in range(50)}
    pool.admin.tag_resource(ResourceArn=f"{prefix}/{pool.id}", Tags=fifty)
    answer = refused(pool.admin.tag_resource, ResourceArn=f"{prefix}/{pool.id}", Tags={"one-more": "x"})
    assert (answer.status, answer.code) == (400, "InvalidParameterException")
    for call, given in (
        (pool.admin.tag_resource, {"Tags": {"a": "b"}}),
        (pool.admin.untag_resource, {"TagKeys": ["a"]}),
        (pool.admin.list_tags_for_resource, {}),
    ):
        answer = refused(call, ResourceArn=f"{prefix}/{GONE}", **given)
        assert (answer.status, answer.code) == (400, "ResourceNotFoundException")
