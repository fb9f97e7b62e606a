"""Refusals that a lesson is about, and exercises that say what is wrong without the answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from labkit import course
from labkit.course.catalogue import EXERCISES
from labkit.errors import LabError, OAuthError, TokenRejected
from labkit.provision import Lab
from labkit.record import ApiCall, Secret
from labkit.resources import Attempt, Identity, IdentityPool, OAuthTokens, Tokens
from labkit.things import IotAttempt
from tests.unit.show import samples

NOW = datetime(2026, 1, 1, tzinfo=UTC)
POOL = IdentityPool("us-east-1:pool", "pool", allow_guests=True)


def _rejected(check: str) -> TokenRejected:
    return TokenRejected(check, expected="id", actual="access")


def test_an_expected_refusal_is_shown_and_the_notebook_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    with course.refused("aud"):
        raise _rejected("aud")
    assert "aud" in capsys.readouterr().out


def test_another_refusal_than_the_expected_one_rises() -> None:
    with pytest.raises(TokenRejected), course.refused("aud"):
        raise _rejected("exp")


def test_a_lesson_whose_refusal_does_not_happen_says_so() -> None:
    with pytest.raises(LabError, match="meant to be refused with `aud`"), course.refused("aud"):
        pass


@pytest.mark.parametrize("name", EXERCISES)
def test_an_untouched_stub_is_told_what_to_do(name: str) -> None:
    feedback = course.exercise(name).check(...)
    assert not feedback.solved
    assert "Replace `...`" in repr(feedback)


@pytest.mark.parametrize("name", EXERCISES)
def test_a_value_of_another_kind_gets_a_sentence_and_no_traceback(name: str) -> None:
    assert not course.exercise(name).check(42).solved


@pytest.mark.parametrize("name", EXERCISES)
def test_there_are_three_hints_and_no_fourth(name: str) -> None:
    exercise = course.exercise(name)
    assert len({exercise.hint(number) for number in (1, 2, 3)}) == 3
    with pytest.raises(LabError, match="has 3"):
        exercise.hint(4)


def test_an_unknown_exercise_names_those_that_there_are() -> None:
    with pytest.raises(LabError, match="01, 02, 03, 04"):
        course.exercise("99")


def test_the_wrong_check_is_named_and_the_right_one_solves() -> None:
    exercise = course.exercise("02")
    assert exercise.check(_rejected("token_use")).solved
    assert "`exp`" in exercise.check(_rejected("exp")).text


def test_two_guests_must_be_two_and_guests() -> None:
    exercise = course.exercise("03")
    first, second = Identity("a", POOL), Identity("b", POOL)
    assert exercise.check((first, second)).solved
    assert not exercise.check((first, first)).solved
    assert not exercise.check((first, Identity("c", POOL, ("provider",)))).solved


def _listing(prefix: str, *, code: str | None = "AccessDenied", action: str = "s3:ListBucket") -> Attempt:
    call = ApiCall("s3", "ListObjectsV2", True, {"Prefix": prefix}, {}, 403, code, "id", NOW, timedelta())
    return Attempt(action, "arn:aws:s3:::b", code is None, 403, code, None, "id", calls=(call,))


BOBS = "us-east-1:683a0282-b186-406e-abc4-d7a9e178f682/"


def test_a_listing_of_somebody_elses_prefix_must_be_refused_for_want_of_permission() -> None:
    exercise = course.exercise("04")
    assert exercise.check(_listing(BOBS)).solved
    assert "allowed" in exercise.check(_listing(BOBS, code=None)).text
    assert "s3:GetObject" in exercise.check(_listing(BOBS, action="s3:GetObject")).text
    assert "ExpiredToken" in exercise.check(_listing(BOBS, code="ExpiredToken")).text
    assert "`bob`" in exercise.check(_listing("bob")).text
    assert "slash" in exercise.check(_listing(BOBS.rstrip("/"))).text


def _code_by_mail(*, name: str = "carol", challenge: str = "EMAIL_OTP", **answer: Any) -> list[ApiCall]:
    began = samples.asked("InitiateAuth", "USER_AUTH", challenge, parameters={"USERNAME": name})
    answered = {"parameters": {f"{challenge}_CODE": "…"}, **answer}
    return [began, samples.asked("RespondToAuthChallenge", challenge, None, **answered)]


def test_a_code_by_mail_takes_two_calls_and_ends_with_tokens() -> None:
    exercise = course.exercise("06")
    assert exercise.check(_code_by_mail()).solved
    choice = samples.asked("InitiateAuth", "USER_AUTH", "SELECT_CHALLENGE")
    assert "these are 3" in exercise.check([choice, *_code_by_mail()]).text
    assert "`alice`" in exercise.check(_code_by_mail(name="alice")).text
    assert "`WEB_AUTHN`" in exercise.check(_code_by_mail(challenge="WEB_AUTHN")).text
    refused = _code_by_mail(status=400, error_code="CodeMismatchException")
    assert "CodeMismatchException" in exercise.check(refused).text
    assert "no tokens" in exercise.check(_code_by_mail(response={"ChallengeName": "SMS_MFA"})).text
    assert "these are 0" in exercise.check([]).text


def test_a_broken_token_is_feedback_too_and_stays_masked() -> None:
    broken = Tokens(Secret("not.a.jwt-at-all"), Secret("x"), None, timedelta(hours=1))
    feedback = course.exercise("01").check(broken)
    assert not feedback.solved
    assert "structure" in feedback.text
    assert "jwt-at-all" not in feedback.text


def test_a_lab_error_is_one_sentence_in_a_notebook() -> None:
    error = LabError("there is no `x`; take `y`")
    error.add_note("a note")
    assert error._render_traceback_() == ["LabError: there is no `x`; take `y`", "a note"]


def test_a_refusal_stays_for_whoever_asks_why(capsys: pytest.CaptureFixture[str]) -> None:
    error = _rejected("aud")
    with course.refused("aud") as refusal:
        assert refusal.error is None
        raise error
    assert refusal.error is error
    assert "aud" in capsys.readouterr().out


LAB = Lab("identity-pool", bucket="plans")
ALL_PLANS = {
    "Sid": "AllPlans",
    "Effect": "Allow",
    "Action": "s3:GetObject",
    "Resource": "arn:aws:s3:::plans/*",
}


def _team_policy(*statements: dict[str, Any], version: str = "2012-10-17") -> dict[str, Any]:
    return {"Version": version, "Statement": [*statements]}


def _putting(path: str, **more: Any) -> dict[str, Any]:
    resource = f"arn:aws:s3:::plans/{path}"
    return {"Sid": "OwnPlan", "Effect": "Allow", "Action": "s3:PutObject", "Resource": resource, **more}


def test_the_solution_is_a_policy_for_all_teams() -> None:
    cell: dict[str, Any] = {"lab": LAB}
    exec(course.exercise("07").solution, cell)
    assert course.exercise("07").check(cell["team_policy"], LAB).solved


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        (_team_policy(_putting("${aws:PrincipalTag/team}/*")), "Red gets blue's plan: refused"),
        (_team_policy(ALL_PLANS), "Blue puts its own plan: refused"),
        (_team_policy(ALL_PLANS, _putting("blue/*")), "A new team, green"),
        (_team_policy(ALL_PLANS, _putting("*")), "Red puts blue's plan: allowed"),
        (
            _team_policy(ALL_PLANS, _putting("${aws:PrincipalTag/team, 'red'}/*")),
            "Somebody without a team puts red's plan: allowed",
        ),
        (
            _team_policy(ALL_PLANS, _putting("${aws:PrincipalTag/team}/*", Action="s3:*")),
            "",
        ),
        (
            _team_policy(ALL_PLANS, _putting("${aws:PrincipalTag/team}/*"), version="2008-10-17"),
            "Blue puts its own plan: refused",
        ),
    ],
)
def test_a_policy_for_teams_is_told_the_first_call_that_comes_out_wrong(
    policy: dict[str, Any], said: str
) -> None:
    feedback = course.exercise("07").check(policy, LAB)
    assert feedback.solved is not bool(said)
    assert said in feedback.text


ACCOUNT: Any = SimpleNamespace(region="us-east-1", account_id="123456789012")
THING = "${iot:Connection.Thing.ThingName}"


def _packets(*statements: tuple[str | list[str], str]) -> dict[str, Any]:
    arn = "arn:aws:iot:us-east-1:123456789012:"
    return _team_policy(
        *({"Effect": "Allow", "Action": action, "Resource": arn + where} for action, where in statements)
    )


CONNECT = ("iot:Connect", f"client/{THING}")
TALK: tuple[list[str], str] = (["iot:Publish", "iot:Receive"], f"topic/greenhouse/{THING}/*")
ASK = ("iot:Subscribe", f"topicfilter/greenhouse/{THING}/*")


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        (_packets(CONNECT, TALK, ASK), ""),
        (_packets(("iot:Connect", "client/*"), TALK, ASK), "It connects as `fern`: allowed"),
        (_packets(TALK, ASK), "connects as `tomato`: refused"),
        (_packets(CONNECT, TALK), "It asks for its commands: refused"),
        (_packets(CONNECT, ASK, ("iot:Publish", TALK[1])), "It gets its commands: refused"),
        (
            _packets(CONNECT, TALK, ("iot:Subscribe", "topicfilter/greenhouse/*")),
            "for everybody's: allowed",
        ),
        (_packets(CONNECT, ASK, (TALK[0], "topic/greenhouse/*")), "publishes the fern's telemetry: allowed"),
        (_packets(CONNECT, ("iot:*", f"topic*/greenhouse/{THING}/*")), ""),
        (
            _packets(CONNECT, TALK, ASK, ("iot:UpdateThingShadow", "thing/*")),
            "fern's shadow: allowed",
        ),
    ],
)
def test_a_policy_for_devices_is_told_the_first_packet_that_comes_out_wrong(
    policy: dict[str, Any], said: str
) -> None:
    feedback = course.exercise("11").check(policy, ACCOUNT)
    assert feedback.solved is not bool(said)
    assert said in feedback.text


def test_bobs_message_goes_to_bobs_topic_over_bobs_connection() -> None:
    def sent(
        client: str, *, allowed: bool = True, action: str = "iot:Publish", whose: str = "bob"
    ) -> IotAttempt:
        return IotAttempt(action, f"arn:aws:iot:::topic/greenhouse/{whose}/x", allowed, "PUBACK", client)

    exercise = course.exercise("10")
    assert exercise.check(sent("bob"), "alice").solved
    assert "Alice's connection" in exercise.check(sent("alice"), "alice").text
    assert "not accepted: `PUBACK`" in exercise.check(sent("bob", allowed=False), "alice").text
    assert "iot:Subscribe" in exercise.check(sent("bob", action="iot:Subscribe"), "alice").text
    assert "own id" in exercise.check(sent("bob", whose="carol"), "alice").text


def _claims(name: str = "chi", identity: str = "117364528190473625140", **more: Any) -> dict[str, Any]:
    known = {"userId": identity, "providerName": "Google", "providerType": "Google"}
    return {"cognito:username": name, "identities": [known], **more}


def test_chi_comes_by_google_as_the_pools_user() -> None:
    exercise = course.exercise("09a")
    assert exercise.check(_claims()).solved
    alone = _claims("Google_117364528190473625140")
    assert "delete her. What must be there before she signs in" in exercise.check(alone).text
    assert "`ben`" in exercise.check(_claims("ben")).text
    assert "not with Chi's account" in exercise.check(_claims(identity="1")).text
    assert "not with Chi's account" in exercise.check({"cognito:username": "chi"}).text


def test_anas_names_come_by_saml() -> None:
    def named(kind: str = "SAML", **names: str) -> dict[str, Any]:
        return {"identities": [{"userId": "ana@example.com", "providerType": kind}], **names}

    exercise = course.exercise("09b")
    assert exercise.check(named(given_name="Ana", family_name="Reyes")).solved
    assert "by OIDC, not by SAML" in exercise.check(named("OIDC", given_name="Ana")).text
    assert "no provider" in exercise.check({"cognito:username": "ana"}).text
    assert "no `family_name`" in exercise.check(named(given_name="Ana")).text
    wrong = named(given_name="Ana Reyes", family_name="Reyes")
    assert "`given_name` is `Ana Reyes`" in exercise.check(wrong).text


def test_what_a_domain_refuses_is_shown_in_oauths_words(capsys: pytest.CaptureFixture[str]) -> None:
    with course.refused("server_error") as refusal:
        raise OAuthError("/oauth2/authorize", "server_error", "The signature is invalid.")
    assert isinstance(refusal.error, OAuthError)
    shown = capsys.readouterr().out
    assert "The domain said no" in shown
    assert "The signature is invalid." in shown
    with pytest.raises(OAuthError), course.refused("server_error"):
        raise OAuthError("/oauth2/token", "invalid_grant")


def _scoped(scope: str, *, id_token: bool = False, **claims: Any) -> OAuthTokens:
    access = samples.compact(samples.claims("access", scope=scope, **claims))
    return OAuthTokens(Secret(access), samples.id_token if id_token else None, None, timedelta(hours=1))


def test_a_token_for_the_photos_opens_the_photos_alone() -> None:
    exercise = course.exercise("08")
    assert exercise.check(_scoped("photos/write")).solved
    assert "`openid`" in exercise.check(_scoped("openid")).text
    assert "of a machine" in exercise.check(_scoped("photos/write", username=None)).text
    assert "ID token" in exercise.check(_scoped("openid photos/write", id_token=True)).text
    assert "`photos/read`, too" in exercise.check(_scoped("photos/read photos/write")).text
