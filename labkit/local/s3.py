"""What S3's answers owe to authorisation: refused keys of DeleteObjects, and keys that must seem refused."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from labkit.local import upstream
from labkit.local.authentication import Caller
from labkit.local.authorization import allowed
from labkit.local.authorization.s3 import bucket_of, listed_keys, without
from labkit.local.errors import AwsError, Response, not_simulated
from labkit.local.operations import Call

if TYPE_CHECKING:
    from labkit.local.state import State


#: Operations that moto's S3, which routes by path and query, would take for others.
_NOT_SIMULATED = re.compile(
    r".*(Abac|Analytics|Annotation|DirectoryBuckets|IntelligentTiering|Metadata|Metrics|RequestPayment|Torrent).*"
    r"|CreateSession|DeleteBucketInventoryConfiguration|GetObjectRetention|RenameObject"
    r"|UpdateObjectEncryption|WriteGetObjectResponse"
)


def answer(call: Call, caller: Caller, state: State, refused: set[int]) -> Response:
    """moto's answer, amended."""
    if _NOT_SIMULATED.fullmatch(call.operation):
        raise not_simulated(f"s3:{call.operation}")
    _require_upload(call, state)
    if refused:
        return _delete_others(call, state, refused)
    response = upstream.call(call, state.account_id)
    if response[0] == 404 and call.operation in ("GetObject", "HeadObject"):
        _require_list_bucket(call, caller, state)
    return response


def _require_upload(call: Call, state: State) -> None:
    """An operation on a multipart upload needs one that is open.

    https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html (NoSuchUpload)
    """
    upload = call.request.parameters.get("uploadId")
    bucket = bucket_of(str(call.parameters.get("Bucket", "")), state)
    if upload is not None and bucket is not None and upload not in bucket.multiparts:
        raise AwsError(
            "NoSuchUpload",
            "The specified upload does not exist. The upload ID may be invalid, or the upload may have been "
            "aborted or completed.",
            404,
        )


def _require_list_bucket(call: Call, caller: Caller, state: State) -> None:
    """Without s3:ListBucket nobody learns whether a key exists: 403 instead of 404.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
    """
    bucket = f"arn:aws:s3:::{call.parameters['Bucket']}"
    if not allowed("s3:ListBucket", bucket, call, caller, state):
        raise AwsError("AccessDenied", "Access Denied", 403)


def _delete_others(call: Call, state: State, refused: set[int]) -> Response:
    """Delete the allowed keys; each refused one is an error inside the 200."""
    keys = listed_keys(call.request.body)
    errors = "".join(
        f"<Error><Key>{escape(key)}</Key><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
        for index, (key, _) in enumerate(keys)
        if index in refused
    ).encode()
    if len(refused) == len(keys):
        head = b'<?xml version="1.0" encoding="UTF-8"?>\n'
        body = b'<DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">%s</DeleteResult>' % errors
        return 200, {"Content-Type": "application/xml"}, head + body
    call.request.body = without(call.request.body, refused)
    status, headers, body = upstream.call(call, state.account_id)
    headers.pop("Content-Length", None)
    return status, headers, body.replace(b"</DeleteResult>", errors + b"</DeleteResult>")
