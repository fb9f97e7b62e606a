"""Device Shadows: what is wanted of a Thing, and what it says of itself, also while it sleeps.

Over HTTPS by the operations of the data API, over MQTT by messages on reserved topics.
https://docs.aws.amazon.com/iot/latest/developerguide/iot-device-shadows.html
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from botocore import xform_name

from labkit.account import Account
from labkit.errors import LabError
from labkit.flow.access import Signer, attempt
from labkit.flow.mqtt import TIMEOUT, Connection
from labkit.resources import Attempt
from labkit.things import IotAttempt, Shadow, Thing

State = Mapping[str, Any]


def get_thing_shadow(account: Account, credentials: Signer, thing: Thing, name: str = "") -> Attempt:
    """The shadow, over HTTPS; the output is a `Shadow`."""
    return _call(account, credentials, "GetThingShadow", thing, name)


def update_thing_shadow(
    account: Account,
    credentials: Signer,
    thing: Thing,
    *,
    desired: State | None = None,
    reported: State | None = None,
    name: str = "",
) -> Attempt:
    """Merge into the shadow, over HTTPS; the output is a `Shadow` with what was accepted."""
    payload = json.dumps({"state": _state(desired, reported)})
    return _call(account, credentials, "UpdateThingShadow", thing, name, payload=payload)


def delete_thing_shadow(account: Account, credentials: Signer, thing: Thing, name: str = "") -> Attempt:
    """Remove the shadow, over HTTPS."""
    return _call(account, credentials, "DeleteThingShadow", thing, name)


def get(connection: Connection, thing: Thing, name: str = "") -> IotAttempt:
    """The shadow, over MQTT; the output is a `Shadow`."""
    return _ask(connection, thing, name, "get", {})


def update(
    connection: Connection,
    thing: Thing,
    *,
    desired: State | None = None,
    reported: State | None = None,
    name: str = "",
) -> IotAttempt:
    """Merge into the shadow, over MQTT; the output is a `Shadow` with what was accepted."""
    return _ask(connection, thing, name, "update", {"state": _state(desired, reported)})


def delete(connection: Connection, thing: Thing, name: str = "") -> IotAttempt:
    """Remove the shadow, over MQTT."""
    return _ask(connection, thing, name, "delete", {})


def wait_until_settled(connection: Connection, thing: Thing, *, timeout: float = TIMEOUT) -> Shadow:
    """The shadow once its Thing has done all that is desired. Raises LabError where that takes too long."""
    end = time.monotonic() + timeout
    while True:
        found = get(connection, thing)
        if not found.allowed:
            raise LabError(f"the shadow of `{thing.name}` cannot be read: {found.saw}")
        shadow: Shadow = found.output
        if not shadow.delta:
            return shadow
        if time.monotonic() > end:
            raise LabError(
                f"`{thing.name}` has not done what is desired within {timeout:g} s; is it running?"
            )
        time.sleep(0.1)


def topic(thing: str, operation: str, name: str = "") -> str:
    """https://docs.aws.amazon.com/iot/latest/developerguide/reserved-topics.html#reserved-topics-shadow"""
    return f"$aws/things/{thing}/shadow/{f'name/{name}/' if name else ''}{operation}"


def shadow_of(thing: str, document: Mapping[str, Any], name: str = "") -> Shadow:
    """A shadow's document, as AWS writes it, as a record."""
    state = document.get("state") or {}
    return Shadow(
        thing,
        desired=state.get("desired") or {},
        reported=state.get("reported") or {},
        delta=state.get("delta") or {},
        version=document.get("version", 0),
        name=name,
    )


def _state(desired: State | None, reported: State | None) -> dict[str, State]:
    given = {"desired": desired, "reported": reported}
    return {side: state for side, state in given.items() if state is not None}


def _call(
    account: Account, credentials: Signer, operation: str, thing: Thing, name: str, **more: Any
) -> Attempt:
    call = getattr(account.client("iot-data", credentials), xform_name(operation))
    named = {"shadowName": name} if name else {}
    return attempt(
        account,
        f"iot:{operation}",
        thing.arn,
        lambda: call(thingName=thing.name, **named, **more),
        lambda answer: shadow_of(thing.name, json.loads(answer["payload"].read()), name),
    )


def _ask(
    connection: Connection, thing: Thing, name: str, operation: str, document: Mapping[str, Any]
) -> IotAttempt:
    """Ask on one topic, and hear the answer on another: `accepted` or `rejected`."""
    asked, token = topic(thing.name, operation, name), secrets.token_hex(8)
    answers = f"{asked}/accepted", f"{asked}/rejected"
    for answer in answers:
        heard = connection.subscribe(answer)
        if not heard.allowed:
            return heard
    sent = connection.publish(asked, {**document, "clientToken": token})
    if not sent.allowed:
        return sent
    while True:
        (message,) = connection.take(1, *answers)
        said = message.json()
        if said.get("clientToken") == token:
            return _answered(sent, message.topic == answers[0], said, thing.name, name)


def _answered(sent: IotAttempt, accepted: bool, said: Mapping[str, Any], thing: str, name: str) -> IotAttempt:
    """https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-error-messages.html"""
    if accepted:
        return replace(sent, saw="accepted", output=shadow_of(thing, said, name))
    return replace(sent, allowed=False, saw=f"rejected: {said.get('code')} {said.get('message')}")
