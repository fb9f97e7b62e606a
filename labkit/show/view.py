"""A View: one result, with a text face and an HTML face made from the same blocks.

A view holds no secret: raw JWTs and access key ids that slip into any text are masked here,
in the one place that all text passes. Its output is a function of its blocks alone (no ids,
no clock), so that stored notebook outputs can be compared byte for byte.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from labkit.show import html, text
from labkit.show.blocks import Block, Drawing


@dataclass(frozen=True)
class View:
    """What JupyterLab, a terminal or a page on GitHub shows for a result.

    `title` says what the result is; the blocks follow it from top to bottom.
    """

    title: str
    blocks: tuple[Block, ...] = ()

    def to_text(self) -> str:
        """The view as plain text, for terminals and for readers without HTML."""
        return text.render(self.title, self.blocks)

    def to_html(self) -> str:
        """The view as a self-contained HTML fragment: no scripts, no requests, no style sheet."""
        return html.render(self.title, self.blocks)

    def __repr__(self) -> str:
        return self.to_text()

    __str__ = __repr__

    def _repr_html_(self) -> str:
        return self.to_html()

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, Any]:
        """Every form of the view by MIME type, as IPython asks for it."""
        forms = self._forms()
        return {
            mime: form
            for mime, form in forms.items()
            if (not include or mime in include) and (not exclude or mime not in exclude)
        }

    def _forms(self) -> dict[str, Any]:
        return {"text/plain": self.to_text(), "text/html": self.to_html()}


@dataclass(frozen=True, repr=False)
class Drawn(View):
    """A view whose drawing has a form of its own."""

    def _forms(self) -> dict[str, Any]:
        drawn = next((block.svg for block in self.blocks if isinstance(block, Drawing)), None)
        return {**super()._forms(), **({"image/svg+xml": drawn} if drawn else {})}
