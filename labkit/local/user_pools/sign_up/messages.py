"""The messages that Cognito sends, in AWS's words or in those of the pool's CustomMessage function.

https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-custom-message.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError, not_simulated
from labkit.local.operations import Call
from labkit.local.outbox import Message
from labkit.local.user_pools import triggers
from labkit.local.user_pools.pools import Pool, User, lambda_triggers

if TYPE_CHECKING:
    from labkit.local.state import State

#: The message's occasion by the operation that sends it.
_OCCASIONS = {
    "AdminCreateUser": "AdminCreateUser",
    "AdminInitiateAuth": "Authentication",
    "AdminResetUserPassword": "ForgotPassword",
    "AdminRespondToAuthChallenge": "Authentication",
    "AdminUpdateUserAttributes": "UpdateUserAttribute",
    "ForgotPassword": "ForgotPassword",
    "GetUserAttributeVerificationCode": "VerifyUserAttribute",
    "InitiateAuth": "Authentication",
    "ResendConfirmationCode": "ResendCode",
    "RespondToAuthChallenge": "Authentication",
    "SignUp": "SignUp",
    "UpdateUserAttributes": "UpdateUserAttribute",
}
_CODE, _USERNAME = "{####}", "{username}"


def send(
    pool: Pool, user: User, medium: str, address: str, code: str, call: Call, state: State, name: str = ""
) -> None:
    """Put a message into the outbox, to the user under `name` where that is not the username."""
    _require_simulated(pool)
    occasion = _OCCASIONS[call.operation]
    own = _custom(pool, user, occasion, call, state) or {}
    text = _filled(own.get("smsMessage" if medium == "SMS" else "emailMessage"), occasion, user, code)
    subject = str(own.get("emailSubject") or "") if medium == "EMAIL" else ""
    now = state.clock.now()
    state.outbox.send(
        Message(name or user.username, pool.id, occasion, medium, address, code, now, text, subject)
    )


def _require_simulated(pool: Pool) -> None:
    for sender in ("CustomEmailSender", "CustomSMSSender"):
        if lambda_triggers(pool).get(sender):
            raise not_simulated(f"the Lambda trigger {sender}")
    template = pool.extended_config.get("VerificationMessageTemplate") or {}
    if template.get("DefaultEmailOption") == "CONFIRM_WITH_LINK":
        raise not_simulated("verification by a link (DefaultEmailOption CONFIRM_WITH_LINK)")


def _custom(pool: Pool, user: User, occasion: str, call: Call, state: State) -> dict[str, Any] | None:
    request = {
        "userAttributes": triggers.user_attributes(user),
        "codeParameter": _CODE,
        "usernameParameter": _USERNAME if occasion == "AdminCreateUser" else None,
    }
    return triggers.invoke(
        pool,
        "CustomMessage",
        occasion,
        username=user.username,
        client_id=client_of(call),
        request=request | metadata(call),
        state=state,
    )


def client_of(call: Call) -> str:
    """The `clientId` of an event; an administrator's call comes through no app client."""
    return str(call.parameters.get("ClientId") or "CLIENT_ID_NOT_APPLICABLE")


def metadata(call: Call) -> dict[str, dict[str, str]]:
    """An event's `clientMetadata`, where the call has any; that of InitiateAuth is not passed on."""
    given = None if call.operation.endswith("InitiateAuth") else call.parameters.get("ClientMetadata")
    return {"clientMetadata": given} if given else {}


def _filled(text: str | None, occasion: str, user: User, code: str) -> str:
    """The function's text, the placeholders filled in; empty where it wants AWS's own.

    "The message must include the code parameter", and an invitation the username's too.
    """
    if not text:
        return ""
    wanted = (_CODE, _USERNAME) if occasion == "AdminCreateUser" else (_CODE,)
    if not all(placeholder in text for placeholder in wanted):
        raise AwsError("InvalidLambdaResponseException", "Unrecognizable lambda output")
    return text.replace(_CODE, code).replace(_USERNAME, user.username)
