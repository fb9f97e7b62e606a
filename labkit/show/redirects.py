"""A browser's way from page to page: whom it asked, what it carried, and where it was sent on to."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from labkit.errors import LabError
from labkit.record import ApiCall, Visit, mask
from labkit.show import svg
from labkit.show.blocks import Cell, Drawing, Mark, Note, Table, row
from labkit.show.view import Drawn

BROWSER, APP = "The browser", "your app"
#: What opens something for whoever has it.
_SECRETS = frozenset(
    (
        "_csrf", "access_token", "code", "code_verifier", "id_token", "password", "refresh_token", "session",
        "token",
    )
)  # fmt: skip
#: Random values: their beginning tells two of them apart.
_RANDOM = frozenset(("RelayState", "code_challenge", "nonce", "state"))
_XML = {"SAMLRequest": "an AuthnRequest", "SAMLResponse": "a Response"}


@dataclass(frozen=True)
class _Step:
    """One request: who asked whom, for what, and what came back."""

    asker: str
    asked: str
    request: str
    carried: tuple[str, ...]
    answer: str
    failed: bool


def redirects(
    visits: Iterable[Visit | ApiCall],
    names: Mapping[str, str],
    *,
    title: str = "The browser's way",
    on_arrows: Collection[str] = (),
) -> Drawn:
    """A browser's requests as a sequence diagram, and what each carried.

    `names` says who answers at an address, by the address's beginning: `{domain.url: "Cognito"}`. It may
    name other values too, as in `{state: "state"}`. An ApiCall of a User Pool's domain is a request that
    the app itself made, past the browser. What is carried under the names `on_arrows` stands in the drawing
    itself. Secrets are masked. Raises LabError for anything else.
    """
    steps = tuple(_step(each, names) for each in visits)
    drawn = _drawing(title, steps, on_arrows) if steps else Note("It has not been anywhere.")
    return Drawn(title, (drawn,))


def placed(address: str, names: Mapping[str, str]) -> str:
    """An address by who answers there, as in `‹Cognito›/oauth2/authorize`; any other as it is."""
    for start in sorted(names, key=len, reverse=True):
        if address.startswith(start):
            return f"‹{names[start]}›{address.removeprefix(start)}"
    return address


def _step(each: Any, names: Mapping[str, str]) -> _Step:
    if isinstance(each, Visit):
        answer = f"go to {_who(each.location, names)}" if each.location else "a page"
        failed = each.status >= 400 or "error=" in urlsplit(each.location).query
        return _made(BROWSER, each.method, each.address, each.sent, f"{each.status}, {answer}", failed, names)
    if isinstance(each, ApiCall) and each.address:
        method, answer = "POST" if each.request else "GET", each.error_code or _members(each.response)
        failed = each.status >= 400
        return _made(APP, method, each.address, each.request, f"{each.status}, {answer}", failed, names)
    raise LabError(
        f"redirects are drawn from visits: got `{type(each).__name__}`; pass `browser.visits`, and what "
        "the app itself asked of the domain"
    )


def _made(
    asker: str,
    method: str,
    address: str,
    sent: Mapping[str, Any],
    answer: str,
    failed: bool,
    names: Mapping[str, str],
) -> _Step:
    carried = tuple(f"{name}: {_spelled(name, str(value), names)}" for name, value in sent.items())
    return _Step(asker, _who(address, names), f"{method} {_path(address, names)}", carried, answer, failed)


def _members(response: Mapping[str, Any]) -> str:
    return f"with {', '.join(response)}" if response else "with nothing"


def _who(address: str, names: Mapping[str, str]) -> str:
    found = placed(address, names)
    return found[1:].partition("›")[0] if found.startswith("‹") else urlsplit(address).netloc


def _path(address: str, names: Mapping[str, str]) -> str:
    found = placed(address, names)
    return (found.partition("›")[2] if found.startswith("‹") else urlsplit(address).path) or "/"


def _spelled(name: str, value: str, names: Mapping[str, str]) -> str:
    if value in names:
        return placed(value, names)
    if name in _XML:
        return _XML[name]
    if name == "code_verifier":
        return "…"  # another one each time, and with nothing to be compared with
    if name in _SECRETS:
        return value if value.endswith("…") else mask(value)  # a record's are masked already
    return f"{value[:6]}…" if name in _RANDOM and len(value) > 12 else placed(value, names)


def _drawing(title: str, steps: tuple[_Step, ...], on_arrows: Collection[str]) -> Drawing:
    who = tuple(dict.fromkeys(name for step in steps for name in (step.asker, step.asked)))
    arrows = []
    for number, step in enumerate(steps, 1):
        start, column = who.index(step.asker), who.index(step.asked)
        told = [each for each in step.carried if each.partition(":")[0] in on_arrows]
        asked = f"{number}. {step.request}{' – ' if told else ''}{', '.join(told)}"
        arrows.append(svg.Arrow(column, asked, back=False, failed=False, start=start))
        arrows.append(svg.Arrow(column, step.answer, back=True, failed=step.failed, start=start))
    of_whom = "of a browser, from" if _is_browsers(steps) else "of a browser and of the app, from"
    drawn = svg.draw(title, f"{len(steps)} requests {of_whom} top to bottom.", who, tuple(arrows))
    return Drawing(drawn, "\n".join(_lines(steps)), _table(steps))


def _lines(steps: tuple[_Step, ...]) -> Iterator[str]:
    for number, step in enumerate(steps, 1):
        asker = "" if step.asker == BROWSER else f"{step.asker} "
        yield f"{number:>2}. {asker}--> {step.asked}  {step.request}"
        yield from (f"        {each}" for each in step.carried)
        sign = f"{Mark.DENY.value} " if step.failed else ""
        yield f"    <-- {sign}{step.answer}"


def _table(steps: tuple[_Step, ...]) -> Table:
    alone = _is_browsers(steps)
    lines = (
        row(
            str(number),
            *(() if alone else (step.asker,)),
            step.asked,
            Cell(step.request, code=True),
            Cell("\n".join(step.carried) or "nothing", code=True),
            Cell(step.answer, mark=Mark.DENY if step.failed else None),
        )
        for number, step in enumerate(steps, 1)
    )
    head = ("#", *(() if alone else ("who",)), "asked", "request", "with", "answer")
    return Table("What it carried" if alone else "What they carried", head, tuple(lines))


def _is_browsers(steps: tuple[_Step, ...]) -> bool:
    return all(step.asker == BROWSER for step in steps)
