"""What moto keeps of AWS IoT: Things, types, groups, certificates and policies of one Region."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from labkit.local.errors import AwsError

if TYPE_CHECKING:
    from labkit.local.state import State

T = TypeVar("T")

_IDENTITY_ID = re.compile(r"[\w-]+:[0-9a-f-]{36}")
#: "The results are paginated with a default page size of 25." (ListCertificates)
_PAGE = 25


def registry(region: str, state: State) -> Any:
    """moto's backend of that Region."""
    from moto.iot.models import iot_backends

    return iot_backends[state.account_id][region]


def arn(region: str, resource: str, state: State) -> str:
    return state.arn("iot", resource, region=region)


def not_found(sentence: str) -> AwsError:
    return AwsError("ResourceNotFoundException", sentence, 404)


def invalid(sentence: str) -> AwsError:
    return AwsError("InvalidRequestException", sentence)


def thing_named(name: str, region: str, state: State) -> Any:
    """moto's Thing of that name, or None."""
    return registry(region, state).things.get(arn(region, f"thing/{name}", state))


def require_thing(name: str, region: str, state: State) -> Any:
    thing = thing_named(name, region, state)
    if thing is None:
        raise not_found(f"Thing {name} does not exist.")
    return thing


def require_principal(principal: str, region: str, state: State) -> None:
    """Raise where `principal` is neither a certificate of the account nor one of its Cognito identities."""
    if ":cert/" in principal:
        if all(each.arn != principal for each in registry(region, state).certificates.values()):
            raise not_found(f"Certificate {principal} does not exist.")
    elif _IDENTITY_ID.fullmatch(principal):
        pools = state.identity_pools.pools.values()
        if all(principal not in pool.identities for pool in pools):
            raise not_found(f"Cognito identity {principal} does not exist.")
    else:
        raise invalid(f"Invalid principal: {principal}")


def require_target(target: str, region: str, state: State) -> None:
    """Raise where a policy cannot be attached to `target`: no principal, and no thing group."""
    if ":thinggroup/" not in target:
        require_principal(target, region, state)
    elif target not in registry(region, state).thing_groups:
        raise not_found(f"No thing group with ARN {target} exists")


def page(items: Sequence[T], token: str | None, size: int | None) -> tuple[Sequence[T], str | None]:
    """The items from where `token` points, and the token of those that follow."""
    start = _place(token)
    end = start + (size or _PAGE)
    more = base64.b64encode(str(end).encode()).decode() if end < len(items) else None
    return items[start:end], more


def _place(token: str | None) -> int:
    try:
        text = base64.b64decode(token or "MA==", validate=True).decode()
    except (binascii.Error, ValueError):
        text = ""
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise invalid("The token is not one of this operation's.")
    return int(text)
