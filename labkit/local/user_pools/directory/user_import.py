"""User import jobs: users from a CSV file, who choose a password when they first come.

A job runs when it is next looked at after its start, so that it can be stopped before.

https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-using-import-tool.html
https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-creating-import-job.html
"""

from __future__ import annotations

import hmac
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError, Response, not_simulated
from labkit.local.operations import Call
from labkit.local.user_pools.directory import import_file, pages
from labkit.local.user_pools.directory.directory import ImportJob
from labkit.local.user_pools.pools import Pool, all_pools, pool_asked
from labkit.local.wire import Request

if TYPE_CHECKING:
    from labkit.local.state import State

#: Where a file is put, in the place of AWS's bucket.
PATH = "/_labkit/user-import/"
#: "The PRE_SIGNED_URL returned in the response is valid for 15 minutes."
_URL_VALIDITY = timedelta(minutes=15)
#: "You created a job, but did not start the job within 24-48 hours."
_START_WITHIN = timedelta(hours=48)


def get_csv_header(call: Call, state: State) -> dict[str, Any]:
    pool = pool_asked(call, state)
    return {"UserPoolId": pool.id, "CSVHeader": import_file.header(pool)}


def create_user_import_job(call: Call, state: State) -> dict[str, Any]:
    if call.parameters.get("PasswordHashingAlgorithm"):
        raise not_simulated("a user import with password hashes (PasswordHashingAlgorithm)")
    pool, signature = pool_asked(call, state), state.source.text(40)
    job_id = f"import-{state.source.text(10)}"
    host = call.request.headers.get("host", "127.0.0.1")
    url = f"http://{host}{PATH}{job_id}?Signature={signature}"
    given = call.parameters
    job = ImportJob(
        job_id, given["JobName"], given["CloudWatchLogsRoleArn"], state.clock.now(), signature, url
    )
    state.user_pools[pool.id].directory.import_jobs[job_id] = job
    return {"UserImportJob": _shown(pool, job)}


def receive(request: Request, state: State) -> Response:
    """The file's upload, which the URL's signature allows for 15 minutes."""
    job_id, given = request.path.removeprefix(PATH), request.parameters.get("Signature", "")
    with state.lock:
        jobs = [state.user_pools[pool.id].directory.import_jobs.get(job_id) for pool in all_pools(state)]
        for job in jobs:
            if job is not None and _takes(job, given, state):
                job.file = request.body
                return 200, {}, b""
    return 403, {"Content-Type": "text/plain"}, b"AccessDenied: this upload is not, or no longer, allowed.\n"


def _takes(job: ImportJob, signature: str, state: State) -> bool:
    """Whether this signature lets a file be put, now."""
    if state.clock.now() >= job.created + _URL_VALIDITY or job.status != "Created":
        return False
    return hmac.compare_digest(job.signature.encode(), signature.encode())


def start_user_import_job(call: Call, state: State) -> dict[str, Any]:
    """Start a job whose file is there. (AWS documents the conditions, but not the texts.)

    The one about the file is as AWS gave it: https://github.com/aws-amplify/amplify-js/issues/6416
    """
    pool, job = _job(call, state)
    if job.status != "Created":
        raise _precondition(f"The job is {job.status}, not Created.")
    if job.file is None:
        raise _precondition(f"No csv file was uploaded for {job.id}")
    if not pool.extended_config.get("AutoVerifiedAttributes"):
        raise _precondition("The user pool has no auto-verified attribute.")
    job.status, job.started = "Pending", state.clock.now()
    return {"UserImportJob": _shown(pool, job)}


def stop_user_import_job(call: Call, state: State) -> dict[str, Any]:
    pool, job = _job(call, state)
    if job.status != "Pending":
        raise _precondition(f"The job is {job.status}, not in progress.")
    _complete(job, "Stopped", "The Import Job was stopped by the developer.", state)
    return {"UserImportJob": _shown(pool, job)}


def describe_user_import_job(call: Call, state: State) -> dict[str, Any]:
    pool, job = _job(call, state)
    _run(pool, job, state)
    return {"UserImportJob": _shown(pool, job)}


def list_user_import_jobs(call: Call, state: State) -> dict[str, Any]:
    """ "Jobs are listed in chronological order from last created to first created." """
    pool = pool_asked(call, state)
    jobs = list(reversed(state.user_pools[pool.id].directory.import_jobs.values()))
    for job in jobs:
        _expire(job, state)
        _run(pool, job, state)
    page, token = pages.page(jobs, call, "PaginationToken", "MaxResults", state)
    return {"UserImportJobs": [_shown(pool, job) for job in page]} | token


def _job(call: Call, state: State) -> tuple[Pool, ImportJob]:
    pool = pool_asked(call, state)
    job = state.user_pools[pool.id].directory.import_jobs.get(call.parameters["JobId"])
    if job is None:
        raise AwsError("ResourceNotFoundException", f"Import job {call.parameters['JobId']} does not exist.")
    _expire(job, state)
    return pool, job


def _expire(job: ImportJob, state: State) -> None:
    if job.status == "Created" and state.clock.now() >= job.created + _START_WITHIN:
        job.status, job.file = "Expired", None


def _run(pool: Pool, job: ImportJob, state: State) -> None:
    """Import what the file holds, if the job was started."""
    if job.status != "Pending":
        return
    try:
        import_file.read(pool, job, state)
    except import_file.Unreadable as error:
        _complete(job, "Failed", str(error), state)
        return
    if not job.imported and (job.failed or job.skipped):  # how many are too many is not documented
        _complete(job, "Failed", "Too many users have failed or been skipped during the import.", state)
    else:
        _complete(job, "Succeeded", "Import Job Completed Successfully.", state)


def _complete(job: ImportJob, status: str, message: str, state: State) -> None:
    job.status, job.message, job.completed, job.file = status, message, state.clock.now(), None


def _precondition(text: str) -> AwsError:
    return AwsError("PreconditionNotMetException", text)


def _shown(pool: Pool, job: ImportJob) -> dict[str, Any]:
    """AWS's UserImportJobType."""
    shown = {
        "JobName": job.name,
        "JobId": job.id,
        "UserPoolId": pool.id,
        "PreSignedUrl": job.url,
        "CreationDate": job.created,
        "StartDate": job.started,
        "CompletionDate": job.completed,
        "Status": job.status,
        "CloudWatchLogsRoleArn": job.role_arn,
        "ImportedUsers": job.imported,
        "SkippedUsers": job.skipped,
        "FailedUsers": job.failed,
        "CompletionMessage": job.message or None,
    }
    return {name: value for name, value in shown.items() if value is not None}
