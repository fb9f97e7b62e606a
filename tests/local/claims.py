"""What a test's `operation` marks claim, held against what the account answered while the test ran.

`labkit coverage` counts these marks; a mark that claims what its test does not show fails that test.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs

import pytest

from labkit.local import wire
from labkit.local.app import LocalApp
from labkit.local.errors import AwsError
from labkit.local.operations import identify

#: The outcome of a call that was accepted; every other outcome is an error code.
ACCEPTED, NOT_SIMULATED = "accepted", "NotSimulated"

_SERVICES = {
    "AWSCognitoIdentityProviderService": "cognito-idp",
    "AWSCognitoIdentityService": "cognito-identity",
    "2011-06-15": "sts",
}
#: The services with REST APIs whose operations are marked.
_SIGNED_FOR = re.compile(r"Credential=[^,]*/(iotdata)/aws4_request")
_CODE = re.compile(rb'"__type": ?"([^"]+)"|<Code>([^<]+)</Code>')


@dataclass(frozen=True, order=True)
class Answer:
    """One operation's answer: `accepted`, or the code of its error."""

    operation: str
    outcome: str


@dataclass
class Claims:
    """The answers that each test function has seen, over all of its cases."""

    _cases: dict[str, int] = field(default_factory=dict)
    _seen: dict[str, set[Answer]] = field(default_factory=dict)
    _now: set[Answer] = field(default_factory=set)

    def expect(self, items: Iterable[pytest.Item]) -> None:
        """The cases of a test function, before any of them is deselected."""
        for item in items:
            name = _function(item)
            self._cases[name] = self._cases.get(name, 0) + 1

    def begin(self) -> None:
        self._now = set()

    def hear(self, answer: Answer) -> None:
        self._now.add(answer)

    def settle(self, item: pytest.Item) -> None:
        """After a case that passed; with its function's last one every claim must have been seen."""
        name = _function(item)
        seen = self._seen.setdefault(name, set())
        seen |= self._now
        self._cases[name] -= 1
        unseen = [claim for claim, shown in _claims(item, seen) if not shown]
        if unseen and not self._cases[name]:
            answered = ", ".join(sorted(f"{a.operation} → {a.outcome}" for a in seen))
            pytest.fail(
                f"marked, but never answered: {'; '.join(unseen)} (answered: {answered or 'nothing'})"
            )


def _function(item: pytest.Item) -> str:
    return item.nodeid.partition("[")[0]


def _claims(item: pytest.Item, seen: set[Answer]) -> Iterator[tuple[str, bool]]:
    """Each claim of the item's marks, and whether it was seen."""
    for mark in item.iter_markers("operation"):
        missing = mark.kwargs.get("missing")
        for operation in mark.args:
            accepted = Answer(operation, ACCEPTED) in seen
            if missing:
                accepted |= Answer(operation, NOT_SIMULATED) in seen
            yield f"{operation} → {ACCEPTED}", accepted
            for code in refusals(mark):
                yield f"{operation} → {code}", Answer(operation, code) in seen


def refusals(mark: pytest.Mark) -> tuple[str, ...]:
    given = mark.kwargs.get("refuses", ())
    return (given,) if isinstance(given, str) else tuple(given)


def overheard(hear: Callable[[Answer], None]) -> Callable[..., Iterable[bytes]]:
    """`LocalApp.__call__`, and whatever a marked API answers is told to `hear`."""
    answer: Any = LocalApp.__call__

    def call(app: LocalApp, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        operation, statuses = _operation(environ), []

        def start(status: str, *rest: Any) -> Any:
            statuses.append(int(status[:3]))
            return start_response(status, *rest)

        body = b"".join(answer(app, environ, start))
        if operation:
            code = _CODE.search(body) if statuses[0] >= 400 else None
            hear(Answer(operation, _text(code) if code else ACCEPTED))
        return (body,)

    return call


def _text(code: re.Match[bytes]) -> str:
    return (code[1] or code[2]).decode().rpartition("#")[2]


def _operation(environ: dict[str, Any]) -> str:
    """`service:Operation` as the request says it on the wire."""
    target, _, operation = environ.get("HTTP_X_AMZ_TARGET", "").partition(".")
    if rest := _SIGNED_FOR.search(environ.get("HTTP_AUTHORIZATION", "")):
        return _rest_operation(environ, rest[1])
    if not target:
        form = parse_qs(environ.get("QUERY_STRING", "")) | parse_qs(_form(environ))
        target, operation = form.get("Version", [""])[0], form.get("Action", [""])[0]
    return f"{_SERVICES[target]}:{operation}" if target in _SERVICES else ""


def _rest_operation(environ: dict[str, Any], signing_name: str) -> str:
    """By method and path, without the body, which stays there to be read."""
    bare = environ | {"wsgi.input": BytesIO(), "CONTENT_LENGTH": "0", "HTTP_TRANSFER_ENCODING": ""}
    service = {"iotdata": "iot-data"}.get(signing_name, signing_name)
    try:
        return f"{service}:{identify(wire.read(bare), service, 'us-east-1').operation}"
    except AwsError:
        return ""


def _form(environ: dict[str, Any]) -> str:
    """The body of a form, which stays there to be read again."""
    if "form" not in (environ.get("CONTENT_TYPE") or ""):
        return ""
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = BytesIO(body)
    return str(body.decode("utf-8", "replace"))
