"""What a connection keeps of what AWS's client tells: no sockets."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from labkit.errors import LabError
from labkit.flow.mqtt_line import Line, Refused, matches
from labkit.flow.renewing import Renewing
from labkit.record import Secret
from labkit.resources import Credentials


@pytest.mark.parametrize(
    ("topic_filter", "topic", "fits"),
    [
        ("a/b", "a/b", True),
        ("a/b", "a/c", False),
        ("a/+", "a/b", True),
        ("a/+", "a/b/c", False),
        ("+/b", "a/b", True),
        ("a/#", "a/b/c", True),
        ("a/#", "b/c", False),
        ("#", "a/b", True),
        ("a", "a/b", False),
        ("a/b/c", "a/b", False),
    ],
)
def test_a_topic_fits_a_filter_level_by_level(topic_filter: str, topic: str, fits: bool) -> None:
    """https://docs.aws.amazon.com/iot/latest/developerguide/topics.html#topicfilters"""
    assert matches(topic_filter, topic) is fits


def _packet(topic: str, payload: bytes = b"") -> Any:
    return SimpleNamespace(publish_packet=SimpleNamespace(topic=topic, payload=payload, retain=False))


def test_messages_are_taken_once_oldest_first_and_only_those_that_fit() -> None:
    line = Line()
    for topic in ("a/1", "b/1", "a/2"):
        line.callbacks["on_publish_received"](_packet(topic))
    assert [each.topic for each in line.take(2, ("a/+",), 0)] == ["a/1", "a/2"]
    assert [each.topic for each in line.take(5, ("c/+", "b/+"), 0)] == ["b/1"]
    assert line.take(1, ("#",), 0) == []


def test_a_listener_gets_the_messages_in_place_of_whoever_would_take_them() -> None:
    heard: list[Any] = []
    line = Line(listener=heard.append)
    line.callbacks["on_publish_received"](_packet("a", b"x"))
    assert [(each.topic, each.payload) for each in heard] == [("a", b"x")]
    assert line.take(1, ("#",), 0) == []


def test_no_more_messages_than_a_thousand_wait() -> None:
    line = Line()
    for number in range(1002):
        line.callbacks["on_publish_received"](_packet(str(number)))
    waiting = line.take(2000, ("#",), 0)
    assert (len(waiting), waiting[0].topic, waiting[-1].topic) == (1000, "2", "1001")


def test_a_connection_that_does_not_come_about_says_what_was_seen() -> None:
    line = Line()
    said = SimpleNamespace(reason_code=SimpleNamespace(name="NOT_AUTHORIZED"))
    line.callbacks["on_lifecycle_connection_failure"](SimpleNamespace(connack_packet=said, exception=None))
    with pytest.raises(Refused, match="CONNACK NOT_AUTHORIZED"):
        line.wait_for_beginning(0)
    line.callbacks["on_lifecycle_connection_success"](None)
    line.wait_for_beginning(0)


def test_no_answer_in_time_is_one_clear_sentence() -> None:
    with pytest.raises(LabError, match="no answer to CONNECT within 0 s"):
        Line().wait_for_beginning(0)
    with pytest.raises(LabError, match="`phone` is not connected: no answer"):
        Line().wait_until_up("phone", 0)


KEYS = [Credentials(f"ASIA{number}", Secret("secret"), Secret("token"), None) for number in range(3)]


def test_credentials_are_got_at_once_and_new_ones_for_each_further_connection() -> None:
    source = iter(KEYS)
    renewing = Renewing(lambda: next(source))
    assert [renewing.next() for _ in range(3)] == KEYS


def test_credentials_that_cannot_be_renewed_stay_and_the_reason_is_kept() -> None:
    source = iter(KEYS[:1])
    renewing = Renewing(lambda: next(source))
    assert [renewing.next(), renewing.next()] == [KEYS[0], KEYS[0]]
    assert isinstance(renewing.error, StopIteration)
    line = Line(renewing)
    with pytest.raises(StopIteration):
        line.wait_until_up("phone", 0)


def test_credentials_that_cannot_be_got_at_all_rise_where_they_are_asked_for() -> None:
    def refuse() -> Credentials:
        raise ValueError("no login")

    with pytest.raises(ValueError, match="no login"):
        Renewing(refuse)
    assert Renewing(KEYS[0]).next() == KEYS[0]
