"""The token inspector: a token's parts, the checks it passes, its last minutes, and what tampering breaks."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from labkit.errors import LabError, TokenRejected
from labkit.record import Secret, reveal
from labkit.resources import Tokens
from labkit.show import claims
from labkit.show.blocks import Block, Cell, Mark, Note, Table, row
from labkit.show.interactive.widget import Interactive, page
from labkit.show.tokens import compare, decoded, encrypted, moment, signature_value, token
from labkit.show.values import duration, json_text, utc
from labkit.show.view import View
from labkit.tokens import Check, Jwks, TokenUse, checklist

NAMES = {"id": "ID token", "access": "Access token", "refresh": "Refresh token"}


@dataclass(frozen=True)
class Verifier:
    """Whom an app believes: what `tokens.verify` must be told."""

    jwks: Jwks
    issuer: str
    client_id: str | None
    token_use: TokenUse | None

    def check(self, token: str, now: datetime) -> tuple[Check, ...]:
        return checklist(
            token,
            jwks=self.jwks,
            issuer=self.issuer,
            client_id=self.client_id,
            token_use=self.token_use,
            now=now,
        )


def token_inspector(
    tokens: Tokens | Mapping[str, Secret | str] | Secret | str,
    *,
    now: datetime,
    jwks: Jwks | None = None,
    issuer: str = "",
    client_id: str | None = None,
    token_use: TokenUse | None = None,
    frozen: bool = False,
) -> TokenInspector:
    """Look into tokens: every claim explained, every check of `tokens.verify`, the time that is left.

    `tokens` is what a sign-in returned, one token, or several by name. With `jwks` and `issuer` they are
    verified for `client_id` (and `token_use`; of `Tokens` each is held to its own), and can be tampered with.
    The countdown starts at `now` (an aware time: `account.clock.now()`) and runs, unless it is `frozen`.
    The raw tokens stay in the kernel. Raises TokenRejected where one is no token.
    """
    if now.tzinfo is None:
        raise LabError(f"`now` must be an aware time: got `{now.isoformat()}`; pass `account.clock.now()`")
    if jwks is not None and not issuer:
        raise LabError("a token is verified for one issuer: pass `issuer=`, as in `user_pool.issuer`")
    named = _named(tokens)
    own: dict[str, TokenUse] = {"id": "id", "access": "access"} if isinstance(tokens, Tokens) else {}
    verifiers = {
        key: Verifier(jwks, issuer, client_id, own.get(key, token_use))
        for key, raw in named.items()
        if jwks is not None and not encrypted(raw)
    }
    return TokenInspector(named, verifiers, now, frozen)


def _named(tokens: Tokens | Mapping[str, Secret | str] | Secret | str) -> dict[str, str]:
    if isinstance(tokens, Tokens):
        tokens = {key: value for key in NAMES if (value := getattr(tokens, f"{key}_token")) is not None}
    if isinstance(tokens, Secret | str):
        use = None if encrypted(tokens) else decoded(tokens).claims.get("token_use")
        tokens = {("refresh" if encrypted(tokens) else use if use in NAMES else "token"): tokens}
    return {key: reveal(value) for key, value in tokens.items()}


class TokenInspector(Interactive):
    """`token_inspector()` makes one. The raw tokens and their keys stay here; the page gets decoded parts."""

    _esm, _css = page("token_inspector")

    def __init__(
        self, named: Mapping[str, str], verifiers: Mapping[str, Verifier], now: datetime, frozen: bool
    ) -> None:
        self._named, self._verifiers, self._frozen = named, verifiers, frozen
        super().__init__(fallback(named, verifiers, now), inspected(named, verifiers, now, frozen))

    def at(self, now: datetime) -> None:
        """Set the clock, after the account's own was moved."""
        self.record = inspected(self._named, self._verifiers, now, self._frozen)
        self.fallback = fallback(self._named, self._verifiers, now)

    def reply(self, question: dict[str, Any]) -> dict[str, Any]:
        return answer(self._named, self._verifiers, question)


def inspected(
    named: Mapping[str, str], verifiers: Mapping[str, Verifier], now: datetime, frozen: bool
) -> dict[str, Any]:
    """What the page draws."""
    views = [_view(key, raw, verifiers.get(key), now) for key, raw in named.items()]
    return {"now": now, "frozen": frozen, "tokens": views, "compared": _compared(named)}


def _view(key: str, raw: str, verifier: Verifier | None, now: datetime) -> dict[str, Any]:
    name = NAMES.get(key, key)
    if encrypted(raw):
        return {"key": key, "name": name, "opaque": _note(token(raw)), "page": claims.GENERAL_PAGE}
    found = decoded(raw)
    use = found.claims.get("token_use")
    return {
        "key": key,
        "name": name,
        **_parts(found),
        "signature": signature_value(found.signature),
        "exp": found.claims.get("exp") if moment(found.claims.get("exp")) else None,
        "iat": found.claims.get("iat") if moment(found.claims.get("iat")) else None,
        "checks": verifier and verifier.check(raw, now),
        "page": claims.PAGES.get(str(use), claims.GENERAL_PAGE),
    }


def _note(view: View) -> str:
    return next((block.text for block in view.blocks if isinstance(block, Note)), "")


def _parts(found: Any) -> dict[str, Any]:
    further = "A further header parameter (RFC 7515)."
    use = found.claims.get("token_use")
    header = [_part(name, value, claims.HEADER.get(name, further)) for name, value in found.header.items()]
    return {
        "header": header,
        "claims": [_part(name, value, claims.meaning(name, use)) for name, value in found.claims.items()],
    }


def _part(name: str, value: Any, meaning: str) -> dict[str, Any]:
    at = moment(value) if name in claims.TIMES else None
    return {"name": name, "value": json_text(value), "at": utc(at) if at else "", "meaning": meaning}


def _compared(named: Mapping[str, str]) -> dict[str, Any] | None:
    if len(named) < 2:
        return None
    blocks = compare(**named).blocks
    table = next((block for block in blocks if isinstance(block, Table)), None)
    return {
        "head": table.head if table else (),
        "rows": [[cell.text for cell in cells] for cells in table.rows] if table else [],
        "notes": [block.text for block in blocks if isinstance(block, Note)],
    }


def answer(
    named: Mapping[str, str], verifiers: Mapping[str, Verifier], question: Mapping[str, Any]
) -> dict[str, Any]:
    """Which checks the token `question["token"]` passes at `question["now"]` after `question["edits"]`."""
    key, at = str(question.get("token")), moment(question.get("now"))
    if key not in verifiers or at is None:
        raise LabError("nothing can be verified: pass `jwks=account.jwks(user_pool)` and `issuer=`")
    edits = question.get("edits") or ()
    raw = tampered(named[key], edits)
    try:
        checks = verifiers[key].check(raw, at)
    except TokenRejected as rejected:
        checks = (Check(rejected.check, str(rejected.expected), str(rejected.actual), passed=False),)
    return {"token": key, "checks": checks, "verdict": _verdict(checks, tampered=bool(edits))}


def tampered(token: str, edits: Iterable[Mapping[str, Any]]) -> str:
    """`token` with members of its `header` and `claims` changed, and the signature that it had."""
    header, payload, signature = token.split(".")
    found = decoded(token)
    parts = {"header": dict(found.header), "claims": dict(found.claims)}
    kept = {"header": header, "claims": payload}
    for edit in edits:
        part, name = str(edit.get("part")), str(edit.get("name"))
        if part not in parts:
            raise LabError(f"a token has a `header` and `claims`: got `{part}`")
        parts[part][name] = _typed(str(edit.get("value")), parts[part].get(name))
        kept[part] = _base64url(parts[part])
    return f"{kept['header']}.{kept['claims']}.{signature}"


def _typed(text: str, before: Any) -> Any:
    """What was typed, as the kind of value that stood there; JSON where that was no string."""
    if isinstance(before, str):
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _base64url(part: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part, separators=(",", ":")).encode()).rstrip(b"=").decode()


def _verdict(checks: Iterable[Check], *, tampered: bool) -> str:
    fallen = [check.name for check in checks if not check.passed]
    if not fallen:
        return "Every check passes." if tampered else "Every check passes: this token may be believed."
    names = " and ".join(fallen)
    return f"Rejected: {names} {'fails' if len(fallen) == 1 else 'fail'}. verify stops at {fallen[0]}."


def fallback(named: Mapping[str, str], verifiers: Mapping[str, Verifier], now: datetime) -> View:
    """One token in full; of several, the checks of each and the claims side by side."""
    if len(named) == 1:
        ((key, raw),) = named.items()
        first, *rest = token(raw).blocks
        checked = _checked(key, raw, verifiers, now)
        return View(NAMES.get(key, "JSON Web Token"), (*(checked or (first,)), *rest))
    checked = tuple(block for key, raw in named.items() for block in _checked(key, raw, verifiers, now))
    return View(f"Tokens: {', '.join(named)}", (*checked, *compare(**named).blocks))


def _checked(key: str, raw: str, verifiers: Mapping[str, Verifier], now: datetime) -> tuple[Block, ...]:
    if key not in verifiers:
        return ()
    lines = (
        row(check.name, Cell(check.expected, code=True), Cell(check.actual, code=True), _result(check))
        for check in verifiers[key].check(raw, now)
    )
    head = ("check", "expected", "in the token", "result")
    table = Table(f"{NAMES.get(key, key)}: the checks at {utc(now)}", head, tuple(lines))
    return (table, *_expiry(decoded(raw).claims.get("exp"), now))


def _result(check: Check) -> Cell:
    return Cell("passed", mark=Mark.ALLOW) if check.passed else Cell("failed", mark=Mark.DENY)


def _expiry(exp: object, now: datetime) -> tuple[Block, ...]:
    until = moment(exp)
    if until is None:
        return ()
    left = until - now.astimezone(UTC)
    said = f"{duration(left)} left" if left > timedelta() else f"expired {duration(left)} ago"
    return (Note(f"It expires at {utc(until)}: {said}."),)


def sample(data: Mapping[str, Any]) -> TokenInspector:
    """The view of the gallery: `data` has the tokens in parts, signed once with keys that nobody kept."""
    tokens = {
        name: ".".join([_base64url(parts["header"]), _base64url(parts["claims"]), parts["signature"]])
        for name, parts in data["tokens"].items()
    }
    return token_inspector(
        {**tokens, "refresh": data["refresh"]},
        now=datetime.fromisoformat(data["now"]),
        jwks=Jwks.from_json(data["jwks"]),
        issuer=data["issuer"],
        client_id=data["client_id"],
        frozen=True,
    )
