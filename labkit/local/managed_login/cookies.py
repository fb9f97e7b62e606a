"""The two cookies of a domain: who is signed in, and which browser this is.

https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-managed-login.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.local.managed_login.state import SESSION_VALIDITY

if TYPE_CHECKING:
    from labkit.local.wire import Request

#: As AWS calls them.
SESSION, BROWSER = "cognito", "XSRF-TOKEN"


def given(request: Request, name: str) -> str:
    """The value of a cookie; empty where it is missing. Of two that are called so the first counts.

    Other programs of this machine set cookies for the same host, some in no form that `http.cookies` reads.
    The ones with the longest path come first (RFC 6265, section 5.4), and those are this domain's.
    """
    pairs = (part.partition("=") for part in request.headers.get("cookie", "").split(";"))
    return next((value.strip() for given, _, value in pairs if given.strip() == name), "")


def session(value: str, base: str, *, secure: bool) -> str:
    """Set-Cookie for a session; an empty value ends it."""
    age = int(SESSION_VALIDITY.total_seconds()) if value else 0
    return _set(SESSION, value, base, secure=secure) + f"; Max-Age={age}"


def browser(value: str, base: str, *, secure: bool) -> str:
    return _set(BROWSER, value, base, secure=secure)


def _set(name: str, value: str, base: str, *, secure: bool) -> str:
    """`Lax`: a session must come along when an app sends the browser here. On plain HTTP, which is this
    machine, `Secure` would keep the cookie from most clients."""
    return f"{name}={value}; Path={base}/; HttpOnly; SameSite=Lax" + ("; Secure" if secure else "")
