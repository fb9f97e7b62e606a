"""The drawing of a chain: boxes one under the other, joined by arrows that say what was sent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto

from labkit.show import svg
from labkit.show.html import quoted

#: As `svg.CHARACTER`, of capitals, which AWS's names consist of; bold letters are wider again.
_CAPITAL, _BOLD = 8.7, 1.1
_MARGIN, _SPINE, _ARROW, _BRANCH, _GAP = 16, 40, 34, 40, 16


class Kind(Enum):
    """What a link leads to."""

    BEGIN = auto()
    NEXT = auto()
    #: A side branch: the box above may be answered again.
    REFUSED = auto()


@dataclass(frozen=True)
class Link:
    """An arrow with its label, and where it leads."""

    label: str
    name: str
    #: What stands in the box under its name.
    inside: str
    kind: Kind


def draw(title: str, links: Iterable[Link]) -> str:
    """An SVG document: one chain for each `BEGIN`, one under the other."""
    body, y, made = [], float(_MARGIN), tuple(links)
    for place, link in enumerate(made):
        if link.kind is Kind.BEGIN:
            y += _GAP if place else 0
        elif link.kind is Kind.NEXT:
            body.append(_arrow(link, y))
            y += _ARROW
        body.append(_branch(link, y) if link.kind is Kind.REFUSED else _box(link, y))
        y += _BRANCH if link.kind is Kind.REFUSED else _box_height(link)
    width = max((_reach(link) for link in made), default=0) + _MARGIN
    calls = sum(link.kind is not Kind.BEGIN for link in made)
    return svg.document(title, f"{calls} calls, from top to bottom.", width, y + _MARGIN, "".join(body))


def _reach(link: Link) -> float:
    """How far to the right a link goes."""
    label = _SPINE + 12 + _width(link.label)
    if link.kind is Kind.REFUSED:
        return max(label, _SPINE + 32 + _width(link.name))
    return max(label if link.label else 0, _MARGIN + _box_width(link))


def _width(text: str) -> float:
    capitals = sum(letter.isupper() or letter == "_" for letter in text)
    return capitals * _CAPITAL + (len(text) - capitals) * svg.CHARACTER


def _box_width(link: Link) -> float:
    return max(_width(link.name) * _BOLD, _width(link.inside)) + 24


def _box_height(link: Link) -> float:
    return 44 if link.inside else 28


def _box(link: Link, y: float) -> str:
    inside = _text(_MARGIN + 12, y + 35, link.inside) if link.inside else ""
    paint = svg.PAPER if link.kind is Kind.BEGIN else svg.BOX
    return (
        f'<rect x="{_MARGIN}" y="{y:.0f}" width="{_box_width(link):.1f}" height="{_box_height(link):.0f}" '
        f'rx="4" style="fill:{paint};stroke:{svg.LINE}"/>'
        f"{_text(_MARGIN + 12, y + 18, link.name, bold=True)}{inside}"
    )


def _arrow(link: Link, y: float) -> str:
    return (
        f'<line x1="{_SPINE}" y1="{y:.0f}" x2="{_SPINE}" y2="{y + _ARROW - 1:.0f}" '
        f'style="stroke:{svg.INK};stroke-width:1.5"/>'
        f'<path d="M{_SPINE} {y + _ARROW:.0f}l-4 -7h8z" style="fill:{svg.INK}"/>'
        f"{_text(_SPINE + 12, y + 21, link.label)}"
    )


def _branch(link: Link, y: float) -> str:
    end = y + _BRANCH - 6
    return (
        f'<line x1="{_SPINE}" y1="{y:.0f}" x2="{_SPINE}" y2="{y + _BRANCH:.0f}" '
        f'style="stroke:{svg.INK};stroke-width:1.5"/>'
        f'<line x1="{_SPINE}" y1="{end:.0f}" x2="{_SPINE + 26}" y2="{end:.0f}" '
        f'style="stroke:{svg.REFUSED};stroke-width:1.5;stroke-dasharray:5 4"/>'
        f"{_text(_SPINE + 12, y + 18, link.label)}{_text(_SPINE + 32, end + 4, link.name)}"
    )


def _text(x: float, y: float, text: str, *, bold: bool = False) -> str:
    weight = ";font-weight:600" if bold else ""
    return f'<text x="{x:.0f}" y="{y:.0f}" style="fill:{svg.INK}{weight}">{quoted(text)}</text>'
