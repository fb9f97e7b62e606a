"""A learner's own function in the place of a Lambda trigger."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from labkit.account import Account, open_account
from labkit.errors import LabError
from labkit.flow import sign_in
from labkit.local.app import LocalApp
from labkit.provision import Lab
from labkit.resources import AppClient, Tokens, UserPool

ARN = "arn:aws:lambda:us-east-1:123456789012:function:check"


def pass_on(event: dict[str, Any], context: object) -> dict[str, Any]:
    return event


def test_a_function_of_this_process_runs_for_its_arn(
    account: Account, lab: Lab, user_pool: UserPool, app_client: AppClient
) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-authentication.html"""

    def refuse(event: dict[str, Any], context: object) -> dict[str, Any]:
        raise ValueError(f"{event['userName']} is asleep")

    idp, password = account.client("cognito-idp"), lab.users["bob"].password
    idp.update_user_pool(
        UserPoolId=user_pool.id, LambdaConfig={"PreAuthentication": ARN}, AutoVerifiedAttributes=["email"]
    )
    with pytest.raises(ClientError) as missing:
        sign_in.initiate_auth(account, app_client, "bob", password)
    assert missing.value.response["Error"]["Code"] == "UnexpectedLambdaException"
    assert "register_trigger" in missing.value.__notes__[0]
    account.register_trigger(ARN, pass_on)
    assert isinstance(sign_in.initiate_auth(account, app_client, "bob", password), Tokens)
    account.register_trigger(ARN, refuse)
    with pytest.raises(ClientError, match="PreAuthentication failed with error bob is asleep"):
        sign_in.initiate_auth(account, app_client, "bob", password)
    idp.update_user_pool(UserPoolId=user_pool.id, LambdaConfig={}, AutoVerifiedAttributes=["email"])


def test_an_account_of_another_process_runs_no_function_of_this_one(served: LocalApp) -> None:
    with pytest.raises(LabError, match="is another program"):
        open_account().register_trigger(ARN, pass_on)
    with open_account(transport="direct") as own:
        own.register_trigger(ARN, pass_on)


def test_a_real_account_runs_lambda_functions(remote: LocalApp) -> None:
    account = open_account("aws", profile="workshop", confirm=lambda _: True)
    with pytest.raises(LabError, match="deploy the function there"):
        account.register_trigger(ARN, pass_on)
