"""A presigned URL taken apart: what each piece says, and how the signature came about."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

from labkit.record import mask
from labkit.show.blocks import Block, Cell, Mark, Note, Pieces, Table, clean, row
from labkit.show.values import utc
from labkit.show.view import View
from labkit.things import MQTT_PATH, PresignedUrl

_PAGE = "https://docs.aws.amazon.com/iot/latest/developerguide/iam-users-groups-roles.html"
_STEPS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html"

_MEANINGS = {
    "X-Amz-Algorithm": "How it is signed: Signature Version 4.",
    "X-Amz-Credential": "Whose key, and what the signature is good for: day, Region, service.",
    "X-Amz-Date": "When it was signed. It is good for a few minutes.",
    "X-Amz-SignedHeaders": "The one header that is signed too: the endpoint's name.",
    "X-Amz-Security-Token": "The session that the key belongs to.",
    "X-Amz-Signature": "The proof: made with the secret key, which is not in the URL.",
}
#: What of the URL must not be seen: whoever has them can connect.
_SECRETS = re.compile(r"(X-Amz-(?:Signature|Security-Token)=)([^&\n]+)")


def presigned_url(url: PresignedUrl) -> View:
    """The URL in pieces, each with its meaning, and the steps of its signature; its secrets are masked."""
    parts = masked_query(url.steps.query).split("&")
    pieces = (f"wss://{url.endpoint.host}{MQTT_PATH}?", parts[0], *(f"&{part}" for part in parts[1:]))
    blocks: tuple[Block, ...] = (
        Note(f"Signed at {utc(url.signed_at)}."),
        Pieces("The URL, its secrets masked", pieces),
        Table("What each piece says", ("piece", "value", "meaning", "signed?"), tuple(_rows(url, parts))),
        _steps(url),
        _token(url),
    )
    return View("A presigned URL", blocks)


def masked_query(text: str) -> str:
    """`text` with the key's id, the session token and the signature of a presigned URL masked."""
    return clean(_SECRETS.sub(lambda found: found[1] + mask(found[2]), text))


def _rows(url: PresignedUrl, parts: list[str]) -> Iterator[tuple[Cell, ...]]:
    yes, no = Cell("yes", mark=Mark.ALLOW), Cell("no", mark=Mark.NEITHER)
    yield row("1", Cell(url.endpoint.host, code=True), "The endpoint; a WebSocket opens at `/mqtt`.", yes)
    for number, part in enumerate(parts, 2):
        name, _, value = part.partition("=")
        signed = name != "X-Amz-Signature" and (url.token_signed or name != "X-Amz-Security-Token")
        shown = Cell(f"{name}\n{unquote(value)}", code=True)
        yield row(str(number), shown, _MEANINGS.get(name, ""), yes if signed else no)


def _steps(url: PresignedUrl) -> Table:
    steps = url.steps
    key = f"HMAC chain from the secret key: {steps.scope.date} → {steps.scope.region} → "
    lines = (
        row("1 canonical request", Cell(masked_query(steps.canonical_request), code=True)),
        row("2 string to sign", Cell(steps.string_to_sign, code=True)),
        row("3 signing key", f"{key}{steps.scope.service} → aws4_request"),
        row("4 signature", Cell(mask(steps.signature), code=True)),
    )
    return Table("The four steps of the signature", ("step", "what it makes"), lines)


def _token(url: PresignedUrl) -> Note:
    if url.token_signed:
        return Note("The session token was signed. AWS IoT refuses that.", Mark.DENY, source=_PAGE)
    if "X-Amz-Security-Token" in url.steps.query:
        return Note("The session token came after signing, as AWS IoT wants it.", Mark.ALLOW, source=_PAGE)
    return Note("Long-term keys have no session token.", source=_STEPS)
