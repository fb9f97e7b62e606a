"""A browser's way from page to page: whom it asked, what it carried, and where it was sent on to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from labkit.errors import LabError
from labkit.record import Visit, mask
from labkit.show import svg
from labkit.show.blocks import Block, Cell, Drawing, Mark, Note, Table, row
from labkit.show.view import Drawn

BROWSER = "The browser"
#: What opens something for whoever has it.
_SECRETS = frozenset(("_csrf", "access_token", "code", "code_verifier", "id_token", "password", "session"))
#: Random values: their beginning tells two of them apart.
_RANDOM = frozenset(("RelayState", "code_challenge", "nonce", "state"))
_XML = {"SAMLRequest": "an AuthnRequest", "SAMLResponse": "a Response"}


def redirects(
    visits: Iterable[Visit], names: Mapping[str, str], *, title: str = "The browser's way"
) -> Drawn:
    """A browser's requests as a sequence diagram, and what each carried.

    `names` says who answers at an address, by the address's beginning: `{domain.url: "Cognito"}`. Secrets
    are masked. Raises LabError where an item is no Visit.
    """
    made: tuple[Any, ...] = tuple(visits)
    if wrong := [visit for visit in made if not isinstance(visit, Visit)]:
        raise LabError(
            f"redirects are drawn from visits: got `{type(wrong[0]).__name__}`; pass `browser.visits`"
        )
    blocks: tuple[Block, ...] = (
        (_drawing(title, made, names),) if made else (Note("It has not been anywhere."),)
    )
    return Drawn(title, blocks)


def placed(address: str, names: Mapping[str, str]) -> str:
    """An address by who answers there, as in `‹Cognito›/oauth2/authorize`; any other as it is."""
    for start in sorted(names, key=len, reverse=True):
        if address.startswith(start):
            return f"‹{names[start]}›{address.removeprefix(start)}"
    return address


def _who(address: str, names: Mapping[str, str]) -> str:
    found = placed(address, names)
    return found[1:].partition("›")[0] if found.startswith("‹") else urlsplit(address).netloc


def _path(visit: Visit, names: Mapping[str, str]) -> str:
    found = placed(visit.address, names)
    return (found.partition("›")[2] if found.startswith("‹") else urlsplit(visit.address).path) or "/"


def _answer(visit: Visit, names: Mapping[str, str]) -> str:
    if visit.location:
        return f"{visit.status}, go to {_who(visit.location, names)}"
    return f"{visit.status}, a page"


def _failed(visit: Visit) -> bool:
    return visit.status >= 400 or "error=" in urlsplit(visit.location).query


def _carried(visit: Visit, names: Mapping[str, str]) -> Iterator[str]:
    for name, value in visit.sent.items():
        yield f"{name}: {_spelled(name, value, names)}"


def _spelled(name: str, value: str, names: Mapping[str, str]) -> str:
    if name in _XML:
        return _XML[name]
    if name in _SECRETS:
        return mask(value)
    return f"{value[:6]}…" if name in _RANDOM and len(value) > 12 else placed(value, names)


def _drawing(title: str, visits: tuple[Visit, ...], names: Mapping[str, str]) -> Drawing:
    who = (BROWSER, *dict.fromkeys(_who(visit.address, names) for visit in visits))
    arrows = []
    for number, visit in enumerate(visits, 1):
        column, failed = who.index(_who(visit.address, names)), _failed(visit)
        asked = f"{number}. {visit.method} {_path(visit, names)}"
        arrows.append(svg.Arrow(column, asked, back=False, failed=False))
        arrows.append(svg.Arrow(column, _answer(visit, names), back=True, failed=failed))
    drawn = svg.draw(title, f"{len(visits)} requests of a browser, from top to bottom.", who, tuple(arrows))
    return Drawing(drawn, "\n".join(_lines(visits, names)), _table(visits, names))


def _lines(visits: tuple[Visit, ...], names: Mapping[str, str]) -> Iterator[str]:
    for number, visit in enumerate(visits, 1):
        yield f"{number:>2}. --> {_who(visit.address, names)}  {visit.method} {_path(visit, names)}"
        yield from (f"        {each}" for each in _carried(visit, names))
        sign = f"{Mark.DENY.value} " if _failed(visit) else ""
        yield f"    <-- {sign}{_answer(visit, names)}"


def _table(visits: tuple[Visit, ...], names: Mapping[str, str]) -> Table:
    lines = (
        row(
            str(number),
            _who(visit.address, names),
            Cell(f"{visit.method} {_path(visit, names)}", code=True),
            Cell("\n".join(_carried(visit, names)) or "nothing", code=True),
            Cell(_answer(visit, names), mark=Mark.DENY if _failed(visit) else None),
        )
        for number, visit in enumerate(visits, 1)
    )
    return Table("What it carried", ("#", "asked", "request", "with", "answer"), tuple(lines))
