"""What came of trying an AWS call: AWS's answer as a lesson, beside the prediction."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from labkit.resources import Attempt
from labkit.show import decisions, packets
from labkit.show.blocks import Block, Cell, Mark, Note, Table, row
from labkit.show.view import View
from labkit.things import IotAttempt

if TYPE_CHECKING:
    from labkit.policy import Decision, Explanation

_S3 = "https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"
_COMMON = "https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html"
_DENIED = "https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html"

_NO_PERMISSION = ("AWS knows who you are. No policy allows you this, or one forbids it.", _DENIED)
_EXPIRED = ("The credentials have expired. Get new ones from the Identity Pool.", _COMMON)
_UNKNOWN_KEY = ("AWS does not know the access key of this request.", _COMMON)
_SIGNATURE = ("The signature does not fit the request: a wrong secret key, or a changed request.", _COMMON)
_NOT_THERE = ("You may ask, but what you asked for does not exist.", _S3)

#: AWS's error code → what it means, and the page that says so.
LESSONS = MappingProxyType(
    {
        "AccessDenied": _NO_PERMISSION,
        "AccessDeniedException": _NO_PERMISSION,
        "ForbiddenException": _NO_PERMISSION,
        "UnauthorizedOperation": _NO_PERMISSION,
        "ExpiredToken": _EXPIRED,
        "ExpiredTokenException": _EXPIRED,
        "InvalidAccessKeyId": _UNKNOWN_KEY,
        "InvalidClientTokenId": _UNKNOWN_KEY,
        "UnrecognizedClientException": _UNKNOWN_KEY,
        "SignatureDoesNotMatch": _SIGNATURE,
        "InvalidSignatureException": _SIGNATURE,
        "NoSuchBucket": _NOT_THERE,
        "NoSuchKey": _NOT_THERE,
    }
)


def attempt(attempt: Attempt | IotAttempt, decision: Decision | Explanation | None = None) -> View:
    """AWS's answer to a call, what it means, and, with `decision`, whether it was predicted."""
    if isinstance(attempt, IotAttempt):
        return packets.attempt(attempt, decision)
    blocks: tuple[Block, ...] = (_outcome(attempt), _answer(attempt))
    if lesson := LESSONS.get(attempt.code or ""):
        said, page = lesson
        blocks += (Note(f"What `{attempt.code}` means: {said}", source=page),)
    if decision is not None:
        blocks += (_comparison(attempt, decision), *decisions.trace(decision))
    return View(f"Attempt: {attempt.action}", blocks)


def _outcome(attempt: Attempt) -> Note:
    if attempt.allowed:
        return Note(f"AWS allowed it ({attempt.status}).", Mark.ALLOW)
    return Note(f"AWS refused it ({attempt.status} {attempt.code or 'without a code'}).", Mark.DENY)


def _answer(attempt: Attempt) -> Table:
    lines = [
        row("action", Cell(attempt.action, code=True)),
        row("resource", Cell(attempt.resource, code=True)),
        row("HTTP status", Cell(str(attempt.status), code=True)),
    ]
    if not attempt.allowed:
        lines.append(row("code", Cell(attempt.code or "none", code=True)))
        lines.append(row("message", Cell(attempt.message or "none", code=True)))
    return Table("AWS's answer", ("part", "value"), tuple(lines))


def _comparison(attempt: Attempt, decision: Decision | Explanation) -> Table:
    mark, name = decisions.MARKS[decision.verdict]
    because = decisions.verdict(decision).text
    answer = Cell("allowed", mark=Mark.ALLOW) if attempt.allowed else Cell("refused", mark=Mark.DENY)
    lines = (
        row("Prediction", Cell(name, mark=mark), because),
        row("AWS", answer, f"{attempt.status} {attempt.code or ''}".rstrip()),
        row("Together", *_agreement(attempt, decision)),
    )
    return Table("The prediction and the answer", ("who", "says", "why"), lines)


def refused_credentials(attempt: Attempt | IotAttempt) -> str:
    """The code by which AWS refused the credentials themselves, and so asked no policy; else empty."""
    code = "" if isinstance(attempt, IotAttempt) else attempt.code or ""
    return code if LESSONS.get(code) in (_EXPIRED, _UNKNOWN_KEY, _SIGNATURE) else ""


def _agreement(attempt: Attempt, decision: Decision | Explanation) -> tuple[Cell, Cell]:
    if attempt.allowed == decision.allowed and not refused_credentials(attempt):
        return Cell("the same", mark=Mark.ALLOW), Cell("The prediction holds.")
    if not attempt.allowed and LESSONS.get(attempt.code or "") is not _NO_PERMISSION:
        return Cell("no conflict", mark=Mark.NEITHER), Cell(
            "AWS refused for a reason that is not in the policies."
        )
    return Cell("different", mark=Mark.DENY), Cell(
        "AWS may know more: another request, another policy, or a key that is not there (403, too)."
    )
