"""Managed login: a user pool's OAuth 2.0 authorization server, and the pages at which a person signs in.

https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-managed-login.html
"""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

from labkit.local.errors import AwsError, Response, internal_failure

if TYPE_CHECKING:
    from labkit.local.state import State
    from labkit.local.wire import Request


def answer(request: Request, state: State) -> Response | None:
    """What a user pool's domain answers, or None where the request is for something else."""
    from labkit.local.managed_login import domains

    with state.lock:
        found = domains.reached(request, state)
        if found is None:
            return None
        from labkit.local.managed_login import endpoints
        from labkit.local.managed_login.pages import rendering

        site, path = found
        if site is None:
            return rendering.no_such_domain()
        try:
            return endpoints.answer(site, path, request, state)
        except AwsError as error:
            return endpoints.failure(site, path, error)
        except Exception as error:
            traceback.print_exc()
            return endpoints.failure(site, path, internal_failure(error, f"at {path[:40]}"))
