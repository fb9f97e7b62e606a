"""The account's own clock, which a learner can move forward."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from labkit.errors import LabError


class Clock:
    """Tells the account's time: the machine's, or a fixed instant, plus whatever was advanced.

    Signatures are checked against the machine's own clock (`machine_now`), because clients sign
    with that one: advancing the account ages tokens and credentials, never a signature.
    """

    def __init__(self, fixed: datetime | None = None) -> None:
        self._fixed = fixed
        self._advanced = timedelta()
        #: Each advance, with the machine's time at which it happened.
        self._steps: list[tuple[datetime, timedelta]] = []

    @property
    def frozen(self) -> bool:
        """Whether time stands still but for `advance`."""
        return self._fixed is not None

    @property
    def advanced(self) -> timedelta:
        return self._advanced

    def now(self) -> datetime:
        """The account's time, aware, in UTC."""
        return (self._fixed or self.machine_now()) + self._advanced

    def machine_now(self) -> datetime:
        return datetime.now(UTC)

    def machine_time_passed(self, then: datetime) -> timedelta:
        """How long ago `then` (an instant of the machine's clock) lies for the account.

        Only an advance after `then` counts. Signatures know no fractions of a second: one that was
        made in the very second of an advance is taken to be older than it.
        """
        since = (step for when, step in self._steps if when >= then)
        return self.machine_now() - then + sum(since, timedelta())

    def advance(self, step: timedelta) -> datetime:
        """Move the account's time forward by `step` and return the new time."""
        if step < timedelta():
            raise LabError(f"time only moves forward: expected a positive step, got `{step}`")
        try:
            self.now() + self._advanced + step  # the year 9999 is the end of `datetime`
        except OverflowError:
            raise LabError(f"the clock cannot be advanced by `{step}`: the year 9999 is its end") from None
        self._advanced += step
        self._steps.append((self.machine_now(), step))
        return self.now()
