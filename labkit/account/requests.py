"""The latest requests to an account: the local one tells them at once, a real one later and elsewhere."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Protocol

from labkit.account.control import Control
from labkit.errors import LabError
from labkit.record import LoggedRequest


class Requests(Protocol):
    """What an account was asked."""

    def latest(self) -> list[LoggedRequest]: ...


class LocalRequests:
    """The local account keeps the latest 500."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def latest(self) -> list[LoggedRequest]:
        return [_logged(item) for item in self._control.call("ReadRequests")["Requests"]]


class CloudTrail:
    """https://docs.aws.amazon.com/awscloudtrail/latest/userguide/view-cloudtrail-events.html"""

    def latest(self) -> list[LoggedRequest]:
        raise LabError("a real account tells its requests in AWS CloudTrail only, some minutes later")


def _logged(item: dict[str, Any]) -> LoggedRequest:
    return LoggedRequest(
        time=datetime.fromtimestamp(item["Time"], UTC),
        service=item["Service"],
        operation=item["Operation"],
        principal=item["Principal"],
        status=item["Status"],
        error_code=item.get("ErrorCode"),
        verdict=item["Verdict"],
        request_id=item["RequestId"],
    )
