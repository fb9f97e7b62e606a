"""Codes by e-mail and SMS that answer a challenge: as a second factor, and in the place of a password.

"The MFA code is valid for the Authentication flow session duration that you set for your app client."
https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa-sms-email-message.html
"""

from __future__ import annotations

import hmac
import string

from labkit.local.errors import AwsError
from labkit.local.user_pools import lockout, messages, usernames, users
from labkit.local.user_pools.attempt import (
    Answer,
    Attempt,
    Passed,
    answering_perhaps,
    challenged,
    close,
    invalid_session,
)
from labkit.local.user_pools.codes import delivery_details
from labkit.local.user_pools.factors import ADDRESS
from labkit.local.user_pools.pools import User


def ask(attempt: Attempt, user: User, challenge: str, *, second: bool) -> Answer:
    """Send a code to the user, and ask for it."""
    attribute = ADDRESS[challenge]
    address, code = user.attribute_lookup[attribute], attempt.state.source.text(6, string.digits)
    parameters = _parameters(attribute, address, user.username)
    medium = parameters["CODE_DELIVERY_DELIVERY_MEDIUM"]
    messages.send(attempt.pool, user, medium, address, code, attempt.call, attempt.state)
    return challenged(attempt, user, challenge, parameters, code=code, address=address, second=second)


def pretend(attempt: Attempt, username: str, challenge: str) -> Answer:
    """Ask somebody who does not exist, for clients that must not tell. No code will be right."""
    attribute = ADDRESS[challenge]
    address = f"{username[:1]}@example.com" if attribute == "email" else f"+{sum(username.encode()):011}"
    known_as = attempt.username_of(None, username)
    return challenged(attempt, None, challenge, _parameters(attribute, address, known_as))


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
    somebody = attempt.guessed_at(user)
    lockout.require_unlocked(attempt.pool, somebody, attempt.state)
    if user is None or not hmac.compare_digest(attempt.session.code.encode(), given.encode()):
        lockout.failed(attempt.pool, somebody, attempt.state)
        raise _mismatch()
    _verify(attempt, user, ADDRESS[challenge], attempt.session.address)
    close(attempt)
    return Passed(attempt, user, challenge, second=attempt.session.second)


def _verify(attempt: Attempt, user: User, attribute: str, address: str) -> None:
    """The code says nothing of an address that the user has since; and an alias is one user's alone.

    RespondToAuthChallenge may answer AliasExistsException (when, the page says of confirmations only):
    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RespondToAuthChallenge.html
    """
    if user.attribute_lookup.get(attribute) != address:
        raise invalid_session()
    usernames.claim(attempt.pool, user, attribute, address)
    users.change(user, {f"{attribute}_verified": "true"})


def _mismatch() -> AwsError:
    return AwsError("CodeMismatchException", "Invalid code or auth state for the user.")
