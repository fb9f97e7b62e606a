"""How a process is asked to end."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

#: Windows has SIGBREAK (Ctrl-Break) and no SIGHUP; POSIX has it the other way round.
_NAMES = ("SIGINT", "SIGTERM", "SIGBREAK", "SIGHUP")


@contextmanager
def stop_requests() -> Iterator[threading.Event]:
    """An event that is set by Ctrl-C, SIGTERM, a closed terminal, or Ctrl-Break on Windows.

    A hang-up that the parent process ignores, as `nohup` makes it, stays ignored.
    """
    requested = threading.Event()
    numbers = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}
    for number, handler in before.items():
        if not (number == getattr(signal, "SIGHUP", None) and handler is signal.SIG_IGN):
            signal.signal(number, lambda *_: requested.set())
    try:
        yield requested
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
