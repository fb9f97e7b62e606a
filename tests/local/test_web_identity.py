"""Web identities of issuers outside the account: in STS, and as logins of an identity pool.

The account is told the issuers' keys; a token is believed only where its signature verifies with them.

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
https://docs.aws.amazon.com/cognito/latest/developerguide/open-id.html
"""

from __future__ import annotations

from typing import Any

import jwt
import pytest

from tests.local.accounts import LocalAccount, credentials_in, document, refused, role, statement, trust_in
from tests.local.directory import IdentityPool, identity_pool, tampered, user_pool
from tests.local.identities import assume, caller, get_credentials, get_id, role_of
from tests.local.issuers import Issuer, control
from tests.local.test_session_limits import too_many_tags

WEB = "sts:AssumeRoleWithWebIdentity"


@pytest.fixture
def issuer(account: LocalAccount) -> Issuer:
    """An issuer whose keys the account knows."""
    return Issuer(account, f"{account.name('issuer')}.example.com/tenant").told()


def trusting(provider: str, *actions: str, **more: Any) -> str:
    return trust_in({"Federated": provider}, [WEB, *actions], **more)  # type: ignore[arg-type]


# --- the account learns an issuer's keys ------------------------------------------------------------------


@pytest.mark.operation("sts:AssumeRoleWithWebIdentity", refuses="InvalidIdentityToken")
def test_without_its_keys_an_issuer_is_not_believed(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
    (InvalidIdentityToken, IDPCommunicationError)"""
    issuer = Issuer(account, f"{account.name('issuer')}.example.com")
    arn = role(account, trusting(issuer.registered("app")))
    answer = refused(assume, account=account, arn=arn, token=issuer.token())
    assert (answer.status, answer.code) == (400, "InvalidIdentityToken")
    assert answer.message == (
        "Couldn't retrieve verification key from your identity provider,  please reference "
        "AssumeRoleWithWebIdentity documentation for requirements"
    )
    issuer.told()
    assert assume(account, arn, issuer.token())


@pytest.mark.parametrize("fault", ["no https", "no keys", "a secret", "a private key", "no kid"])
def test_only_public_keys_of_an_issuer_are_taken(account: LocalAccount, fault: str) -> None:
    issuer = Issuer(account, f"{account.name('issuer')}.example.com").told()
    own = issuer.jwks["keys"][0]
    private = jwt.algorithms.RSAAlgorithm.to_jwk(issuer.key, as_dict=True) | {"kid": "one"}
    bad: dict[str, tuple[str, Any]] = {
        "no https": (issuer.host, issuer.jwks),
        "no keys": (issuer.url, {"keys": []}),
        "a secret": (issuer.url, {"keys": [{"kty": "oct", "k": "c2VjcmV0", "kid": "one"}]}),
        "a private key": (issuer.url, {"keys": [private]}),
        "no kid": (issuer.url, {"keys": [{k: v for k, v in own.items() if k != "kid"}]}),
    }
    name, jwks = bad[fault]
    answer = control(account, "TellIssuerKeys", Issuer=name, Jwks=jwks)
    assert (answer.status, answer.json["__type"]) == (400, "ValidationException")


# --- STS --------------------------------------------------------------------------------------------------


@pytest.mark.operation("sts:AssumeRoleWithWebIdentity", refuses="AccessDenied")
def test_a_registered_issuers_token_buys_a_session(account: LocalAccount, issuer: Issuer) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html"""
    provider = issuer.registered("app")
    condition = {"StringEquals": {f"{issuer.host}:aud": "app", f"{issuer.host}:sub": "anna"}}
    arn = role(account, trusting(provider, Condition=condition), statement("s3:ListAllMyBuckets"))
    answer = assume(account, arn, issuer.token())
    assert (answer["SubjectFromWebIdentityToken"], answer["Audience"]) == ("anna", "app")
    assert answer["Provider"] == issuer.url
    session = credentials_in(answer)
    assert caller(account, session)["Arn"] == answer["AssumedRoleUser"]["Arn"]
    assert account.client("s3", session).list_buckets()
    denied = refused(assume, account=account, arn=arn, token=issuer.token("bert"))
    assert (denied.status, denied.code) == (403, "AccessDenied")
    assert denied.message == f"Not authorized to perform {WEB}"


@pytest.mark.operation("sts:AssumeRoleWithWebIdentity", refuses="InvalidIdentityToken")
def test_a_token_may_be_signed_with_an_elliptic_curve(account: LocalAccount, issuer: Issuer) -> None:
    """ "Tokens must be signed using either RSA keys … or ECDSA keys" """
    arn = role(account, trusting(issuer.registered("app")))
    token = jwt.encode(issuer.claims(), issuer.curve, algorithm="ES256", headers={"kid": "curve"})
    assert assume(account, arn, token)
    answer = refused(assume, account=account, arn=arn, token=tampered(token, sub="bert"))
    assert (answer.status, answer.code) == (400, "InvalidIdentityToken")


@pytest.mark.operation(
    "sts:AssumeRoleWithWebIdentity", refuses=["ExpiredTokenException", "InvalidIdentityToken"]
)
def test_a_token_that_does_not_hold_buys_nothing(account: LocalAccount, issuer: Issuer) -> None:
    """Code and status are documented (InvalidIdentityToken, ExpiredTokenException)."""
    arn = role(account, trusting(issuer.registered("app")))
    good, other = issuer.token(), Issuer(account, "other.example.com")
    assert assume(account, arn, good)
    public = issuer.jwks["keys"][0]["n"]
    bad = {
        "tampered": tampered(good, sub="bert"),
        "another key": jwt.encode(issuer.claims(), other.key, algorithm="RS256", headers={"kid": "one"}),
        "an unknown key": jwt.encode(issuer.claims(), issuer.key, algorithm="RS256", headers={"kid": "two"}),
        "no key": jwt.encode(issuer.claims(), issuer.key, algorithm="RS256"),
        "none": jwt.encode(issuer.claims(), "", algorithm="none", headers={"kid": "one"}),
        "HS256 with the public key": jwt.encode(issuer.claims(), public, headers={"kid": "one"}),
        "an unregistered issuer": other.told().token(),
        "another issuer's name": issuer.token(iss=other.url),
        "another audience": issuer.token(audience="another-app"),
        "no subject": jwt.encode(
            {k: v for k, v in issuer.claims().items() if k != "sub"},
            issuer.key, algorithm="RS256", headers={"kid": "one"},
        ),
        "garbage": "garbage",
    }  # fmt: skip
    for fault, token in bad.items():
        answer = refused(assume, account=account, arn=arn, token=token)
        assert (answer.status, answer.code) == (400, "InvalidIdentityToken"), fault
    unknown = refused(assume, account=account, arn=arn, token=bad["an unregistered issuer"])
    assert unknown.message == f"No OpenIDConnect provider found in your account for {other.url}"
    audience = refused(assume, account=account, arn=arn, token=bad["another audience"])
    assert audience.message == "Incorrect token audience"
    late = issuer.token(exp=issuer.claims()["iat"] - 1)
    expired = refused(assume, account=account, arn=arn, token=late)
    assert (expired.status, expired.code) == (400, "ExpiredTokenException")


@pytest.mark.operation("sts:AssumeRoleWithWebIdentity", refuses="InvalidIdentityToken")
def test_the_authorized_party_is_the_audience_where_there_is_one(
    account: LocalAccount, issuer: Issuer
) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
    (oaud)"""
    condition = {"StringEquals": {f"{issuer.host}:aud": "app", f"{issuer.host}:oaud": "resource"}}
    arn = role(account, trusting(issuer.registered("app"), Condition=condition))
    assert assume(account, arn, issuer.token(audience="resource", azp="app"))["Audience"] == "app"
    answer = refused(assume, account=account, arn=arn, token=issuer.token(audience="app", azp="other"))
    assert (answer.code, answer.message) == ("InvalidIdentityToken", "Incorrect token audience")


@pytest.mark.operation("sts:AssumeRoleWithWebIdentity", refuses="AccessDenied")
def test_a_token_brings_its_tags_and_its_source_identity(account: LocalAccount, issuer: Issuer) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_adding-assume-role-idp

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html
    """
    bucket, provider = account.name("bucket"), issuer.registered("app")
    account.client("s3").create_bucket(Bucket=bucket)
    pattern = f"arn:aws:s3:::{bucket}/${{aws:PrincipalTag/team}}/${{aws:SourceIdentity}}/*"
    claims: dict[str, Any] = {
        "https://aws.amazon.com/tags": {"principal_tags": {"team": ["red"]}, "transitive_tag_keys": ["team"]},
        "https://aws.amazon.com/source_identity": "anna",
    }
    everything = trusting(provider, "sts:TagSession", "sts:SetSourceIdentity")
    answer = assume(
        account, role(account, everything, statement("s3:PutObject", pattern)), issuer.token(**claims)
    )
    assert answer["SourceIdentity"] == "anna"
    s3 = account.client("s3", credentials_in(answer))
    assert s3.put_object(Bucket=bucket, Key="red/anna/a", Body=b"x")
    assert refused(s3.put_object, Bucket=bucket, Key="blue/anna/a", Body=b"x").code == "AccessDenied"
    both = {"sts:TagSession", "sts:SetSourceIdentity"}
    for missing in sorted(both):
        arn = role(account, trusting(provider, *both - {missing}))
        denied = refused(assume, account=account, arn=arn, token=issuer.token(**claims))
        assert (denied.status, denied.code) == (403, "AccessDenied")
        assert denied.message == f"Not authorized to perform {missing}"


@pytest.mark.operation("sts:AssumeRoleWithWebIdentity", refuses="InvalidParameterValue")
def test_a_web_identity_may_not_bring_two_values_for_a_tag(account: LocalAccount, issuer: Issuer) -> None:
    """ "Multivalued session tags are not supported." """
    arn = role(account, trusting(issuer.registered("app"), "sts:TagSession"))

    def tags(*values: str) -> dict[str, Any]:
        return {"https://aws.amazon.com/tags": {"principal_tags": {"team": list(values)}}}

    assert assume(account, arn, issuer.token(**tags("red")))
    answer = refused(assume, account=account, arn=arn, token=issuer.token(**tags("red", "blue")))
    assert answer.status == 400


@pytest.mark.operation("sts:AssumeRoleWithWebIdentity", refuses="PackedPolicyTooLarge")
def test_the_tags_of_a_web_identity_have_a_packed_size(account: LocalAccount, issuer: Issuer) -> None:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html"""
    arn = role(account, trusting(issuer.registered("app"), "sts:TagSession"))

    def tagged(tags: dict[str, str]) -> str:
        claim = {"principal_tags": {key: [value] for key, value in tags.items()}}
        claims: dict[str, Any] = {"https://aws.amazon.com/tags": claim}
        return issuer.token(**claims)

    assert assume(account, arn, tagged({"team": "red"}))
    answer = refused(assume, account=account, arn=arn, token=tagged(too_many_tags()))
    assert (answer.status, answer.code) == (400, "PackedPolicyTooLarge")


@pytest.mark.operation("sts:AssumeRoleWithWebIdentity", refuses="MalformedPolicyDocument")
def test_session_policies_limit_web_identities_too(account: LocalAccount, issuer: Issuer) -> None:
    arn = role(account, trusting(issuer.registered("app")), statement("*"))
    readable = [{"arn": "arn:aws:iam::aws:policy/IAMReadOnlyAccess"}]
    session = credentials_in(assume(account, arn, issuer.token(), PolicyArns=readable))
    assert account.client("iam", session).list_roles()
    assert refused(account.client("s3", session).list_buckets).code == "AccessDenied"
    answer = refused(assume, account=account, arn=arn, token=issuer.token(), Policy=document())
    assert (answer.status, answer.code) == (400, "MalformedPolicyDocument")


@pytest.mark.operation("sts:AssumeRoleWithWebIdentity", refuses="InvalidIdentityToken")
def test_a_user_pool_may_be_registered_as_an_issuer(account: LocalAccount) -> None:
    """Its keys the account knows of itself."""
    users = user_pool(account)
    provider = account.client("iam").create_open_id_connect_provider(
        Url=f"https://{users.provider}", ClientIDList=[users.client_id], ThumbprintList=["0" * 40]
    )["OpenIDConnectProviderArn"]
    arn, tokens = role(account, trusting(provider)), users.sign_in(users.confirmed())
    assert assume(account, arn, tokens["IdToken"])["Audience"] == users.client_id
    answer = refused(assume, account=account, arn=arn, token=tokens["AccessToken"])  # it has no `aud`
    assert (answer.status, answer.code) == (400, "InvalidIdentityToken")


@pytest.mark.operation("sts:AssumeRoleWithWebIdentity", refuses="AccessDenied")
def test_google_needs_no_provider_in_iam(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html"""
    google = Issuer(account, "accounts.google.com").told()
    condition = {"StringEquals": {"accounts.google.com:aud": "app"}}
    arn = role(account, trusting("accounts.google.com", Condition=condition))
    assert assume(account, arn, google.token())["Provider"] == "https://accounts.google.com"
    denied = refused(assume, account=account, arn=arn, token=google.token(audience="another"))
    assert (denied.status, denied.code) == (403, "AccessDenied")


@pytest.mark.operation("sts:AssumeRoleWithWebIdentity", missing="access tokens of Amazon and Facebook")
@pytest.mark.operation("sts:AssumeRoleWithWebIdentity")
def test_opaque_access_tokens_are_said_not_to_be_simulated(account: LocalAccount, issuer: Issuer) -> None:
    arn = role(account, trusting(issuer.registered("app")))
    assert assume(account, arn, issuer.token())
    for provider in ("www.amazon.com", "graph.facebook.com"):
        answer = refused(assume, account=account, arn=arn, token="EAAB", ProviderId=provider)
        assert (answer.status, answer.code) == (501, "NotSimulated")


# --- logins of an identity pool ---------------------------------------------------------------------------


def member_pool(account: LocalAccount, **settings: Any) -> IdentityPool:
    made = identity_pool(user_pool(account), AllowClassicFlow=True, **settings)
    made.give_roles(member=[], guest=[])
    return made


@pytest.mark.operation("cognito-identity:GetId")
@pytest.mark.operation("cognito-identity:GetCredentialsForIdentity", refuses="NotAuthorizedException")
def test_an_openid_connect_login_gets_an_identity(account: LocalAccount, issuer: Issuer) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/open-id.html"""
    pool = member_pool(account, OpenIdConnectProviderARNs=[issuer.registered("app")])
    anna, bert = {issuer.host: issuer.token("anna")}, {issuer.host: issuer.token("bert")}
    identity = get_id(pool, anna)
    assert identity == get_id(pool, {issuer.host: issuer.token("anna")})
    assert identity != get_id(pool, bert)
    assert get_credentials(pool, identity, anna).session_token
    assert (
        refused(get_credentials, pool=pool, identity=identity, logins=bert).code == "NotAuthorizedException"
    )
    assert pool.admin.describe_identity(IdentityId=identity)["Logins"] == [issuer.host]


@pytest.mark.operation("cognito-identity:GetId", refuses="NotAuthorizedException")
def test_a_login_that_does_not_hold_is_refused(account: LocalAccount, issuer: Issuer) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/open-id.html (Validating an OpenID Connect
    token)"""
    pool = member_pool(account, OpenIdConnectProviderARNs=[issuer.registered("app")])
    unlisted = member_pool(account)
    good = issuer.token()
    assert get_id(pool, {issuer.host: good})
    curve = jwt.encode(issuer.claims(), issuer.curve, algorithm="ES256", headers={"kid": "curve"})
    bad = {
        "tampered": tampered(good, sub="bert"),
        "no RSA signature": curve,
        "none": jwt.encode(issuer.claims(), "", algorithm="none", headers={"kid": "one"}),
        "another issuer": issuer.token(iss="https://other.example.com"),
        "another audience": issuer.token(audience="another"),
        "another authorized party": issuer.token(azp="another"),
        "expired": issuer.token(exp=issuer.claims()["iat"] - 301),
        "garbage": "garbage",
    }
    for fault, token in bad.items():
        answer = refused(get_id, pool=pool, logins={issuer.host: token})
        assert (answer.status, answer.code) == (400, "NotAuthorizedException"), fault
        assert answer.message.startswith("Invalid login token. "), fault
    answer = refused(get_id, pool=unlisted, logins={issuer.host: good})
    assert answer.message == "Token is not from a supported provider of this identity pool."


@pytest.mark.operation("cognito-identity:GetId", refuses="NotAuthorizedException")
def test_a_clock_may_be_five_minutes_off(account: LocalAccount, issuer: Issuer) -> None:
    """ "Amazon Cognito allows for a grace period of 5 minutes to handle any clock skew between systems." """
    pool = member_pool(account, OpenIdConnectProviderARNs=[issuer.registered("app")])
    now = issuer.claims()["iat"]
    assert get_id(pool, {issuer.host: issuer.token(exp=now - 240)})
    answer = refused(get_id, pool=pool, logins={issuer.host: issuer.token(exp=now - 301)})
    assert answer.message.startswith("Invalid login token. Token expired: ")


@pytest.mark.operation(
    "sts:AssumeRoleWithWebIdentity", refuses=["InvalidIdentityToken", "InvalidParameterValue"]
)
@pytest.mark.parametrize(
    "claims",
    [
        {"https://aws.amazon.com/tags": {"principal_tags": ["team"]}},
        {"https://aws.amazon.com/tags": {"principal_tags": {"team": {"a": "b"}}}},
        {"https://aws.amazon.com/tags": {"principal_tags": {"team": ["red"]}, "transitive_tag_keys": 5}},
        {"https://aws.amazon.com/source_identity": ["anna"]},
        {"https://aws.amazon.com/source_identity": "aws:anna"},
        {"sub": ["anna"]},
        {"exp": "tomorrow"},
        {"aud": []},
        {"aud": {"app": 1}},
    ],
)
def test_claims_of_the_wrong_kind_are_the_issuers_fault(
    account: LocalAccount, issuer: Issuer, claims: dict[str, Any]
) -> None:
    arn = role(account, trusting(issuer.registered("app"), "sts:TagSession", "sts:SetSourceIdentity"))
    assert assume(account, arn, issuer.token())
    token = jwt.encode(
        issuer.claims() | claims, issuer.key, algorithm="RS256", headers={"kid": "one"}, sort_headers=False
    )
    answer = refused(assume, account=account, arn=arn, token=token)
    assert (answer.status, answer.code) in ((400, "InvalidIdentityToken"), (400, "InvalidParameterValue"))


@pytest.mark.operation("cognito-identity:GetId", refuses="NotAuthorizedException")
@pytest.mark.parametrize("host", ["accounts.google.com", "appleid.apple.com"])
def test_a_social_login_is_for_the_pools_own_app(account: LocalAccount, host: str) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/google.html

    https://docs.aws.amazon.com/cognito/latest/developerguide/apple.html
    """
    provider = Issuer(account, host).told()
    pool = member_pool(account, SupportedLoginProviders={host: "app"})
    identity = get_id(pool, {host: provider.token()})
    assert get_id(pool, {host: provider.token()}) == identity
    for token in (provider.token(audience="another"), tampered(provider.token(), sub="bert")):
        answer = refused(get_id, pool=pool, logins={host: token})
        assert (answer.status, answer.code) == (400, "NotAuthorizedException")
    answer = refused(get_id, pool=member_pool(account), logins={host: provider.token()})
    assert answer.message == "Token is not from a supported provider of this identity pool."


@pytest.mark.operation("cognito-identity:GetId", refuses="NotAuthorizedException")
def test_a_login_whose_keys_nobody_told_is_refused(account: LocalAccount) -> None:
    issuer = Issuer(account, f"{account.name('issuer')}.example.com")
    pool = member_pool(account, OpenIdConnectProviderARNs=[issuer.registered("app")])
    answer = refused(get_id, pool=pool, logins={issuer.host: issuer.token()})
    assert (answer.status, answer.code) == (400, "NotAuthorizedException")
    issuer.told()
    assert get_id(pool, {issuer.host: issuer.token()})


@pytest.mark.operation("cognito-identity:GetId", missing="logins of Amazon, Facebook and Twitter")
@pytest.mark.operation("cognito-identity:GetId", refuses="NotAuthorizedException")
@pytest.mark.parametrize("provider", ["graph.facebook.com", "www.amazon.com", "api.twitter.com"])
def test_logins_that_cannot_be_verified_here_are_said_not_to_be_simulated(
    account: LocalAccount, provider: str
) -> None:
    pool = member_pool(account, SupportedLoginProviders={provider: "app"})
    assert get_id(pool, pool.logins(pool.users.confirmed()))
    answer = refused(get_id, pool=pool, logins={provider: "EAAB"})
    assert (answer.status, answer.code) == (501, "NotSimulated")
    answer = refused(get_id, pool=member_pool(account), logins={provider: "EAAB"})
    assert (answer.status, answer.code) == (400, "NotAuthorizedException")


@pytest.mark.operation("cognito-identity:GetId", "cognito-identity:SetPrincipalTagAttributeMap")
@pytest.mark.operation("cognito-identity:GetCredentialsForIdentity", refuses="NotAuthorizedException")
def test_rules_and_tags_read_an_external_providers_claims(account: LocalAccount, issuer: Issuer) -> None:
    """ "All of the claims in the Open Id token are available for rule-based mapping."

    https://docs.aws.amazon.com/cognito/latest/developerguide/role-based-access-control.html
    """
    provider = issuer.registered("app")
    pool = member_pool(account, OpenIdConnectProviderARNs=[provider])
    special = role(account, pool.trust("authenticated", Action=[WEB, "sts:TagSession"]), statement("*"))
    rule = {"Claim": "plan", "MatchType": "Equals", "Value": "paid", "RoleARN": special}
    pool.admin.set_identity_pool_roles(
        IdentityPoolId=pool.id,
        Roles={},
        RoleMappings={
            provider: {
                "Type": "Rules",
                "AmbiguousRoleResolution": "Deny",
                "RulesConfiguration": {"Rules": [rule]},
            }
        },
    )
    pool.admin.set_principal_tag_attribute_map(
        IdentityPoolId=pool.id, IdentityProviderName=provider, PrincipalTags={"plan": "plan"}
    )
    paid, free = ({issuer.host: issuer.token(name, plan=name)} for name in ("paid", "free"))
    credentials = get_credentials(pool, get_id(pool, paid), paid)
    assert role_of(pool, credentials) == special.rpartition("/")[2]
    answer = refused(get_credentials, pool=pool, identity=get_id(pool, free), logins=free)
    assert answer.message == f"The ambiguous role mapping rules for: {issuer.host} denied this request."
