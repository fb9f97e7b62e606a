"""The account starts with what every request needs; the rest loads when it is first asked for."""

from __future__ import annotations

import gc
import inspect
import json
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from labkit.local import app, authorization, sts, user_pools
from labkit.local.loading import Handler, handlers, part, without_collections
from tests.unit.first_uses import ALONE, FEATURES

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def told() -> Mapping[str, tuple[list[str], list[str]]]:
    found: dict[str, tuple[list[str], list[str]]] = first_uses()
    return found


def first_uses(*arguments: str) -> Any:
    """In a process of its own, in which nothing is loaded yet."""
    command = [sys.executable, "-m", "tests.unit.first_uses", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("feature", FEATURES)
def test_what_only_one_feature_needs_loads_with_its_first_use(
    feature: str, told: Mapping[str, tuple[list[str], list[str]]]
) -> None:
    before, after = told[feature]
    assert (before, after) == ([], FEATURES[feature])


def test_all_may_be_used_first_at_the_same_moment() -> None:
    assert first_uses("together") == [*ALONE, *ALONE]


def tables() -> Iterator[tuple[str, Handler]]:
    """Every function of the account that is named rather than imported."""
    named = {"sts": sts.OPERATIONS, "amendments": user_pools.AMENDMENTS, "s3": {"answer": app._S3}}
    asks = {"asks": authorization._CALLERS | authorization._SERVICES | {"other": authorization._OTHER}}
    checks = {f"{service} checks": table for service, table in app._CHECKS.items()}
    for service, table in {**app._OWN, **named, **asks, **checks}.items():
        for operation, handler in table.items():
            yield f"{service}:{operation}", handler


def test_every_named_function_is_there_and_takes_what_it_is_given() -> None:
    takes = {
        ("call", "state"), ("call", "caller", "state"), ("call", "state", "response"),
        ("call", "caller", "state", "refused"),
    }  # fmt: skip
    found = dict(tables())
    assert len(found) > 180
    for name, handler in found.items():
        parameters = inspect.signature(handler.function).parameters
        assert tuple(parameters) in takes, name


EACH = """
import json, sys
from importlib import import_module

for module in json.loads(sys.argv[1]):
    for name in [name for name in sys.modules if name.partition(".")[0] == "labkit"]:
        del sys.modules[name]
    import_module("labkit.local.app")
    import_module(module)
"""


def test_each_of_their_modules_may_be_the_first_that_loads() -> None:
    """Of two modules that import each other, one would fail where it came first."""
    modules = sorted({handler.reference.partition(":")[0] for _, handler in tables()})
    assert "labkit.local.user_pools.sign_in.sign_in" in modules
    done = subprocess.run(
        [sys.executable, "-c", EACH, json.dumps(modules)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_handler_loads_its_module_when_it_is_called_and_not_when_it_is_named() -> None:
    sys.modules.pop("colorsys", None)
    table = handlers("colorsys", {})
    assert table == {}
    handler = Handler("colorsys:rgb_to_hsv")
    assert "colorsys" not in sys.modules
    assert handler(1, 1, 1) == (0.0, 0.0, 1)
    assert "colorsys" in sys.modules


def together(work: Callable[[], Any], count: int = 16) -> list[Any]:
    """What threads get that all begin at the same moment."""
    ready = threading.Barrier(count)

    def one() -> Any:
        ready.wait()
        return work()

    with ThreadPoolExecutor(count) as pool:
        return [each.result() for each in [pool.submit(one) for _ in range(count)]]


def test_many_threads_may_call_a_handler_first() -> None:
    sys.modules.pop("colorsys", None)
    handler = Handler("colorsys:rgb_to_hsv")
    assert together(lambda: handler(1, 1, 1)) == [(0.0, 0.0, 1)] * 16


class Whole:
    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.made = 0

    @part
    def piece(self) -> object:
        self.made += 1
        threading.Event().wait(0.05)  # long enough for the others to ask as well
        return object()


def test_a_part_is_made_once_whoever_asks_first() -> None:
    whole = Whole()
    assert whole.made == 0
    assert len({id(piece) for piece in together(lambda: whole.piece)}) == 1
    assert whole.made == 1


def test_collections_rest_for_as_long_as_something_loads() -> None:
    assert gc.isenabled()
    with without_collections():
        assert not gc.isenabled()
        with without_collections():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()
    with pytest.raises(ImportError), without_collections():
        raise ImportError
    assert gc.isenabled()


def test_garbage_that_was_there_before_is_still_found() -> None:
    class Ring:
        me: Ring

    ring = Ring()
    ring.me = ring
    gone = weakref.ref(ring)
    with without_collections():
        del ring
    assert gone() is not None
    gc.collect()
    assert gone() is None


def test_what_was_made_meanwhile_counts_as_old() -> None:
    """Else the next collection, of the youngest, would go through all of it."""
    with without_collections():
        old: list[object] = [[]]
        assert not _is_old(old)
    assert _is_old(old)
    assert not _is_old([[]])


def test_what_somebody_has_frozen_stays_frozen() -> None:
    gc.freeze()
    try:
        count = gc.get_freeze_count()
        with without_collections():
            pass
        assert 0 < count <= gc.get_freeze_count() + 100  # a frozen object may still be dropped
    finally:
        gc.unfreeze()


def _is_old(thing: object) -> bool:
    return any(each is thing for each in gc.get_objects(generation=2))
