"""CUSTOM_AUTH: the pool's functions define the challenges, make them and check the answers.

https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-challenge.html

It is open to users of other providers too: "your triggers control the outcome. They are responsible for
whether the service issues a token to any user (federated or not)."
https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-identity-federation.html
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from labkit.local.errors import AwsError
from labkit.local.user_pools import triggers
from labkit.local.user_pools.pools import User, find_user, hides_existence, user_not_found
from labkit.local.user_pools.sign_in import password_sign_in, sign_in_srp
from labkit.local.user_pools.sign_in.attempt import (
    Answer,
    Attempt,
    Passed,
    answering_perhaps,
    challenged,
    close,
    incorrect,
    require_enabled,
)
from labkit.local.user_pools.state import ChallengeSession

Round = dict[str, Any]
_CUSTOM = "CUSTOM_CHALLENGE"
#: What comes after the functions are satisfied.
_ENDS = ("CUSTOM_AUTH", "DEVICE_PASSWORD_VERIFIER")


def start(attempt: Attempt) -> Answer | Passed:
    username = password_sign_in.begin(attempt)
    user = find_user(attempt.pool, username)
    if user is None and not hides_existence(attempt.client):
        raise user_not_found()
    if user is not None:
        require_enabled(user)
    # "If you want to include SRP in a custom authentication flow, you must begin with SRP."
    with_srp = attempt.given.get("CHALLENGE_NAME") == "SRP_A"
    rounds = (_round("SRP_A", True),) if with_srp else ()
    return _next(attempt, user, username, rounds)


def answer(attempt: Attempt) -> Answer | Passed:
    """CUSTOM_CHALLENGE: VerifyAuthChallengeResponse says whether the answer is right."""
    attempt, user = answering_perhaps(attempt, _CUSTOM)
    session = _session(attempt)
    close(attempt)
    request = {
        "privateChallengeParameters": session.private,
        "challengeAnswer": attempt.required("ANSWER"),
    }
    verdict = _invoke(attempt, user, "VerifyAuthChallengeResponse", request)
    done = _round(_CUSTOM, verdict["answerCorrect"] is True, session.challenge_metadata)
    return _next(attempt, user, attempt.required("USERNAME"), (*(session.rounds or ()), done))


def under_way(passed: Passed) -> bool:
    """Whether a password or a second factor was passed within this flow."""
    session = passed.attempt.session
    return session is not None and session.rounds is not None and passed.challenge not in _ENDS


def noted(passed: Passed) -> Attempt:
    """The attempt, with what was passed as one more round."""
    session = _session(passed.attempt)
    rounds = (*(session.rounds or ()), _round(passed.challenge, True))
    return passed.attempt.answering(replace(session, rounds=rounds))


def resume(attempt: Attempt, user: User) -> Answer | Passed:
    """What comes next is again the function's to say."""
    return _next(attempt, user, user.username, _session(attempt).rounds or ())


def _next(attempt: Attempt, user: User | None, username: str, rounds: tuple[Round, ...]) -> Answer | Passed:
    decided = _invoke(attempt, user, "DefineAuthChallenge", {"session": list(rounds)})
    if decided["failAuthentication"]:
        raise incorrect()
    if decided["issueTokens"]:
        if user is None:  # nobody is signed in, whatever the function says
            raise incorrect()
        return Passed(attempt, user, "CUSTOM_AUTH")
    if decided["challengeName"] == "PASSWORD_VERIFIER" and rounds == (_round("SRP_A", True),):
        session = attempt.state.source.text(480)
        return sign_in_srp.challenge(attempt, username, session=session, rounds=rounds)
    if decided["challengeName"] == _CUSTOM:
        return _create(attempt, user, username, rounds)
    raise AwsError("InvalidLambdaResponseException", "Unrecognizable lambda output")


def _create(attempt: Attempt, user: User | None, username: str, rounds: tuple[Round, ...]) -> Answer:
    request = {"challengeName": _CUSTOM, "session": list(rounds)}
    made = _invoke(attempt, user, "CreateAuthChallenge", request)
    shown = {"USERNAME": attempt.username_of(user, username)}
    return challenged(
        attempt,
        user,
        _CUSTOM,
        shown | {name: str(value) for name, value in (made["publicChallengeParameters"] or {}).items()},
        rounds=rounds,
        private=made["privateChallengeParameters"] or {},
        challenge_metadata=made["challengeMetadata"],
    )


def _invoke(attempt: Attempt, user: User | None, trigger: str, request: Round) -> Round:
    """Ask a function of the pool. Raises AwsError where the pool names none."""
    told: Round = {"userAttributes": triggers.user_attributes(user)} | request
    if attempt.metadata:
        told["clientMetadata"] = attempt.metadata
    if hides_existence(attempt.client):
        told["userNotFound"] = user is None
    answer = triggers.invoke(
        attempt.pool,
        trigger,
        "Authentication",
        username=user.username if user else attempt.required("USERNAME"),
        client_id=attempt.client.id,
        request=told,
        state=attempt.state,
    )
    if answer is None:
        raise AwsError(
            "InvalidParameterException", "Custom auth lambda trigger is not configured for the user pool."
        )
    return answer


def _round(name: str, right: bool, metadata: str | None = None) -> Round:
    """A ChallengeResult, as DefineAuthChallenge hears of it."""
    return {"challengeName": name, "challengeResult": right, "challengeMetadata": metadata}


def _session(attempt: Attempt) -> ChallengeSession:
    assert attempt.session is not None
    return attempt.session
