"""A real account's guard rails, against a served local account that plays it through a profile."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from labkit import provision
from labkit.account import Account, open_account
from labkit.errors import LabError
from labkit.flow import access, sign_in
from labkit.flow import identity_pool as identity_pools
from labkit.flow import user_pool as pools
from labkit.ledger import Ledger
from labkit.local.app import LocalApp
from labkit.resources import Tokens

REMOTE_ACCOUNT = "210987654321"


class Person:
    """Someone who is asked, and says yes until told otherwise."""

    def __init__(self) -> None:
        self.answer = True
        self.questions: list[str] = []

    def __call__(self, question: str) -> bool:
        self.questions.append(question)
        return self.answer


@pytest.fixture
def person() -> Person:
    return Person()


@pytest.fixture
def account(remote: LocalApp, person: Person) -> Iterator[Account]:
    with open_account("aws", profile="workshop", confirm=person) as opened:
        person.questions.clear()
        yield opened


def test_account_region_and_caller_are_shown_and_asked_once(remote: LocalApp, person: Person) -> None:
    account = open_account("aws", profile="workshop", confirm=person)
    arn = f"arn:aws:iam::{REMOTE_ACCOUNT}:user/lab-administrator"
    assert person.questions == [f"Work in account {REMOTE_ACCOUNT} in us-east-1 as {arn}?"]
    assert (account.kind, account.account_id, account.region) == ("aws", REMOTE_ACCOUNT, "us-east-1")
    assert account.endpoint is None
    assert account.caller_arn == arn
    person.answer = False
    with pytest.raises(LabError, match="was not opened: you said no"):
        open_account("aws", profile="workshop", confirm=person)


@pytest.mark.parametrize(
    ("typed", "opens"), [("y", True), ("Yes ", True), ("n", False), ("", False), ("yep", False)]
)
def test_by_default_only_a_typed_yes_opens_it(remote: LocalApp, typed: str, opens: bool) -> None:
    def open_it() -> Account:
        return open_account("aws", profile="workshop", ask=lambda _: typed)

    if opens:
        assert open_it().account_id == REMOTE_ACCOUNT
    else:
        with pytest.raises(LabError, match="you said no"):
            open_it()


def test_a_local_endpoint_in_the_environment_does_not_leak_into_it(
    remote: LocalApp, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    account = open_account("aws", profile="workshop", confirm=person)
    assert "AWS_ENDPOINT_URL is set to http://127.0.0.1:1 and is ignored" in person.questions[0]
    assert account.client("cognito-idp").list_user_pools(MaxResults=1)["UserPools"] == []


def test_without_an_endpoint_in_the_profile_the_clients_lead_to_aws(
    remote: LocalApp, account: Account, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from labkit.account import aws

    assert account.client("s3").meta.endpoint_url.startswith("http://127.0.0.1:")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    (folder / "config").write_text(
        "[profile workshop]\nregion = eu-central-1\n[profile part]\nregion = eu-central-1\nservices = own\n"
        "[services own]\ncognito_identity_provider =\n  endpoint_url = http://127.0.0.1:2\n"
    )
    clients = {
        profile: aws._client_maker(aws._session(profile, None))("cognito-idp", None).meta.endpoint_url
        for profile in ("workshop", "part")
    }
    assert clients == {
        "workshop": "https://cognito-idp.eu-central-1.amazonaws.com",
        "part": "http://127.0.0.1:2",
    }


def test_an_unknown_profile_and_a_missing_region_are_refused_with_what_to_do(
    remote: LocalApp, person: Person, folder: Path
) -> None:
    assert open_account("aws", profile="workshop", confirm=person).region == "us-east-1"
    with pytest.raises(LabError, match="no AWS profile `missing`"):
        open_account("aws", profile="missing", confirm=person)
    config = folder / "config"
    config.write_text(config.read_text().replace("region = us-east-1\n", ""))
    with pytest.raises(LabError, match="no region is set"):
        open_account("aws", profile="workshop", confirm=person)


def test_missing_and_wrong_credentials_are_refused_with_what_to_do(
    remote: LocalApp, person: Person, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert open_account("aws", profile="workshop", confirm=person).region == "us-east-1"
    credentials = folder / "credentials"
    credentials.write_text("[workshop]\naws_access_key_id = AKIANOBODY\naws_secret_access_key = nothing\n")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    with pytest.raises(ClientError) as caught:
        open_account("aws", profile="workshop", confirm=person)
    assert caught.value.response["Error"]["Code"] == "InvalidClientTokenId"
    assert "name a `profile`" in caught.value.__notes__[0]
    credentials.write_text("")
    with pytest.raises(LabError, match="no AWS credentials were found"):
        open_account("aws", profile="workshop", confirm=person)


def test_whatever_changes_the_account_is_shown_and_asked(account: Account, person: Person) -> None:
    account.client("cognito-idp").list_user_pools(MaxResults=1)
    assert person.questions == []
    pools.create_user_pool(account, "asked")
    assert person.questions == [f"CreateUserPool asked in account {REMOTE_ACCOUNT} in us-east-1?"]
    person.answer = False
    with pytest.raises(LabError, match="`CreateUserPool` was not called: you said no"):
        pools.create_user_pool(account, "refused")
    found = account.client("cognito-idp").list_user_pools(MaxResults=60)["UserPools"]
    assert [pool["Name"] for pool in found] == ["asked"]


def test_the_whole_chain_runs_with_one_question_for_the_plan(account: Account, person: Person) -> None:
    lab = provision.checkpoint(account, "identity-pool")
    (question,) = person.questions
    assert "CreateUserPool" in question
    assert "SetIdentityPoolRoles" in question
    assert question.endswith("Apply this plan?")

    assert lab.app_client
    assert lab.user_pool
    assert lab.identity_pool
    assert lab.bucket
    tokens = sign_in.initiate_auth(account, lab.app_client, "alice", lab.users["alice"].password)
    assert isinstance(tokens, Tokens)
    logins = identity_pools.logins(lab.user_pool, tokens.id_token)
    identity = identity_pools.get_id(account, lab.identity_pool, logins)
    credentials = identity_pools.get_credentials_for_identity(account, identity, logins)
    assert access.put_object(account, credentials, lab.bucket, f"{identity.id}/a", "a").allowed
    assert account.jwks(lab.user_pool).keys
    assert len(person.questions) == 1

    assert provision.checkpoint(account, "identity-pool") == lab
    assert len(person.questions) == 1


def test_a_plan_that_is_refused_changes_nothing(account: Account, person: Person) -> None:
    plan = provision.plan(account, "user-pool")
    person.answer = False
    with pytest.raises(LabError, match="nothing was changed"):
        provision.apply(account, plan)
    assert provision.plan(account, "user-pool") == plan
    person.answer = True
    assert provision.apply(account, plan).user_pool


def test_what_is_created_is_tagged_and_noted_and_destroyed_after_a_yes(
    account: Account, person: Person, folder: Path
) -> None:
    lab = provision.checkpoint(account, "identity-pool")
    assert lab.user_pool
    assert lab.identity_pool
    assert lab.bucket
    extra = pools.create_user_pool(account, "made-by-hand")
    tags = {
        "User Pool": account.client("cognito-idp").describe_user_pool(UserPoolId=extra.id)["UserPool"][
            "UserPoolTags"
        ],
        "Identity Pool": account.client("cognito-identity").describe_identity_pool(
            IdentityPoolId=lab.identity_pool.id
        )["IdentityPoolTags"],
        "role": account.client("iam").list_role_tags(RoleName=lab.roles["guest"].name)["Tags"],
        "bucket": account.client("s3").get_bucket_tagging(Bucket=lab.bucket)["TagSet"],
        "table": account.client("dynamodb").list_tags_of_resource(
            ResourceArn=f"arn:aws:dynamodb:us-east-1:{REMOTE_ACCOUNT}:table/{lab.table}"
        )["Tags"],
    }
    pair = {"Key": "labkit", "Value": "lab"}
    assert tags == {
        "User Pool": {"labkit": "lab"},
        "Identity Pool": {"labkit": "lab"},
        "role": [pair],
        "bucket": [pair],
        "table": [pair],
    }
    assert extra.id in {entry.id for entry in Ledger(folder, REMOTE_ACCOUNT).entries}

    person.questions.clear()
    person.answer = False
    with pytest.raises(LabError, match="nothing was changed"):
        provision.destroy(account)
    person.answer = True
    removed = provision.destroy(account)
    assert {step.name for step in removed.steps} >= {"made-by-hand", lab.bucket, lab.user_pool.name}
    assert len(person.questions) == 2
    assert Ledger(folder, REMOTE_ACCOUNT).entries == ()
    assert len(provision.plan(account, "identity-pool").steps) == 11


def test_the_ledger_holds_no_secret(account: Account, folder: Path) -> None:
    provision.checkpoint(account, "user-pool")
    text = (folder / ".labkit" / "lab.json").read_text("utf-8")
    assert "labkit-lab-users" in text
    for user in provision.checkpoint(account, "user-pool").users.values():
        assert user.password.reveal() not in text


def test_a_person_types_the_code_and_real_time_cannot_be_advanced(remote: LocalApp) -> None:
    answers = iter(["y", " 123456 "])
    account = open_account("aws", profile="workshop", ask=lambda _: next(answers))
    assert account.confirmation_code("carol") == "123456"
    assert account.clock.now().tzinfo
    with pytest.raises(LabError, match="real time cannot be advanced"):
        account.clock.advance(hours=1)
    with pytest.raises(LabError, match="a real account has no outbox"):
        account.outbox()
    with pytest.raises(LabError, match="in AWS CloudTrail only"):
        account.request_log()


def test_a_real_account_asks_the_issuers_itself(remote: LocalApp) -> None:
    account = open_account("aws", profile="workshop", ask=lambda _: "y")
    with pytest.raises(LabError, match="it cannot be told"):
        account.tell_issuer_keys("https://issuer.example.com", {"keys": []})
