"""Simulated sensors: each a Thing with its certificate, all of them driven by one thread.

They report readings on `greenhouse/THING/telemetry`, and do what their shadow wants of them.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labkit.account import Account
from labkit.errors import LabError
from labkit.flow import mqtt, shadows
from labkit.things import Certificate, IotMessage, Thing


@dataclass(frozen=True)
class Blueprint:
    """A sensor as `data/fleet.json` describes it."""

    name: str
    #: What the registry is to know of it.
    attributes: Mapping[str, str]
    #: Seconds between two readings.
    interval: float
    #: What it is set to when it starts, as in `{"heating": 21}`.
    settings: Mapping[str, Any]


def blueprints() -> tuple[Blueprint, ...]:
    """The sensors of the course. They lie at the root of a clone, or inside the installed package."""
    package = Path(__file__).parents[1]
    places = (package / "_course" / "data", package.parent / "data")
    file = next(place / "fleet.json" for place in places if (place / "fleet.json").is_file())
    return tuple(Blueprint(**each) for each in json.loads(file.read_text("utf-8"))["devices"])


class Device:
    """One sensor. Its readings come from `seed`: the same ones each time."""

    def __init__(
        self, account: Account, thing: Thing, certificate: Certificate, blueprint: Blueprint, seed: str
    ) -> None:
        self._account = account
        self._seed = seed
        self._readings = 0
        self._connection: mqtt.Connection | None = None
        self.thing = thing
        self.certificate = certificate
        self.interval = blueprint.interval
        self.settings = dict(blueprint.settings)

    def __repr__(self) -> str:
        return f"Device({self.thing.name!r}, {'running' if self.running else 'silent'})"

    @property
    def running(self) -> bool:
        return self._connection is not None

    def start(self) -> None:
        """Connect under the Thing's name, and tell the shadow what is set; a delta may come back."""
        name = self.thing.name
        connection = mqtt.connect_with_certificate(
            self._account, self.certificate, name, listener=self._wanted
        )
        self._connection = connection
        if not connection.connected:
            raise LabError(f"the device `{name}` was refused: {connection.attempt.saw}")
        heard = connection.subscribe(shadows.topic(name, "update/delta"))
        if not heard.allowed:
            raise LabError(f"the device `{name}` may not hear of its shadow: {heard.saw}")
        self._say_settings(self.settings)

    def stop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def report(self) -> Any:
        """Send the next reading, and do not wait for the answer."""
        if self._connection is None:
            raise LabError(f"the device `{self.thing.name}` is silent: start it first")
        self._readings += 1
        return self._connection.send(f"greenhouse/{self.thing.name}/telemetry", self.reading(self._readings))

    def reading(self, number: int) -> dict[str, Any]:
        """What it would read as its `number`th, the way it is set now."""
        chance = random.Random(f"{self._seed} {self.thing.name} {number}")
        humidity = chance.randint(45, 60) if self.settings.get("vent") == "open" else chance.randint(60, 80)
        temperature = round(float(self.settings.get("heating", 18)) + chance.uniform(-0.8, 0.8), 1)
        return {"thing": self.thing.name, "n": number, "temperature": temperature, "humidity": humidity}

    def _wanted(self, message: IotMessage) -> None:
        """A delta: do what is desired, and say so. It runs in a thread of AWS's client."""
        wanted = message.json()["state"]
        self.settings.update(wanted)
        self._say_settings(wanted)

    def _say_settings(self, settings: Mapping[str, Any]) -> None:
        connection = self._connection  # `stop` may come in between
        if connection is not None:
            topic = shadows.topic(self.thing.name, "update")
            connection.send(topic, {"state": {"reported": dict(settings)}})


class Fleet:
    """Devices that run in the background, until `stop()` or the end of a `with` block."""

    def __init__(self, account: Account, devices: tuple[Device, ...]) -> None:
        self._account = account
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self.devices = devices

    def __repr__(self) -> str:
        return f"Fleet({len(self.devices)} devices, {'running' if self.running else 'silent'})"

    def __len__(self) -> int:
        return len(self.devices)

    def __getitem__(self, name: str) -> Device:
        """The device of this name, with or without the lab's own before it."""
        found = {device.thing.name: device for device in self.devices}
        full = name if name in found else f"{self._account.lab}-{name}"
        if full not in found:
            raise LabError(f"there is no device `{name}`: expected one of {', '.join(sorted(found))}")
        return found[full]

    def __enter__(self) -> Fleet:
        return self if self.running else self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def running(self) -> bool:
        """Whether devices are connected; those that have reported all they should still hear their shadow."""
        return any(device.running for device in self.devices)

    def start(self, rounds: int | None = None) -> Fleet:
        """Connect every device, and let each report: for ever, or `rounds` times."""
        self.stop()
        self._ended.clear()
        try:
            for device in self.devices:
                device.start()
            self._thread = threading.Thread(target=self._run, args=(rounds,), name="fleet", daemon=True)
            self._thread.start()
        except BaseException:  # a learner's interrupt, too: no device is left running
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Silence them all; once more does nothing."""
        self._ended.set()
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.join(timeout=10)
        for device in self.devices:
            device.stop()

    def _run(self, rounds: int | None) -> None:
        due = {device: time.monotonic() for device in self.devices}
        left = dict.fromkeys(self.devices, rounds)
        while due and not self._ended.wait(max(0.0, min(due.values()) - time.monotonic())):
            for device in [each for each, when in due.items() if when <= time.monotonic()]:
                device.report()
                due[device] += device.interval
                if (remaining := left[device]) is not None:
                    left[device] = remaining - 1
                    if remaining <= 1:
                        del due[device]
