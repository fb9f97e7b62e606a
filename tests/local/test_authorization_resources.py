"""Which resources and condition keys a call is decided by, whatever else it carries.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from labkit.local.errors import AwsError, Protocol
from tests.local.accounts import (
    LocalAccount,
    access_key,
    anybody_here,
    document,
    refused,
    reply_to,
    role,
    signed,
    statement,
    user,
)
from tests.local.directory import user_pool


@pytest.mark.operation("cognito-idp:DescribeUserPool", refuses="AccessDeniedException")
def test_no_member_but_the_operations_own_chooses_the_resource(account: LocalAccount) -> None:
    mine, other = user_pool(account), user_pool(account)
    arn = f"arn:aws:cognito-idp:us-east-1:{account.account_id}:userpool/{mine.id}"
    keys = user(account, statement("cognito-idp:*", arn))

    def describe(parameters: dict[str, str]) -> Any:
        target = "AWSCognitoIdentityProviderService.DescribeUserPool"
        headers = {"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.1"}
        body = json.dumps(parameters)
        request = signed(
            account, "POST", "/", service="cognito-idp", headers=headers, body=body, credentials=keys
        )
        return reply_to(account, request)

    assert describe({"UserPoolId": mine.id}).status == 200
    for extra in ({"ResourceArn": arn}, {"userpoolid": mine.id}, {"resourceArn": arn}):
        for parameters in (extra | {"UserPoolId": other.id}, {"UserPoolId": other.id} | extra):
            assert describe(parameters).json["__type"] == "AccessDeniedException"


def test_tags_count_only_where_the_operation_takes_them(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/access_tags.html"""
    red = {"StringEquals": {"aws:RequestTag/team": "red"}}
    iam = account.client("iam", user(account, statement("iam:*", Condition=red)))
    tags, trust = [{"Key": "team", "Value": "red"}], anybody_here(account)
    name = account.name("role")
    assert iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust, Tags=tags)["Role"]
    assert refused(iam.get_role, RoleName=name).code == "AccessDenied"
    without = {"RoleName": account.name("role"), "AssumeRolePolicyDocument": trust}
    assert refused(iam.create_role, **without).code == "AccessDenied"


def test_a_tag_is_taken_away_under_its_key(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html"""
    name = role(account, anybody_here(account), Tags=[{"Key": k, "Value": "x"} for k in ("a", "b")])
    only_a = {"ForAllValues:StringEquals": {"aws:TagKeys": ["a"]}, "Null": {"aws:TagKeys": "false"}}
    iam = account.client("iam", user(account, statement("iam:UntagRole", Condition=only_a)))
    role_name = name.rpartition("/")[2]
    assert iam.untag_role(RoleName=role_name, TagKeys=["a"])
    assert refused(iam.untag_role, RoleName=role_name, TagKeys=["a", "b"]).code == "AccessDenied"


def test_a_path_counts_also_for_what_is_about_to_be_created(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html (paths)"""
    policy = f"arn:aws:iam::{account.account_id}:policy/"
    deny = statement("iam:CreatePolicy", f"{policy}secret/*", "Deny")
    iam = account.client("iam", user(account, statement("iam:*"), deny))
    text = document(statement("s3:*"))
    assert iam.create_policy(PolicyName=account.name("policy"), PolicyDocument=text)["Policy"]
    given = {"PolicyName": account.name("policy"), "PolicyDocument": text, "Path": "/secret/"}
    assert refused(iam.create_policy, **given).code == "AccessDenied"


def test_without_a_name_iam_means_the_caller(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetUser.html (UserName)"""
    name = account.name("user")
    account.client("iam").create_user(UserName=name)
    own = f"arn:aws:iam::{account.account_id}:user/{name}"
    account.client("iam").put_user_policy(
        UserName=name, PolicyName="own", PolicyDocument=document(statement("iam:GetUser", own))
    )
    assert account.client("iam", access_key(account, name)).get_user()["User"]["UserName"] == name
    deny = statement("iam:GetUser", f"arn:aws:iam::{account.account_id}:user/*", "Deny")
    other = account.client("iam", user(account, statement("iam:*"), deny))
    assert refused(other.get_user).code == "AccessDenied"


def test_every_resource_of_an_action_must_be_allowed(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsiot.html"""
    arn, admin = f"arn:aws:iot:us-east-1:{account.account_id}:", account.client("iot")
    thing, open_group, closed = (account.name(kind) for kind in ("thing", "group", "group"))
    admin.create_thing(thingName=thing)
    for group in (open_group, closed):
        admin.create_thing_group(thingGroupName=group)
    allowed = [f"{arn}thing/{thing}", f"{arn}thinggroup/{open_group}"]
    iot = account.client("iot", user(account, statement("iot:AddThingToThingGroup", allowed)))
    assert iot.add_thing_to_thing_group(thingName=thing, thingGroupName=open_group)
    answer = refused(iot.add_thing_to_thing_group, thingName=thing, thingGroupName=closed)
    assert f"on resource: {arn}thinggroup/{closed} because" in answer.message


def test_iot_data_is_decided_by_topic_and_by_thing(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/iot/latest/developerguide/iot-policy-actions.html"""
    arn, thing = f"arn:aws:iot:us-east-1:{account.account_id}:", account.name("thing")
    account.client("iot").create_thing(thingName=thing)
    allowed = [f"{arn}topic/room/one", f"{arn}thing/{thing}"]
    data = account.client("iot-data", user(account, statement("iot:*", allowed)))
    assert data.publish(topic="room/one", payload=b"{}")
    assert data.update_thing_shadow(thingName=thing, payload=b'{"state": {}}')
    for call, given, resource in (
        (data.publish, {"topic": "room/two"}, "topic/room/two"),
        (data.get_thing_shadow, {"thingName": "other"}, "thing/other"),
    ):
        # As callers report it: https://github.com/aws/aws-sdk-js/issues/1312
        with pytest.raises(data.exceptions.ClientError, match=r"ForbiddenException.*: Forbidden") as caught:
            call(**given)
        metadata = caught.value.response["ResponseMetadata"]
        decision = account.app.state.decisions.get(metadata["RequestId"])
        assert decision is not None
        assert (metadata["HTTPStatusCode"], decision.request.resource) == (403, arn + resource)


def test_an_operation_whose_action_is_not_known_is_not_decided(account: LocalAccount) -> None:
    """The local account knows lambda:InvokeFunction for Invoke, and no action for GetLayerVersionByArn."""
    function = f"arn:aws:lambda:us-east-1:{account.account_id}:function:mine"
    keys = user(account, statement("lambda:*", function))
    api = account.client("lambda", keys)
    assert refused(api.invoke, FunctionName="mine").code != "AccessDeniedException"
    answer = refused(api.invoke, FunctionName="other")
    assert "perform: lambda:InvokeFunction on resource: " in answer.message
    layer = f"arn:aws:lambda:us-east-1:{account.account_id}:layer:a:1"
    answer = refused(account.client("lambda").get_layer_version_by_arn, Arn=layer)
    assert (answer.status, answer.code) == (501, "NotSimulated")


@pytest.mark.parametrize("protocol", ["query", "rest-xml"])
def test_an_error_in_xml_is_well_formed_whatever_it_speaks_of(protocol: str) -> None:
    """https://www.w3.org/TR/xml/#charsets"""
    from xml.etree import ElementTree

    def rendered(text: str) -> ElementTree.Element:
        error = AwsError("NoSuchKey", f"about {text}")
        path = text.encode("utf-8", "surrogatepass").decode("latin-1")
        _, _, body = Protocol(protocol).render(error, request_id="1", resource=path)
        return ElementTree.fromstring(body)

    plain = next(rendered("é & <b>").iter("Message")).text
    assert plain == "about é & <b>"
    assert [e.text for e in rendered("é").iter("Resource")] in ([], ["é"])
    for text in ("\0", "\x01\x1f", "\ud800", "\ufffe"):
        message = next(rendered(text).iter("Message")).text
        assert str(message).startswith("about \ufffd")


def test_a_malformed_iot_policy_is_not_stored(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_CreatePolicy.html (MalformedPolicyException)"""
    iot, name = account.client("iot"), account.name("policy")
    variable = "arn:aws:iot:us-east-1:111122223333:client/${iot:Connection.Thing.ThingName}"
    good = document(
        statement("iot:Connect", variable, Condition={"Bool": {"iot:Connection.Thing.IsAttached": "true"}})
    )
    assert iot.create_policy(policyName=name, policyDocument=good)["policyName"] == name
    for bad in ("garbage", "{}", document(statement("Connect"))):
        for call, given in (
            (iot.create_policy, {"policyName": account.name("policy")}),
            (iot.create_policy_version, {"policyName": name}),
        ):
            answer = refused(call, policyDocument=bad, **given)
            assert (answer.status, answer.code) == (400, "MalformedPolicyException")
