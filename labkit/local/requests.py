"""The latest requests to the account, and what became of each.

A real account has them in CloudTrail, minutes later:
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/how-cloudtrail-works.html
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from labkit.local.authentication import ANONYMOUS, Caller
from labkit.local.errors import Response
from labkit.local.operations import Call

if TYPE_CHECKING:
    from labkit.local.state import State

#: Where the bodies of errors have their code, in XML and in JSON (there perhaps after a namespace and `#`).
_CODE = re.compile(rb'<Code>([^<]+)</Code>|"__type"\s*:\s*"(?:[^"#]*#)?([^"]+)"')


@dataclass
class Asked:
    """One request while it is answered: as much as is known of it by then."""

    request_id: str
    call: Call | None = None
    caller: Caller = ANONYMOUS


@dataclass(frozen=True, slots=True)
class Entry:
    """One request that was answered."""

    time: datetime
    service: str
    operation: str
    #: ARN; empty where nobody signed, or nobody was believed.
    principal: str
    status: int
    error_code: str | None
    #: Empty where no policy was asked.
    verdict: str
    request_id: str


class Requests:
    """The latest ones that named an operation; labkit's own, such as reading this log, are not among them."""

    def __init__(self, state: State, capacity: int = 500) -> None:
        self._state = state
        self._entries: deque[Entry] = deque(maxlen=capacity)

    def note(self, asked: Asked, response: Response) -> None:
        call = asked.call
        if call is None or call.service == "labkit":
            return
        status, headers, body = response
        decision = self._state.decisions.get(asked.request_id)
        entry = Entry(
            time=self._state.clock.now(),
            service=call.service,
            operation=call.operation,
            principal=asked.caller.arn,
            status=status,
            error_code=_error_code(headers, body) if status >= 400 else None,
            verdict=decision.verdict.name if decision else "",
            request_id=asked.request_id,
        )
        self._entries.append(entry)

    def __iter__(self) -> Iterator[Entry]:
        """Oldest first."""
        return iter(tuple(self._entries))


def _error_code(headers: Mapping[str, str], body: bytes) -> str | None:
    """S3's HEAD has none: its answer is the status alone."""
    told = next((value for name, value in headers.items() if name.lower() == "x-amzn-errortype"), "")
    if told:
        return told.partition(":")[0]
    found = _CODE.search(body)
    return (found[1] or found[2]).decode("utf-8", "replace") if found else None
