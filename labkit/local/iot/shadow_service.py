"""The Device Shadow service: requests over MQTT and by the API, and what the account publishes of each.

https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-data-flow.html

Over MQTT a request needs `iot:Publish` on its topic, and its answers `iot:Subscribe` and `iot:Receive` on
theirs. The API alone asks for `iot:GetThingShadow`, `iot:UpdateThingShadow` and `iot:DeleteThingShadow`:
https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-mqtt.html (the example policies)
https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-rest-api.html (Authorization)
"""

from __future__ import annotations

from collections.abc import Callable

from labkit.local.iot.shadows import Rejected, ShadowName, ShadowRequest, Shadows, Update, Updated
from labkit.local.iot.shadows.requests import client_token
from labkit.local.iot.shadows.store import Document, with_token, written
from labkit.local.mqtt.contract import Message


class ShadowService:
    """One set of shadows behind both ways in.

    `publish` delivers a message of the account's own; `now` tells the account's second.
    """

    def __init__(
        self, shadows: Shadows, publish: Callable[[Message], object], now: Callable[[], int]
    ) -> None:
        self._shadows, self._publish, self._now = shadows, publish, now

    def get(self, name: ShadowName) -> Document:
        """GetThingShadow. Nothing is published: no document says that somebody else's reading is told."""
        return self._shadows.get(name).answer(self._now())

    def update(self, name: ShadowName, payload: bytes) -> Document:
        """UpdateThingShadow: whoever subscribes learns of the update, and of what still differs."""
        updated = self._shadows.update(name, Update.read(payload), self._now())
        self._tell(name, updated)
        return updated.accepted

    def delete(self, name: ShadowName, *, token: str | None = None) -> Document:
        """DeleteThingShadow: AWS publishes to `delete/accepted` "when a device's shadow is deleted"."""
        last = self._shadows.delete(name)
        answer = with_token({"version": last.version, "timestamp": self._now()}, token)
        self._send(name, "delete/accepted", answer)
        return answer

    def named(self, thing: str) -> list[str]:
        return self._shadows.named(thing)

    def handle(self, request: ShadowRequest, payload: bytes) -> None:
        """A message to a shadow's topic; it is answered on `…/accepted` or `…/rejected`."""
        name, operation = request
        try:
            self._perform(name, operation, payload)
        except Rejected as rejected:
            self._send(name, f"{operation}/rejected", rejected.document)

    def _perform(self, name: ShadowName, operation: str, payload: bytes) -> None:
        if operation == "update":
            self.update(name, payload)
            return
        token = _ignoring(payload) if operation == "delete" else client_token(payload)
        try:
            if operation == "delete":
                self.delete(name, token=token)
            else:
                self._send(name, "get/accepted", with_token(self.get(name), token))
        except Rejected as rejected:
            rejected.client_token = token
            raise

    def _tell(self, name: ShadowName, updated: Updated) -> None:
        if updated.delta is not None:
            self._send(name, "update/delta", updated.delta)
        self._send(name, "update/accepted", updated.accepted)
        self._send(name, "update/documents", updated.documents)

    def _send(self, name: ShadowName, suffix: str, document: Document) -> None:
        self._publish(Message(name.topic(suffix), written(document), qos=1))


def _ignoring(payload: bytes) -> str | None:
    """The client token of a message whose content "is ignored" otherwise.

    https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-mqtt.html#delete-pub-sub-topic
    """
    try:
        return client_token(payload)
    except Rejected:
        return None
