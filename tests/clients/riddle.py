"""A served account whose User Pools may ask a riddle: the functions run in the account's own program.

https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-challenge.html
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import Any

from labkit.cli.serve import write_env_file
from labkit.environment import for_account
from labkit.local.app import create_app
from labkit.local.server import Server
from labkit.local.user_pools import triggers

Event = dict[str, Any]


def define(event: Event, _: object) -> Event:
    """A riddle, after the password if the app began with one; two wrong answers are one too many."""
    rounds, response = event["request"]["session"], event["response"]
    answered = [r["challengeResult"] for r in rounds if r["challengeName"] == "CUSTOM_CHALLENGE"]
    response["issueTokens"] = True in answered
    response["failAuthentication"] = answered.count(False) > 1
    asks_password = [r["challengeName"] for r in rounds] == ["SRP_A"]
    response["challengeName"] = "PASSWORD_VERIFIER" if asks_password else "CUSTOM_CHALLENGE"
    return event


def create(event: Event, _: object) -> Event:
    event["response"] = {
        "publicChallengeParameters": {"question": "6 × 7"},
        "privateChallengeParameters": {"answer": "42"},
    }
    return event


def verify(event: Event, _: object) -> Event:
    request = event["request"]
    right = request["challengeAnswer"] == request["privateChallengeParameters"]["answer"]
    event["response"]["answerCorrect"] = right
    return event


#: For a pool's LambdaConfig.
TRIGGERS = {
    "DefineAuthChallenge": define,
    "CreateAuthChallenge": create,
    "VerifyAuthChallengeResponse": verify,
}


def arn(trigger: str) -> str:
    return f"arn:aws:lambda:us-east-1:123456789012:function:{trigger}"


def main(env_file: str) -> None:
    """Serve until the program is killed."""
    app = create_app()
    for name, function in TRIGGERS.items():
        triggers.register(arn(name), function, app.state)
    with Server(app, port=0) as server:
        environment = for_account(
            {},
            endpoint=server.endpoint,
            access_key_id=app.administrator.access_key_id,
            secret_access_key=app.administrator.secret_access_key,
            region=app.region,
        )
        write_env_file(Path(env_file), environment)
        threading.Event().wait()


if __name__ == "__main__":
    main(sys.argv[1])
