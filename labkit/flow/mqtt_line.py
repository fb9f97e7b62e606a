"""What AWS's client tells of one connection, from threads of its own, kept for whoever waits for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTime
from typing import Any, TypeVar

from labkit.errors import LabError
from labkit.flow.renewing import Renewing
from labkit.things import IotMessage

T = TypeVar("T")

#: What the client calls an endpoint that is not there: nobody has refused anything.
_UNREACHABLE = frozenset(
    f"AWS_IO_{name}"
    for name in (
        "DNS_INVALID_NAME",
        "DNS_QUERY_FAILED",
        "SOCKET_CONNECTION_REFUSED",
        "SOCKET_NETWORK_DOWN",
        "SOCKET_NO_ROUTE_TO_HOST",
        "SOCKET_TIMEOUT",
    )
)
#: Seconds after which a client would have begun.
_BEGINS = 0.5
#: Messages that wait to be taken; then the oldest go.
_KEPT = 1000


class Refused(Exception):
    """The broker said no; the text is what the client saw of it."""


class Line:
    """Up or not, how it ended, and what arrived.

    It knows no `Connection`, so that one which nobody holds any more can end.
    """

    def __init__(
        self, renewing: Renewing | None = None, listener: Callable[[IotMessage], None] | None = None
    ) -> None:
        self._renewing = renewing
        self._listener = listener
        self._changed = threading.Condition()
        self._begun = self._stopped = False
        self._inbox: list[IotMessage] = []
        self.up = False
        #: Stops the client.
        self.give_up: Callable[[], object] = lambda: None
        #: What the client saw of the latest refusal or interruption; empty before any.
        self.ended = ""

    @property
    def callbacks(self) -> dict[str, Callable[[Any], None]]:
        """By the names that awsiotsdk's builders have for them."""
        return {
            "on_lifecycle_attempting_connect": lambda _: self._begin(),
            "on_lifecycle_connection_success": lambda _: self._note(up=True),
            "on_lifecycle_connection_failure": lambda data: self._note(
                up=False, ended=_seen("CONNACK", data.connack_packet, data.exception)
            ),
            "on_lifecycle_disconnection": self._disconnected,
            "on_lifecycle_stopped": lambda _: self._note(up=False, stopped=True),
            "on_publish_received": lambda data: self._arrived(data.publish_packet),
        }

    def wait_for_beginning(self, timeout: float) -> None:
        """Until the first connection stands. Raises Refused where it does not come about."""
        if not self._wait(lambda: self.up or self.ended, timeout):
            raise LabError(f"no answer to CONNECT within {timeout:g} s; is the network there?")
        if not self.up and self.ended in _UNREACHABLE:
            raise LabError(f"nothing answers at the endpoint ({self.ended}); is the network there?")
        if not self.up:
            raise Refused(self.ended)

    def wait_until_up(self, client_id: str, timeout: float) -> None:
        self._wait(lambda: self.up or self._stopped, timeout)
        if not self.up:
            if self._renewing and self._renewing.error:
                raise self._renewing.error
            raise LabError(f"`{client_id}` is not connected: {self.ended or 'no answer'}")

    def wait_for_end(self, timeout: float) -> None:
        """A client that was stopped before it tried to connect says nothing: it is not waited for."""
        self._wait(lambda: self._stopped or self._begun, _BEGINS)
        self._wait(lambda: self._stopped, timeout if self._begun else 0)

    def result(self, future: Future[T], timeout: float) -> T:
        """What the broker answered. Raises Refused where it hung up instead."""
        from awscrt.exceptions import AwsCrtError

        try:
            return future.result(timeout)
        except NotInTime:
            raise LabError(f"the broker has not answered within {timeout:g} s") from None
        except AwsCrtError as error:
            # That the connection ended is told after this, and only then how.
            self._wait(lambda: not self.up, 1.0)
            raise Refused(self.ended or error.name) from None

    def take(self, count: int, topic_filters: tuple[str, ...], timeout: float) -> list[IotMessage]:
        """Up to `count` messages that fit one of the filters, taken out of what arrived."""

        def fits(message: IotMessage) -> bool:
            return any(matches(topic_filter, message.topic) for topic_filter in topic_filters)

        def fitting() -> list[IotMessage]:
            return list(filter(fits, self._inbox))[:count]

        self._wait(lambda: len(fitting()) >= count, timeout)
        with self._changed:
            found = fitting()
            taken = set(map(id, found))
            self._inbox = [each for each in self._inbox if id(each) not in taken]
        return found

    def _wait(self, true: Callable[[], object], timeout: float) -> bool:
        """In short pieces: on Windows nothing interrupts a long wait."""
        end = time.monotonic() + timeout
        with self._changed:
            while not true() and (left := end - time.monotonic()) > 0:
                self._changed.wait(min(left, 0.2))
            return bool(true())

    def _begin(self) -> None:
        with self._changed:
            self._begun = True
            self._changed.notify_all()

    def _disconnected(self, data: Any) -> None:
        """Whoever was put out by a newer one and came back would put that one out, for ever."""
        ended = _seen("DISCONNECT", data.disconnect_packet, data.exception)
        self._note(up=False, ended=ended)
        if ended == "DISCONNECT SESSION_TAKEN_OVER":
            self.give_up()

    def _note(self, *, up: bool, ended: str = "", stopped: bool = False) -> None:
        with self._changed:
            self.up, self._stopped = up, stopped
            self.ended = ended or self.ended
            self._changed.notify_all()

    def _arrived(self, packet: Any) -> None:
        message = IotMessage(packet.topic, bytes(packet.payload or b""), bool(packet.retain))
        if self._listener is not None:
            self._listener(message)
            return
        with self._changed:
            self._inbox = [*self._inbox[1 - _KEPT :], message]
            self._changed.notify_all()


def matches(topic_filter: str, topic: str) -> bool:
    """Whether a topic fits a filter: `+` is one level, `#` all that follow.

    https://docs.aws.amazon.com/iot/latest/developerguide/topics.html#topicfilters
    """
    pattern, levels = topic_filter.split("/"), topic.split("/")
    if pattern[-1] == "#":
        pattern = pattern[:-1]
        levels = levels[: len(pattern)]
    return len(pattern) == len(levels) and all(
        part in ("+", level) for part, level in zip(pattern, levels, strict=True)
    )


def _seen(packet: str, said: Any, error: Any) -> str:
    if said is not None:
        return f"{packet} {said.reason_code.name}"
    return str(getattr(error, "name", error))
