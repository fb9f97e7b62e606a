"""The API calls that clients really made, taken from botocore's own events.

https://botocore.amazonaws.com/v1/documentation/api/latest/topics/events.html
"""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from labkit.record import ApiCall, masked

_CONTEXT = "labkit"


class Recorder:
    """Collects `ApiCall`s for whoever asked, in the thread that asked."""

    def __init__(self) -> None:
        self._thread = threading.local()

    @contextmanager
    def record(self) -> Iterator[list[ApiCall]]:
        """Collect the calls of this thread until the block ends; blocks may be nested."""
        collected: list[ApiCall] = []
        self._listeners.append(collected)
        try:
            yield collected
        finally:
            # By identity: two nested lists may be equal.
            self._thread.listeners = [other for other in self._listeners if other is not collected]

    def add(self, call: ApiCall) -> None:
        """Keep a call that no client made: one of a User Pool's domain."""
        for listener in self._listeners:
            listener.append(call)

    def attach(self, events: Any) -> None:
        """Watch a client's `meta.events`."""
        events.register_last("before-parameter-build", self._built)
        events.register_last("request-created", self._created)
        events.register("after-call", self._answered)

    @property
    def _listeners(self) -> list[list[ApiCall]]:
        if not hasattr(self._thread, "listeners"):
            self._thread.listeners = []
        listeners: list[list[ApiCall]] = self._thread.listeners
        return listeners

    def _built(self, params: Mapping[str, Any], context: dict[str, Any], **_: Any) -> None:
        if self._listeners:
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
