"""AssumeRoleWithSAML, and SAML providers as logins of an identity pool.

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithSAML.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml_assertions.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_saml.html (the texts)
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from lxml import etree

from labkit.resources import Credentials
from tests.local.accounts import (
    LocalAccount,
    Refusal,
    credentials_in,
    document,
    refused,
    role,
    statement,
    trust_in,
)
from tests.local.directories import AWS, PROTOCOL, Directory, Statement, decoded, encoded
from tests.local.directory import IdentityPool, identity_pool, user_pool
from tests.local.identities import caller, get_credentials, get_id, own_prefix, role_of
from tests.local.test_session_limits import too_many_tags

SAML = "sts:AssumeRoleWithSAML"
#: The names of Active Directory's attributes begin so.
SOAP = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims"


@pytest.fixture
def directory(account: LocalAccount) -> Directory:
    return Directory(account)


@pytest.fixture
def provider(directory: Directory) -> str:
    return directory.registered()


def trusting(provider: str, *actions: str, **more: Any) -> str:
    return trust_in({"Federated": provider}, [SAML, *actions], **more)  # type: ignore[arg-type]


def about(provider: str, *roles: str, name: str | None = "anna", **more: Any) -> Statement:
    """A good assertion's content for these roles."""
    attributes = {f"{AWS}/Role": [f"{arn},{provider}" for arn in roles]}
    if name is not None:
        attributes[f"{AWS}/RoleSessionName"] = [name]
    return Statement(datetime.now(UTC), attributes | more.pop("attributes", {}), **more)


def assume(account: LocalAccount, arn: str, provider: str, response: str, **more: Any) -> dict[str, Any]:
    given = {"RoleArn": arn, "PrincipalArn": provider, "SAMLAssertion": response}
    return dict(account.anonymous("sts").assume_role_with_saml(**given, **more))


# --- the session ------------------------------------------------------------------------------------------


@pytest.mark.operation("sts:AssumeRoleWithSAML")
@pytest.mark.parametrize("sign", ["assertion", "response"])
def test_a_signed_assertion_buys_a_session_of_a_role_that_it_names(
    account: LocalAccount, directory: Directory, provider: str, sign: str
) -> None:
    arn = role(account, trusting(provider), statement("s3:ListAllMyBuckets"))
    answer = assume(account, arn, provider, directory.response(about(provider, arn), sign=sign))
    assert (answer["Subject"], answer["SubjectType"]) == ("anna", "persistent")
    assert (answer["Issuer"], answer["Audience"]) == (
        directory.entity_id, "https://signin.aws.amazon.com/saml",
    )  # fmt: skip
    name = provider.rpartition("/")[2]
    digest = hashlib.sha1(f"{directory.entity_id}{account.account_id}/{name}".encode()).digest()
    assert answer["NameQualifier"] == base64.b64encode(digest).decode()
    session = credentials_in(answer)
    assert caller(account, session)["Arn"].endswith(f"/{arn.rpartition('/')[2]}/anna")
    assert account.client("s3", session).list_buckets()


@pytest.mark.operation("sts:AssumeRoleWithSAML", refuses="AccessDenied")
def test_the_trust_policy_reads_the_assertion(
    account: LocalAccount, directory: Directory, provider: str
) -> None:
    """Keys: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html"""
    name = provider.rpartition("/")[2]
    condition = {
        "StringEquals": {
            "saml:aud": "https://signin.aws.amazon.com/saml",
            "saml:iss": directory.entity_id,
            "saml:sub": "anna",
            "saml:sub_type": "persistent",
            "saml:doc": f"{account.account_id}/{name}",
            "saml:mail": "anna@example.com",
        },
        "ForAnyValue:StringEquals": {"saml:edupersonaffiliation": "staff"},
    }
    arn = role(account, trusting(provider, Condition=condition))
    mail = {
        "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress": ["anna@example.com"],
        "urn:oid:1.3.6.1.4.1.5923.1.1.1.1": ["member", "staff"],
    }
    assert assume(account, arn, provider, directory.response(about(provider, arn, attributes=mail)))
    for other in (about(provider, arn), about(provider, arn, subject="bert", attributes=mail)):
        answer = refused(
            assume, account=account, arn=arn, provider=provider, response=directory.response(other)
        )
        assert (answer.status, answer.code) == (403, "AccessDenied")
        assert answer.message == f"Not authorized to perform {SAML}"


@pytest.mark.operation("sts:AssumeRoleWithSAML", refuses="AccessDenied")
def test_an_assertion_brings_tags_and_a_source_identity(
    account: LocalAccount, directory: Directory, provider: str
) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_adding-assume-role-saml"""
    bucket = account.name("bucket")
    account.client("s3").create_bucket(Bucket=bucket)
    pattern = f"arn:aws:s3:::{bucket}/${{aws:PrincipalTag/team}}/${{aws:SourceIdentity}}/*"
    attributes = {
        f"{AWS}/PrincipalTag:team": ["red"],
        f"{AWS}/TransitiveTagKeys": ["team"],
        f"{AWS}/SourceIdentity": ["anna"],
    }
    both = {"sts:TagSession", "sts:SetSourceIdentity"}
    arn = role(account, trusting(provider, *both), statement("s3:PutObject", pattern))
    answer = assume(account, arn, provider, directory.response(about(provider, arn, attributes=attributes)))
    assert answer["SourceIdentity"] == "anna"
    s3 = account.client("s3", credentials_in(answer))
    assert s3.put_object(Bucket=bucket, Key="red/anna/a", Body=b"x")
    assert refused(s3.put_object, Bucket=bucket, Key="blue/anna/a", Body=b"x").code == "AccessDenied"
    for missing in sorted(both):
        without = role(account, trusting(provider, *both - {missing}))
        response = directory.response(about(provider, without, attributes=attributes))
        denied = refused(assume, account=account, arn=without, provider=provider, response=response)
        assert (denied.status, denied.message) == (403, f"Not authorized to perform {SAML}")


@pytest.mark.operation("sts:AssumeRoleWithSAML", refuses="ValidationError")
@pytest.mark.parametrize(
    "session, asked, seconds",
    [(None, {}, 3600), (None, {"DurationSeconds": 900}, 900), (timedelta(minutes=30), {}, 1800)],
)
def test_a_session_lasts_as_long_as_was_asked_or_as_the_assertion_lets_it(
    account: LocalAccount, directory: Directory, provider: str, session: Any, asked: Any, seconds: int
) -> None:
    """ "… or until the time specified in the SAML authentication response's SessionNotOnOrAfter value,
    whichever is shorter." """
    arn = role(account, trusting(provider))
    response = directory.response(about(provider, arn, session=session))
    left = credentials_in(assume(account, arn, provider, response, **asked)).expiration
    assert left
    assert timedelta(seconds=seconds - 30) < left - datetime.now(UTC) <= timedelta(seconds=seconds)
    shorter = about(provider, arn, attributes={f"{AWS}/SessionDuration": ["900"]})
    limited = credentials_in(assume(account, arn, provider, directory.response(shorter))).expiration
    assert limited
    assert limited - datetime.now(UTC) <= timedelta(seconds=900)
    answer = refused(
        assume, account=account, arn=arn, provider=provider, response=response, DurationSeconds=3601
    )
    assert (answer.status, answer.code) == (400, "ValidationError")


@pytest.mark.operation("sts:AssumeRoleWithSAML", refuses="MalformedPolicyDocument")
def test_session_policies_limit_saml_sessions_too(
    account: LocalAccount, directory: Directory, provider: str
) -> None:
    arn = role(account, trusting(provider), statement("*"))
    response = directory.response(about(provider, arn))
    policy = document(statement("s3:ListAllMyBuckets"))
    session = credentials_in(assume(account, arn, provider, response, Policy=policy))
    assert account.client("s3", session).list_buckets()
    assert refused(account.client("iam", session).list_roles).code == "AccessDenied"
    answer = refused(assume, account=account, arn=arn, provider=provider, response=response, Policy="{}")
    assert (answer.status, answer.code) == (400, "MalformedPolicyDocument")


@pytest.mark.operation("sts:AssumeRoleWithSAML", refuses="PackedPolicyTooLarge")
def test_the_tags_of_an_assertion_have_a_packed_size(
    account: LocalAccount, directory: Directory, provider: str
) -> None:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithSAML.html"""
    arn = role(account, trusting(provider, "sts:TagSession"))

    def tagged(tags: dict[str, str]) -> str:
        attributes = {f"{AWS}/PrincipalTag:{key}": [value] for key, value in tags.items()}
        return directory.response(about(provider, arn, attributes=attributes))

    assert assume(account, arn, provider, tagged({"team": "red"}))
    large = tagged(too_many_tags())
    answer = refused(assume, account=account, arn=arn, provider=provider, response=large)
    assert (answer.status, answer.code) == (400, "PackedPolicyTooLarge")


# --- what does not hold -----------------------------------------------------------------------------------


def tampered(response: str) -> str:
    """The response with another user's name."""
    root = decoded(response)
    name = root.find(".//{urn:oasis:names:tc:SAML:2.0:assertion}NameID")
    assert name is not None
    name.text = "bert"
    return encoded(root)


def wrapped(response: str) -> str:
    """The signed assertion moved behind one that nobody signed."""
    root, forged = decoded(response), decoded(tampered(response))
    unsigned = forged[0]
    unsigned.set("ID", "_evil")
    unsigned.remove(unsigned.find("{http://www.w3.org/2000/09/xmldsig#}Signature"))
    root.insert(0, unsigned)
    return encoded(root)


@pytest.mark.operation("sts:AssumeRoleWithSAML", refuses="InvalidIdentityToken")
def test_a_signature_must_hold(account: LocalAccount, directory: Directory, provider: str) -> None:
    """ "Response signature invalid" """
    arn = role(account, trusting(provider))
    good = directory.response(about(provider, arn))
    assert assume(account, arn, provider, good)
    bad = {
        "tampered": tampered(good),
        "unsigned": directory.response(about(provider, arn), sign="nothing"),
        "signed by another": replace(directory, name="another").response(about(provider, arn)),
    }
    for fault, response in bad.items():
        answer = refused(assume, account=account, arn=arn, provider=provider, response=response)
        assert (answer.status, answer.code) == (400, "InvalidIdentityToken"), fault
        assert answer.message == "Response signature invalid", fault


@pytest.mark.operation("sts:AssumeRoleWithSAML", refuses="AccessDenied")
def test_an_assertion_that_nobody_signed_is_not_read(
    account: LocalAccount, directory: Directory, provider: str
) -> None:
    """XML signature wrapping: what counts is what was signed, wherever it stands."""
    condition = {"StringEquals": {"saml:sub": "bert"}}
    anyone, bert = role(account, trusting(provider)), role(account, trusting(provider, Condition=condition))
    response = wrapped(directory.response(about(provider, anyone, bert)))
    assert assume(account, anyone, provider, response)["Subject"] == "anna"
    answer = refused(assume, account=account, arn=bert, provider=provider, response=response)
    assert (answer.status, answer.code) == (403, "AccessDenied")


FAULTS: dict[str, tuple[dict[str, Any], tuple[int, str, str]]] = {
    "no session name": (
        {"name": None}, (400, "InvalidIdentityToken", "RoleSessionName is required in AuthnResponse"),
    ),
    "a bad session name": (
        {"name": "Anna A"},
        (400, "InvalidIdentityToken", "RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}"),
    ),
    "a bad source identity": (
        {"attributes": {f"{AWS}/SourceIdentity": ["aws:anna"]}},
        (
            400, "InvalidIdentityToken",
            'Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "aws:"',
        ),
    ),
    "another recipient": ({"recipient": "https://evil.example.com/saml"}, (400, "InvalidIdentityToken", "")),
    "another audience": ({"audience": "https://evil.example.com"}, (400, "InvalidIdentityToken", "")),
    "no subject": ({"subject": ""}, (400, "InvalidIdentityToken", "")),
    "expired": (
        {"age": timedelta(minutes=2), "life": timedelta(minutes=1)}, (400, "ExpiredTokenException", ""),
    ),
    "older than five minutes": (
        {"age": timedelta(minutes=6), "life": timedelta(hours=1)},
        (400, "ExpiredTokenException", "Token must be redeemed within 5 minutes of issuance"),
    ),
    "from the future": ({"age": timedelta(minutes=-10)}, (400, "InvalidIdentityToken", "")),
}  # fmt: skip


@pytest.mark.operation("sts:AssumeRoleWithSAML", refuses=["ExpiredTokenException", "InvalidIdentityToken"])
@pytest.mark.parametrize("fault", FAULTS)
def test_an_assertion_that_is_not_for_aws_and_now_is_refused(
    account: LocalAccount, directory: Directory, provider: str, fault: str
) -> None:
    arn = role(account, trusting(provider))
    assert assume(account, arn, provider, directory.response(about(provider, arn)))
    content, expected = FAULTS[fault]
    response = directory.response(about(provider, arn, **content))
    answer = refused(assume, account=account, arn=arn, provider=provider, response=response)
    assert (answer.status, answer.code) == expected[:2]
    assert answer.message == (expected[2] or answer.message)


def with_status(response: str, value: str) -> str:
    """The response with a Status, which no assertion's signature covers."""
    root = decoded(response)
    status = f'<p:Status xmlns:p="{PROTOCOL}"><p:StatusCode Value="{value}"/></p:Status>'
    root.insert(0, etree.fromstring(status))
    return encoded(root)


@pytest.mark.operation("sts:AssumeRoleWithSAML", refuses="IDPRejectedClaim")
@pytest.mark.unconfirmed
@pytest.mark.parametrize("kind", ["Requester", "Responder", "VersionMismatch"])
def test_a_provider_may_report_that_authentication_failed(
    account: LocalAccount, directory: Directory, provider: str, kind: str
) -> None:
    """ "The identity provider (IdP) reported that authentication failed." (IDPRejectedClaim, 403)

    How it reports that, SAML says: a Status that is not Success, in
    https://docs.oasis-open.org/security/saml/v2.0/saml-core-2.0-os.pdf (3.2.2.2).
    """
    arn, status = role(account, trusting(provider)), "urn:oasis:names:tc:SAML:2.0:status"
    response = directory.response(about(provider, arn))
    assert assume(account, arn, provider, with_status(response, f"{status}:Success"))
    failed = with_status(response, f"{status}:{kind}")
    answer = refused(assume, account=account, arn=arn, provider=provider, response=failed)
    assert (answer.status, answer.code) == (403, "IDPRejectedClaim")


@pytest.mark.operation("sts:AssumeRoleWithSAML", refuses="InvalidIdentityToken")
def test_what_is_no_response_is_refused(account: LocalAccount, directory: Directory, provider: str) -> None:
    arn = role(account, trusting(provider))
    good = directory.response(about(provider, arn))
    assert assume(account, arn, provider, good)
    entity = b'<!DOCTYPE r [<!ENTITY a "b">]>' + base64.b64decode(good)
    for response in (
        "garbage",
        "Zm9v",
        base64.b64encode(b"<a/>").decode(),
        base64.b64encode(entity).decode(),
    ):
        answer = refused(assume, account=account, arn=arn, provider=provider, response=response)
        assert (answer.status, answer.code) == (400, "InvalidIdentityToken")


@pytest.mark.operation("sts:AssumeRoleWithSAML", refuses="AccessDenied")
def test_the_assertion_must_name_the_role_and_the_role_must_be_there(
    account: LocalAccount, directory: Directory, provider: str
) -> None:
    """ "This error can occur if the IAM role … in the SAML response is misspelled or does not exist." """
    arn, other = role(account, trusting(provider)), role(account, trusting(provider))
    response = directory.response(about(provider, arn, f"{arn}-gone"))
    assert assume(account, arn, provider, response)
    for wrong in (other, f"{arn}-gone"):
        answer = refused(assume, account=account, arn=wrong, provider=provider, response=response)
        assert (answer.status, answer.message) == (403, f"Not authorized to perform {SAML}")


@pytest.mark.operation("sts:AssumeRoleWithSAML", refuses="InvalidIdentityToken")
def test_the_provider_must_be_the_assertions(
    account: LocalAccount, directory: Directory, provider: str
) -> None:
    """ "Specified provider doesn't exist"; "Issuer not present in specified provider" """
    arn = role(account, trusting(provider))
    response = directory.response(about(provider, arn))
    assert assume(account, arn, provider, response)
    answer = refused(assume, account=account, arn=arn, provider=f"{provider}-gone", response=response)
    assert (answer.status, answer.message) == (400, "Specified provider doesn't exist")
    renamed = replace(directory, entity_id="https://other.example.com")
    answer = refused(
        assume, account=account, arn=arn, provider=provider, response=renamed.response(about(provider, arn))
    )
    assert (answer.status, answer.message) == (400, "Issuer not present in specified provider")


def test_metadata_must_be_metadata(account: LocalAccount, directory: Directory) -> None:
    """ "Could not parse metadata" """
    iam = account.client("iam")
    arn = directory.registered()
    assert iam.update_saml_provider(SAMLProviderArn=arn, SAMLMetadataDocument=directory.metadata)
    for bad in ("x" * 1000, directory.metadata.replace("X509Certificate", "X509Nothing")):
        answer = refused(iam.create_saml_provider, Name=account.name("saml"), SAMLMetadataDocument=bad)
        assert (answer.status, answer.code) == (400, "InvalidInput")
        answer = refused(iam.update_saml_provider, SAMLProviderArn=arn, SAMLMetadataDocument=bad)
        assert (answer.status, answer.code) == (400, "InvalidInput")


# --- logins of an identity pool ---------------------------------------------------------------------------


@pytest.fixture
def pool(account: LocalAccount, provider: str) -> IdentityPool:
    return identity_pool(user_pool(account), SamlProviderARNs=[provider], AllowClassicFlow=True)


def member_role(pool: IdentityPool) -> str:
    return role(pool.account, pool.trust("authenticated"))


def credentials(
    pool: IdentityPool, directory: Directory, provider: str, *roles: str, **more: Any
) -> Credentials:
    logins = {provider: directory.response(about(provider, *roles))}
    return get_credentials(pool, get_id(pool, logins), logins, **more)


@pytest.mark.operation(
    "cognito-identity:GetCredentialsForIdentity",
    refuses=["InvalidParameterException", "NotAuthorizedException"],
)
def test_a_saml_login_gets_the_role_that_its_assertion_names(
    pool: IdentityPool, directory: Directory, provider: str
) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/saml-identity-provider.html"""
    first, second, other = (member_role(pool) for _ in range(3))
    assert role_of(pool, credentials(pool, directory, provider, first)) == first.rpartition("/")[2]
    chosen = credentials(pool, directory, provider, first, second, CustomRoleArn=second)
    assert role_of(pool, chosen) == second.rpartition("/")[2]
    with_other = {"CustomRoleArn": other}
    answer: Refusal = refused(lambda: credentials(pool, directory, provider, first, second, **with_other))
    assert (answer.status, answer.code) == (400, "NotAuthorizedException")
    answer = refused(lambda: credentials(pool, directory, provider, first, second))
    assert (answer.status, answer.code) == (400, "InvalidParameterException")


@pytest.mark.operation("cognito-identity:GetId", refuses="NotAuthorizedException")
def test_the_same_saml_user_is_the_same_identity(
    pool: IdentityPool, directory: Directory, provider: str
) -> None:
    arn = member_role(pool)
    anna, bert = (
        {provider: directory.response(about(provider, arn, subject=name))} for name in ("anna", "bert")
    )
    assert get_id(pool, anna) == get_id(pool, anna)
    assert get_id(pool, anna) != get_id(pool, bert)
    bad = {provider: tampered(anna[provider])}
    answer = refused(get_id, pool=pool, logins=bad)
    assert (answer.status, answer.code) == (400, "NotAuthorizedException")
    assert answer.message == "Invalid login token. Response signature invalid."


@pytest.mark.operation("cognito-identity:GetId")
@pytest.mark.operation("cognito-identity:GetCredentialsForIdentity", refuses="NotAuthorizedException")
def test_rules_read_the_attributes_of_an_assertion(
    pool: IdentityPool, directory: Directory, provider: str
) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/role-based-access-control.html

    "All the claims that are available in the SAML assertion can be used in rule-based mapping."
    """
    special, asserted = member_role(pool), member_role(pool)
    rule = {"Claim": "department", "MatchType": "Equals", "Value": "kitchen", "RoleARN": special}
    mapping = {"Type": "Rules", "AmbiguousRoleResolution": "Deny", "RulesConfiguration": {"Rules": [rule]}}
    pool.admin.set_identity_pool_roles(IdentityPoolId=pool.id, Roles={}, RoleMappings={provider: mapping})

    def login(department: str) -> dict[str, str]:
        content = about(provider, asserted, attributes={"department": [department]})
        return {provider: directory.response(content)}

    cook, waiter = login("kitchen"), login("hall")
    made = get_credentials(pool, get_id(pool, cook), cook)
    assert role_of(pool, made) == special.rpartition("/")[2]
    answer = refused(get_credentials, pool=pool, identity=get_id(pool, waiter), logins=waiter)
    assert answer.message == f"The ambiguous role mapping rules for: {provider} denied this request."


@pytest.mark.operation("cognito-identity:GetCredentialsForIdentity", "cognito-identity:GetId")
def test_saml_goes_with_the_enhanced_flow_only(
    pool: IdentityPool, directory: Directory, provider: str
) -> None:
    """ "Only the enhanced flow is supported with the SAML-based identity provider." """
    arn = member_role(pool)
    logins = {provider: directory.response(about(provider, arn))}
    identity = get_id(pool, logins)
    assert get_credentials(pool, identity, logins).session_token
    answer = refused(pool.api.get_open_id_token, IdentityId=identity, Logins=logins)
    assert (answer.status, answer.code) == (400, "InvalidParameterException")


@pytest.mark.operation(
    "cognito-identity:GetCredentialsForIdentity",
    "cognito-identity:GetId",
    "cognito-identity:SetPrincipalTagAttributeMap",
)
def test_saml_attributes_become_principal_tags(
    pool: IdentityPool, directory: Directory, provider: str
) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/using-afac-with-cognito-identity-pools.html"""
    account, bucket = pool.account, pool.account.name("bucket")
    account.client("s3").create_bucket(Bucket=bucket)
    trust = pool.trust("authenticated", Action=["sts:AssumeRoleWithWebIdentity", "sts:TagSession"])
    arn = role(account, trust, own_prefix(bucket, "aws:PrincipalTag/team"))
    given = {"IdentityPoolId": pool.id, "IdentityProviderName": provider}
    pool.admin.set_principal_tag_attribute_map(**given, PrincipalTags={"team": "department"})
    logins = {provider: directory.response(about(provider, arn, attributes={"department": ["red"]}))}
    s3 = account.client("s3", get_credentials(pool, get_id(pool, logins), logins))
    assert s3.put_object(Bucket=bucket, Key="red/a", Body=b"x")
    assert refused(s3.put_object, Bucket=bucket, Key="blue/a", Body=b"x").code == "AccessDenied"


@pytest.mark.operation(
    "cognito-identity:GetCredentialsForIdentity",
    "cognito-identity:GetId",
    "cognito-identity:SetPrincipalTagAttributeMap",
)
@pytest.mark.unconfirmed
def test_the_default_map_of_a_directory_has_two_names_of_the_user(
    pool: IdentityPool, directory: Directory, provider: str
) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/provider-mappings.html has the claims, in the
    places of `aud` and `sub`; which tags they become, it does not say."""
    account, bucket = pool.account, pool.account.name("bucket")
    account.client("s3").create_bucket(Bucket=bucket)
    trust = pool.trust("authenticated", Action=["sts:AssumeRoleWithWebIdentity", "sts:TagSession"])
    tags = ("aws:PrincipalTag/client", "aws:PrincipalTag/username")
    arn = role(account, trust, *(own_prefix(bucket, tag) for tag in tags))
    given = {"IdentityPoolId": pool.id, "IdentityProviderName": provider, "UseDefaults": True}
    answer = pool.admin.set_principal_tag_attribute_map(**given)
    assert answer["PrincipalTags"] == {"client": f"{SOAP}/nameidentifier", "username": f"{SOAP}/name"}
    content = about(provider, arn, attributes={f"{SOAP}/name": ["anna@example.com"]})
    logins = {provider: directory.response(content)}
    s3 = account.client("s3", get_credentials(pool, get_id(pool, logins), logins))
    for prefix in ("anna", "anna@example.com"):
        assert s3.put_object(Bucket=bucket, Key=f"{prefix}/a", Body=b"x")
    assert refused(s3.put_object, Bucket=bucket, Key="bert/a", Body=b"x").code == "AccessDenied"
