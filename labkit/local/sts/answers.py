"""Credentials as STS answers them."""

from __future__ import annotations

from typing import Any

from labkit.local.sessions import Session


def credentials(session: Session) -> dict[str, Any]:
    keys = {
        "AccessKeyId": session.access_key_id,
        "SecretAccessKey": session.secret_access_key.reveal(),
        "SessionToken": session.session_token.reveal(),
        "Expiration": session.expiration,
    }
    return {"Credentials": keys}
