"""What a fleet of devices reported, as a picture and as a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from labkit.errors import LabError
from labkit.show.blocks import Note, Table, row
from labkit.show.view import View
from labkit.things import IotMessage

#: Pixels of the page that the picture takes.
PICTURE_WIDTH = 760


@dataclass(frozen=True, kw_only=True, repr=False)
class FleetView(View):
    """A view of readings; its picture is drawn when it is first asked for."""

    measure: str
    #: Thing → its readings, in their order.
    series: Mapping[str, tuple[float, ...]]

    @property
    def alt(self) -> str:
        """The picture in words."""
        said = "; ".join(f"{name}: {', '.join(f'{v:g}' for v in each)}" for name, each in self.series.items())
        return f"{self.measure.capitalize()} of {len(self.series)} Things. {said}."

    def to_png(self) -> bytes:
        """The readings as a PNG picture (matplotlib is imported here and nowhere else)."""
        from labkit.show.fleet_picture import draw

        return draw(self.measure, self.series)

    def _forms(self) -> dict[str, Any]:
        return {**super()._forms(), "image/png": self.to_png()}

    def _ipython_display_(self) -> None:
        """Two outputs: JupyterLab shows only the richest form of one, and both are wanted here."""
        from IPython.display import publish_display_data

        picture = {"image/png": self.to_png(), "text/plain": self.alt}
        publish_display_data(picture, metadata={"image/png": {"alt": self.alt, "width": PICTURE_WIDTH}})
        publish_display_data(super()._forms())


def fleet(messages: Iterable[IotMessage], measure: str = "temperature") -> FleetView:
    """Readings that arrived, in whatever order: a line for each Thing, by the number of its reading.

    Raises LabError where no message has this measure.
    """
    readings = [each.json() for each in messages]
    found: dict[str, dict[int, float]] = {}
    for reading in readings:
        if measure in reading:
            found.setdefault(str(reading["thing"]), {})[int(reading["n"])] = float(reading[measure])
    if not found:
        raise LabError(f"none of {len(readings)} messages has a `{measure}`; is it the devices' telemetry?")
    series = {name: tuple(value for _, value in sorted(found[name].items())) for name in sorted(found)}
    blocks = (Note(f"{len(readings)} messages of {len(series)} Things."), _table(measure, series))
    return FleetView("The fleet", blocks, measure=measure, series=series)


def _table(measure: str, series: Mapping[str, tuple[float, ...]]) -> Table:
    lines = tuple(
        row(name, str(len(each)), f"{min(each):g}", f"{max(each):g}", f"{each[-1]:g}")
        for name, each in series.items()
    )
    head = ("Thing", "readings", "lowest", "highest", "last")
    return Table(f"{measure.capitalize()} by Thing", head, lines)
