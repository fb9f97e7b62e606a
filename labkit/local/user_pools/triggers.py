"""Lambda triggers: a function's stand-in is a Python callable, registered under the function's ARN.

It is called as Lambda calls a Python handler, `function(event, context)`, with the event that Cognito
documents for its trigger, and must return that event. No time limit is kept: AWS gives a function 5 seconds.

https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labkit.errors import LabError
from labkit.local.errors import AwsError
from labkit.local.user_pools.pools import Pool, User, lambda_triggers, status_of

if TYPE_CHECKING:
    from labkit.local.state import State

Event = dict[str, Any]
#: A Lambda handler: event and context in, the event with its `response` filled in out.
Function = Callable[[Event, "Context"], Any]

_ARN = re.compile(r"arn:aws:lambda:[a-z0-9-]+:[0-9]{12}:function:[A-Za-z0-9_-]+(:[A-Za-z0-9_$-]+)?")

#: What a function may answer: the members of `response` by trigger, each with its JSON type.
_RESPONSES: dict[str, dict[str, type]] = {
    "CreateAuthChallenge": {
        "publicChallengeParameters": dict,
        "privateChallengeParameters": dict,
        "challengeMetadata": str,
    },
    "CustomMessage": {"smsMessage": str, "emailMessage": str, "emailSubject": str},
    "DefineAuthChallenge": {"challengeName": str, "issueTokens": bool, "failAuthentication": bool},
    "PostAuthentication": {},
    "PostConfirmation": {},
    "PreAuthentication": {},
    "PreSignUp": {"autoConfirmUser": bool, "autoVerifyEmail": bool, "autoVerifyPhone": bool},
    "PreTokenGeneration": {"claimsOverrideDetails": dict, "claimsAndScopeOverrideDetails": dict},
    "UserMigration": {
        "userAttributes": dict,
        "finalUserStatus": str,
        "messageAction": str,
        "desiredDeliveryMediums": list,
        "forceAliasCreation": bool,
        "enableSMSMFA": bool,
    },
    "VerifyAuthChallengeResponse": {"answerCorrect": bool},
}


@dataclass(frozen=True)
class Context:
    """The part of Lambda's context object that needs no Lambda.

    https://docs.aws.amazon.com/lambda/latest/dg/python-context.html
    """

    function_name: str
    invoked_function_arn: str
    aws_request_id: str


def register(arn: str, function: Function, state: State) -> None:
    """Let `function` run wherever a pool's LambdaConfig names `arn`; the one before it is replaced."""
    if not _ARN.fullmatch(arn):
        raise LabError(
            f"`{arn}` is no ARN of a Lambda function: expected "
            "`arn:aws:lambda:REGION:ACCOUNT:function:NAME`, as it stands in the pool's LambdaConfig"
        )
    state.functions[arn] = function


def arn_of(pool: Pool, trigger: str) -> str | None:
    """The function that a pool names for a trigger, as in `PreSignUp`."""
    config = lambda_triggers(pool)
    # PreTokenGeneration has a newer form beside the older one, which must then be identical.
    # https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_LambdaConfigType.html
    newer = config.get(f"{trigger}Config") or {}
    return newer.get("LambdaArn") or config.get(trigger)


def invoke(
    pool: Pool,
    trigger: str,
    occasion: str,
    *,
    username: str,
    client_id: str | None,
    request: dict[str, Any],
    state: State,
    version: str = "1",
) -> dict[str, Any] | None:
    """The `response` of the pool's function for this trigger; None where the pool names none.

    The event's `triggerSource` is `{trigger}_{occasion}`, as in `PreSignUp_AdminCreateUser`, but for
    PreTokenGeneration, whose sources begin with `TokenGeneration`.
    """
    arn = arn_of(pool, trigger)
    if arn is None:
        return None
    source = f"{trigger.replace('PreToken', 'Token')}_{occasion}"
    event = _event(pool, source, username, client_id, version)
    event |= {"request": request, "response": dict.fromkeys(_RESPONSES[trigger])}
    return _response(trigger, _run(trigger, arn, event, state))


def _event(pool: Pool, source: str, username: str, client_id: str | None, version: str) -> Event:
    """The parameters that every trigger's event has."""
    return {
        "version": version,
        "triggerSource": source,
        "region": pool.region,
        "userPoolId": pool.id,
        "userName": username,
        "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": client_id},
    }


def user_attributes(user: User | None) -> dict[str, str]:
    """The `userAttributes` of an event, empty for a user who does not exist."""
    if user is None:
        return {}
    attributes: dict[str, str] = user.attribute_lookup
    return {"sub": user.id, "cognito:user_status": status_of(user)} | attributes


def _run(trigger: str, arn: str, event: Event, state: State) -> Any:
    """Call the function. Only JSON goes in and comes out, so that nothing of the account is shared."""
    function = state.functions.get(arn)
    if function is None:
        # The text that AWS gives for a function that it may not invoke, with Lambda's code for a missing one.
        raise AwsError(
            "UnexpectedLambdaException",
            f"{trigger} invocation failed due to error ResourceNotFoundException.",
        )
    context = Context(arn.split(":")[6], arn, state.request_ids.uuid())
    with others_may_call(state):
        try:
            return json.loads(json.dumps(function(json.loads(json.dumps(event)), context)))
        except Exception as error:
            raise AwsError(
                "UserLambdaValidationException", f"{trigger} failed with error {error}."
            ) from error


@contextmanager
def others_may_call(state: State) -> Iterator[None]:
    """A function may itself call the account, which takes one request at a time."""
    state.lock.release()
    try:
        yield
    finally:
        state.lock.acquire()


def _response(trigger: str, answer: Any) -> dict[str, Any]:
    """The members that count, null where the function left them out."""
    given = answer.get("response") if isinstance(answer, dict) else None
    if not isinstance(given, dict):
        raise _unrecognizable()
    members = _RESPONSES[trigger]
    for name, kind in members.items():
        if given.get(name) is not None and not isinstance(given[name], kind):
            raise _unrecognizable()
    return {name: given.get(name) for name in members}


def _unrecognizable() -> AwsError:
    return AwsError("InvalidLambdaResponseException", "Unrecognizable lambda output")
