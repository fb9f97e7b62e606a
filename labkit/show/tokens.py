"""JSON Web Tokens, part by part, each claim with its meaning."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from labkit.record import Secret
from labkit.show import claims
from labkit.show.blocks import Block, Cell, Mark, Note, Table, row
from labkit.show.values import json_text, utc
from labkit.show.view import View

if TYPE_CHECKING:
    from labkit.tokens import UnverifiedToken, VerifiedToken


def token(token: Secret | str | UnverifiedToken | VerifiedToken) -> View:
    """The three parts of a JWT: header, payload and signature, each claim with its meaning.

    A raw token is decoded and not verified, and the view says so; give it what `verify` returned
    to see the checks that passed. Times stand as they are in the token and in UTC. The signature
    is never shown whole. Raises TokenRejected where `token` is no JWT.
    """
    if encrypted(token):
        return View("Refresh token, opaque", (_opaque_note("This token"),))
    found = decoded(token)
    use = found.claims.get("token_use")
    names = {"id": "ID token", "access": "Access token"}
    title = f"{names.get(str(use), 'JSON Web Token')}, {'verified' if _checks(found) else 'not verified'}"
    parts: tuple[Block, ...] = (
        _standing(found),
        _header(found.header),
        _payload(found.claims),
        _signature(found),
    )
    source = Note(
        "What the claims mean in Amazon Cognito:", source=claims.PAGES.get(str(use), claims.GENERAL_PAGE)
    )
    return View(title, (*parts, source))


def compare(**tokens: Secret | str | UnverifiedToken | VerifiedToken) -> View:
    """Claims of several tokens side by side: `compare(id=…, access=…, refresh=…)`.

    A refresh token is encrypted; its column says so.
    """
    readable = {name: decoded(value) for name, value in tokens.items() if not encrypted(value)}
    sides = {name: {**_renamed(each.header), **each.claims} for name, each in readable.items()}
    names = list(dict.fromkeys(claim for side in sides.values() for claim in side))
    lines = (
        row(claim, *(_claim_cell(claim, side) for side in sides.values()), _verdict(claim, sides))
        for claim in names
    )
    claims_table = Table("Claims side by side", ("claim", *sides, "same?"), tuple(lines))
    opaque = (_opaque_note(f"`{name}`") for name in tokens if name not in readable)
    return View(f"Tokens compared: {', '.join(tokens)}", (*((claims_table,) if names else ()), *opaque))


def decoded(token: Secret | str | UnverifiedToken | VerifiedToken) -> Any:
    """`token` with its header, claims and signature; a raw one is decoded, not verified."""
    from labkit.tokens import decode_unverified

    if isinstance(token, Secret):
        token = token.reveal()
    return decode_unverified(token) if isinstance(token, str) else token


def moment(seconds: object) -> datetime | None:
    """A NumericDate as UTC time, None where it is none."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def encrypted(token: object) -> bool:
    """Five parts are a JWE (RFC 7516 section 9), as a User Pool's refresh token is."""
    raw = token.reveal() if isinstance(token, Secret) else token
    return isinstance(raw, str) and raw.count(".") == 4


def _opaque_note(name: str) -> Note:
    text = f"{name} is encrypted (five parts, a JWE), as a refresh token is. Only the User Pool can read it."
    return Note(text, source=claims.GENERAL_PAGE)


def _checks(found: Any) -> tuple[Any, ...]:
    return tuple(getattr(found, "checks", ()))


def _standing(found: Any) -> Block:
    if not (checks := _checks(found)):
        return Note(
            "Decoded only. Nobody has checked the signature, so anyone can have written this.", Mark.NEITHER
        )
    lines = (
        row(
            check.name,
            Cell(json_text(check.expected), code=True),
            Cell(json_text(check.actual), code=True),
            _PASSED,
        )
        for check in checks
    )
    return Table("Checks that passed", ("check", "expected", "in the token", "result"), tuple(lines))


_PASSED = Cell("passed", mark=Mark.ALLOW)


def _header(header: Mapping[str, Any]) -> Table:
    lines = (
        row(
            name,
            Cell(json_text(value), code=True),
            claims.HEADER.get(name, "A further header parameter (RFC 7515)."),
        )
        for name, value in header.items()
    )
    return Table("1. Header: how the token is signed", ("name", "value", "meaning"), tuple(lines))


def _payload(payload: Mapping[str, Any]) -> Table:
    use = payload.get("token_use")
    lines = (row(name, _claim_cell(name, payload), claims.meaning(name, use)) for name in payload)
    return Table("2. Payload: the claims", ("claim", "value", "meaning"), tuple(lines))


def _claim_cell(name: str, payload: Mapping[str, Any]) -> Cell:
    if name not in payload:
        return Cell("")
    value = payload[name]
    at = moment(value) if name in claims.TIMES else None
    return Cell(f"{json_text(value)}\n{utc(at)}" if at else json_text(value), code=True)


def _signature(found: Any) -> Table:
    meaning = (
        "Made with the pool's private key over parts 1 and 2. Change one letter there, and it no longer fits."
    )
    line = row("signature", Cell(signature_value(found.signature), code=True), meaning)
    return Table("3. Signature: the proof", ("name", "value", "meaning"), (line,))


def signature_value(signature: bytes) -> str:
    """Its first bytes and its size: enough to see that a tampered token has another one."""
    shown = f"{signature[:4].hex()}… " if len(signature) >= 16 else ""
    return f"{shown}{len(signature)} bytes (masked)" if signature else "empty"


def _renamed(header: Mapping[str, Any]) -> dict[str, Any]:
    return {f"{name} (header)": value for name, value in header.items()}


def _verdict(claim: str, sides: Mapping[str, Mapping[str, Any]]) -> Cell:
    holders = [name for name, side in sides.items() if claim in side]
    if len(holders) < len(sides):
        return Cell(f"only in {' and '.join(holders)}")
    values = {json_text(side[claim]) for side in sides.values()}
    return Cell("same") if len(values) == 1 else Cell("different")
