"""User import jobs.

https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-using-import-tool.html
https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-using-import-tool-csv-header.html
https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-creating-import-job.html
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.local.accounts import LocalAccount, Reply, refused
from tests.local.directory import Pool, attributes_of, status_of, user_pool

DATA = Path(__file__).parents[2] / "data" / "users.csv"
ROLE = "arn:aws:iam::111122223333:role/import-logs"


@pytest.fixture
def pool(account: LocalAccount) -> Pool:
    return user_pool(account)


def create(pool: Pool, name: str = "job", **more: Any) -> dict[str, Any]:
    answer = pool.admin.create_user_import_job(
        UserPoolId=pool.id, JobName=name, CloudWatchLogsRoleArn=ROLE, **more
    )
    return dict(answer["UserImportJob"])


def upload(pool: Pool, job: dict[str, Any], text: str | bytes) -> Reply:
    return pool.account.send("PUT", job["PreSignedUrl"], body=text)


def act(pool: Pool, operation: str, job: dict[str, Any]) -> dict[str, Any]:
    call = getattr(pool.admin, f"{operation}_user_import_job")
    return dict(call(UserPoolId=pool.id, JobId=job["JobId"])["UserImportJob"])


def outcome(pool: Pool, text: str | bytes) -> dict[str, Any]:
    """The job that imported this file, when it is done."""
    job = create(pool)
    assert upload(pool, job, text).status == 200
    assert act(pool, "start", job)["Status"] == "Pending"
    return act(pool, "describe", job)


def table(pool: Pool, *rows: dict[str, str]) -> str:
    """A CSV file of these rows, each a good one but for what is given."""
    columns = pool.admin.get_csv_header(UserPoolId=pool.id)["CSVHeader"]
    good = {"email": "x@example.com", "email_verified": "TRUE", "cognito:mfa_enabled": "FALSE"}
    lines = [",".join((good | row).get(column, "") for column in columns) for row in rows]
    return "\n".join([",".join(columns), *lines])


@pytest.mark.operation("cognito-idp:GetCSVHeader")
def test_the_header_names_the_pools_attributes(account: LocalAccount, pool: Pool) -> None:
    """The page's example; "It also includes any custom attributes you have added to your user pool." """
    plain = pool.admin.get_csv_header(UserPoolId=pool.id)
    assert plain["UserPoolId"] == pool.id
    assert sorted(plain["CSVHeader"]) == sorted(DATA.read_text().splitlines()[0].split(","))
    team = [{"Name": "team", "AttributeDataType": "String", "Mutable": True}]
    own = user_pool(account, Schema=team)
    header = own.admin.get_csv_header(UserPoolId=own.id)["CSVHeader"]
    assert set(header) - set(plain["CSVHeader"]) == {"custom:team"}


@pytest.mark.operation("cognito-idp:ConfirmForgotPassword", "cognito-idp:ForgotPassword")
@pytest.mark.operation(
    "cognito-idp:InitiateAuth", refuses=["NotAuthorizedException", "PasswordResetRequiredException"]
)
def test_the_file_in_data_is_imported_and_its_users_choose_a_password(pool: Pool) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-using-import-tool-password-reset.html"""
    job = outcome(pool, DATA.read_bytes())
    counts = (job["Status"], job["ImportedUsers"], job["SkippedUsers"], job["FailedUsers"])
    assert counts == ("Succeeded", 3, 0, 0)
    assert job["StartDate"] <= job["CompletionDate"]
    found = attributes_of(pool, "dora")
    assert (found["birthdate"], found["address"]) == ("1985-02-01", "1 Main Street, Springfield")
    assert (found["email_verified"], status_of(pool, "dora")) == ("true", "RESET_REQUIRED")
    answer = refused(pool.sign_in, username="dora")
    assert (answer.status, answer.code) == (400, "PasswordResetRequiredException")
    srp = {"USERNAME": "dora", "SRP_A": "abcdef"}
    started = refused(
        pool.idp.initiate_auth, ClientId=pool.client_id, AuthFlow="USER_SRP_AUTH", AuthParameters=srp
    )
    assert started.code == "PasswordResetRequiredException"
    quiet = pool.another_client(PreventUserExistenceErrors="ENABLED")
    assert refused(quiet.sign_in, username="dora").code == "NotAuthorizedException"
    pool.idp.forgot_password(ClientId=pool.client_id, Username="dora")
    pool.idp.confirm_forgot_password(
        ClientId=pool.client_id, Username="dora", Password="Correct-horse-1",
        ConfirmationCode=pool.account.last_code("dora"),
    )  # fmt: skip
    assert pool.sign_in("dora")["IdToken"]


@pytest.mark.operation("cognito-idp:CreateUserImportJob", "cognito-idp:GetCSVHeader")
@pytest.mark.parametrize(
    "row",
    [
        {"cognito:username": ""},
        {"cognito:username": "two words"},
        {"cognito:username": "ann", "email_verified": "FALSE"},
        {"cognito:username": "ann", "email": ""},
        {"cognito:username": "ann", "email": "no address"},
        {"cognito:username": "ann", "birthdate": "1985-02-01"},
        {"cognito:username": "ann", "updated_at": "yesterday"},
        {"cognito:username": "ann", "cognito:mfa_enabled": ""},
        {"cognito:username": "ann", "cognito:mfa_enabled": "TRUE"},
        {"cognito:username": "ann", "nickname": "a,b"},
        {"cognito:username": "ann", "nickname": "x" * 3000},
    ],
)
def test_a_row_that_breaks_a_rule_fails_alone(pool: Pool, row: dict[str, str]) -> None:
    """The rules of "Formatting the CSV file" """
    job = outcome(pool, table(pool, {"cognito:username": "ben"}, row))
    assert (job["Status"], job["ImportedUsers"], job["FailedUsers"]) == ("Succeeded", 1, 1)
    assert [user["Username"] for user in pool.admin.list_users(UserPoolId=pool.id)["Users"]] == ["ben"]


@pytest.mark.operation("cognito-idp:CreateUserImportJob", "cognito-idp:GetCSVHeader")
def test_who_is_there_already_is_skipped(pool: Pool) -> None:
    """ "The cognito:username field is required and must be unique within your user pool." """
    pool.confirmed("ann")
    job = outcome(pool, table(pool, {"cognito:username": "ann"}, {"cognito:username": "ben"}))
    assert (job["ImportedUsers"], job["SkippedUsers"]) == (1, 1)
    assert status_of(pool, "ann") == "CONFIRMED"


@pytest.mark.operation("cognito-idp:CreateUserImportJob", "cognito-idp:GetCSVHeader")
@pytest.mark.unconfirmed
def test_a_job_without_success_fails(pool: Pool) -> None:
    """The message is the page's; from how many on it comes, is not documented."""
    job = outcome(pool, table(pool, {"cognito:username": "ann", "email_verified": "FALSE"}))
    assert (job["Status"], job["FailedUsers"]) == ("Failed", 1)
    assert job["CompletionMessage"] == "Too many users have failed or been skipped during the import."


@pytest.mark.operation("cognito-idp:CreateUserImportJob", "cognito-idp:GetCSVHeader")
@pytest.mark.unconfirmed
@pytest.mark.parametrize("file", [b"", b"\xff\xfe", b"name,email\nann,ann@example.com", b"\xef\xbb\xbfname"])
def test_a_file_that_is_none_fails_the_job(pool: Pool, file: bytes) -> None:
    """ "All columns in the header must be present"; "in UTF-8 format without byte order mark" """
    assert outcome(pool, table(pool, {"cognito:username": "ann"}))["Status"] == "Succeeded"
    job = outcome(pool, file)
    assert (job["Status"], job["ImportedUsers"]) == ("Failed", 0)


@pytest.mark.operation(
    "cognito-idp:StartUserImportJob", "cognito-idp:StopUserImportJob", refuses="PreconditionNotMetException"
)
def test_a_job_can_be_stopped_before_it_runs(pool: Pool) -> None:
    """ "After you stop the job, it cannot be restarted." The message is the page's."""
    job = create(pool)
    upload(pool, job, table(pool, {"cognito:username": "ann"}))
    act(pool, "start", job)
    stopped = act(pool, "stop", job)
    assert (stopped["Status"], stopped["CompletionMessage"]) == (
        "Stopped", "The Import Job was stopped by the developer.",
    )  # fmt: skip
    assert pool.admin.list_users(UserPoolId=pool.id)["Users"] == []
    for operation in ("start", "stop"):
        answer = refused(act, pool=pool, operation=operation, job=job)
        assert (answer.status, answer.code) == (400, "PreconditionNotMetException")


@pytest.mark.operation("cognito-idp:StartUserImportJob", refuses="PreconditionNotMetException")
@pytest.mark.unconfirmed
def test_a_job_starts_with_a_file_and_an_address_that_is_verified(account: LocalAccount, pool: Pool) -> None:
    """ "If the user pool has no auto-verified attributes, the import job will not start." (no texts)

    The text of a missing file as AWS gave it: https://github.com/aws-amplify/amplify-js/issues/6416
    """
    job = create(pool)
    answer = refused(act, pool=pool, operation="start", job=job)
    assert (answer.code, answer.message) == (
        "PreconditionNotMetException", f"No csv file was uploaded for {job['JobId']}",
    )  # fmt: skip
    upload(pool, job, table(pool, {"cognito:username": "ann"}))
    assert act(pool, "start", job)["Status"] == "Pending"
    bare = user_pool(account, AutoVerifiedAttributes=[])
    job = create(bare)
    upload(bare, job, table(bare, {"cognito:username": "ann"}))
    answer = refused(act, pool=bare, operation="start", job=job)
    assert (answer.status, answer.code) == (400, "PreconditionNotMetException")
    unknown = refused(act, pool=pool, operation="describe", job={"JobId": "import-nobody"})
    assert (unknown.status, unknown.code) == (400, "ResourceNotFoundException")


@pytest.mark.operation("cognito-idp:AddCustomAttributes", refuses="UserImportInProgressException")
@pytest.mark.unconfirmed
def test_while_a_job_is_in_progress_the_schema_stays(pool: Pool) -> None:
    """AddCustomAttributes names UserImportInProgressException:
    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AddCustomAttributes.html"""
    job = create(pool)
    upload(pool, job, table(pool, {"cognito:username": "ann"}))
    act(pool, "start", job)
    add = pool.admin.add_custom_attributes
    team = {"UserPoolId": pool.id, "CustomAttributes": [{"Name": "team", "AttributeDataType": "String"}]}
    answer = refused(add, **team)
    assert (answer.status, answer.code) == (400, "UserImportInProgressException")
    assert act(pool, "describe", job)["Status"] == "Succeeded"
    assert add(**team)


@pytest.mark.operation("cognito-idp:CreateUserImportJob")
def test_the_url_of_the_file_is_good_for_15_minutes_and_nobody_elses(fresh: LocalAccount) -> None:
    """ "The PRE_SIGNED_URL returned in the response is valid for 15 minutes." """
    pool = user_pool(fresh)
    job, other = create(pool), create(pool)
    assert job["PreSignedUrl"] != other["PreSignedUrl"]
    assert upload(pool, job, "name").status == 200
    forged = job | {"PreSignedUrl": job["PreSignedUrl"].replace(job["JobId"], other["JobId"])}
    assert upload(pool, forged, "name").status == 403
    fresh.advance(minutes=15)
    assert upload(pool, job, "name").status == 403


@pytest.mark.operation("cognito-idp:CreateUserImportJob", "cognito-idp:GetCSVHeader")
def test_a_job_that_is_not_started_expires(fresh: LocalAccount) -> None:
    """ "Expired - You created a job, but did not start the job within 24-48 hours." """
    pool = user_pool(fresh)
    job = create(pool)
    upload(pool, job, table(pool, {"cognito:username": "ann"}))
    fresh.advance(hours=24)
    assert act(pool, "describe", job)["Status"] == "Created"
    fresh.advance(hours=24)
    assert act(pool, "describe", job)["Status"] == "Expired"
    assert refused(act, pool=pool, operation="start", job=job).code == "PreconditionNotMetException"


@pytest.mark.operation("cognito-idp:ListUserImportJobs")
def test_jobs_are_listed_from_the_last_created_on(pool: Pool) -> None:
    """ "Jobs are listed in chronological order from last created to first created." """
    for name in ("first", "second", "third"):
        create(pool, name)
    page = pool.admin.list_user_import_jobs(UserPoolId=pool.id, MaxResults=2)
    rest = pool.admin.list_user_import_jobs(
        UserPoolId=pool.id, MaxResults=2, PaginationToken=page["PaginationToken"]
    )
    names = [job["JobName"] for answer in (page, rest) for job in answer["UserImportJobs"]]
    assert (names, "PaginationToken" in rest) == (["third", "second", "first"], False)


@pytest.mark.operation("cognito-idp:CreateUserImportJob", missing="password hashes")
@pytest.mark.operation("cognito-idp:CreateUserImportJob")
def test_password_hashes_are_not_simulated_and_say_so(pool: Pool) -> None:
    assert create(pool)["Status"] == "Created"
    answer = refused(create, pool=pool, PasswordHashingAlgorithm="BCRYPT")
    assert (answer.status, answer.code) == (501, "NotSimulated")
