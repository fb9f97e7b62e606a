"""Condition values that are more than text: numbers, dates, booleans, addresses, bytes.

A value that cannot be read as its type equals nothing.
"""

from __future__ import annotations

import base64
import binascii
import operator
import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from types import MappingProxyType
from typing import Any

from labkit.policy.trace import PatternTrace
from labkit.policy.variables import Context

_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_YEAR, _MONTH = re.compile(r"[0-9]{4}"), re.compile(r"[0-9]{4}-[0-9]{2}")

_BOOLEANS = MappingProxyType({"true": True, "false": False})

equal: Callable[[Any, Any], bool] = operator.eq
less: Callable[[Any, Any], bool] = operator.lt
less_equal: Callable[[Any, Any], bool] = operator.le
greater: Callable[[Any, Any], bool] = operator.gt
greater_equal: Callable[[Any, Any], bool] = operator.ge


class Typed:
    """A condition value of a type, with the comparison that the operator asks for."""

    __slots__ = ("_answers", "matches", "raw")

    def __init__(self, raw: str, read: Callable[[str], object], compare: Callable[[Any, Any], bool]) -> None:
        wanted = read(raw)

        def matches(value: str, _context: Context) -> bool:
            given = read(value)
            return given is not None and wanted is not None and compare(given, wanted)

        self.raw = raw
        self.matches = matches
        #: The traces of a miss and of a hit.
        self._answers = PatternTrace(raw, raw, False), PatternTrace(raw, raw, True)

    def test(self, value: str, context: Context) -> PatternTrace:
        return self._answers[self.matches(value, context)]

    def untested(self, _context: Context) -> PatternTrace:
        return self._answers[False]


#: A request's values meet many statements, and are read once.
_once = lru_cache(maxsize=1024)


@_once
def number(text: str) -> Decimal | None:
    """An integer or decimal number."""
    return Decimal(text) if _NUMBER.fullmatch(text) else None


@_once
def date(text: str) -> datetime | None:
    """A W3C date (ISO 8601; without an offset, UTC) or seconds since 1970.

    https://www.w3.org/TR/NOTE-datetime: four digits are a year.
    """
    if _YEAR.fullmatch(text):
        text += "-01-01"
    elif _MONTH.fullmatch(text):
        text += "-01"
    try:
        if _NUMBER.fullmatch(text):
            return datetime.fromtimestamp(float(text), UTC)
        found = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def boolean(text: str) -> bool | None:
    """`true` or `false`, in any case."""
    return _BOOLEANS.get(text.lower())


@_once
def binary(text: str) -> tuple[bytes, bytes | None]:
    """The text's own bytes, and those that it stands for if it is base64."""
    try:
        return text.encode(), base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return text.encode(), None


def same_bytes(given: tuple[bytes, bytes | None], wanted: tuple[bytes, bytes | None]) -> bool:
    """Whether the request's value, plain or in base64, is what the policy's base64 stands for.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_BinaryEquals
    """
    return wanted[1] is not None and wanted[1] in given


@_once
def network(text: str) -> IPv4Network | IPv6Network | None:
    """An address range; a bare address is the range of itself alone (/32 or /128)."""
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


def within(address: IPv4Network | IPv6Network, wanted: IPv4Network | IPv6Network) -> bool:
    """Whether the one lies in the other; IPv4 and IPv6 never meet."""
    if isinstance(address, IPv4Network) and isinstance(wanted, IPv4Network):
        return address.subnet_of(wanted)
    if isinstance(address, IPv6Network) and isinstance(wanted, IPv6Network):
        return address.subnet_of(wanted)
    return False
