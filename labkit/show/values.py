"""Values as short text, secrets masked: the one spelling that all views share."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from labkit.record import SECRET_MEMBERS, Secret, mask

#: AWS's secret members and the names that Python gives them: `SecretKey`, `secret_key`, `SECRET_KEY`.
_SECRET_NAMES = frozenset(name.replace("_", "").lower() for name in SECRET_MEMBERS)

_UNITS = (
    (timedelta(days=1), "d"),
    (timedelta(hours=1), "h"),
    (timedelta(minutes=1), "min"),
    (timedelta(seconds=1), "s"),
)


def utc(moment: datetime) -> str:
    """`moment` as `2026-01-31 12:00:00 UTC`; a naive datetime counts as UTC, as botocore's own do."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return f"{aware.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def duration(length: timedelta) -> str:
    """`length` in at most two units: `59 min 30 s`, `30 d`; its sign is dropped."""
    left, parts = abs(length), []
    for unit, name in _UNITS:
        count, left = divmod(left, unit)
        if count:
            parts.append(f"{count} {name}")
    return " ".join(parts[:2]) or "0 s"


def is_secret(name: str) -> bool:
    """Whether a member of this name is a secret, whichever way it is spelled."""
    return name.replace("_", "").replace("-", "").lower() in _SECRET_NAMES


def plain(value: Any, *, name: str = "") -> str:
    """`value`, the member `name` of a record or mapping, as text for a person.

    Secrets are masked, records inside records stand for themselves by id or name, times are UTC.
    """
    if isinstance(value, Secret):
        return str(value)
    if value is None:
        return "none"
    if is_secret(name) and not isinstance(value, bool | int | float):
        return mask(str(value))
    return _spelled(value, name)


_SPELLINGS: tuple[tuple[type, Callable[[Any], str]], ...] = (
    (bool, lambda value: "yes" if value else "no"),
    (datetime, utc),
    (timedelta, duration),
)


def _spelled(value: Any, name: str) -> str:
    for kind, spell in _SPELLINGS:
        if isinstance(value, kind):
            return spell(value)
    if dataclasses.is_dataclass(value):
        return _identifier(value)
    if isinstance(value, Mapping):
        return (
            "\n".join(f"{key}: {plain(item, name=_inner(name, key))}" for key, item in value.items())
            or "none"
        )
    if isinstance(value, tuple | list | set | frozenset):
        items = sorted(value, key=str) if isinstance(value, set | frozenset) else value
        return "\n".join(plain(item, name=name) for item in items) or "none"
    return str(value)


def _inner(name: str, key: object) -> str:
    """In a `Logins` map the keys are providers and every value is a token."""
    return "Token" if name.lower() == "logins" else str(key)


def _identifier(record: Any) -> str:
    for name in ("id", "arn", "username", "name"):
        if isinstance(found := getattr(record, name, None), str):
            return found
    return plain({item.name: getattr(record, item.name) for item in dataclasses.fields(record) if item.repr})


def json_text(value: Any) -> str:
    """A claim's value as JSON writes it, text without its quotes."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
