"""What loads when it is first needed: the account starts sooner, and a lesson needs a part of it only."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from threading import RLock

Made = TypeVar("Made")


@contextmanager
def without_collections() -> Iterator[None]:
    """Load modules without a search for garbage among what they make, all of which stays.

    The searches would take a sixth of the start.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            _grown_old()
            gc.enable()


def _grown_old() -> None:
    """Count what is new as old: the next search, which is for the youngest, would go through all of it."""
    if gc.get_freeze_count() == 0:  # what somebody else has frozen stays so
        gc.freeze()
        gc.unfreeze()


class Handler:
    """A function by its name, as in `sign_up.sign_up:confirm_sign_up`; its module loads with the first call.

    The name is an object reference: https://packaging.python.org/en/latest/specifications/entry-points/#data-model
    """

    def __init__(self, reference: str) -> None:
        self.reference = reference

    def __call__(self, *arguments: Any) -> Any:
        return self.function(*arguments)

    @cached_property
    def function(self) -> Any:
        with without_collections():
            return resolve_name(self.reference)


def handlers(package: str, names: Mapping[str, str]) -> dict[str, Handler]:
    """A table of functions, whose names begin below `package`."""
    return {key: Handler(f"{package}.{name}") for key, name in names.items()}


class _Locked(Protocol):
    @property
    def lock(self) -> RLock: ...


class part(Generic[Made]):
    """A part of the account's state, which is made when it is first asked for: once, whoever asks.

    It is `functools.cached_property` under the account's lock; that alone lets two threads make one each.
    """

    def __init__(self, make: Callable[[Any], Made]) -> None:
        self._make = make

    def __set_name__(self, owner: type[Any], name: str) -> None:
        self._name = name

    def __get__(self, whole: _Locked, owner: type[Any]) -> Made:
        with whole.lock:
            made = vars(whole)
            if self._name not in made:
                with without_collections():
                    made[self._name] = self._make(whole)
            found: Made = made[self._name]
            return found
