"""Which role a login gets: role mappings by token and by rules, and CustomRoleArn.

https://docs.aws.amazon.com/cognito/latest/developerguide/role-based-access-control.html
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.local.accounts import LocalAccount, anybody_here, refused, role, statement, user
from tests.local.directory import IdentityPool, Pool, identity_pool, user_pool
from tests.local.identities import get_credentials, get_id, role_of, trusting_role


@pytest.fixture(scope="session")
def users(account: LocalAccount) -> Pool:
    return user_pool(account)


@pytest.fixture
def pool(users: Pool) -> IdentityPool:
    return identity_pool(users, AllowClassicFlow=True)


def mapping_key(pool: IdentityPool) -> str:
    """How a user pool's app client is named in RoleMappings."""
    return f"{pool.users.provider}:{pool.users.client_id}"


def map_roles(pool: IdentityPool, authenticated: str | None, **mapping: Any) -> None:
    roles = {"authenticated": authenticated} if authenticated else {}
    pool.admin.set_identity_pool_roles(
        IdentityPoolId=pool.id, Roles=roles, RoleMappings={mapping_key(pool): mapping}
    )


def by_rules(*rules: tuple[str, str, str, str]) -> dict[str, Any]:
    """Rules of claim, match type, value and role."""
    named = [{"Claim": c, "MatchType": m, "Value": v, "RoleARN": r} for c, m, v, r in rules]
    return {"Type": "Rules", "RulesConfiguration": {"Rules": named}}


def member_of(users: Pool, *groups: tuple[str, int | None]) -> str:
    """A new user in groups of these roles and precedences."""
    name = users.confirmed()
    for arn, precedence in groups:
        group = users.account.name("group")
        more = {} if precedence is None else {"Precedence": precedence}
        users.admin.create_group(GroupName=group, UserPoolId=users.id, RoleArn=arn, **more)
        users.admin.admin_add_user_to_group(UserPoolId=users.id, Username=name, GroupName=group)
    return name


def with_attribute(users: Pool, value: str) -> str:
    """A new user whose `profile` has that value."""
    name = users.confirmed()
    attribute = {"Name": "profile", "Value": value}
    users.admin.admin_update_user_attributes(UserPoolId=users.id, Username=name, UserAttributes=[attribute])
    return name


def name_of(arn: str) -> str:
    return arn.rpartition("/")[2]


# --- by token ---------------------------------------------------------------------------------------------


@pytest.mark.operation("cognito-identity:GetCredentialsForIdentity", "cognito-identity:SetIdentityPoolRoles")
def test_the_token_chooses_the_role_of_the_group_with_the_lowest_precedence(pool: IdentityPool) -> None:
    default, first, second = (trusting_role(pool) for _ in range(3))
    logins = pool.logins(member_of(pool.users, (second, 2), (first, 1)))
    identity = get_id(pool, logins)
    pool.admin.set_identity_pool_roles(IdentityPoolId=pool.id, Roles={"authenticated": default})
    assert role_of(pool, get_credentials(pool, identity, logins)) == name_of(default)
    map_roles(pool, default, Type="Token", AmbiguousRoleResolution="Deny")
    assert role_of(pool, get_credentials(pool, identity, logins)) == name_of(first)


@pytest.mark.operation("cognito-identity:GetCredentialsForIdentity", refuses="NotAuthorizedException")
def test_a_custom_role_must_be_one_of_the_tokens_roles(pool: IdentityPool) -> None:
    default, first, second, other = (trusting_role(pool) for _ in range(4))
    map_roles(pool, default, Type="Token", AmbiguousRoleResolution="AuthenticatedRole")
    logins = pool.logins(member_of(pool.users, (first, 1), (second, 2)))
    identity = get_id(pool, logins)
    chosen = get_credentials(pool, identity, logins, CustomRoleArn=second)
    assert role_of(pool, chosen) == name_of(second)
    for arn in (other, default):
        answer = refused(get_credentials, pool=pool, identity=identity, logins=logins, CustomRoleArn=arn)
        assert (answer.status, answer.code) == (400, "NotAuthorizedException")


@pytest.mark.operation("cognito-identity:SetIdentityPoolRoles")
@pytest.mark.operation("cognito-identity:GetCredentialsForIdentity", refuses="NotAuthorizedException")
@pytest.mark.unconfirmed
def test_a_custom_role_is_refused_where_no_mapping_offers_it(pool: IdentityPool) -> None:
    arn = trusting_role(pool)
    pool.admin.set_identity_pool_roles(IdentityPoolId=pool.id, Roles={"authenticated": arn})
    logins = pool.logins(pool.users.confirmed())
    identity = get_id(pool, logins)
    assert get_credentials(pool, identity, logins).session_token
    answer = refused(get_credentials, pool=pool, identity=identity, logins=logins, CustomRoleArn=arn)
    assert (answer.code, answer.message) == (
        "NotAuthorizedException",
        f"Access to Role '{arn}' is forbidden.",
    )


@pytest.mark.operation("cognito-identity:GetCredentialsForIdentity", refuses="NotAuthorizedException")
@pytest.mark.parametrize("groups", ["a tie", "none"])
def test_where_the_token_names_no_single_role_the_mapping_resolves_it(
    pool: IdentityPool, groups: str
) -> None:
    """https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_RoleMapping.html

    The text of the refusal: https://github.com/aws-amplify/amplify-js/issues/3621
    """
    default, first, second = (trusting_role(pool) for _ in range(3))
    member = member_of(pool.users, *([(first, 1), (second, 1)] if groups == "a tie" else []))
    logins = pool.logins(member)
    identity = get_id(pool, logins)
    map_roles(pool, default, Type="Token", AmbiguousRoleResolution="AuthenticatedRole")
    assert role_of(pool, get_credentials(pool, identity, logins)) == name_of(default)
    map_roles(pool, default, Type="Token", AmbiguousRoleResolution="Deny")
    answer = refused(get_credentials, pool=pool, identity=identity, logins=logins)
    assert (answer.status, answer.code) == (400, "NotAuthorizedException")
    assert answer.message == (
        f"The ambiguous role mapping rules for: {pool.users.provider} denied this request."
    )


@pytest.mark.operation(
    "cognito-identity:GetCredentialsForIdentity", refuses="InvalidIdentityPoolConfigurationException"
)
def test_a_mapped_role_must_trust_the_pool_too(pool: IdentityPool) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/role-based-access-control.html
    (Creating roles for role mapping)"""
    default, stranger = trusting_role(pool), role(pool.account, anybody_here(pool.account))
    map_roles(pool, default, Type="Token", AmbiguousRoleResolution="AuthenticatedRole")
    welcome = pool.logins(member_of(pool.users))
    assert get_credentials(pool, get_id(pool, welcome), welcome).session_token
    logins = pool.logins(member_of(pool.users, (stranger, 1)))
    answer = refused(get_credentials, pool=pool, identity=get_id(pool, logins), logins=logins)
    assert (answer.status, answer.code) == (400, "InvalidIdentityPoolConfigurationException")


# --- by rules ---------------------------------------------------------------------------------------------


@pytest.mark.operation("cognito-identity:GetCredentialsForIdentity", refuses="NotAuthorizedException")
@pytest.mark.parametrize(
    "match, value, yes, no",
    [
        ("Equals", "chef", "chef", "chefs"),
        ("NotEqual", "chef", "waiter", "chef"),
        ("StartsWith", "che", "chef", "sous-chef"),
        ("Contains", "-che", "sous-chef", "chef"),
    ],
)
def test_a_rule_matches_a_claim(pool: IdentityPool, match: str, value: str, yes: str, no: str) -> None:
    special = trusting_role(pool)
    rules = by_rules(("profile", match, value, special))
    map_roles(pool, trusting_role(pool), **rules, AmbiguousRoleResolution="Deny")
    logins = pool.logins(with_attribute(pool.users, yes))
    assert role_of(pool, get_credentials(pool, get_id(pool, logins), logins)) == name_of(special)
    other = pool.logins(with_attribute(pool.users, no))
    answer = refused(get_credentials, pool=pool, identity=get_id(pool, other), logins=other)
    assert (answer.status, answer.code) == (400, "NotAuthorizedException")


@pytest.mark.operation("cognito-identity:GetCredentialsForIdentity")
def test_an_absent_claim_matches_no_rule_not_even_not_equal(pool: IdentityPool) -> None:
    """ "If the match type is NotEqual and the claim doesn't exist, the rule is not evaluated." """
    special, default = trusting_role(pool), trusting_role(pool)
    rules = by_rules(("profile", "NotEqual", "chef", special))
    map_roles(pool, default, **rules, AmbiguousRoleResolution="AuthenticatedRole")
    logins = pool.logins(with_attribute(pool.users, "waiter"))
    assert role_of(pool, get_credentials(pool, get_id(pool, logins), logins)) == name_of(special)
    plain = pool.logins(pool.users.confirmed())
    assert role_of(pool, get_credentials(pool, get_id(pool, plain), plain)) == name_of(default)


@pytest.mark.operation("cognito-identity:GetCredentialsForIdentity", refuses="NotAuthorizedException")
def test_the_first_rule_that_matches_counts_unless_a_custom_role_says_otherwise(pool: IdentityPool) -> None:
    first, second, third, default = (trusting_role(pool) for _ in range(4))
    rules = by_rules(
        ("profile", "StartsWith", "chef", first),
        ("profile", "Equals", "chef", second),
        ("profile", "Equals", "waiter", third),
    )
    map_roles(pool, default, **rules, AmbiguousRoleResolution="Deny")
    logins = pool.logins(with_attribute(pool.users, "chef"))
    identity = get_id(pool, logins)
    assert role_of(pool, get_credentials(pool, identity, logins)) == name_of(first)
    custom = get_credentials(pool, identity, logins, CustomRoleArn=second)
    assert role_of(pool, custom) == name_of(second)
    answer = refused(get_credentials, pool=pool, identity=identity, logins=logins, CustomRoleArn=third)
    assert (answer.status, answer.code) == (400, "NotAuthorizedException")


@pytest.mark.operation("cognito-identity:GetCredentialsForIdentity")
@pytest.mark.unconfirmed
def test_a_rule_may_look_into_the_groups(pool: IdentityPool) -> None:
    """`cognito:groups` is a list; AWS does not say how rules read one."""
    special, default = trusting_role(pool), trusting_role(pool)
    member = member_of(pool.users, (default, 1), (default, 2))
    group = pool.users.admin.admin_list_groups_for_user(UserPoolId=pool.users.id, Username=member)
    rules = by_rules(("cognito:groups", "Contains", group["Groups"][0]["GroupName"], special))
    map_roles(pool, default, **rules, AmbiguousRoleResolution="AuthenticatedRole")
    logins = pool.logins(member)
    assert role_of(pool, get_credentials(pool, get_id(pool, logins), logins)) == name_of(special)
    others = pool.logins(pool.users.confirmed())
    assert role_of(pool, get_credentials(pool, get_id(pool, others), others)) == name_of(default)


# --- setting them -----------------------------------------------------------------------------------------


@pytest.mark.operation("cognito-identity:GetIdentityPoolRoles", "cognito-identity:SetIdentityPoolRoles")
def test_role_mappings_are_kept_and_replaced_as_a_whole(pool: IdentityPool) -> None:
    """https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_GetIdentityPoolRoles.html"""
    arn = trusting_role(pool)
    mapping = by_rules(("profile", "Equals", "chef", arn)) | {"AmbiguousRoleResolution": "Deny"}
    map_roles(pool, arn, **mapping)
    answer = pool.admin.get_identity_pool_roles(IdentityPoolId=pool.id)
    assert answer["RoleMappings"] == {mapping_key(pool): mapping}
    pool.admin.set_identity_pool_roles(IdentityPoolId=pool.id, Roles={"authenticated": arn})
    assert "RoleMappings" not in pool.admin.get_identity_pool_roles(IdentityPoolId=pool.id)


@pytest.mark.operation("cognito-identity:SetIdentityPoolRoles", refuses="InvalidParameterException")
@pytest.mark.parametrize(
    "mapping",
    [
        {"Type": "Token"},
        {"Type": "Rules", "AmbiguousRoleResolution": "Deny"},
        by_rules(*[("profile", "Equals", "chef", "arn:aws:iam::111122223333:role/chef")] * 26)
        | {"AmbiguousRoleResolution": "Deny"},
    ],
    ids=["no resolution", "no rules", "26 rules"],
)
def test_a_mapping_must_be_complete(pool: IdentityPool, mapping: dict[str, Any]) -> None:
    """https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_RoleMapping.html

    https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_RulesConfigurationType.html
    """
    arn = trusting_role(pool)
    map_roles(pool, arn, Type="Token", AmbiguousRoleResolution="Deny")
    answer = refused(map_roles, pool=pool, authenticated=arn, **mapping)
    assert (answer.status, answer.code) == (400, "InvalidParameterException")


@pytest.mark.operation("cognito-identity:SetIdentityPoolRoles", refuses="NotAuthorizedException")
@pytest.mark.parametrize("place", ["Roles", "RoleMappings"])
def test_what_is_no_role_cannot_be_handed_out(pool: IdentityPool, place: str) -> None:
    """The text: https://github.com/amazon-archives/aws-cognito-angular-quickstart/issues/35"""
    good, bad = trusting_role(pool), "arn:aws:iam::180971085012ole/quickstart"

    def set_roles(arn: str) -> None:
        rules = by_rules(("profile", "Equals", "chef", good if place == "Roles" else arn))
        default = arn if place == "Roles" else good
        map_roles(pool, default, **rules, AmbiguousRoleResolution="Deny")

    set_roles(good)
    answer = refused(set_roles, arn=bad)
    assert (answer.status, answer.code) == (400, "NotAuthorizedException")
    assert answer.message == f"Access to Role '{bad}' is forbidden."


@pytest.mark.operation("cognito-identity:SetIdentityPoolRoles", refuses="AccessDeniedException")
def test_the_roles_of_rules_must_be_passed_too(pool: IdentityPool) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/role-based-access-control.html
    (Granting pass role permission)"""
    allowed, other = trusting_role(pool), trusting_role(pool)
    keys = user(
        pool.account, statement("cognito-identity:SetIdentityPoolRoles"), statement("iam:PassRole", allowed)
    )
    api = pool.account.client("cognito-identity", keys)

    def set_rule(arn: str) -> Any:
        rules = by_rules(("profile", "Equals", "chef", arn)) | {"AmbiguousRoleResolution": "Deny"}
        given = {"IdentityPoolId": pool.id, "Roles": {"authenticated": allowed}}
        return api.set_identity_pool_roles(**given, RoleMappings={mapping_key(pool): rules})

    assert set_rule(allowed)
    answer = refused(set_rule, arn=other)
    assert answer.code == "AccessDeniedException"
    assert f"iam:PassRole on resource: {other}" in answer.message


@pytest.mark.operation("cognito-identity:GetOpenIdToken", refuses="InvalidParameterException")
def test_the_basic_flow_does_not_go_with_role_mappings(pool: IdentityPool) -> None:
    """https://github.com/aws-observability/aws-rum-web/issues/172"""
    arn, logins = trusting_role(pool), pool.logins(pool.users.confirmed())
    identity = get_id(pool, logins)
    assert pool.api.get_open_id_token(IdentityId=identity, Logins=logins)["Token"]
    map_roles(pool, arn, Type="Token", AmbiguousRoleResolution="AuthenticatedRole")
    answer = refused(pool.api.get_open_id_token, IdentityId=identity, Logins=logins)
    assert (answer.status, answer.code) == (400, "InvalidParameterException")
    assert answer.message == (
        "Basic (classic) flow is not supported with RoleMappings, please use enhanced flow."
    )
