"""A fleet as it reports: the picture grows with every round of readings that arrives."""

from __future__ import annotations

import os

from labkit import show
from labkit.course.devices import Fleet
from labkit.errors import LabError
from labkit.flow.mqtt import Connection
from labkit.show import FleetView
from labkit.things import IotMessage


def watch(connection: Connection, fleet: Fleet, *, rounds: int, measure: str = "temperature") -> FleetView:
    """The next `rounds` readings of each device, drawn anew as they arrive; what is returned has them all.

    A seeded run draws nothing in between: its output must not depend on the machine's speed.
    """
    if rounds < 1:
        raise LabError(f"a fleet is watched for one round at least: got `{rounds}`")
    readings: list[IotMessage] = []
    for _ in range(rounds):
        readings += connection.take(len(fleet), "greenhouse/+/telemetry")
        view = show.fleet(readings, measure)
        _draw(view)
    _draw(None)
    return view


def _draw(view: FleetView | None) -> None:
    """In place of the picture before; what comes after the last one takes its place, too."""
    if os.environ.get("LABKIT_SEED"):
        return
    from IPython.display import clear_output, display

    clear_output(wait=True)  # type: ignore[no-untyped-call]
    if view is not None:
        display(view)  # type: ignore[no-untyped-call]
