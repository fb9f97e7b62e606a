"""Lambda triggers: which function runs, what it is told, and what its answer or its failure does.

https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html
"""

from __future__ import annotations

import copy
from typing import Any

import pytest

from labkit.errors import LabError
from labkit.local.user_pools import triggers
from tests.local.accounts import LocalAccount, refused
from tests.local.directory import PASSWORD, Pool, claims_of, user_pool


def arn(account: LocalAccount, name: str) -> str:
    return f"arn:aws:lambda:us-east-1:{account.account_id}:function:{name}"


class Recorder:
    """A function that keeps its events and returns them as they are, or as `change` makes them."""

    def __init__(self, change: Any = None) -> None:
        self.events: list[dict[str, Any]] = []
        self.contexts: list[triggers.Context] = []
        self._change = change

    def __call__(self, event: dict[str, Any], context: triggers.Context) -> Any:
        self.events.append(copy.deepcopy(event))
        self.contexts.append(context)
        return self._change(event) if self._change else event


def watched(
    account: LocalAccount, functions: dict[str, Any], pool: dict[str, Any] | None = None, **client: Any
) -> Pool:
    """A pool whose triggers run these functions, by LambdaConfig's names."""
    config = {trigger: arn(account, account.name(trigger)) for trigger in functions}
    for trigger, function in functions.items():
        triggers.register(config[trigger], function, account.app.state)
    return user_pool(account, client, LambdaConfig=config, **pool or {})


def refuse(event: dict[str, Any]) -> Any:
    raise RuntimeError("not today")


@pytest.mark.operation("cognito-idp:InitiateAuth", refuses="NotAuthorizedException")
def test_pre_authentication_hears_of_every_attempt_before_the_password_is_looked_at(
    account: LocalAccount,
) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-authentication.html"""
    function = Recorder()
    pool = watched(account, {"PreAuthentication": function})
    name = pool.confirmed()
    pool.idp.initiate_auth(
        ClientId=pool.client_id, AuthFlow="USER_PASSWORD_AUTH", ClientMetadata={"from": "here"},
        AuthParameters={"USERNAME": name, "PASSWORD": PASSWORD},
    )  # fmt: skip
    (event,) = function.events
    assert {k: event[k] for k in ("version", "triggerSource", "region", "userPoolId", "userName")} == {
        "version": "1", "triggerSource": "PreAuthentication_Authentication", "region": "us-east-1",
        "userPoolId": pool.id, "userName": name,
    }  # fmt: skip
    assert event["callerContext"]["clientId"] == pool.client_id
    assert event["request"]["validationData"] == {"from": "here"}
    assert event["request"]["userAttributes"]["email"] == f"{name}@example.com"
    assert "userNotFound" not in event["request"]
    assert event["response"] == {}
    assert function.contexts[0].invoked_function_arn.endswith(function.contexts[0].function_name)
    assert refused(pool.sign_in, username=name, password="Wrong-horse-1").code == "NotAuthorizedException"
    assert len(function.events) == 2


def test_only_a_client_that_hides_who_exists_tells_of_unknown_users(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-authentication.html
    (userNotFound)"""
    function = Recorder()
    pool = watched(account, {"PreAuthentication": function})
    assert refused(pool.sign_in, username="nobody").code == "UserNotFoundException"
    assert function.events == []
    quiet = pool.another_client(PreventUserExistenceErrors="ENABLED")
    assert refused(quiet.sign_in, username="nobody").code == "NotAuthorizedException"
    (event,) = function.events
    assert (event["request"]["userNotFound"], event["request"]["userAttributes"]) == (True, {})


@pytest.mark.operation("cognito-idp:InitiateAuth", refuses="UserLambdaValidationException")
def test_a_function_that_raises_refuses_the_call_in_its_own_words(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_InitiateAuth.html
    (UserLambdaValidationException)"""
    calm = watched(account, {"PreAuthentication": Recorder()})
    assert calm.sign_in(calm.confirmed())
    for trigger in ("PreAuthentication", "PostAuthentication"):
        pool = watched(account, {trigger: Recorder(refuse)})
        answer = refused(pool.sign_in, username=pool.confirmed())
        assert (answer.status, answer.code) == (400, "UserLambdaValidationException")
        assert answer.message == f"{trigger} failed with error not today."


@pytest.mark.operation("cognito-idp:InitiateAuth", refuses="InvalidLambdaResponseException")
@pytest.mark.unconfirmed
@pytest.mark.parametrize("answer", [None, {}, "text", {"response": None}, {"response": "yes"}])
def test_an_answer_that_is_no_event_is_unrecognizable(account: LocalAccount, answer: Any) -> None:
    calm = watched(account, {"PreAuthentication": Recorder()})
    assert calm.sign_in(calm.confirmed())
    pool = watched(account, {"PreAuthentication": Recorder(lambda event: answer)})
    found = refused(pool.sign_in, username=pool.confirmed())
    assert (found.status, found.code) == (400, "InvalidLambdaResponseException")
    assert found.message == "Unrecognizable lambda output"


@pytest.mark.unconfirmed
def test_an_answer_that_is_not_json_fails_as_in_lambda(account: LocalAccount) -> None:
    pool = watched(
        account, {"PreAuthentication": Recorder(lambda event: event | {"response": {"a": {1, 2}}})}
    )
    found = refused(pool.sign_in, username=pool.confirmed())
    assert found.code == "UserLambdaValidationException"
    assert "not JSON serializable" in found.message


@pytest.mark.operation("cognito-idp:InitiateAuth", refuses="UnexpectedLambdaException")
@pytest.mark.unconfirmed
def test_a_function_that_nobody_registered_fails_loudly(account: LocalAccount) -> None:
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_InitiateAuth.html
    (UnexpectedLambdaException)"""
    missing = arn(account, account.name("missing"))
    pool = user_pool(account, LambdaConfig={"PreAuthentication": missing})
    name = pool.confirmed()
    answer = refused(pool.sign_in, username=name)
    assert (answer.status, answer.code, answer.message) == (
        400,
        "UnexpectedLambdaException",
        "PreAuthentication invocation failed due to error ResourceNotFoundException.",
    )
    triggers.register(missing, lambda event, context: event, account.app.state)
    assert pool.sign_in(name)


@pytest.mark.operation("cognito-idp:InitiateAuth")
def test_a_function_may_call_the_account_itself(account: LocalAccount) -> None:
    def ask(event: dict[str, Any]) -> Any:
        found = account.client("cognito-idp").admin_get_user(
            UserPoolId=event["userPoolId"], Username=event["userName"]
        )
        seen.append(found["UserStatus"])
        return event

    seen: list[str] = []
    pool = watched(account, {"PostAuthentication": Recorder(ask)})
    tokens = pool.sign_in(pool.confirmed())
    assert claims_of(tokens["IdToken"])["token_use"] == "id"
    assert seen == ["CONFIRMED"]


@pytest.mark.operation("cognito-idp:InitiateAuth")
def test_what_a_function_does_to_its_event_stays_with_it(account: LocalAccount) -> None:
    def spoil(event: dict[str, Any]) -> Any:
        event["request"]["userAttributes"]["email"] = "other@example.com"
        return event

    pool = watched(account, {"PostAuthentication": Recorder(spoil)})
    name = pool.confirmed()
    assert claims_of(pool.sign_in(name)["IdToken"])["email"] == f"{name}@example.com"


@pytest.mark.operation("cognito-idp:InitiateAuth", "cognito-idp:RespondToAuthChallenge")
def test_post_authentication_hears_the_metadata_of_the_answer_not_of_the_beginning(
    account: LocalAccount,
) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-post-authentication.html"""
    function = Recorder()
    pool = watched(account, {"PostAuthentication": function})
    name = account.name("invited")
    pool.admin.admin_create_user(UserPoolId=pool.id, Username=name, TemporaryPassword="Temporary-1")
    session = pool.start(name, "Temporary-1")["Session"]
    assert function.events == []
    pool.idp.respond_to_auth_challenge(
        ClientId=pool.client_id, ChallengeName="NEW_PASSWORD_REQUIRED", Session=session,
        ChallengeResponses={"USERNAME": name, "NEW_PASSWORD": PASSWORD}, ClientMetadata={"at": "home"},
    )  # fmt: skip
    pool.idp.initiate_auth(
        ClientId=pool.client_id, AuthFlow="USER_PASSWORD_AUTH", ClientMetadata={"from": "here"},
        AuthParameters={"USERNAME": name, "PASSWORD": PASSWORD},
    )  # fmt: skip
    assert [event["request"].get("clientMetadata") for event in function.events] == [{"at": "home"}, None]
    assert function.events[0]["triggerSource"] == "PostAuthentication_Authentication"
    assert function.events[0]["request"]["userAttributes"]["cognito:user_status"] == "CONFIRMED"


def test_only_the_arn_of_a_function_can_be_registered(account: LocalAccount) -> None:
    def function(event: dict[str, Any], context: Any) -> Any:
        return event

    triggers.register(arn(account, "good"), function, account.app.state)
    assert account.app.state.functions[arn(account, "good")] is function
    with pytest.raises(LabError, match="is no ARN of a Lambda function"):
        triggers.register("good", function, account.app.state)
