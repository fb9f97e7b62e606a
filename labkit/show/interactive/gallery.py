"""Every interactive view on sample records: what there is to see, without an account."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from labkit.errors import LabError
from labkit.show.interactive.widget import Interactive

#: The modules that have a `sample(data)`, which draws `data/gallery/<module>.json`; in the gallery's order.
VIEWS = (
    "token_inspector",
    "flow_diagram",
    "policy_matrix",
    "variable_resolver",
    "identity_card",
    "credentials_card",
    "live_log",
    "knowledge_check",
    "time_axis",
    "pool_map",
)


@dataclass(frozen=True, repr=False)
class Gallery:
    """Views, one under the other, each an output of its own."""

    views: tuple[Interactive, ...]

    def __repr__(self) -> str:
        return "\n\n\n".join(map(repr, self.views))

    def _ipython_display_(self) -> None:
        from IPython.display import display

        display(*self.views)


def gallery(*names: str) -> Gallery:
    """All interactive views on sample records, or those named, as in `gallery("token_inspector")`.

    Raises LabError for a name that no view has.
    """
    if unknown := [name for name in names if name not in VIEWS]:
        known = ", ".join(f"`{view}`" for view in VIEWS)
        raise LabError(f"the gallery has no view `{unknown[0]}`: expected {known}")
    return Gallery(tuple(_view(name) for name in names or VIEWS))


def _view(name: str) -> Interactive:
    view: Interactive = import_module(f"labkit.show.interactive.{name}").sample(_data(name))
    return view


def _data(name: str) -> Any:
    return data("gallery", name)


def data(folder: str, name: str) -> Any:
    """A file beside the notebooks: inside an installed package, at the root of a clone."""
    package = Path(__file__).parents[2]
    places = (root / "data" / folder / f"{name}.json" for root in (package / "_course", package.parent))
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        raise LabError(
            f"there is no `data/{folder}/{name}.json`: install labkit from a whole clone or from its wheel"
        )
    return json.loads(found.read_text(encoding="utf-8"))
