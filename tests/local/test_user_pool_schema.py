"""The pool's schema: custom attributes, their types, and what app clients may read and write.

https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html
https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_SchemaAttributeType.html
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.local.accounts import LocalAccount, refused
from tests.local.directory import Pool, attributes_of, named, user_pool

TYPES = [
    {"Name": "member", "AttributeDataType": "Boolean", "Mutable": True},
    {"Name": "joined", "AttributeDataType": "DateTime", "Mutable": True},
    {"Name": "secret", "AttributeDataType": "String", "Mutable": True, "DeveloperOnlyAttribute": True},
]


@pytest.fixture(scope="session")
def pool(account: LocalAccount) -> Pool:
    return user_pool(account)


def described(pool: Pool) -> dict[str, dict[str, Any]]:
    found = pool.admin.describe_user_pool(UserPoolId=pool.id)["UserPool"]["SchemaAttributes"]
    return {attribute["Name"]: attribute for attribute in found}


@pytest.mark.operation("cognito-idp:DescribeUserPool")
def test_a_pool_has_every_standard_attribute_beside_its_own(account: LocalAccount) -> None:
    plain = user_pool(account)
    own = user_pool(account, Schema=[*TYPES, {"Name": "email", "Required": True, "Mutable": True}])
    assert set(described(own)) == set(described(plain)) | {
        "custom:member", "custom:joined", "dev:custom:secret",
    }  # fmt: skip
    assert described(own)["email"]["Required"] is True
    assert described(own)["email"]["AttributeDataType"] == "String"
    assert described(own)["birthdate"]["StringAttributeConstraints"] == {"MinLength": "10", "MaxLength": "10"}


@pytest.mark.operation(
    "cognito-idp:AddCustomAttributes", "cognito-idp:SignUp", refuses="InvalidParameterException"
)
def test_custom_attributes_can_be_added_later(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AddCustomAttributes.html"""
    pool = user_pool(account)
    given = named(email="a@example.com", custom__team="red")
    assert refused(pool.sign_up, UserAttributes=given).message == (
        "Attributes did not conform to the schema: Type for attribute {custom:team} could not be determined"
    )
    team = [{"Name": "team", "AttributeDataType": "String", "Mutable": True}]
    pool.admin.add_custom_attributes(UserPoolId=pool.id, CustomAttributes=team)
    assert described(pool)["custom:team"]["Mutable"] is True
    writer = pool.another_client(WriteAttributes=["email", "custom:team"])
    name = writer.sign_up(UserAttributes=given)
    assert attributes_of(pool, name)["custom:team"] == "red"
    again = refused(pool.admin.add_custom_attributes, UserPoolId=pool.id, CustomAttributes=team)
    assert (again.status, again.code) == (400, "InvalidParameterException")


@pytest.mark.operation("cognito-idp:AddCustomAttributes", refuses="InvalidParameterException")
def test_a_custom_attribute_cannot_be_required(account: LocalAccount) -> None:
    """ "You can't require that users provide a value for the attribute." """
    pool, optional = user_pool(account), {"Name": "team", "AttributeDataType": "String"}
    answer = refused(
        pool.admin.add_custom_attributes, UserPoolId=pool.id, CustomAttributes=[optional | {"Required": True}]
    )
    assert (answer.status, answer.code) == (400, "InvalidParameterException")
    assert answer.message == "Required custom attributes are not supported currently."
    assert pool.admin.add_custom_attributes(UserPoolId=pool.id, CustomAttributes=[optional])


@pytest.mark.operation("cognito-idp:CreateUserPool", refuses="InvalidParameterException")
@pytest.mark.unconfirmed
def test_a_schema_attribute_has_a_name_of_its_own(account: LocalAccount, pool: Pool) -> None:
    """The model does not require `Name`; no text is documented."""
    team = {"Name": "team", "AttributeDataType": "String"}
    assert user_pool(account, Schema=[team]).id
    nameless = {"AttributeDataType": "String"}
    answers = [
        refused(user_pool, account=account, Schema=[nameless]),
        refused(user_pool, account=account, Schema=[team, team]),
        refused(pool.admin.add_custom_attributes, UserPoolId=pool.id, CustomAttributes=[nameless]),
    ]
    for answer in answers:
        assert (answer.status, answer.code) == (400, "InvalidParameterException")


@pytest.mark.operation("cognito-idp:CreateUserPool", refuses="InvalidParameterException")
@pytest.mark.unconfirmed
def test_a_pool_has_fifty_custom_attributes_at_most(account: LocalAccount) -> None:
    """ "You can add up to 50 custom attributes to your user pool." (no text is documented)"""
    fifty = [{"Name": f"a{i}", "AttributeDataType": "String", "Mutable": True} for i in range(50)]
    more = {"Name": "more", "AttributeDataType": "String", "Mutable": True}
    pool = user_pool(account, Schema=fifty)
    answer = refused(pool.admin.add_custom_attributes, UserPoolId=pool.id, CustomAttributes=[more])
    assert (answer.status, answer.code) == (400, "InvalidParameterException")
    assert refused(user_pool, account=account, Schema=[*fifty, more]).code == "InvalidParameterException"


@pytest.mark.operation("cognito-idp:AdminUpdateUserAttributes", refuses="InvalidParameterException")
@pytest.mark.unconfirmed
@pytest.mark.parametrize(
    "name, good, bad", [("member", "true", "yes"), ("joined", "2026-01-01T00:00:00Z", "new year")]
)
def test_a_value_is_of_its_type(account: LocalAccount, name: str, good: str, bad: str) -> None:
    """ "When you choose an AttributeDataType, Amazon Cognito validates the input against the data type." """
    pool = user_pool(account, Schema=TYPES)
    user, update = pool.sign_up(), pool.admin.admin_update_user_attributes
    ids = {"UserPoolId": pool.id, "Username": user}
    update(UserAttributes=named(**{f"custom__{name}": good}), **ids)
    assert attributes_of(pool, user)[f"custom:{name}"] == good
    answer = refused(update, UserAttributes=named(**{f"custom__{name}": bad}), **ids)
    assert (answer.status, answer.code) == (400, "InvalidParameterException")
    assert answer.message.startswith("Attributes did not conform to the schema: ")


@pytest.mark.operation("cognito-idp:AdminUpdateUserAttributes")
def test_a_developer_only_attribute_is_the_administrators(account: LocalAccount) -> None:
    """ "DeveloperOnlyAttribute can be modified using AdminUpdateUserAttributes but can't be updated using
    UpdateUserAttributes." """
    pool = user_pool(account, Schema=TYPES)
    name, change = pool.confirmed(), named(dev__custom__secret="x")
    pool.admin.admin_update_user_attributes(UserPoolId=pool.id, Username=name, UserAttributes=change)
    token = pool.sign_in(name)["AccessToken"]
    answer = refused(pool.idp.update_user_attributes, AccessToken=token, UserAttributes=change)
    assert (answer.status, answer.code) == (400, "NotAuthorizedException")


@pytest.mark.operation("cognito-idp:CreateUserPoolClient", refuses="InvalidParameterException")
@pytest.mark.parametrize(
    "settings, kind",
    [
        ({"ReadAttributes": ["custom:nobody"]}, "read"),
        ({"WriteAttributes": ["custom:nobody"]}, "write"),
        ({"WriteAttributes": ["email", "email_verified"]}, "write"),
        ({"WriteAttributes": ["sub"]}, "write"),
    ],
)
def test_a_client_reads_and_writes_what_the_pool_has(
    pool: Pool, settings: dict[str, list[str]], kind: str
) -> None:
    """The texts as AWS gave them: https://github.com/aws/aws-cdk/issues/2608,
    https://github.com/aws/aws-sdk-java/issues/1395"""
    good = pool.another_client(ReadAttributes=["email", "email_verified"], WriteAttributes=["email"])
    answer = refused(pool.another_client, **settings)
    assert (answer.status, answer.code) == (400, "InvalidParameterException")
    assert answer.message == f"Invalid {kind} attributes specified while creating a client"
    ids = {"UserPoolId": pool.id, "ClientId": good.client_id}
    answer = refused(pool.admin.update_user_pool_client, **ids, **settings)
    assert answer.message == f"Invalid {kind} attributes specified while updating a client"


@pytest.mark.operation("cognito-idp:CreateUserPoolClient", refuses="InvalidParameterException")
def test_what_the_pool_requires_a_client_must_be_able_to_write(account: LocalAccount) -> None:
    """The first of those two issues: a list without the required e-mail address"""
    required = [{"Name": "email", "Required": True, "Mutable": True}]
    pool = user_pool(account, Schema=required)
    assert pool.another_client(WriteAttributes=["email", "given_name"]).client_id
    answer = refused(pool.another_client, WriteAttributes=["given_name"])
    assert answer.message == "Invalid write attributes specified while creating a client"
