"""AWS IoT policies: documents, versions, what they are attached to, and what they would say.

https://docs.aws.amazon.com/iot/latest/developerguide/iot-policies.html
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.local import iot
from tests.local.accounts import LocalAccount, document, refused, statement, user
from tests.local.iot_table import WIDE

ANY = document(statement("iot:*"))


def test_a_policy_is_kept_with_its_first_version(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_CreatePolicy.html"""
    api, name = account.client("iot"), account.name("policy")
    made = api.create_policy(policyName=name, policyDocument=ANY)
    assert made["policyArn"] == f"arn:aws:iot:us-east-1:{account.account_id}:policy/{name}"
    assert (made["policyDocument"], made["policyVersionId"]) == (ANY, "1")
    found = api.get_policy(policyName=name)
    assert (found["policyDocument"], found["defaultVersionId"]) == (ANY, "1")
    assert name in [each["policyName"] for each in api.list_policies(pageSize=250)["policies"]]
    answer = refused(api.create_policy, policyName=name, policyDocument=ANY)
    assert (answer.status, answer.code) == (409, "ResourceAlreadyExistsException")
    assert refused(api.get_policy, policyName="nobody").code == "ResourceNotFoundException"


@pytest.mark.parametrize(
    "text, said",
    [
        ("policy.json", "Policy document is Malformed"),
        ("{}", "Invalid policy syntax."),
        (document(statement("iot:Connect") | {"Principal": "*"}), "Invalid policy syntax."),
        (document(statement("Connect")), "Invalid policy syntax."),
        (document(statement("iot:Connect", effect="Permit")), "Invalid policy syntax."),
        (ANY.replace("2012-10-17", "2020-01-01"), "Invalid policy syntax."),
        (
            document(statement("iot:Connect", "client/one")),
            "The following resources are invalid : client/one",
        ),
        (document(statement("iot:Connect", ["*"] * 800)), "without white space"),
    ],
)
def test_a_document_that_is_none_is_refused(account: LocalAccount, text: str, said: str) -> None:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_CreatePolicy.html

    AWS's words: https://github.com/dwyl/learn-aws-iot/issues/17, https://github.com/aws/aws-cdk/issues/32414,
    https://github.com/aws-samples/simplerobotservice/issues/1
    """
    api, name = account.client("iot"), account.name("policy")
    assert api.create_policy(policyName=name, policyDocument=ANY + " " * 5000)
    for call, given in (
        (api.create_policy, {"policyName": account.name("policy")}),
        (api.create_policy_version, {"policyName": name}),
    ):
        answer = refused(call, policyDocument=text, **given)
        assert (answer.status, answer.code) == (400, "MalformedPolicyException")
        assert answer.message.startswith("Policy document is Malformed")
        assert said in answer.message


def test_a_policy_has_five_versions_and_one_that_counts(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_CreatePolicyVersion.html"""
    api, name = account.client("iot"), iot.policy(account, ANY)
    other = document(statement("iot:Connect"))
    for number in range(2, 6):
        made = api.create_policy_version(policyName=name, policyDocument=other, setAsDefault=number == 3)
        assert (made["policyVersionId"], made["isDefaultVersion"]) == (str(number), number == 3)
    full = refused(api.create_policy_version, policyName=name, policyDocument=other)
    assert (full.status, full.code) == (409, "VersionsLimitExceededException")
    listed = api.list_policy_versions(policyName=name)["policyVersions"]
    assert [each["versionId"] for each in listed if each["isDefaultVersion"]] == ["3"]
    api.set_default_policy_version(policyName=name, policyVersionId="1")
    assert api.get_policy(policyName=name)["policyDocument"] == ANY
    assert api.get_policy_version(policyName=name, policyVersionId="3")["isDefaultVersion"] is False
    missing = refused(api.set_default_policy_version, policyName=name, policyVersionId="9")
    assert missing.code == "ResourceNotFoundException"
    assert api.get_policy(policyName=name)["defaultVersionId"] == "1", "and one still counts"
    api.delete_policy_version(policyName=name, policyVersionId="2")
    assert api.create_policy_version(policyName=name, policyDocument=other)["policyVersionId"] == "6"


@pytest.mark.unconfirmed
def test_the_version_that_counts_cannot_be_deleted(account: LocalAccount) -> None:
    """Of its errors the page does not say which one this is.

    https://docs.aws.amazon.com/iot/latest/apireference/API_DeletePolicyVersion.html
    """
    api, name = account.client("iot"), iot.policy(account, ANY)
    api.create_policy_version(policyName=name, policyDocument=ANY)
    assert api.delete_policy_version(policyName=name, policyVersionId="2")
    answer = refused(api.delete_policy_version, policyName=name, policyVersionId="1")
    assert (answer.status, answer.code) == (409, "DeleteConflictException")


def test_a_policy_is_deleted_once_it_is_alone(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_DeletePolicy.html"""
    api, name = account.client("iot"), iot.policy(account, ANY)
    target = iot.certificate(account, name)["certificateArn"]
    attached = refused(api.delete_policy, policyName=name)
    assert (attached.status, attached.code) == (409, "DeleteConflictException")
    api.detach_policy(policyName=name, target=target)
    api.create_policy_version(policyName=name, policyDocument=ANY)
    assert refused(api.delete_policy, policyName=name).code == "DeleteConflictException"
    api.delete_policy_version(policyName=name, policyVersionId="2")
    api.delete_policy(policyName=name)
    assert refused(api.get_policy, policyName=name).code == "ResourceNotFoundException"


def test_a_policy_is_attached_to_identities_certificates_and_groups(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_AttachPolicy.html"""
    api, name = account.client("iot"), iot.policy(account, ANY)
    identity = iot.person(iot.pool_with(account, WIDE), guest=False).identity
    certificate = iot.certificate(account)["certificateArn"]
    above, below = account.name("above"), account.name("below")
    group = api.create_thing_group(thingGroupName=above)["thingGroupArn"]
    lower = api.create_thing_group(thingGroupName=below, parentGroupName=above)["thingGroupArn"]
    targets = [identity, certificate, group]
    for target in targets:
        api.attach_policy(policyName=name, target=target)
        api.attach_policy(policyName=name, target=target)
        assert [each["policyName"] for each in _attached(api, target)] == [name]
    assert _attached(api, lower) == []
    assert [each["policyName"] for each in _attached(api, lower, recursive=True)] == [name]
    assert api.list_targets_for_policy(policyName=name)["targets"] == targets
    assert api.list_principal_policies(principal=identity)["policies"][0]["policyName"] == name
    assert api.list_policy_principals(policyName=name)["principals"] == targets
    api.detach_policy(policyName=name, target=identity)
    assert _attached(api, identity) == []
    assert (
        refused(api.attach_policy, policyName="nobody", target=identity).code == "ResourceNotFoundException"
    )
    missing = refused(api.attach_policy, policyName=name, target=f"{group}-nobody")
    assert (missing.status, missing.code) == (404, "ResourceNotFoundException")


def _attached(api: Any, target: str, **more: Any) -> list[dict[str, Any]]:
    return list(api.list_attached_policies(target=target, **more)["policies"])


def test_the_deprecated_attachment_works_as_ever(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_AttachPrincipalPolicy.html"""
    api, name = account.client("iot"), iot.policy(account, ANY)
    principal = iot.certificate(account)["certificateArn"]
    api.attach_principal_policy(policyName=name, principal=principal)
    assert [each["policyName"] for each in _attached(api, principal)] == [name]
    api.detach_principal_policy(policyName=name, principal=principal)
    again = refused(api.detach_principal_policy, policyName=name, principal=principal)
    assert again.code == "ResourceNotFoundException"


def test_a_principal_has_ten_policies(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/general/latest/gr/iot-core.html"""
    api, names = account.client("iot"), [iot.policy(account, ANY) for _ in range(11)]
    target = iot.certificate(account, *names[:10])["certificateArn"]
    assert len(_attached(api, target)) == 10
    answer = refused(api.attach_policy, policyName=names[10], target=target)
    assert (answer.status, answer.code) == (410, "LimitExceededException")


def test_an_app_may_attach_a_policy_to_its_own_identity_if_its_role_allows(account: LocalAccount) -> None:
    """The action has no resource that an Identity ID would be: only `*` allows it.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsiot.html
    https://docs.aws.amazon.com/iot/latest/developerguide/cognito-identities.html
    """
    policy = iot.policy(account, ANY)
    one = iot.person(iot.pool_with(account, [statement("iot:AttachPolicy")]), guest=False)
    account.client("iot", one.credentials).attach_policy(policyName=policy, target=one.identity)
    assert [each["policyName"] for each in _attached(account.client("iot"), one.identity)] == [policy]
    other = iot.person(iot.pool_with(account, [statement("iot:DescribeEndpoint")]), guest=False)
    mine = account.client("iot", other.credentials)
    answer = refused(mine.attach_policy, policyName=policy, target=other.identity)
    assert (answer.status, answer.code) == (403, "AccessDeniedException")


def test_attaching_to_a_certificate_is_about_the_certificate(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsiot.html"""
    policy, mine = iot.policy(account, ANY), iot.certificate(account)["certificateArn"]
    api = account.client("iot", user(account, statement("iot:AttachPolicy", mine)))
    assert api.attach_policy(policyName=policy, target=mine)
    other = iot.certificate(account)["certificateArn"]
    answer = refused(api.attach_policy, policyName=policy, target=other)
    assert (answer.status, answer.code) == (403, "AccessDeniedException")
    assert f"on resource: {other} because" in answer.message


# --- what the policies would say --------------------------------------------------------------------------


def test_the_effective_policies_are_a_principals_and_its_things_groups(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_GetEffectivePolicies.html"""
    api, own, groups = account.client("iot"), iot.policy(account, ANY), iot.policy(account, ANY)
    name, group = account.name("thing"), account.name("group")
    api.create_thing(thingName=name)
    api.attach_policy(policyName=groups, target=api.create_thing_group(thingGroupName=group)["thingGroupArn"])
    api.add_thing_to_thing_group(thingGroupName=group, thingName=name)
    principal = iot.certificate(account, own)["certificateArn"]
    api.attach_thing_principal(thingName=name, principal=principal)
    alone = api.get_effective_policies(principal=principal)["effectivePolicies"]
    assert [(each["policyName"], each["policyDocument"]) for each in alone] == [(own, ANY)]
    both = api.get_effective_policies(principal=principal, thingName=name)["effectivePolicies"]
    assert sorted(each["policyName"] for each in both) == sorted([own, groups])
    missing = refused(api.get_effective_policies, principal=principal, thingName="nobody")
    assert missing.code == "ResourceNotFoundException"


def test_authorization_is_tried_with_the_policies_as_they_are(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_TestAuthorization.html"""
    arn = f"arn:aws:iot:us-east-1:{account.account_id}:"
    api = account.client("iot")
    own = iot.policy(account, document(statement("iot:Publish", f"{arn}topic/${{iot:ClientId}}/*")))
    quiet = iot.policy(account, document(statement("iot:Publish", f"{arn}topic/lamp/secret", "Deny")))
    principal = iot.certificate(account, own, quiet)["certificateArn"]

    def tried(*topics: str, **more: Any) -> list[dict[str, Any]]:
        infos = [{"actionType": "PUBLISH", "resources": [f"{arn}topic/{topic}" for topic in topics]}]
        return list(api.test_authorization(principal=principal, authInfos=infos, **more)["authResults"])

    results = tried("lamp/on", "lamp/secret", "door/on", clientId="lamp")
    assert [each["authDecision"] for each in results] == ["ALLOWED", "EXPLICIT_DENY", "IMPLICIT_DENY"]
    assert [each["policyName"] for each in results[0]["allowed"]["policies"]] == [own]
    assert [each["policyName"] for each in results[1]["denied"]["explicitDeny"]["policies"]] == [quiet]
    silent = [each["policyName"] for each in results[2]["denied"]["implicitDeny"]["policies"]]
    assert silent == [own, quiet]
    assert results[0]["authInfo"] == {"actionType": "PUBLISH", "resources": [f"{arn}topic/lamp/on"]}
    (unknown,) = tried("lamp/on")
    assert (unknown["authDecision"], unknown["missingContextValues"]) == ("IMPLICIT_DENY", ["iot:ClientId"])
    (skipped,) = tried("lamp/secret", clientId="lamp", policyNamesToSkip=[quiet])
    assert skipped["authDecision"] == "ALLOWED"
    (added,) = tried("door/on", clientId="lamp", policyNamesToAdd=[iot.policy(account, ANY)])
    assert added["authDecision"] == "ALLOWED"
    missing = {"principal": f"{arn}cert/00", "authInfos": [{"actionType": "CONNECT", "resources": ["*"]}]}
    assert refused(api.test_authorization, **missing).code == "ResourceNotFoundException"


def test_authorization_says_what_the_authority_decides(account: LocalAccount) -> None:
    """One engine: what is tried is what happens."""
    arn = f"arn:aws:iot:us-east-1:{account.account_id}:"
    text = document(statement("iot:Connect"), statement("iot:Subscribe", f"{arn}topicfilter/a/#"))
    made = iot.certificate(account, iot.policy(account, text))
    client = iot.device(account, made)
    assert client.connect("lamp")
    for topic_filter in ("a/#", "a/b", "#"):
        infos = [{"actionType": "SUBSCRIBE", "resources": [f"{arn}topicfilter/{topic_filter}"]}]
        answer = account.client("iot").test_authorization(
            principal=made["certificateArn"], clientId="lamp", authInfos=infos
        )
        allowed = answer["authResults"][0]["authDecision"] == "ALLOWED"
        assert allowed is client.subscribe(topic_filter)
