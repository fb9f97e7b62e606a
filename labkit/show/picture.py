"""A picture with its words."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Picture:
    """A PNG as a notebook shows it."""

    png: bytes = field(repr=False)
    #: The picture in words, for those who do not see it.
    alt: str
    #: Pixels of the page that it takes.
    width: int

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        forms = {"image/png": self.png, "text/plain": self.alt}
        wanted = {
            mime: form
            for mime, form in forms.items()
            if (not include or mime in include) and (not exclude or mime not in exclude)
        }
        return wanted, {"image/png": {"alt": self.alt, "width": self.width}}
