"""Passkeys: registration, sign-in with a virtual authenticator, and every refusal that AWS has a name for.

https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-authentication-flow-methods.html#amazon-cognito-user-pools-authentication-flow-methods-passkey
https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CompleteWebAuthnRegistration.html
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from labkit.course.authenticator import Authenticator
from tests.local.accounts import LocalAccount, refused
from tests.local.directory import PASSWORD, Pool, claims_of
from tests.local.test_user_pool_choice import choosy, respond, start
from tests.local.test_user_pool_mfa import SMS, with_phone

RP = {"RelyingPartyId": "example.com"}


def passkey_pool(account: LocalAccount, configuration: dict[str, str] | None = None, **more: Any) -> Pool:
    pool = choosy(account, ["PASSWORD", "EMAIL_OTP", "WEB_AUTHN"], **more)
    configured = RP if configuration is None else configuration
    if configured:
        pool.admin.set_user_pool_mfa_config(
            UserPoolId=pool.id, MfaConfiguration="OFF", WebAuthnConfiguration=configured
        )
    return pool


def begin(pool: Pool, token: str) -> dict[str, Any]:
    answer = pool.idp.start_web_authn_registration(AccessToken=token)
    return dict(answer["CredentialCreationOptions"])


def register(pool: Pool, name: str, device: Authenticator | None = None) -> tuple[str, Authenticator]:
    """A user's access token and an authenticator that holds the user's passkey."""
    token, device = pool.sign_in(name)["AccessToken"], device or Authenticator()
    complete(pool, token, device.register(begin(pool, token)))
    return token, device


def complete(pool: Pool, token: str, credential: dict[str, Any]) -> Any:
    return pool.idp.complete_web_authn_registration(AccessToken=token, Credential=credential)


def options_of(asked: dict[str, Any]) -> dict[str, Any]:
    return dict(json.loads(asked["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"]))


def sign_in(pool: Pool, name: str, device: Authenticator) -> Any:
    asked = start(pool, name, "WEB_AUTHN")
    assert asked["ChallengeName"] == "WEB_AUTHN"
    return respond(pool, name, asked, CREDENTIAL=json.dumps(device.sign(options_of(asked))))


@pytest.mark.operation("cognito-idp:InitiateAuth")
@pytest.mark.operation("cognito-idp:RespondToAuthChallenge", refuses="NotAuthorizedException")
def test_a_passkey_signs_in_without_a_password(account: LocalAccount) -> None:
    pool = passkey_pool(account)
    name = pool.confirmed()
    assert "WEB_AUTHN" not in start(pool, name)["AvailableChallenges"]
    _, device = register(pool, name)
    assert "WEB_AUTHN" in start(pool, name)["AvailableChallenges"]
    tokens = sign_in(pool, name, device)["AuthenticationResult"]
    assert claims_of(tokens["IdToken"])["cognito:username"] == name
    asked = respond(pool, name, start(pool, name), ANSWER="WEB_AUTHN")
    given = json.dumps(device.sign(options_of(asked)))
    assert respond(pool, name, asked, CREDENTIAL=given)["AuthenticationResult"]
    forged = Authenticator(key=ec.generate_private_key(ec.SECP256R1()))
    answer = refused(sign_in, pool=pool, name=name, device=forged)
    assert (answer.status, answer.code) == (400, "NotAuthorizedException")


@pytest.mark.operation("cognito-idp:InitiateAuth")
def test_the_options_are_what_a_browser_wants(account: LocalAccount) -> None:
    """https://www.w3.org/TR/webauthn-3/#dictdef-publickeycredentialcreationoptionsjson"""
    pool = passkey_pool(account, RP | {"UserVerification": "required"})
    name = pool.confirmed()
    token = pool.sign_in(name)["AccessToken"]
    options = begin(pool, token)
    assert options["rp"]["id"] == "example.com"
    assert (options["user"]["name"], options["user"]["displayName"]) == (name, name)
    assert [p["alg"] for p in options["pubKeyCredParams"]] == [-7, -257]
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert begin(pool, token)["challenge"] != options["challenge"]
    device = Authenticator()
    complete(pool, token, device.register(begin(pool, token)))
    (excluded,) = begin(pool, token)["excludeCredentials"]
    asked = options_of(start(pool, name, "WEB_AUTHN"))
    assert [c["id"] for c in asked["allowCredentials"]] == [excluded["id"]]
    assert (asked["rpId"], asked["userVerification"]) == ("example.com", "required")


@pytest.mark.operation("cognito-idp:InitiateAuth")
@pytest.mark.operation("cognito-idp:RespondToAuthChallenge", refuses="NotAuthorizedException")
@pytest.mark.parametrize(
    "spoiled", ["origin", "relying_party_id", "verifies_user", "challenge", "credential_id"]
)
def test_every_part_of_the_answer_counts(account: LocalAccount, spoiled: str) -> None:
    """https://www.w3.org/TR/webauthn-3/#sctn-verifying-assertion"""
    pool = passkey_pool(account, RP | {"UserVerification": "required"})
    name = pool.confirmed()
    _, device = register(pool, name)
    assert sign_in(pool, name, device)["AuthenticationResult"]
    wrong: dict[str, Any] = {
        "origin": "https://evil.example.org", "relying_party_id": "example.org", "verifies_user": False,
        "credential_id": b"another passkey of enough bytes",
    }  # fmt: skip
    asked = start(pool, name, "WEB_AUTHN")
    options = options_of(asked)
    if spoiled == "challenge":
        options["challenge"] = options_of(start(pool, name, "WEB_AUTHN"))["challenge"]
    else:
        setattr(device, spoiled, wrong[spoiled])
    given = json.dumps(device.sign(options))
    answer = refused(respond, pool=pool, name=name, answered=asked, CREDENTIAL=given)
    assert (answer.status, answer.code) == (400, "NotAuthorizedException")


@pytest.mark.operation("cognito-idp:InitiateAuth")
@pytest.mark.operation(
    "cognito-idp:RespondToAuthChallenge", refuses=["InvalidParameterException", "NotAuthorizedException"]
)
@pytest.mark.parametrize("given", ["", "no json", "[]", "{}", '{"id": 5}', '"x"', "5"])
def test_what_is_no_credential_signs_nobody_in(account: LocalAccount, given: str) -> None:
    pool = passkey_pool(account)
    name = pool.confirmed()
    _, device = register(pool, name)
    assert sign_in(pool, name, device)["AuthenticationResult"]
    answer = refused(respond, pool=pool, name=name, answered=start(pool, name, "WEB_AUTHN"), CREDENTIAL=given)
    assert answer.status == 400
    assert answer.code in ("NotAuthorizedException", "InvalidParameterException")


@pytest.mark.operation("cognito-idp:InitiateAuth")
@pytest.mark.operation("cognito-idp:RespondToAuthChallenge", refuses="NotAuthorizedException")
def test_a_signature_is_good_once_and_for_its_own_user(account: LocalAccount) -> None:
    pool = passkey_pool(account)
    name, other = pool.confirmed(), pool.confirmed()
    _, device = register(pool, name)
    _, other_device = register(pool, other, Authenticator(credential_id=b"somebody else's passkey bytes"))
    asked = start(pool, name, "WEB_AUTHN")
    foreign = json.dumps(other_device.sign(options_of(asked)))
    answer = refused(respond, pool=pool, name=name, answered=asked, CREDENTIAL=foreign)
    assert answer.code == "NotAuthorizedException"
    asked = start(pool, name, "WEB_AUTHN")
    given = json.dumps(device.sign(options_of(asked)))
    assert refused(respond, pool=pool, name=other, answered=asked, CREDENTIAL=given).code == (
        "NotAuthorizedException"
    )
    assert respond(pool, name, asked, CREDENTIAL=given)["AuthenticationResult"]
    again = refused(respond, pool=pool, name=name, answered=asked, CREDENTIAL=given)
    assert (again.code, again.message) == ("NotAuthorizedException", "Invalid session for the user.")


# --- registration -----------------------------------------------------------------------------------------


@pytest.mark.operation("cognito-idp:InitiateAuth")
@pytest.mark.operation(
    "cognito-idp:StartWebAuthnRegistration",
    refuses=["WebAuthnConfigurationMissingException", "WebAuthnNotEnabledException"],
)
def test_a_pool_takes_passkeys_only_where_they_are_allowed_and_have_a_domain(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_StartWebAuthnRegistration.html
    (WebAuthnNotEnabledException, WebAuthnConfigurationMissingException)"""
    good, nowhere = passkey_pool(account), passkey_pool(account, {})
    plain = choosy(account, ["PASSWORD"])
    assert begin(good, good.sign_in(good.confirmed())["AccessToken"])
    for pool, code in (
        (plain, "WebAuthnNotEnabledException"),
        (nowhere, "WebAuthnConfigurationMissingException"),
    ):
        answer = refused(begin, pool=pool, token=pool.sign_in(pool.confirmed())["AccessToken"])
        assert (answer.status, answer.code) == (400, code)


@pytest.mark.operation("cognito-idp:InitiateAuth")
@pytest.mark.operation(
    "cognito-idp:CompleteWebAuthnRegistration",
    refuses=[
        "WebAuthnCredentialNotSupportedException",
        "WebAuthnOriginNotAllowedException",
        "WebAuthnRelyingPartyMismatchException",
    ],
)
@pytest.mark.parametrize(
    "device, code",
    [
        (Authenticator(origin="https://evil.example.org"), "WebAuthnOriginNotAllowedException"),
        (Authenticator(origin="http://app.example.com"), "WebAuthnOriginNotAllowedException"),
        (Authenticator(relying_party_id="example.org"), "WebAuthnRelyingPartyMismatchException"),
        (Authenticator(verifies_user=False), "WebAuthnCredentialNotSupportedException"),
    ],
)
def test_a_registration_that_does_not_fit_the_pool_is_refused(
    account: LocalAccount, device: Authenticator, code: str
) -> None:
    pool = passkey_pool(account, RP | {"UserVerification": "required"})
    name = pool.confirmed()
    answer = refused(register, pool=pool, name=name, device=device)
    assert (answer.status, answer.code) == (400, code)
    assert "WEB_AUTHN" not in start(pool, name)["AvailableChallenges"]
    register(pool, name)
    assert "WEB_AUTHN" in start(pool, name)["AvailableChallenges"]


@pytest.mark.operation("cognito-idp:InitiateAuth")
def test_where_verification_is_preferred_a_simple_key_will_do(account: LocalAccount) -> None:
    """ "When you set user verification to preferred, … registration and authentication operations can succeed
    without user verification." """
    pool = passkey_pool(account)
    name = pool.confirmed()
    _, device = register(pool, name, Authenticator(verifies_user=False))
    assert sign_in(pool, name, device)["AuthenticationResult"]


@pytest.mark.operation("cognito-idp:InitiateAuth")
@pytest.mark.operation(
    "cognito-idp:CompleteWebAuthnRegistration", refuses="WebAuthnChallengeNotFoundException"
)
def test_a_registration_answers_its_own_challenge_in_time_and_once(fresh: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CompleteWebAuthnRegistration.html
    (WebAuthnChallengeNotFoundException)"""
    pool = passkey_pool(fresh)
    name, device = pool.confirmed(), Authenticator()
    token = pool.sign_in(name)["AccessToken"]
    early = device.register(begin(pool, token))
    newest = device.register(begin(pool, token))
    code = "WebAuthnChallengeNotFoundException"
    assert refused(complete, pool=pool, token=token, credential=early).code == code
    assert refused(complete, pool=pool, token=token, credential=newest).code == code
    late = device.register(begin(pool, token))
    fresh.advance(minutes=3)
    assert refused(complete, pool=pool, token=token, credential=late).code == code
    other = pool.sign_in(pool.confirmed())["AccessToken"]
    foreign = device.register(begin(pool, token))
    assert refused(complete, pool=pool, token=other, credential=foreign).code == code
    complete(pool, token, foreign)
    assert refused(complete, pool=pool, token=token, credential=foreign).code == code


@pytest.mark.operation("cognito-idp:InitiateAuth")
@pytest.mark.operation("cognito-idp:CompleteWebAuthnRegistration", refuses="WebAuthnClientMismatchException")
def test_a_registration_ends_with_the_client_that_began_it(account: LocalAccount) -> None:
    """The same page: WebAuthnClientMismatchException."""
    pool = passkey_pool(account)
    name, device = pool.confirmed(), Authenticator()
    token = pool.sign_in(name)["AccessToken"]
    elsewhere = pool.another_client().sign_in(name)["AccessToken"]
    begun = device.register(begin(pool, token))
    answer = refused(complete, pool=pool, token=elsewhere, credential=begun)
    assert (answer.status, answer.code) == (400, "WebAuthnClientMismatchException")
    complete(pool, token, device.register(begin(pool, token)))


@pytest.mark.operation("cognito-idp:InitiateAuth")
@pytest.mark.operation("cognito-idp:CompleteWebAuthnRegistration", refuses="InvalidParameterException")
@pytest.mark.parametrize("credential", [{}, {"id": "x"}, {"rawId": 5}, {"rawId": "AAAA", "response": {}}])
def test_what_is_no_credential_is_not_registered(account: LocalAccount, credential: dict[str, Any]) -> None:
    pool = passkey_pool(account)
    token = pool.sign_in(pool.confirmed())["AccessToken"]
    begin(pool, token)
    answer = refused(complete, pool=pool, token=token, credential=credential)
    assert (answer.status, answer.code) == (400, "InvalidParameterException")
    complete(pool, token, Authenticator().register(begin(pool, token)))


@pytest.mark.operation("cognito-idp:InitiateAuth", "cognito-idp:ListWebAuthnCredentials")
@pytest.mark.operation("cognito-idp:StartWebAuthnRegistration", refuses="LimitExceededException")
def test_a_user_has_twenty_passkeys_at_most(account: LocalAccount) -> None:
    """ "Each user can register up to 20 passkeys." """
    pool = passkey_pool(account)
    token = pool.sign_in(pool.confirmed())["AccessToken"]
    for number in range(20):
        device = Authenticator(credential_id=b"passkey number %02d of twenty" % number)
        complete(pool, token, device.register(begin(pool, token)))
    answer = refused(begin, pool=pool, token=token)
    assert (answer.status, answer.code) == (400, "LimitExceededException")
    first = pool.idp.list_web_authn_credentials(AccessToken=token, MaxResults=15)
    rest = pool.idp.list_web_authn_credentials(AccessToken=token, NextToken=first["NextToken"])
    assert (len(first["Credentials"]), len(rest["Credentials"])) == (15, 5)


@pytest.mark.operation("cognito-idp:InitiateAuth", "cognito-idp:ListWebAuthnCredentials")
@pytest.mark.operation("cognito-idp:DeleteWebAuthnCredential", refuses="ResourceNotFoundException")
def test_users_see_their_passkeys_and_remove_them(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_WebAuthnCredentialDescription.html"""
    pool = passkey_pool(account)
    name = pool.confirmed()
    token, _ = register(pool, name)
    other_token, _ = register(pool, pool.confirmed(), Authenticator(credential_id=b"somebody else's passkey"))
    (found,) = pool.idp.list_web_authn_credentials(AccessToken=token)["Credentials"]
    assert found["RelyingPartyId"] == "example.com"
    assert (found["AuthenticatorAttachment"], found["AuthenticatorTransports"]) == ("platform", ["internal"])
    gone = {"CredentialId": found["CredentialId"]}
    foreign = refused(pool.idp.delete_web_authn_credential, AccessToken=other_token, **gone)
    assert (foreign.status, foreign.code) == (400, "ResourceNotFoundException")
    pool.idp.delete_web_authn_credential(AccessToken=token, **gone)
    assert pool.idp.list_web_authn_credentials(AccessToken=token)["Credentials"] == []
    assert "WEB_AUTHN" not in start(pool, name)["AvailableChallenges"]
    assert refused(pool.idp.delete_web_authn_credential, AccessToken=token, **gone).code == (
        "ResourceNotFoundException"
    )


@pytest.mark.operation("cognito-idp:InitiateAuth")
def test_another_relying_party_needs_passkeys_of_its_own(account: LocalAccount) -> None:
    """ "If you change your RP ID, your users must register again with the new RP ID." """
    pool = passkey_pool(account)
    name = pool.confirmed()
    register(pool, name)
    put = pool.admin.set_user_pool_mfa_config
    put(
        UserPoolId=pool.id,
        MfaConfiguration="OFF",
        WebAuthnConfiguration={"RelyingPartyId": "app.example.com"},
    )
    assert "WEB_AUTHN" not in start(pool, name)["AvailableChallenges"]
    _, device = register(pool, name, Authenticator(credential_id=b"the passkey for the new domain"))
    assert sign_in(pool, name, device)["AuthenticationResult"]


@pytest.mark.operation("cognito-idp:SetUserPoolMfaConfig", refuses="InvalidParameterException")
@pytest.mark.parametrize("domain", ["com", "co.uk", "https://example.com", "exa mple.com"])
def test_a_relying_party_is_a_domain_of_one_s_own(account: LocalAccount, domain: str) -> None:
    """ "Amazon Cognito returns an error when you attempt to set your RP URL to a domain on the PSL."

    https://docs.aws.amazon.com/cognito/latest/developerguide/authentication.html#authentication-flow-things-to-know
    """
    assert passkey_pool(account).id
    answer = refused(passkey_pool, account=account, configuration={"RelyingPartyId": domain})
    assert (answer.status, answer.code) == (400, "InvalidParameterException")


# --- with a second factor ---------------------------------------------------------------------------------


def demand(pool: Pool, factor: str, mode: str = "OPTIONAL") -> None:
    pool.admin.set_user_pool_mfa_config(
        UserPoolId=pool.id, MfaConfiguration=mode, SmsMfaConfiguration=SMS,
        WebAuthnConfiguration=RP | {"FactorConfiguration": factor},
    )  # fmt: skip


@pytest.mark.operation("cognito-idp:InitiateAuth")
@pytest.mark.operation("cognito-idp:AdminSetUserMFAPreference", refuses="InvalidParameterException")
@pytest.mark.operation("cognito-idp:RespondToAuthChallenge", refuses="NotAuthorizedException")
def test_a_passkey_that_verifies_its_user_is_two_factors_where_pool_and_user_say_so(
    account: LocalAccount,
) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa.html#user-pool-settings-mfa-prerequisites
    (the table), https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_WebAuthnMfaSettingsType.html"""
    pool = passkey_pool(account)
    name = with_phone(pool)
    _, device = register(pool, name)
    ids = {"UserPoolId": pool.id, "Username": name}
    sms, passkey = {"Enabled": True, "PreferredMfa": True}, {"Enabled": True}
    prefer = pool.admin.admin_set_user_mfa_preference
    demand(pool, "SINGLE_FACTOR")
    prefer(**ids, SMSMfaSettings=sms)
    assert "WEB_AUTHN" not in start(pool, name)["AvailableChallenges"]
    single = refused(prefer, **ids, WebAuthnMfaSettings=passkey)
    assert single.code == "InvalidParameterException"
    demand(pool, "MULTI_FACTOR_WITH_USER_VERIFICATION")
    assert "WEB_AUTHN" not in start(pool, name)["AvailableChallenges"]
    prefer(**ids, WebAuthnMfaSettings=passkey)
    assert "WEB_AUTHN" in start(pool, name)["AvailableChallenges"]
    assert sign_in(pool, name, device)["AuthenticationResult"]
    assert start(pool, name, "PASSWORD", PASSWORD=PASSWORD)["ChallengeName"] == "SMS_MFA"
    device.verifies_user = False
    assert refused(sign_in, pool=pool, name=name, device=device).code == "NotAuthorizedException"


@pytest.mark.operation("cognito-idp:AdminSetUserMFAPreference", refuses="InvalidParameterException")
@pytest.mark.unconfirmed
def test_a_passkey_is_no_user_s_only_second_factor(account: LocalAccount) -> None:
    """The page of WebAuthnMfaSettingsType: "at least one other MFA method such as SMS, TOTP, or email"."""
    pool = passkey_pool(account)
    name = with_phone(pool)
    register(pool, name)
    demand(pool, "MULTI_FACTOR_WITH_USER_VERIFICATION")
    ids, on = {"UserPoolId": pool.id, "Username": name}, {"Enabled": True}
    prefer = pool.admin.admin_set_user_mfa_preference
    alone = refused(prefer, **ids, WebAuthnMfaSettings=on)
    assert (alone.status, alone.code) == (400, "InvalidParameterException")
    prefer(**ids, WebAuthnMfaSettings=on, SMSMfaSettings=on)
    left = refused(prefer, **ids, SMSMfaSettings={"Enabled": False})
    assert left.code == "InvalidParameterException"
