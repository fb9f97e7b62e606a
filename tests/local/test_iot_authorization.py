"""Who may do what over MQTT, and over HTTP with the same credentials.

https://docs.aws.amazon.com/iot/latest/developerguide/iot-authorization.html
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from botocore.exceptions import ClientError

from labkit.local.mqtt.packets import V5, Property, Will
from tests.local import iot
from tests.local.accounts import LocalAccount, anybody_here, document, refused, role, statement, user
from tests.local.iot_table import HTTP_TABLE, IOT_POLICY, NARROW, PRINCIPALS, TABLE, WIDE


@pytest.fixture(scope="session")
def people(account: LocalAccount) -> dict[str, iot.Person]:
    """The four principals of the table, and `another` who is none of them."""
    wide, narrow = iot.pool_with(account, WIDE), iot.pool_with(account, NARROW)
    policy = iot.policy(account, IOT_POLICY)
    found = (
        iot.person(wide, guest=True),
        iot.person(wide, guest=False),
        iot.person(wide, guest=False, policies=(policy,)),
        iot.person(narrow, guest=False, policies=(policy,)),
    )
    return dict(zip(PRINCIPALS, found, strict=True)) | {"another": iot.person(wide, guest=False)}


@pytest.mark.parametrize("how, what, expected", TABLE)
def test_a_packet_needs_the_role_and_for_a_signed_in_identity_the_iot_policy(
    account: LocalAccount, people: dict[str, iot.Person], how: str, what: str, expected: tuple[bool, ...]
) -> None:
    found = []
    for who in PRINCIPALS:
        names = {"own": people[who].identity, "other": people["another"].identity}
        client = iot.app(account, people[who].credentials)
        if how != "connect":
            client.link.client_id = names["own"]
        found.append(getattr(client, how)(what.format(**names)))
    assert tuple(found) == expected


@pytest.mark.parametrize("how, what, expected", HTTP_TABLE)
def test_the_data_api_asks_the_same_policies(
    account: LocalAccount, people: dict[str, iot.Person], how: str, what: str, expected: tuple[bool, ...]
) -> None:
    """As callers report it; AWS's table of protocols speaks of the IAM policy alone.

    https://github.com/aws/aws-sdk-js/issues/1312
    """
    found = []
    for who in PRINCIPALS:
        names = {"own": people[who].identity, "other": people["another"].identity}
        for name in names.values():
            account.client("iot-data").update_thing_shadow(thingName=name, payload=b'{"state": {}}')
        given: dict[str, Any] = {"topic" if how == "publish" else "thingName": what.format(**names)}
        if how not in {"get_thing_shadow", "delete_thing_shadow"}:
            given["payload"] = b'{"state": {}}'
        found.append(_is_allowed(account.client("iot-data", people[who].credentials), how, given))
    assert tuple(found) == expected


def _is_allowed(data: Any, operation: str, given: dict[str, Any]) -> bool:
    try:
        getattr(data, operation)(**given)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ForbiddenException":
            raise
        return False
    return True


def test_a_message_with_retain_over_http_needs_retain_publish(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/iot/latest/developerguide/retained-message-policy-examples.html"""
    both = account.client("iot-data", user(account, statement(["iot:Publish", "iot:RetainPublish"])))
    assert both.publish(topic="a", retain=True, payload=b"1")
    plain = account.client("iot-data", user(account, statement("iot:Publish")))
    assert plain.publish(topic="a", retain=False, payload=b"1")
    assert refused(plain.publish, topic="a", retain=True, payload=b"1").code == "ForbiddenException"


def test_a_named_shadow_is_a_resource_of_its_own(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/iot/latest/developerguide/iot-action-resources.html"""
    name = account.name("thing")
    account.client("iot").create_thing(thingName=name)
    arn = f"arn:aws:iot:us-east-1:{account.account_id}:thing/{name}/colour"
    data = account.client("iot-data", user(account, statement("iot:UpdateThingShadow", arn)))
    given: dict[str, Any] = {"thingName": name, "payload": b'{"state": {}}'}
    assert data.update_thing_shadow(shadowName="colour", **given)
    assert refused(data.update_thing_shadow, shadowName="size", **given).code == "ForbiddenException"
    assert refused(data.update_thing_shadow, **given).code == "ForbiddenException"


# --- other callers --------------------------------------------------------------------------------------


def test_an_iam_user_needs_no_iot_policy(account: LocalAccount) -> None:
    client = iot.app(account, user(account, statement(["iot:Connect", "iot:Publish"])))
    assert client.connect("any")
    assert client.publish("a/b")
    assert not client.subscribe("a/b")


def test_a_device_needs_its_iot_policies_alone(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/iot/latest/developerguide/x509-client-certs.html"""
    policy = iot.policy(account, document(statement(["iot:Connect", "iot:Publish"])))
    with_one = iot.device(account, iot.certificate(account, policy))
    assert with_one.connect("lamp")
    assert with_one.publish("a")
    assert not with_one.receive("a")
    without = iot.device(account, iot.certificate(account))
    assert not without.connect("lamp")


@pytest.mark.parametrize("status", ["INACTIVE", "REVOKED"])
def test_a_device_connects_with_an_active_certificate_alone(account: LocalAccount, status: str) -> None:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_UpdateCertificate.html"""
    made = iot.certificate(account, iot.policy(account, document(statement("iot:*"))))
    client, api = iot.device(account, made), account.client("iot")
    assert client.connect("lamp")
    api.update_certificate(certificateId=made["certificateId"], newStatus=status)
    assert not client.connect("lamp")
    last = list(account.app.state.iot.log)[-1]
    assert (last.verdict, last.reason) == ("IMPLICIT_DENY", f"the certificate is {status}")
    api.update_certificate(certificateId=made["certificateId"], newStatus="ACTIVE")
    assert client.connect("lamp")


def test_a_group_of_things_gives_its_policies_to_the_thing_that_the_client_id_names(
    account: LocalAccount,
) -> None:
    """https://docs.aws.amazon.com/iot/latest/developerguide/iot-policies.html"""
    api, above, below, thing = account.client("iot"), *(account.name(each) for each in ("up", "low", "thing"))
    arn = api.create_thing_group(thingGroupName=above)["thingGroupArn"]
    api.create_thing_group(thingGroupName=below, parentGroupName=above)
    api.create_thing(thingName=thing)
    api.add_thing_to_thing_group(thingGroupName=below, thingName=thing)
    api.attach_policy(policyName=iot.policy(account, document(statement("iot:Connect"))), target=arn)
    made = iot.certificate(account)
    api.attach_thing_principal(thingName=thing, principal=made["certificateArn"])
    assert iot.device(account, made).connect(thing)
    assert not iot.device(account, made).connect("somebody-else")


# --- variables and conditions ---------------------------------------------------------------------------


def test_the_things_variables_are_those_of_the_thing_that_is_attached(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/iot/latest/developerguide/thing-policy-variables.html"""
    api, name, kind = account.client("iot"), account.name("thing"), account.name("type")
    api.create_thing_type(thingTypeName=kind)
    attributes = {"attributes": {"room": "kitchen"}}
    api.create_thing(thingName=name, thingTypeName=kind, attributePayload=attributes)
    thing = "iot:Connection.Thing."
    topic = f"arn:aws:iot:us-east-1:*:topic/${{{thing}ThingTypeName}}/${{{thing}Attributes[room]}}"
    policy = iot.policy(account, document(statement("iot:Connect"), statement("iot:Publish", topic)))
    made = iot.certificate(account, policy)
    client = iot.device(account, made)
    assert client.connect(name)
    assert not client.publish(f"{kind}/kitchen")
    api.attach_thing_principal(thingName=name, principal=made["certificateArn"])
    assert client.publish(f"{kind}/kitchen")
    assert not client.publish(f"{kind}/bath")
    api.update_thing(thingName=name, attributePayload={"attributes": {"room": "bath"}})
    assert client.publish(f"{kind}/bath")


def test_the_connections_variables_are_client_id_domain_and_address(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/iot/latest/developerguide/basic-policy-variables.html"""
    here = {"StringEquals": {"iot:DomainName": "localhost"}, "IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
    topic = "arn:aws:iot:us-east-1:*:topic/of/${iot:ClientId}"
    text = document(statement("iot:Connect"), statement("iot:Publish", topic, Condition=here))
    client = iot.device(account, iot.certificate(account, iot.policy(account, text)))
    assert client.connect("lamp")
    assert client.publish("of/lamp")
    assert not client.publish("of/door")
    away = iot.device(account, iot.certificate(account, iot.policy(account, text)))
    away.link.source_ip = "198.51.100.1"
    assert away.connect("lamp")
    assert not away.publish("of/lamp")


def test_a_client_named_plus_widens_a_filter_of_its_name(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/iot/latest/developerguide/basic-policy-variables.html"""
    wanted = "arn:aws:iot:us-east-1:*:topicfilter/my/${iot:ClientId}/topic"
    text = document(statement("iot:Connect"), statement("iot:Subscribe", wanted))
    client = iot.device(account, iot.certificate(account, iot.policy(account, text)))
    assert client.connect("lamp")
    assert not client.subscribe("my/+/topic")
    assert client.connect("+")
    assert client.subscribe("my/+/topic")


def test_wildcards_of_mqtt_are_plain_characters_in_a_policy(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/iot/latest/developerguide/pub-sub-policy.html"""
    filters = [f"arn:aws:iot:us-east-1:*:topicfilter/{each}" for each in ("a/+", "b/*", "c/#")]
    text = document(statement("iot:Connect"), statement("iot:Subscribe", filters))
    client = iot.device(account, iot.certificate(account, iot.policy(account, text)))
    assert client.connect("lamp")
    assert [client.subscribe(each) for each in ("a/+", "a/x", "b/x/y", "b/#", "c/#", "c/x")] == [
        True,
        False,
        True,
        True,
        True,
        False,
    ]


@pytest.mark.unconfirmed
def test_a_will_and_a_persistent_session_may_be_forbidden(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/iot/latest/developerguide/connect-policy.html

    Which packets of MQTT 5 count as persistent, AWS does not say.
    """
    only = {"ForAllValues:StringEquals": {"iot:ConnectAttributes": ["PersistentConnect"]}}
    text = document(statement("iot:Connect", Condition=only))
    client = iot.device(account, iot.certificate(account, iot.policy(account, text)))
    assert client.connect("lamp")
    assert client.connect("lamp", clean_start=False)
    assert not client.connect("lamp", will=Will("gone", b""))
    none = document(statement("iot:Connect", Condition={"Null": {"iot:ConnectAttributes": "true"}}))
    client = iot.device(account, iot.certificate(account, iot.policy(account, none)))
    assert client.connect("lamp", version=V5)
    assert not client.connect("lamp", clean_start=False)
    lasting = {Property.SESSION_EXPIRY_INTERVAL: 60}
    assert not client.connect("lamp", version=V5, properties=lasting)


def test_a_certificates_subject_is_a_variable(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/iot/latest/developerguide/cert-policy-variables.html"""
    topic = "arn:aws:iot:us-east-1:*:topic/${iot:Certificate.Subject.CommonName}/${iot:CertificateId}"
    text = document(statement("iot:Connect"), statement("iot:Publish", topic))
    made = iot.certificate(account, iot.policy(account, text))
    client = iot.device(account, made)
    assert client.connect("lamp")
    assert client.publish(f"AWS IoT Certificate/{made['certificateId']}")
    assert not client.publish("AWS IoT Certificate/0")


def test_the_time_of_a_condition_goes_on(fresh: LocalAccount) -> None:
    """No answer that hangs on the time is kept."""
    until = fresh.app.state.clock.now() + timedelta(hours=1)
    before = {"DateLessThan": {"aws:CurrentTime": f"{until:%Y-%m-%dT%H:%M:%SZ}"}}
    text = document(statement("iot:Connect"), statement("iot:Publish", Condition=before))
    client = iot.device(fresh, iot.certificate(fresh, iot.policy(fresh, text)))
    assert client.connect("lamp")
    assert client.publish("a")
    fresh.advance(hours=2)
    assert not client.publish("a")


# --- changes --------------------------------------------------------------------------------------------


def test_a_change_of_a_policy_or_an_attachment_counts_at_once(account: LocalAccount) -> None:
    """AWS takes minutes: https://docs.aws.amazon.com/iot/latest/developerguide/iot-policies.html"""
    api, pool = account.client("iot"), iot.pool_with(account, WIDE)
    one = iot.person(pool, guest=False)
    client = iot.app(account, one.credentials)
    client.link.client_id = one.identity
    policy = iot.policy(account, document(statement("iot:Publish")))
    assert not client.publish("a")
    api.attach_policy(policyName=policy, target=one.identity)
    assert client.publish("a")
    api.create_policy_version(
        policyName=policy, policyDocument=document(statement("iot:Connect")), setAsDefault=True
    )
    assert not client.publish("a")
    api.set_default_policy_version(policyName=policy, policyVersionId="1")
    assert client.publish("a")
    api.detach_policy(policyName=policy, target=one.identity)
    assert not client.publish("a")


def test_a_change_of_the_role_counts_at_once(account: LocalAccount) -> None:
    pool, iam = iot.pool_with(account, WIDE), account.client("iam")
    one = iot.person(pool, guest=True)
    client = iot.app(account, one.credentials)
    client.link.client_id = one.identity
    own = f"things/{one.identity}/status"
    assert client.publish(own)
    name = account.client("sts", one.credentials).get_caller_identity()["Arn"].split("/")[1]
    iam.delete_role_policy(RoleName=name, PolicyName="inline")
    assert not client.publish(own)


def test_the_broker_is_told_of_a_change_and_of_nothing_else(account: LocalAccount) -> None:
    api, state = account.client("iot"), account.app.state.iot
    with mock.patch.object(state.broker, "reconsider") as told:
        name = iot.policy(account, document(statement("iot:*")))
        assert told.call_count == 1
        api.get_policy(policyName=name)
        api.list_things()
        refused(api.create_policy, policyName=name, policyDocument=document(statement("iot:*")))
        assert told.call_count == 1
        role(account, anybody_here(account))
        assert told.call_count == 2
