"""Lists in pages: "the paginated list from a single chain of requests won't return duplicates"."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError
from labkit.local.operations import Call

if TYPE_CHECKING:
    from labkit.local.state import State

_MOST = 60
#: "Amazon Cognito expires the pagination token after one hour."
#: https://docs.aws.amazon.com/cognito/latest/developerguide/how-to-manage-user-accounts.html
_VALIDITY = timedelta(hours=1)


def page(
    found: Sequence[Any], call: Call, token_name: str, limit_name: str, state: State
) -> tuple[Sequence[Any], dict[str, str]]:
    """The page that the call's token stands for, and the token of the next one, if there is one."""
    begin = _position(call.parameters.get(token_name), state)
    end = begin + min(call.parameters.get(limit_name) or _MOST, _MOST)
    if end >= len(found):
        return found[begin:end], {}
    token = f"{end} {int(state.clock.now().timestamp())}"
    return found[begin:end], {token_name: base64.urlsafe_b64encode(token.encode()).decode()}


def _position(token: str | None, state: State) -> int:
    if token is None:
        return 0
    try:
        match = re.fullmatch(rb"([0-9]{1,9}) ([0-9]{1,12})", base64.urlsafe_b64decode(token))
    except ValueError:
        match = None
    if match is None:
        raise AwsError("InvalidParameterException", "Invalid pagination token.")
    if state.clock.now().timestamp() - int(match[2]) >= _VALIDITY.total_seconds():
        raise AwsError("InvalidParameterException", "The pagination token has expired.")
    return int(match[1])
