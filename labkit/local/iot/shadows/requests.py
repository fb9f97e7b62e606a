"""Request state documents: what a client may ask of a shadow.

https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-document.html (Request state document)
"""

from __future__ import annotations

import json
import math
from typing import Any, NamedTuple, NoReturn

from labkit.local.iot.shadows import rejections, state
from labkit.local.iot.shadows.rejections import Rejected

#: "A client token that is longer than 64 bytes causes a 400 (Bad Request) response."
MAX_CLIENT_TOKEN = 64
#: "JSON contains too many levels of nesting; maximum is 6": the levels of `desired` and of `reported`, as
#: https://github.com/aws-greengrass/aws-greengrass-shadow-manager/pull/122 counts them.
MAX_LEVELS = 6

SECTIONS = ("desired", "reported")


class Update(NamedTuple):
    """A valid request to update a shadow."""

    #: `desired`, `reported`, both or neither, as they were given; None for `"state": null`.
    state: dict[str, Any] | None
    client_token: str | None = None
    #: The version that the sender believes to be the latest one.
    version: int | None = None

    @classmethod
    def read(cls, payload: bytes) -> Update:
        """Raises Rejected, with the client token where there is a good one."""
        document = _object(payload)
        token = _client_token(document)
        try:
            return cls(_state(document), token, _version(document))
        except Rejected as rejected:
            rejected.client_token = token
            raise


def client_token(payload: bytes) -> str | None:
    """The client token of a request that needs no document; an empty message has none."""
    return _client_token(_object(payload)) if payload else None


def _object(payload: bytes) -> dict[str, Any]:
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        raise rejections.not_utf8() from None
    try:
        document = json.loads(text, parse_constant=_no_json, parse_float=_finite)
    except RecursionError:
        raise _too_deep() from None
    except ValueError:
        raise rejections.invalid_json() from None
    if not isinstance(document, dict):
        raise rejections.invalid_json()
    return document


def _no_json(name: str) -> NoReturn:
    raise ValueError(f"`{name}` is no JSON")


def _finite(text: str) -> float:
    """Python reads 1e999 as infinity, which could not be written again."""
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"`{text[:20]}` is out of range")
    return value


def _client_token(document: dict[str, Any]) -> str | None:
    if "clientToken" not in document:
        return None
    token = document["clientToken"]
    if not isinstance(token, str) or not _is_text(token) or len(token.encode()) > MAX_CLIENT_TOKEN:
        raise rejections.invalid_client_token()
    return token


def _state(document: dict[str, Any]) -> dict[str, Any] | None:
    if "state" not in document:
        raise Rejected(400, "Missing required node: state")
    given = document["state"]
    if given is None:  # "Setting the device's shadow state to null does not delete the shadow."
        return None
    if not isinstance(given, dict):
        raise Rejected(400, "State node must be an object")
    for section in SECTIONS:
        if not isinstance(given.get(section), dict | None):
            raise Rejected(400, f"{section.capitalize()} node must be an object")
    _require_valid_nodes(given)
    return given


def _require_valid_nodes(given: dict[str, Any]) -> None:
    unknown = next((name for name in given if name not in SECTIONS), None)
    if unknown is not None:
        raise Rejected(400, f"State contains an invalid node: '{unknown}'")
    if any(state.deeper_than(section, MAX_LEVELS) for section in given.values()):
        raise _too_deep()
    if any(map(state.null_in_array, given.values())):
        # "Arrays can't have null values"; the text of this refusal is not documented.
        raise Rejected(400, "State contains an invalid node")
    if not _is_text(json.dumps(given, ensure_ascii=False)):
        raise rejections.invalid_json()


def _too_deep() -> Rejected:
    return Rejected(400, f"JSON contains too many levels of nesting; maximum is {MAX_LEVELS}")


def _version(document: dict[str, Any]) -> int | None:
    if "version" not in document:
        return None
    version = document["version"]
    if isinstance(version, bool) or not isinstance(version, int) or version < 0:
        raise Rejected(400, "Invalid version")
    return version


def _is_text(value: str) -> bool:
    """Whether a string can be written in UTF-8; JSON's escapes can name half a character."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
