"""Codes by e-mail and SMS that answer a challenge: as a second factor, and in the place of a password.

"The MFA code is valid for the Authentication flow session duration that you set for your app client."
https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa-sms-email-message.html
"""

from __future__ import annotations

import hmac
import string
from typing import Any

from labkit.local.errors import AwsError
from labkit.local.outbox import Message
from labkit.local.user_pools import lockout, triggers
from labkit.local.user_pools.attempt import Answer, Attempt, Passed, answering_perhaps, challenged, close
from labkit.local.user_pools.codes import delivery_details
from labkit.local.user_pools.factors import ADDRESS
from labkit.local.user_pools.pools import User

#: What stands for the code in a message of the pool's own or of its CustomMessage function.
PLACEHOLDER = "{####}"


def ask(attempt: Attempt, user: User, challenge: str, *, second: bool) -> Answer:
    """Send a code to the user, and ask for it."""
    attribute = ADDRESS[challenge]
    address, code = user.attribute_lookup[attribute], attempt.state.source.text(6, string.digits)
    parameters = _parameters(attribute, address, user.username)
    _send(attempt, user, parameters["CODE_DELIVERY_DELIVERY_MEDIUM"], address, code)
    return challenged(attempt, user, challenge, parameters, code=code, second=second)


def pretend(attempt: Attempt, username: str, challenge: str) -> Answer:
    """Ask somebody who does not exist, for clients that must not tell. No code will be right."""
    attribute = ADDRESS[challenge]
    address = f"{username[:1]}@example.com" if attribute == "email" else f"+{sum(username.encode()):011}"
    return challenged(attempt, None, challenge, _parameters(attribute, address, username))


def _parameters(attribute: str, address: str, username: str) -> dict[str, str]:
    details = delivery_details(attribute, address)
    return {
        "CODE_DELIVERY_DELIVERY_MEDIUM": details["DeliveryMedium"],
        "CODE_DELIVERY_DESTINATION": details["Destination"],
        "USER_ID_FOR_SRP": username,
    }


def answer(attempt: Attempt) -> Passed:
    """The right code shows that the address is the user's own, and verifies it."""
    challenge = attempt.call.parameters["ChallengeName"]
    attempt, user = answering_perhaps(attempt, challenge)
    assert attempt.session is not None
    given = attempt.required(f"{challenge}_CODE")
    if user is None:
        raise _mismatch()
    lockout.require_unlocked(attempt.pool, user, attempt.state)
    if not hmac.compare_digest(attempt.session.code.encode(), given.encode()):
        lockout.failed(attempt.pool, user, attempt.state)
        raise _mismatch()
    close(attempt)
    user.update_attributes([{"Name": f"{ADDRESS[challenge]}_verified", "Value": "true"}])
    return Passed(attempt, user, challenge, second=attempt.session.second)


def _mismatch() -> AwsError:
    return AwsError("CodeMismatchException", "Invalid code or auth state for the user.")


def _send(attempt: Attempt, user: User, medium: str, address: str, code: str) -> None:
    body = _custom_message(attempt, user, medium).replace(PLACEHOLDER, code)
    now = attempt.state.clock.now()
    attempt.state.outbox.send(
        Message(user.username, attempt.pool.id, "Authentication", medium, address, code, now, body)
    )


def _custom_message(attempt: Attempt, user: User, medium: str) -> str:
    """The text that the pool's function wants; empty where it wants none.

    https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-custom-message.html
    """
    request: dict[str, Any] = {
        "userAttributes": triggers.user_attributes(user),
        "codeParameter": PLACEHOLDER,
        "usernameParameter": None,
    }
    if attempt.metadata:
        request["clientMetadata"] = attempt.metadata
    response = triggers.invoke(
        attempt.pool,
        "CustomMessage",
        "Authentication",
        username=user.username,
        client_id=attempt.client.id,
        request=request,
        state=attempt.state,
    )
    text = str((response or {}).get("smsMessage" if medium == "SMS" else "emailMessage") or "")
    if text and PLACEHOLDER not in text:
        raise AwsError("InvalidLambdaResponseException", "Unrecognizable lambda output")
    return text
