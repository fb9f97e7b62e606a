"""Records and mappings as tables."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from labkit.errors import LabError
from labkit.show.blocks import Cell, Note, Table, row
from labkit.show.values import plain
from labkit.show.view import View


def table(records: object, *, title: str = "") -> View:
    """Records as a table: one of them field by field, several of one kind a row each.

    Several kinds stand one under the other, each with a table of its own.

    `records` is a record of `labkit.resources`, a mapping, or an iterable of either. Secrets are
    masked. What a record's repr leaves out, its API calls for one, is left out here too.
    Raises LabError for anything else.
    """
    if _is_record(records):
        return View("", (_single(records, title or _kind(records)),))
    many = (
        list(records) if isinstance(records, Iterable) and not isinstance(records, str | bytes) else [records]
    )
    if wrong := [item for item in many if not _is_record(item)]:
        raise LabError(f"a table is made of records or mappings: got `{type(wrong[0]).__name__}`")
    if not many:
        return View(title or "Records", (Note("There are none."),))
    kinds = dict.fromkeys(_kind(item) for item in many)
    if len(kinds) > 1:
        return View(title, tuple(_single(item, _kind(item)) for item in many))
    return View("", (_several(many, title or f"{next(iter(kinds))} ({len(many)})"),))


def _is_record(value: object) -> bool:
    return isinstance(value, Mapping) or (dataclasses.is_dataclass(value) and not isinstance(value, type))


def _kind(record: object) -> str:
    return "Values" if isinstance(record, Mapping) else type(record).__name__


def _members(record: Any) -> dict[str, Any]:
    if isinstance(record, Mapping):
        return {str(name): value for name, value in record.items()}
    return {item.name: getattr(record, item.name) for item in _shown(record)}


def _shown(record: Any) -> list[dataclasses.Field[Any]]:
    """The fields of the record's repr; Credentials writes its own repr and hides none but its calls."""
    return [item for item in dataclasses.fields(record) if item.repr]


def _single(record: object, caption: str) -> Table:
    lines = (row(name, Cell(plain(value, name=name), code=True)) for name, value in _members(record).items())
    return Table(caption, ("field", "value"), tuple(lines))


def _several(records: list[object], caption: str) -> Table:
    found = [_members(record) for record in records]
    names = list(dict.fromkeys(name for members in found for name in members))
    lines = (
        row(
            str(number),
            *(Cell(plain(members[name], name=name), code=True) if name in members else "" for name in names),
        )
        for number, members in enumerate(found, 1)
    )
    return Table(caption, ("#", *names), tuple(lines))
