"""The outside world on loopback: identity providers that stand in for those a user pool federates with.

Below `/_idp/NAME/` they have the paths, the messages and the claims of Google, Facebook, Login with Amazon,
Sign in with Apple, and of Example Corp, whose directory speaks OpenID Connect and SAML 2.0. They know nothing
of the account that they share a server with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.local.errors import Response

if TYPE_CHECKING:
    from labkit.local.state import State
    from labkit.local.wire import Request


def answer(request: Request, state: State) -> Response | None:
    """What a stand-in answers, or None where the request is for something else."""
    if not request.path.startswith("/_idp/"):
        return None
    with state.lock:
        from labkit.local.lab_idp import endpoints

        return endpoints.answer(request, state)
