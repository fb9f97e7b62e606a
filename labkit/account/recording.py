"""The API calls that clients really made, taken from botocore's own events.

https://botocore.amazonaws.com/v1/documentation/api/latest/topics/events.html
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from labkit.errors import LabError
from labkit.record import ApiCall, masked

_CONTEXT = "labkit"


@dataclass(eq=False)
class _Block:
    """A `with … record()` that has not ended."""

    #: Whose clients it listens to; None is anybody's.
    recorder: Recorder | None
    calls: list[ApiCall] = field(default_factory=list)


#: The blocks around the code that is running, of this thread (or asyncio task) alone.
_BLOCKS: ContextVar[tuple[_Block, ...]] = ContextVar("labkit_blocks", default=())


@contextmanager
def record(*clients: Any) -> Iterator[list[ApiCall]]:
    """`with labkit.record() as calls:` collects the API calls of the block, through any account's clients.

    A boto3 client that no account made is watched where it is named: `labkit.record(boto3.client("s3"))`.
    Calls of other threads are not collected. Blocks may be nested. Raises LabError for what is no client.
    """
    with ExitStack() as watched:
        for client in clients:
            watched.enter_context(_watching(client))
        yield watched.enter_context(_collecting(None))


@contextmanager
def _watching(client: Any) -> Iterator[None]:
    events = getattr(getattr(client, "meta", None), "events", None)
    if events is None:
        raise LabError(f"only a boto3 client can be recorded: got `{type(client).__name__}`")
    recorder = Recorder()
    recorder.attach(events)
    try:
        yield
    finally:
        recorder.detach(events)


@contextmanager
def _collecting(recorder: Recorder | None) -> Iterator[list[ApiCall]]:
    block = _Block(recorder)
    _BLOCKS.set((*_BLOCKS.get(), block))
    try:
        yield block.calls
    finally:
        _BLOCKS.set(tuple(other for other in _BLOCKS.get() if other is not block))


class Recorder:
    """Hears the calls of the clients that it is attached to, and tells whoever listens."""

    def record(self) -> AbstractContextManager[list[ApiCall]]:
        """Collect the calls of this thread until the block ends; blocks may be nested."""
        return _collecting(self)

    def add(self, call: ApiCall) -> None:
        """Keep a call that no client made: one of a User Pool's domain."""
        for block in _BLOCKS.get():
            if block.recorder in (None, self):
                block.calls.append(call)

    def attach(self, events: Any) -> None:
        """Watch a client's `meta.events`; of several recorders there, the first hears for all."""
        events.register_last("before-parameter-build", self._built, *_once("built"))
        events.register_last("request-created", self._created, *_once("created"))
        events.register("after-call", self._answered, *_once("answered"))

    def detach(self, events: Any) -> None:
        events.unregister("before-parameter-build", self._built, *_once("built"))
        events.unregister("request-created", self._created, *_once("created"))
        events.unregister("after-call", self._answered, *_once("answered"))

    def _built(self, params: Mapping[str, Any], context: dict[str, Any], **_: Any) -> None:
        if _BLOCKS.get():
            request = masked(_plain(params))
            context[_CONTEXT] = {"request": request, "started": datetime.now(UTC), "signed": False}

    def _created(self, request: Any, **_: Any) -> None:
        """Runs after the signer, and once more for each retry."""
        if _CONTEXT in request.context:
            request.context[_CONTEXT]["signed"] = "Authorization" in request.headers

    def _answered(
        self, http_response: Any, parsed: dict[str, Any], model: Any, context: dict[str, Any], **_: Any
    ) -> None:
        if _CONTEXT not in context:
            return
        metadata = parsed.get("ResponseMetadata", {})
        answer = {key: value for key, value in parsed.items() if key != "ResponseMetadata"}
        call = ApiCall(
            service=model.service_model.service_name,
            operation=model.name,
            response=masked(_plain(answer)),
            status=http_response.status_code,
            error_code=parsed.get("Error", {}).get("Code"),
            request_id=metadata.get("RequestId", ""),
            duration=datetime.now(UTC) - context[_CONTEXT]["started"],
            **context[_CONTEXT],
        )
        self.add(call)


def _once(name: str) -> tuple[str, bool]:
    """botocore's `unique_id`, counted: registered twice it is called once, until it is unregistered twice."""
    return f"labkit-{name}", True


def _plain(value: Any) -> Any:
    """`value` without what a record cannot keep: bytes become their length, streams a word."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, bytes | bytearray):
        return f"<{len(value)} bytes>"
    if isinstance(value, io.BytesIO):
        return f"<{value.getbuffer().nbytes} bytes>"
    return "<stream>" if hasattr(value, "read") else value
