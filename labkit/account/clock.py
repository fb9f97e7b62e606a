"""The account's time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol

from labkit.account.control import Control
from labkit.errors import LabError


class Clock(Protocol):
    """Tells the time that tokens and credentials are judged by."""

    def now(self) -> datetime:
        """The account's time, aware, in UTC."""
        ...

    def advance(self, by: timedelta = timedelta(), *, hours: float = 0, minutes: float = 0) -> datetime:
        """Move the time forward and tell the new one; raises LabError where time cannot be moved."""
        ...


class LocalClock:
    """The local account's clock, which a learner can move forward."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._control.call("GetClock")["Now"], UTC)

    def advance(self, by: timedelta = timedelta(), *, hours: float = 0, minutes: float = 0) -> datetime:
        step = by + timedelta(hours=hours, minutes=minutes)
        if step <= timedelta():
            raise LabError(f"time only moves forward: expected a positive step, got `{step}`")
        return datetime.fromtimestamp(
            self._control.call("AdvanceClock", Seconds=step.total_seconds())["Now"], UTC
        )


class RealClock:
    """Everyone's time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def advance(self, *_: object, **__: object) -> datetime:
        raise LabError("real time cannot be advanced: wait, or use the local account")
