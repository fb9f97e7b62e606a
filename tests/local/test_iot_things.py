"""Things, their types and what they are attached to.

https://docs.aws.amazon.com/iot/latest/developerguide/thing-registry.html
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.local import iot
from tests.local.accounts import LocalAccount, document, refused, statement, user
from tests.local.iot_table import WIDE


def thing(account: LocalAccount, **more: Any) -> str:
    name = account.name("thing")
    account.client("iot").create_thing(thingName=name, **more)
    return name


def test_a_thing_is_made_once_and_the_same_call_finds_it_again(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_CreateThing.html"""
    api, name = account.client("iot"), account.name("thing")
    given: dict[str, Any] = {"thingName": name, "attributePayload": {"attributes": {"room": "kitchen"}}}
    made = api.create_thing(**given)
    assert made["thingArn"] == f"arn:aws:iot:us-east-1:{account.account_id}:thing/{name}"
    assert api.create_thing(**given)["thingId"] == made["thingId"]
    answer = refused(api.create_thing, thingName=name)
    assert (answer.status, answer.code) == (409, "ResourceAlreadyExistsException")
    with pytest.raises(api.exceptions.ResourceAlreadyExistsException) as caught:
        api.create_thing(thingName=name)
    assert caught.value.response["resourceArn"] == made["thingArn"]


def test_a_thing_shows_what_it_is(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_DescribeThing.html"""
    api, kind = account.client("iot"), account.name("type")
    api.create_thing_type(thingTypeName=kind)
    name = thing(account, thingTypeName=kind, attributePayload={"attributes": {"room": "bath"}})
    found = api.describe_thing(thingName=name)
    assert (found["defaultClientId"], found["version"], found["thingTypeName"]) == (name, 1, kind)
    assert found["attributes"] == {"room": "bath"}
    answer = refused(api.describe_thing, thingName="nobody")
    assert (answer.status, answer.code) == (404, "ResourceNotFoundException")


@pytest.mark.parametrize("name", ["with space", "a/b", "ä", "a" * 129])
def test_a_things_name_has_few_characters(account: LocalAccount, name: str) -> None:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_CreateThing.html (Pattern: [a-zA-Z0-9:_-]+)"""
    api = account.client("iot", parameter_validation=False)
    assert api.create_thing(thingName=account.name("us-east-1:Thing_"))
    answer = refused(api.create_thing, thingName=name)
    assert (answer.status, answer.code) == (400, "InvalidRequestException")
    assert "at 'thingName' failed to satisfy constraint" in answer.message


@pytest.mark.parametrize(
    "attributes, typed, accepted",
    [
        ({"a": "1", "b": "2", "c": "3"}, False, True),
        ({"a": "1", "b": "2", "c": "3", "d": "4"}, False, False),
        ({f"n{i}": "1" for i in range(50)}, True, True),
        ({f"n{i}": "1" for i in range(51)}, True, False),
        ({"a b": "1"}, False, False),
        ({"a": "1 2"}, False, False),
    ],
)
def test_attributes_are_few_and_of_few_characters(
    account: LocalAccount, attributes: dict[str, str], typed: bool, accepted: bool
) -> None:
    """https://docs.aws.amazon.com/iot/latest/developerguide/thing-types.html

    https://docs.aws.amazon.com/iot/latest/apireference/API_AttributePayload.html
    """
    api, kind = account.client("iot"), account.name("type")
    api.create_thing_type(thingTypeName=kind)
    given: dict[str, Any] = {"attributePayload": {"attributes": attributes}}
    given |= {"thingTypeName": kind} if typed else {}
    if accepted:
        assert api.create_thing(thingName=account.name("thing"), **given)
    else:
        assert refused(api.create_thing, thingName=account.name("thing"), **given).code == (
            "InvalidRequestException"
        )


def test_an_update_replaces_or_merges_attributes_and_counts(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_UpdateThing.html"""
    api = account.client("iot")
    name = thing(account, attributePayload={"attributes": {"room": "bath", "floor": "1"}})
    api.update_thing(thingName=name, attributePayload={"attributes": {"room": "hall"}, "merge": True})
    assert api.describe_thing(thingName=name)["attributes"] == {"room": "hall", "floor": "1"}
    api.update_thing(thingName=name, attributePayload={"attributes": {"room": ""}, "merge": True})
    api.update_thing(thingName=name, expectedVersion=3)
    found = api.describe_thing(thingName=name)
    assert (found["attributes"], found["version"]) == ({"floor": "1"}, 4)
    api.update_thing(thingName=name, attributePayload={"attributes": {"a": "b"}})
    assert api.describe_thing(thingName=name)["attributes"] == {"a": "b"}
    answer = refused(api.update_thing, thingName=name, expectedVersion=1)
    assert (answer.status, answer.code) == (409, "VersionConflictException")


def test_a_thing_is_deleted_once_nothing_is_attached(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_DeleteThing.html"""
    api, name = account.client("iot"), thing(account)
    principal = iot.certificate(account)["certificateArn"]
    api.attach_thing_principal(thingName=name, principal=principal)
    answer = refused(api.delete_thing, thingName=name)
    assert (answer.status, answer.code) == (400, "InvalidRequestException")
    api.detach_thing_principal(thingName=name, principal=principal)
    assert refused(api.delete_thing, thingName=name, expectedVersion=9).code == "VersionConflictException"
    api.delete_thing(thingName=name)
    assert refused(api.describe_thing, thingName=name).code == "ResourceNotFoundException"
    assert api.delete_thing(thingName=name), "AWS says nothing of a Thing that is not there"


def test_things_are_listed_by_type_and_attribute_and_by_pages(fresh: LocalAccount) -> None:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_ListThings.html"""
    api = fresh.client("iot")
    api.create_thing_type(thingTypeName="lamp")
    for number in range(5):
        room = {"attributes": {"room": f"room-{number % 2}"}}
        kind = {"thingTypeName": "lamp"} if number < 2 else {}
        api.create_thing(thingName=f"thing-{number}", attributePayload=room, **kind)

    def names(**given: Any) -> list[str]:
        return [each["thingName"] for each in api.list_things(**given)["things"]]

    assert names(thingTypeName="lamp") == ["thing-0", "thing-1"]
    assert names(attributeName="room", attributeValue="room-1") == ["thing-1", "thing-3"]
    assert names(attributeName="room", attributeValue="room") == []
    assert len(names(attributeName="room", attributeValue="room", usePrefixAttributeValue=True)) == 5
    first = api.list_things(maxResults=3)
    assert names(nextToken=first["nextToken"]) == ["thing-3", "thing-4"]
    for token in ("no token", "LTU=", "w6Q="):
        assert refused(api.list_things, nextToken=token).code == "InvalidRequestException"


def test_a_thing_type_ends_in_three_steps(fresh: LocalAccount) -> None:
    """https://docs.aws.amazon.com/iot/latest/developerguide/thing-types.html (five minutes)"""
    api = fresh.client("iot")
    assert api.create_thing_type(thingTypeName="lamp")["thingTypeId"]
    assert api.create_thing_type(thingTypeName="lamp")
    properties = {"thingTypeDescription": "another"}
    again = refused(api.create_thing_type, thingTypeName="lamp", thingTypeProperties=properties)
    assert again.code == "ResourceAlreadyExistsException"
    api.create_thing(thingName="one", thingTypeName="lamp")
    assert refused(api.delete_thing_type, thingTypeName="lamp").code == "InvalidRequestException"
    api.deprecate_thing_type(thingTypeName="lamp")
    assert api.describe_thing_type(thingTypeName="lamp")["thingTypeMetadata"]["deprecated"]
    late = refused(api.create_thing, thingName="two", thingTypeName="lamp")
    assert (late.code, "depreated thing type:lamp" in late.message) == ("InvalidRequestException", True)
    api.update_thing(thingName="one", removeThingType=True)
    early = refused(api.delete_thing_type, thingTypeName="lamp")
    assert "Please wait for 5 minutes after deprecation and then retry" in early.message
    fresh.advance(minutes=5)
    api.delete_thing_type(thingTypeName="lamp")
    assert api.list_thing_types()["thingTypes"] == []
    assert refused(api.describe_thing_type, thingTypeName="lamp").code == "ResourceNotFoundException"


def test_a_thing_is_attached_to_certificates_and_cognito_identities(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_AttachThingPrincipal.html"""
    api, name, pool = account.client("iot"), thing(account), iot.pool_with(account, WIDE)
    identity = iot.person(pool, guest=False).identity
    certificate = iot.certificate(account)["certificateArn"]
    for principal in (identity, certificate):
        api.attach_thing_principal(thingName=name, principal=principal)
        api.attach_thing_principal(thingName=name, principal=principal)
    assert api.list_thing_principals(thingName=name)["principals"] == [identity, certificate]
    assert sorted(api.list_principal_things(principal=identity)["things"]) == sorted([identity, name])
    shown = api.list_thing_principals_v2(thingName=name)["thingPrincipalObjects"]
    assert shown[0] == {"principal": identity, "thingPrincipalType": "NON_EXCLUSIVE_THING"}
    api.detach_thing_principal(thingName=name, principal=identity)
    assert api.list_thing_principals(thingName=name)["principals"] == [certificate]
    again = refused(api.detach_thing_principal, thingName=name, principal=identity)
    assert again.code == "ResourceNotFoundException"


@pytest.mark.unconfirmed
@pytest.mark.parametrize(
    "principal, code",
    [
        ("us-east-1:00000000-1111-2222-3333-444444444444", "ResourceNotFoundException"),
        ("arn:aws:iot:us-east-1:111122223333:cert/00", "ResourceNotFoundException"),
        ("a-user-pools-sub", "InvalidRequestException"),
    ],
)
def test_a_principal_must_be_there(account: LocalAccount, principal: str, code: str) -> None:
    """AWS documents the two errors, and not whether it looks an Identity ID up."""
    api, name = account.client("iot"), thing(account)
    assert api.attach_thing_principal(thingName=name, principal=iot.certificate(account)["certificateArn"])
    assert refused(api.attach_thing_principal, thingName=name, principal=principal).code == code
    policy = iot.policy(account, document(statement("iot:*")))
    assert refused(api.attach_policy, policyName=policy, target=principal).code == code


def test_what_is_not_simulated_of_things_says_so(account: LocalAccount) -> None:
    api, name = account.client("iot"), thing(account)
    principal = iot.certificate(account)["certificateArn"]
    assert api.attach_thing_principal(thingName=name, principal=principal)
    exclusive = {"thingName": name, "principal": principal, "thingPrincipalType": "EXCLUSIVE_THING"}
    assert refused(api.attach_thing_principal, **exclusive).code == "NotSimulated"
    assert refused(api.create_thing, thingName="x", billingGroupName="y").code == "NotSimulated"


def test_attaching_is_about_the_certificate_and_the_thing(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsiot.html"""
    mine, other = thing(account), thing(account)
    principal = iot.certificate(account)["certificateArn"]
    arn = f"arn:aws:iot:us-east-1:{account.account_id}:thing/{mine}"
    only = {"ArnEquals": {"iot:thingArn": arn}}
    keys = user(account, statement("iot:AttachThingPrincipal", principal, Condition=only))
    api = account.client("iot", keys)
    assert api.attach_thing_principal(thingName=mine, principal=principal)
    for given in (
        {"thingName": other, "principal": principal},
        {"thingName": mine, "principal": iot.certificate(account)["certificateArn"]},
    ):
        assert refused(api.attach_thing_principal, **given).code == "AccessDeniedException"


def test_a_group_of_things_leaves_nothing_behind(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_DeleteThingGroup.html"""
    api, above, below = account.client("iot"), account.name("above"), account.name("below")
    arn = api.create_thing_group(thingGroupName=above)["thingGroupArn"]
    api.create_thing_group(thingGroupName=below, parentGroupName=above)
    policy = iot.policy(account, document(statement("iot:*")))
    api.attach_policy(policyName=policy, target=arn)
    assert refused(api.delete_thing_group, thingGroupName=above).code == "InvalidRequestException"
    wrong = refused(api.delete_thing_group, thingGroupName=below, expectedVersion=7)
    assert (wrong.status, wrong.code) == (409, "VersionConflictException")
    for name in (below, above, above):
        assert api.delete_thing_group(thingGroupName=name)
    api.create_thing_group(thingGroupName=above)
    assert api.list_attached_policies(target=arn)["policies"] == []
