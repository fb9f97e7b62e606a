"""A Device Shadow: what is wanted, what is reported, and the difference, side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labkit.show.blocks import Cell, Mark, Note, Table, row
from labkit.show.values import json_text
from labkit.show.view import View
from labkit.things import Shadow

_PAGE = "https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-document.html"


def shadow(*shadows: Shadow) -> View:
    """Each shadow as a table: a row for each setting, `delta` where desired and reported differ."""
    blocks = tuple(_table(each) for each in shadows)
    return View(
        "", (*blocks, Note("The delta is what AWS IoT works out, and tells the device.", source=_PAGE))
    )


def _table(shadow: Shadow) -> Table:
    names = dict.fromkeys([*shadow.desired, *shadow.reported])
    lines = tuple(
        row(name, _cell(shadow.desired, name), _cell(shadow.reported, name), _standing(shadow, name))
        for name in names
    ) or (row("empty", "", "", ""),)
    which = f"named shadow `{shadow.name}`" if shadow.name else "shadow"
    caption = f"{shadow.thing}, {which}, version {shadow.version}"
    return Table(caption, ("setting", "desired", "reported", "delta"), lines)


def _cell(state: Mapping[str, Any], name: str) -> Cell:
    return Cell(json_text(state[name]), code=True) if name in state else Cell("")


def _standing(shadow: Shadow, name: str) -> Cell:
    if name in shadow.delta:
        return Cell(json_text(shadow.delta[name]), mark=Mark.DENY)
    return Cell("none", mark=Mark.ALLOW) if name in shadow.desired else Cell("")
