"""The widget that all interactive views are: a record, a question, an answer, and a fallback."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from datetime import datetime
from importlib.resources import files
from typing import Any, ClassVar

import anywidget
import traitlets

from labkit.errors import LabError
from labkit.record import Secret
from labkit.show.blocks import clean
from labkit.show.view import View

#: What one module is where node has two: `shared.js` without its exports, the view without that import.
_EXPORT = re.compile(r"^export (?=const|function)", re.MULTILINE)
_IMPORT = re.compile(r'^import \{[^}]*\} from "\./shared\.js";\n', re.MULTILINE)


def page(name: str) -> tuple[str, str]:
    """The script and the style sheet of the view `name`, each with what all views share."""
    shared, script = _EXPORT.sub("", _read("shared.js")), _IMPORT.sub("", _read(f"{name}.js"))
    return f"{shared}\n{script}", f"{_read('shared.css')}\n{_read(f'{name}.css')}"


def _read(name: str) -> str:
    return files("labkit.show.interactive").joinpath(name).read_text(encoding="utf-8")


class Interactive(anywidget.AnyWidget):
    """A view of a plain record that answers questions of the page.

    A subclass has `_esm, _css = page("its_name")`, and `reply` where its page asks. Python may set `record`
    at any time; the page then draws it anew. What goes to the page is cleaned as a View's text is.
    """

    title = traitlets.Unicode().tag(sync=True)
    #: What is drawn: decoded parts and masked values.
    record = traitlets.Dict().tag(sync=True)
    #: Set by the page. `n` numbers the questions, and comes back in the answer.
    question = traitlets.Dict().tag(sync=True)
    answer = traitlets.Dict().tag(sync=True)

    #: The traits that are the view's own.
    OWN: ClassVar = ("title", "record", "question", "answer")

    def __init__(self, fallback: View, record: Mapping[str, Any], *, title: str = "") -> None:
        self.fallback = fallback
        super().__init__(title=title or fallback.title, record=dict(record))

    def reply(self, question: dict[str, Any]) -> dict[str, Any]:
        """The answer to a question of the page, from one pure function. Raises LabError for nonsense."""
        raise LabError(f"this view answers no questions: got `{', '.join(question)}`")

    @traitlets.observe("question")
    def _asked(self, change: Any) -> None:
        try:
            answer = self.reply(change.new)
        except LabError as refused:
            answer = {"error": str(refused)}
        self.answer = {**answer, "n": change.new.get("n")}

    def get_state(self, key: Any = None, drop_defaults: bool = False) -> dict[str, Any]:
        """What the page gets: the one place that all traits pass on their way there."""
        state: dict[str, Any] = super().get_state(key, drop_defaults)
        return {name: shown(value) if name in self.OWN else value for name, value in state.items()}

    def __repr__(self) -> str:
        return self.fallback.to_text()

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        """The widget, and for whoever cannot draw it (GitHub, nbconvert, nbval) the fallback."""
        drawn, metadata = super()._repr_mimebundle_(**kwargs) or ({}, {})
        return {**drawn, **self.fallback._repr_mimebundle_()}, metadata


def shown(value: Any) -> Any:
    """`value` as JSON that may be shown: secrets masked, records as objects, times as seconds since 1970."""
    if isinstance(value, str | Secret):
        return clean(str(value))
    if isinstance(value, bool | int | float) or value is None:
        return value
    if isinstance(value, Mapping):
        return {clean(str(key)): shown(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [shown(item) for item in value]
    if dataclasses.is_dataclass(value):
        return {field.name: shown(getattr(value, field.name)) for field in dataclasses.fields(value)}
    return value.timestamp() if isinstance(value, datetime) else clean(str(value))
