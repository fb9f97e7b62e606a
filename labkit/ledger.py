"""What the lab created, in `.labkit/lab.json` of the working folder: ids and names, never secrets.

Several kernels may write at once, and any of them may be killed: every change happens under a lock
that the operating system drops with its process, and replaces the file in one step.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from labkit.errors import LabError


@dataclass(frozen=True)
class Entry:
    """One created resource."""

    #: The noun of the operation that made it: `UserPool` for CreateUserPool.
    kind: str
    id: str
    name: str
    region: str
    #: UTC, as in `2026-06-01T12:00:00Z`.
    created: str
    #: The User Pool that takes this resource with it when it goes; empty for one that stands alone.
    parent: str = ""


class LedgerWarning(UserWarning):
    """The ledger could not be read; what it named is found by its tags."""


class Ledger:
    """The entries of one account. Without a folder they last as long as the process.

    `instance` tells a restarted local account, where everything is gone, from the one before:
    entries of another instance are dropped.
    """

    def __init__(self, folder: Path | None, account_id: str, instance: str = "") -> None:
        self._path = folder / ".labkit" / "lab.json" if folder else None
        self._account_id = account_id
        self._instance = instance
        self._memory: dict[str, Any] = {}
        self._memory_lock = threading.Lock()
        self._memory_turn = threading.Lock()

    @property
    def entries(self) -> tuple[Entry, ...]:
        """What stands in the ledger, oldest first. Raises LabError where the file cannot be opened."""
        with self._document() as document:
            return _read(document, self._account_id, self._instance)

    def add(self, entry: Entry) -> None:
        """Note a resource; one with the same kind and id is replaced."""
        self._change(
            lambda entries: [*(old for old in entries if (old.kind, old.id) != (entry.kind, entry.id)), entry]
        )

    def remove(self, kind: str, *ids: str) -> None:
        """Forget the resources of this kind with these ids, and what went with them."""
        self._change(lambda entries: _without(entries, kind, *ids))

    def _change(self, change: Callable[[tuple[Entry, ...]], list[Entry]]) -> None:
        with self._document() as document:
            before = _read(document, self._account_id, self._instance)
            after = change(before)
            if list(before) == after:
                return
            resources = [asdict(entry) for entry in after]
            document[self._account_id] = {"instance": self._instance, "resources": resources}
            if self._path is not None:
                _replace(self._path, document)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Wait until no other kernel of this folder is in such a block."""
        with self._memory_turn if self._path is None else self._lock("turn"):
            yield

    @contextmanager
    def _document(self) -> Iterator[dict[str, Any]]:
        """The whole file, for as long as nobody else may change it."""
        if self._path is None:
            with self._memory_lock:
                yield self._memory
        else:
            with self._lock("lock"):
                yield _load(self._path)

    @contextmanager
    def _lock(self, name: str) -> Iterator[None]:
        assert self._path is not None, "what is in memory needs no file"
        try:
            self._path.parent.mkdir(exist_ok=True)
            file = (self._path.parent / name).open("a+b")
        except OSError as error:
            raise LabError(
                f"cannot write `{self._path}` ({error.strerror}); start in a folder that you can write to"
            ) from None
        with file, _locked(file):
            yield


def _without(entries: Iterable[Entry], kind: str, *ids: str) -> list[Entry]:
    gone = {(kind, resource_id) for resource_id in ids}
    return [
        entry for entry in entries if gone.isdisjoint({(entry.kind, entry.id), ("UserPool", entry.parent)})
    ]


def _read(document: dict[str, Any], account_id: str, instance: str) -> tuple[Entry, ...]:
    section = document.get(account_id, {})
    if section.get("instance") != instance:
        return ()
    return tuple(Entry(**resource) for resource in section["resources"])


def _load(path: Path) -> dict[str, Any]:
    """The file's accounts. One that cannot be read is kept aside, with a warning."""
    try:
        document = json.loads(path.read_text("utf-8"))
        for account_id, section in document.items():
            _read(document, account_id, section["instance"])
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        aside = _aside(path)
        path.replace(aside)
        warnings.warn(
            f"`{path}` could not be read and is kept as `{aside.name}`", LedgerWarning, stacklevel=2
        )
        return {}
    return dict(document)


def _aside(path: Path) -> Path:
    """A free name beside `path`, so that no earlier file is lost."""
    number = 1
    while (aside := path.with_name(f"{path.stem}.unreadable-{number}{path.suffix}")).exists():
        number += 1
    return aside


def _replace(path: Path, document: dict[str, Any]) -> None:
    """Write beside the file, then rename: a reader sees the old file or the new one, never half."""
    beside = path.with_name(f"{path.name}.{os.getpid()}.new")
    with beside.open("w", encoding="utf-8") as file:
        json.dump(document, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


@contextmanager
def _locked(file: IO[bytes]) -> Iterator[None]:
    if sys.platform == "win32":
        import msvcrt

        while True:
            try:
                file.seek(0)
                msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
                break
            except OSError:  # Windows gives up after ten seconds; another kernel may take longer
                continue
        try:
            yield
        finally:
            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)
    else:
        import fcntl

        # Closing the file, or the end of the process, drops the lock.
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
