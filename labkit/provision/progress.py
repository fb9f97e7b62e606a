"""Signs of life for what takes longer than two seconds."""

from __future__ import annotations

import os
import sys
import time
from types import TracebackType

#: Seconds before the first word.
PATIENCE = 2.0


class Progress:
    """Says which step runs, once the whole takes longer than `PATIENCE`.

    A seeded run stays silent: its output must not depend on the machine's speed.
    """

    def __init__(self, total: int) -> None:
        self._total = total
        self._number = 0
        self._started = time.monotonic()
        self._silent = bool(os.environ.get("LABKIT_SEED"))
        self._spoke = False

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._spoke:
            self._say("done" if error is None else "stopped", end="\n")

    def step(self, text: str) -> None:
        """The next step begins."""
        self._number += 1
        if not self._silent and time.monotonic() - self._started >= PATIENCE:
            self._say(f"{self._number} of {self._total}: {text}")

    def _say(self, text: str, *, end: str = "") -> None:
        """Over the line before, as terminals and JupyterLab both do at a carriage return."""
        self._spoke = True
        sys.stdout.write(f"\r{text:<78}{end}")
        sys.stdout.flush()
