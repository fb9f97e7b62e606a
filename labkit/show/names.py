"""Long names beside one another, shortened to what tells them apart."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from labkit.show.blocks import clean

#: A part of a name, between its colons and slashes, that is longer keeps this much: it is an identifier.
LONGEST, KEPT = 26, 8
_LONG_PART = re.compile(rf"[^/:]{{{LONGEST + 1},}}")


@dataclass(frozen=True)
class Names:
    """Names in full, what they all begin with, and the rest of each."""

    full: tuple[str, ...]
    #: Empty where they have nothing in common.
    prefix: str
    short: tuple[str, ...]

    @property
    def shortened(self) -> bool:
        return self.short != self.full


def shorten(names: Sequence[str]) -> Names:
    """The names without their common beginning, cut after a `/` or `:`, and with long parts cut off.

    One without a colon, such as `*`, has no part in the beginning and then stands in quotes.
    """
    full = tuple(" ".join(clean(name).split()) for name in names)
    alike = [name for name in full if ":" in name]
    prefix = _beginning(alike) if len(alike) > 1 else ""
    rest = [name[len(prefix) :] if ":" in name else _quoted(name, prefix) for name in full]
    short = tuple(_cut(name) for name in rest)
    return Names(full, prefix, short if len(set(short)) == len(set(full)) else tuple(rest))


def _beginning(names: Sequence[str]) -> str:
    """What all begin with; something is left of each."""
    first, last, most = min(names), max(names), min(map(len, names)) - 1
    alike = next((at for at in range(most) if first[at] != last[at]), most)
    common = first[:alike]
    return common[: max(common.rfind("/"), common.rfind(":")) + 1]


def _quoted(name: str, prefix: str) -> str:
    return f'"{name}"' if prefix else name


def _cut(name: str) -> str:
    return _LONG_PART.sub(lambda found: f"{found[0][:KEPT]}…", name)
