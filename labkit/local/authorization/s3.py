"""S3 operations as IAM sees them.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html and
https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, unquote
from xml.etree import ElementTree

from labkit.local.authorization.asks import Ask, ContextValue
from labkit.local.errors import AwsError, not_simulated
from labkit.local.operations import Call

if TYPE_CHECKING:
    from labkit.local.state import State

#: Operations whose IAM action has another name.
_ACTION = {
    "CompleteMultipartUpload": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "DeleteBucketCors": "PutBucketCORS",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "DeleteBucketReplication": "PutReplicationConfiguration",
    "DeleteBucketTagging": "PutBucketTagging",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketCors": "GetBucketCORS",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "GetBucketLifecycle": "GetLifecycleConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "GetBucketReplication": "GetReplicationConfiguration",
    "GetObjectAttributes": "GetObject",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "HeadBucket": "ListBucket",
    "HeadObject": "GetObject",
    "ListBuckets": "ListAllMyBuckets",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListObjectVersions": "ListBucketVersions",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListParts": "ListMultipartUploadParts",
    "PutBucketCors": "PutBucketCORS",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "PutBucketLifecycle": "PutLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "PutBucketReplication": "PutReplicationConfiguration",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "SelectObjectContent": "GetObject",
    "UploadPart": "PutObject",
}
#: Actions that a `versionId` turns into their `…Version` form.
_VERSIONED = {
    "DeleteObject", "DeleteObjectTagging", "GetObject", "GetObjectAcl", "GetObjectTagging", "PutObjectAcl",
    "PutObjectTagging",
}  # fmt: skip
_LISTS = {"ListObjects", "ListObjectsV2", "ListObjectVersions"}
_LIST_KEYS = ("prefix", "delimiter", "max-keys")
_HEADER_KEYS = (
    "x-amz-acl", "x-amz-copy-source", "x-amz-metadata-directive", "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id", "x-amz-storage-class", "x-amz-content-sha256",
    "x-amz-website-redirect-location", "x-amz-object-ownership",
)  # fmt: skip
_COPY_SOURCE = re.compile(r"/?(?P<bucket>[^/?]+)/(?P<key>.+?)(?:\?versionId=(?P<version>[^?]+))?", re.DOTALL)


def asks(call: Call, state: State) -> list[Ask]:
    """Every decision that this call needs. Raises AwsError where the request cannot be read."""
    if call.operation == "PostObject":
        raise not_simulated("s3:PostObject (a browser's form upload)")
    special: dict[str, Callable[[Call, State], list[Ask]]] = {
        "CopyObject": _copy,
        "UploadPartCopy": _copy,
        "DeleteObjects": _delete_objects,
        "PutObject": _put,
    }
    if call.operation in special:
        return special[call.operation](call, state)
    return [Ask(_action(call), _resource(call), _context(call, state))]


def _action(call: Call) -> str:
    name = _ACTION.get(call.operation, call.operation)
    if name in _VERSIONED and "versionId" in call.request.parameters:
        name = name.replace("Object", "ObjectVersion", 1)
    return f"s3:{name}"


def _resource(call: Call) -> str:
    bucket, key = call.parameters.get("Bucket"), call.parameters.get("Key")
    if not bucket:
        return "*"
    return f"arn:aws:s3:::{bucket}/{key}" if key else f"arn:aws:s3:::{bucket}"


def _context(call: Call, state: State, *, key: str | None = None) -> dict[str, ContextValue]:
    query, headers = call.request.parameters, call.request.headers
    context: dict[str, ContextValue] = {"s3:signatureversion": "AWS4-HMAC-SHA256", "s3:TlsVersion": "1.3"}
    context |= {f"s3:{name}": headers[name] for name in _HEADER_KEYS if name in headers}
    if call.operation in _LISTS:
        context |= {f"s3:{name}": query[name] for name in _LIST_KEYS if name in query}
    if "versionId" in query:
        context["s3:VersionId"] = query["versionId"]
    context |= _request_tags(headers.get("x-amz-tagging", ""))
    bucket, key = call.parameters.get("Bucket"), key or call.parameters.get("Key")
    if bucket and key:
        context |= _existing_tags(str(bucket), str(key), state)
    return context


def _request_tags(header: str) -> dict[str, ContextValue]:
    tags = dict(parse_qsl(header, keep_blank_values=True))
    context: dict[str, ContextValue] = {f"s3:RequestObjectTag/{name}": value for name, value in tags.items()}
    return context | {"s3:RequestObjectTagKeys": tuple(tags)} if tags else context


def _existing_tags(bucket: str, key: str, state: State) -> dict[str, ContextValue]:
    stored = bucket_of(bucket, state)
    found = stored.keys.get(key) if stored is not None else None
    if found is None:
        return {}
    tags = _backend(state).tagger.get_tag_dict_for_resource(found.arn)
    return {f"s3:ExistingObjectTag/{name}": value for name, value in tags.items()}


def _backend(state: State) -> Any:
    from moto.s3.models import s3_backends

    return s3_backends[state.account_id]["aws"]


def bucket_of(name: str, state: State) -> Any:
    """moto's bucket of this account, or None."""
    return _backend(state).buckets.get(name)


def _put(call: Call, state: State) -> list[Ask]:
    context, resource, headers = _context(call, state), _resource(call), call.request.headers
    wanted = [Ask("s3:PutObject", resource, context)]
    if "x-amz-tagging" in headers:
        wanted.append(Ask("s3:PutObjectTagging", resource, context))
    if any(name == "x-amz-acl" or name.startswith("x-amz-grant-") for name in headers):
        wanted.append(Ask("s3:PutObjectAcl", resource, context))
    return wanted


def _copy(call: Call, state: State) -> list[Ask]:
    """Reading the source and writing the destination: both must be allowed.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
    """
    match = _COPY_SOURCE.fullmatch(call.request.headers.get("x-amz-copy-source", ""))
    if match is None:
        raise AwsError("InvalidArgument", "Invalid copy source: expected `bucket/key`.")
    bucket, key = unquote(match["bucket"]), unquote(match["key"])
    action = "s3:GetObjectVersion" if match["version"] else "s3:GetObject"
    _settle_copy_source(call, bucket, key, match["version"])
    source = Ask(action, f"arn:aws:s3:::{bucket}/{key}", _existing_tags(bucket, key, state))
    return [source, *_put(call, state)]


def _settle_copy_source(call: Call, bucket: str, key: str, version: str | None) -> None:
    """Spell the source so that nobody after this can read another one in it."""
    header = f"{quote(bucket, safe='')}/{quote(key)}" + (f"?versionId={version}" if version else "")
    call.request.headers["x-amz-copy-source"] = header
    call.request.environ["HTTP_X_AMZ_COPY_SOURCE"] = header


def _delete_objects(call: Call, state: State) -> list[Ask]:
    """One decision for each key; the call goes on without the keys that are refused.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
    """
    bucket = str(call.parameters.get("Bucket", ""))
    return [
        Ask(
            "s3:DeleteObjectVersion" if version else "s3:DeleteObject",
            f"arn:aws:s3:::{bucket}/{key}",
            _context(call, state, key=key),
            element=index,
        )
        for index, (key, version) in enumerate(listed_keys(call.request.body))
    ]


def listed_keys(body: bytes) -> list[tuple[str, str | None]]:
    """Keys and version ids of a DeleteObjects body. Raises AwsError for any other body."""
    objects = _objects(_document(body))
    if not 1 <= len(objects) <= 1000 or not all(_is_object(node) for node in objects):
        raise _malformed()
    return [(_child(node, "Key") or "", _child(node, "VersionId")) for node in objects]


def without(body: bytes, refused: set[int]) -> bytes:
    """A DeleteObjects body less the objects at these places."""
    root = _document(body)
    for index, node in enumerate(_objects(root)):
        if index in refused:
            root.remove(node)
    ElementTree.register_namespace("", "http://s3.amazonaws.com/doc/2006-03-01/")
    return ElementTree.tostring(root)


def _document(body: bytes) -> ElementTree.Element:
    if b"<!" in body:  # a document type could define entities that grow without bound
        raise _malformed()
    try:
        root = ElementTree.fromstring(body)
    except (ElementTree.ParseError, ValueError):
        raise _malformed() from None
    if root.tag.rpartition("}")[2] != "Delete":
        raise _malformed()
    return root


def _objects(root: ElementTree.Element) -> list[ElementTree.Element]:
    return [node for node in root if node.tag.rpartition("}")[2] == "Object"]


def _child(node: ElementTree.Element, name: str) -> str | None:
    return next((c.text or "" for c in node if c.tag.rpartition("}")[2] == name), None)


def _is_object(node: ElementTree.Element) -> bool:
    """One key, and text where text belongs."""
    keys = sum(child.tag.rpartition("}")[2] == "Key" for child in node)
    return keys == 1 and not any(len(child) for child in node)


def _malformed() -> AwsError:
    return AwsError(
        "MalformedXML",
        "The XML you provided was not well-formed or did not validate against our published schema",
    )
