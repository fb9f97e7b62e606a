"""Merge and delta against AWS's rules said again, for whatever documents there may be.

https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-document.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labkit.local.iot.shadows import ShadowName, Shadows, Update
from labkit.local.iot.shadows.state import delta, merged, same
from labkit.local.iot.shadows.store import written

#: A machine that has other work makes examples slowly; that says nothing of the shadows.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

NAME = ShadowName("thing")
KEYS = st.sampled_from(["a", "b", "c", "timestamp", "desired", "ü"])
SCALARS = st.sampled_from([True, False, 0, 1, 1.0, 0.5, -7, 2**70, "", "on", "ü"])
ARRAYS = st.lists(SCALARS | st.lists(SCALARS, max_size=2), max_size=2)


def _patches(levels: int) -> st.SearchStrategy[dict[str, Any]]:
    values = st.none() | SCALARS | ARRAYS
    return st.dictionaries(KEYS, values | _patches(levels - 1) if levels else values, max_size=3)


PATCHES = _patches(3)
STATES = st.fixed_dictionaries({}, optional={"desired": st.none() | PATCHES, "reported": st.none() | PATCHES})
Leaves = dict[tuple[str, ...], Any]


def leaves(section: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every value that is no object, with the path to it."""
    for name, value in section.items():
        if isinstance(value, dict):
            yield from leaves(value, (*path, name))
        else:
            yield (*path, name), value


def said_again(before: Leaves, patch: dict[str, Any], path: tuple[str, ...] = ()) -> Leaves:
    """AWS's rules on flat paths: a value takes the place of whatever stood there, above or below; null leaves
    nothing; an object speaks of its own members only."""
    after = dict(before)
    for name, value in patch.items():
        here = (*path, name)
        if not isinstance(value, dict):
            after = {p: v for p, v in after.items() if p[: len(here)] != here}
            if value is not None:
                after[here] = value
            continue
        if here in after:  # what was a value becomes an object
            del after[here]
        after = said_again(after, value, here)
    return after


@patient
@given(st.lists(PATCHES, max_size=5))
def test_updates_one_by_one_are_what_aws_s_rules_say(patches: list[dict[str, Any]]) -> None:
    section: dict[str, Any] = {}
    expected: Leaves = {}
    for patch in patches:
        section, expected = merged(section, patch), said_again(expected, patch)
        found = dict(leaves(section))
        assert found.keys() == expected.keys()
        assert all(same(found[path], expected[path]) for path in found)


@patient
@given(PATCHES, PATCHES)
def test_an_update_twice_is_an_update_once(first: dict[str, Any], patch: dict[str, Any]) -> None:
    once = merged(merged({}, first), patch)
    assert same(merged(once, patch), once)


@patient
@given(PATCHES, PATCHES)
def test_whoever_reports_the_delta_has_no_delta_left(one: dict[str, Any], other: dict[str, Any]) -> None:
    desired, reported = merged({}, one), merged({}, other)
    assert delta(desired, merged(reported, delta(desired, reported))) == {}
    assert delta(desired, desired) == {}


@patient
@given(PATCHES, PATCHES)
def test_a_delta_has_desired_values_that_are_not_reported_and_only_those(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    desired, reported = merged({}, one), merged({}, other)
    wanted, actual = dict(leaves(desired)), dict(leaves(reported))
    found = dict(leaves(delta(desired, reported)))
    assert found.keys() == {p for p in wanted if p not in actual or not same(wanted[p], actual[p])}
    assert all(same(found[path], wanted[path]) for path in found)


@patient
@given(st.lists(st.none() | STATES, min_size=1, max_size=6))
def test_metadata_has_the_time_of_each_value_s_last_update(states: list[dict[str, Any] | None]) -> None:
    shadows = Shadows()
    times: dict[str, Leaves] = {"desired": {}, "reported": {}}
    for now, state in enumerate(states, 1):
        updated = shadows.update(NAME, Update(state), now)
        assert updated.current.version == now
        for section in ("desired", "reported"):
            patch = None if state is None else state.get(section, {})
            stamped = {} if patch is None else said_again(times[section], _times(patch, now))
            times[section] = stamped
        document = json.loads(written(updated.documents))["current"]
        for section, expected in times.items():
            assert dict(leaves(updated.current.stamps.get(section, {}))) == expected
        assert _describes(document["metadata"], document["state"])
        if told := updated.delta:
            assert told["state"] == updated.current.delta
            assert _describes(told["metadata"], told["state"])


def _times(patch: Any, now: int) -> Any:
    if isinstance(patch, dict):
        return {name: _times(value, now) for name, value in patch.items()}
    if isinstance(patch, list):
        return [_times(value, now) for value in patch]
    return None if patch is None else now


def _describes(metadata: Any, value: Any) -> bool:
    """Whether there is a timestamp in the place of each value, and nothing else."""
    if isinstance(value, dict):
        return metadata.keys() == value.keys() and all(_describes(metadata[n], value[n]) for n in value)
    if isinstance(value, list):
        return len(metadata) == len(value) and all(map(_describes, metadata, value))
    return metadata.keys() == {"timestamp"} and type(metadata["timestamp"]) is int
