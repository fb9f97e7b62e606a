"""What was written during one turn of the loop goes out together, at its end."""

from __future__ import annotations

import asyncio
import threading
import traceback
from collections import deque
from contextlib import suppress
from typing import Protocol


class Waiting(Protocol):
    def flush(self) -> None: ...

    def abort(self) -> None: ...


class Turns:
    """For the loop's own thread and, by waking the loop, for all others."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._thread: int | None = None
        self._waiting: deque[Waiting] = deque()
        self._scheduled = False

    def begin(self) -> None:
        """The calling thread runs the loop."""
        self._thread = threading.get_ident()

    def want(self, one: Waiting) -> None:
        self._waiting.append(one)
        if self._scheduled:
            return
        self._scheduled = True
        if threading.get_ident() == self._thread:
            self._loop.call_soon(self._flush)
        else:
            with suppress(RuntimeError):  # the loop is closed, and with it every connection
                self._loop.call_soon_threadsafe(self._flush)

    def _flush(self) -> None:
        self._scheduled = False  # before anything is taken: who comes now schedules anew
        while self._waiting:
            one = self._waiting.popleft()
            try:
                one.flush()
            except Exception:  # of one connection: the others' turn comes all the same
                traceback.print_exc()
                one.abort()
