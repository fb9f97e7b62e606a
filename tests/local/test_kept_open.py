"""A connection that is kept open: who answers its next request, and that it makes nobody wait."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from itertools import pairwise
from typing import Any

import pytest

from labkit.local.kept_open import MOMENT
from labkit.local.server import Server


def thread_name(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """An app that says which thread answers."""
    body = threading.current_thread().name.encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(thread_name) as started:
        yield started


def connection(server: Server) -> HTTPConnection:
    return HTTPConnection("127.0.0.1", server.port, timeout=5)


def ask(http: HTTPConnection) -> str:
    http.request("GET", "/")
    return http.getresponse().read().decode()


def test_who_asks_again_at_once_is_answered_by_the_same_thread(server: Server) -> None:
    with closing(connection(server)) as http:
        # A machine under load may pause for longer than the moment; not between all of them.
        names = [ask(http) for _ in range(50)]
    assert sum(name == following for name, following in pairwise(names)) > 25


def test_who_asks_later_is_answered_over_the_same_connection(server: Server) -> None:
    with closing(connection(server)) as http:
        ask(http)
        kept = http.sock
        for _ in range(3):
            time.sleep(20 * MOMENT)
            assert ask(http)
            assert http.sock is kept


def test_requests_that_come_in_one_piece_are_all_answered(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as pipe:
        pipe.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" * 2)
        pipe.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        answers = b"".join(iter(lambda: pipe.recv(4096), b""))
    assert answers.count(b"200 OK") == 3


def test_a_connection_that_never_pauses_leaves_the_only_thread_to_others() -> None:
    stop = threading.Event()

    def busy(http: HTTPConnection) -> None:
        while not stop.is_set():
            ask(http)

    with Server(thread_name, workers=1) as server, closing(connection(server)) as greedy:
        assert ask(greedy)
        thread = threading.Thread(target=busy, args=(greedy,))
        thread.start()
        try:
            for _ in range(5):
                with closing(connection(server)) as other:
                    assert ask(other)
        finally:
            stop.set()
            thread.join()


def test_a_whole_class_may_connect_at_once() -> None:
    """Whoever finds no place to wait is reset, or tries again for seconds and minutes."""
    server = Server(thread_name)
    with ExitStack() as stack:
        waiting = [stack.enter_context(closing(connection(server))) for _ in range(200)]
        for http in waiting:
            http.connect()
        with server:
            assert all(ask(http) for http in waiting)


def test_a_connection_that_ends_leaves_its_thread_to_others() -> None:
    with Server(thread_name, workers=1) as server:
        for _ in range(3):
            with closing(connection(server)) as http:
                assert ask(http)
