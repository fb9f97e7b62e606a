"""Feature plans: what a Lite and an Essentials pool cannot have.

https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-sign-in-feature-plans.html
https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPool.html
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.local.accounts import LocalAccount, Refusal, refused
from tests.local.directory import ALL_FLOWS, user_pool
from tests.local.test_user_pool_mfa import EMAIL
from tests.local.test_user_pool_triggers import arn


def unavailable(answer: Refusal, tier: str, feature: str) -> bool:
    """Whether AWS's refusal names this plan and this feature."""
    text = f"The following features need to be disabled for the {tier} pricing tier configured: {feature}"
    return (answer.status, answer.code, answer.message) == (400, "FeatureUnavailableInTierException", text)


def settings(account: LocalAccount) -> dict[str, dict[str, Any]]:
    """A setting of the pool by the feature that it is."""
    version = {"LambdaVersion": "V2_0", "LambdaArn": arn(account, "tokens")}
    return {
        "Password History": {"Policies": {"PasswordPolicy": {"PasswordHistorySize": 3}}},
        "Choice-based sign-in": {"Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": ["EMAIL_OTP"]}}},
        "Access Token Customization": {"LambdaConfig": {"PreTokenGenerationConfig": version}},
    }


def test_a_pool_is_of_the_essentials_plan_where_nothing_says_otherwise(account: LocalAccount) -> None:
    """ "Defaults to ESSENTIALS." """
    given: dict[str, Any]
    for given, expected in (({}, "ESSENTIALS"), ({"UserPoolTier": "LITE"}, "LITE")):
        pool = user_pool(account, None, **given)
        found = pool.admin.describe_user_pool(UserPoolId=pool.id)["UserPool"]
        assert found["UserPoolTier"] == expected


@pytest.mark.operation("cognito-idp:CreateUserPool", refuses="FeatureUnavailableInTierException")
@pytest.mark.operation("cognito-idp:CreateUserPool", missing="threat protection is stored and has no effect")
def test_threat_protection_needs_the_plus_plan(account: LocalAccount) -> None:
    """UserPoolAddOns: "To activate this setting, your user pool must be on the Plus tier." The text as AWS
    gave it:
    https://github.com/hashicorp/terraform-provider-aws/pull/40734"""
    guarded = {"UserPoolAddOns": {"AdvancedSecurityMode": "AUDIT"}}
    assert user_pool(account, UserPoolTier="PLUS", **guarded).id
    assert user_pool(account, UserPoolTier="LITE", UserPoolAddOns={"AdvancedSecurityMode": "OFF"}).id
    for tier in ("ESSENTIALS", "LITE"):
        answer = refused(user_pool, account=account, UserPoolTier=tier, **guarded)
        assert unavailable(answer, tier, "Threat Protection")


@pytest.mark.operation(
    "cognito-idp:CreateUserPool", "cognito-idp:UpdateUserPool", refuses="FeatureUnavailableInTierException"
)
@pytest.mark.unconfirmed
@pytest.mark.parametrize(
    "feature", ["Password History", "Choice-based sign-in", "Access Token Customization"]
)
def test_a_lite_pool_goes_without(account: LocalAccount, feature: str) -> None:
    """ "You configure a feature that your feature plan doesn't support" (how AWS names these is not
    documented)"""
    given = settings(account)[feature]
    assert user_pool(account, **given).id
    answer = refused(user_pool, account=account, UserPoolTier="LITE", **given)
    assert unavailable(answer, "LITE", feature)
    lite = user_pool(account, UserPoolTier="LITE")
    update = lite.admin.update_user_pool
    assert unavailable(refused(update, UserPoolId=lite.id, UserPoolTier="LITE", **given), "LITE", feature)
    assert update(UserPoolId=lite.id, UserPoolTier="ESSENTIALS", **given)


@pytest.mark.operation("cognito-idp:CreateUserPoolClient", refuses="FeatureUnavailableInTierException")
@pytest.mark.unconfirmed
def test_a_client_of_a_lite_pool_has_no_choice_based_sign_in(account: LocalAccount) -> None:
    """USER_AUTH: "To activate this setting, your user pool must be in the Essentials tier or higher":
    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminInitiateAuth.html"""
    flows = {"ExplicitAuthFlows": [*ALL_FLOWS, "ALLOW_USER_AUTH"]}
    assert user_pool(account, client=flows).client_id
    lite = user_pool(account, UserPoolTier="LITE")
    assert lite.another_client().client_id
    assert unavailable(refused(lite.another_client, **flows), "LITE", "Choice-based sign-in")
    ids = {"UserPoolId": lite.id, "ClientId": lite.client_id}
    assert unavailable(
        refused(lite.admin.update_user_pool_client, **ids, **flows), "LITE", "Choice-based sign-in"
    )


@pytest.mark.operation("cognito-idp:UpdateUserPool", refuses="FeatureUnavailableInTierException")
@pytest.mark.unconfirmed
def test_a_pool_moves_to_a_lower_plan_without_what_that_plan_lacks(account: LocalAccount) -> None:
    pool = user_pool(account, {"ExplicitAuthFlows": [*ALL_FLOWS, "ALLOW_USER_AUTH"]}, **EMAIL)
    answer = refused(pool.admin.update_user_pool, UserPoolId=pool.id, UserPoolTier="LITE")
    assert unavailable(answer, "LITE", "Choice-based sign-in")
    pool.admin.update_user_pool_client(
        UserPoolId=pool.id, ClientId=pool.client_id, ExplicitAuthFlows=ALL_FLOWS
    )
    factors: dict[str, Any] = {"MfaConfiguration": "OPTIONAL", "EmailMfaConfiguration": {}}
    pool.admin.set_user_pool_mfa_config(UserPoolId=pool.id, **factors)
    answer = refused(pool.admin.update_user_pool, UserPoolId=pool.id, UserPoolTier="LITE")
    assert unavailable(answer, "LITE", "Email MFA")
    pool.admin.set_user_pool_mfa_config(UserPoolId=pool.id, MfaConfiguration="OFF")
    assert pool.admin.update_user_pool(UserPoolId=pool.id, UserPoolTier="LITE")
