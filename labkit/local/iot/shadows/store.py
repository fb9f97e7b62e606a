"""The shadows of an account, their versions, and the documents that tell of them.

https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-document.html (Response state documents)
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from labkit.local.iot.shadows import rejections, state
from labkit.local.iot.shadows.names import ShadowName
from labkit.local.iot.shadows.rejections import Rejected
from labkit.local.iot.shadows.requests import SECTIONS, Update
from labkit.local.iot.shadows.state import Section

#: "The device's shadow supports 8 KB of data only": `desired` and `reported`, without metadata.
#: https://docs.aws.amazon.com/iot/latest/developerguide/diagnosing-shadows.html
MAX_SIZE = 8192

Document = dict[str, Any]


@dataclass(frozen=True)
class Shadow:
    """One version of one shadow. A section that is empty is not there."""

    version: int
    sections: Mapping[str, Section] = field(default_factory=dict)
    #: The second of each value's last update, in the shape of `sections`.
    stamps: Mapping[str, Section] = field(default_factory=dict)

    @property
    def delta(self) -> Section:
        """What is desired and not reported; a virtual section."""
        return state.delta(self.sections.get("desired", {}), self.sections.get("reported", {}))

    @property
    def size(self) -> int:
        return sum(len(written(section)) for section in self.sections.values())

    def updated(self, wanted: Mapping[str, Section | None] | None, timestamp: int) -> Shadow:
        """The next version; null takes away a section, or with `"state": null` both."""
        patch = dict.fromkeys(SECTIONS) if wanted is None else wanted
        return Shadow(
            self.version + 1,
            state.merged(dict(self.sections), dict(patch)),
            state.merged(dict(self.stamps), state.stamps(dict(patch), timestamp)),
        )

    @property
    def document(self) -> Document:
        """State, metadata and version, as /update/documents has them."""
        return {
            "state": dict(self.sections),
            "metadata": state.metadata(dict(self.stamps)),
            "version": self.version,
        }

    def answer(self, timestamp: int) -> Document:
        """What a request to get the shadow is answered with: the delta is in its state.

        Metadata "contains the timestamps for each attribute in the desired and reported sections".
        """
        document = self.document
        if found := self.delta:
            document["state"]["delta"] = found
        return document | {"timestamp": timestamp}


@dataclass(frozen=True)
class Updated:
    """An update that was accepted, and what AWS tells of it."""

    request: Update
    #: None where there was no shadow before.
    previous: Shadow | None
    current: Shadow
    timestamp: int

    @property
    def accepted(self) -> Document:
        """The request's own fields: it "contains only fields that were in the request state document"."""
        stamped = state.stamps(self.request.state, self.timestamp)
        return self._told(self.request.state, state.metadata(stamped, removed=self.timestamp))

    @property
    def delta(self) -> Document | None:
        """Whatever differs, "regardless of whether these attributes were contained in the current update".

        https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-mqtt.html#update-delta-rules
        """
        found = self.current.delta
        if not found:
            return None
        return self._told(found, state.metadata(state.restricted(self.current.stamps["desired"], found)))

    @property
    def documents(self) -> Document:
        previous = {} if self.previous is None else {"previous": self.previous.document}
        told = previous | {"current": self.current.document, "timestamp": self.timestamp}
        return with_token(told, self.request.client_token)

    def _told(self, section: Any, metadata: Any) -> Document:
        told = {"state": section, "metadata": metadata}
        told |= {"version": self.current.version, "timestamp": self.timestamp}
        return with_token(told, self.request.client_token)


class Shadows:
    """Every shadow of an account. Each method raises Rejected where AWS refuses."""

    def __init__(self) -> None:
        self._shadows: dict[ShadowName, Shadow] = {}
        #: "Deleting a shadow does not reset its version number to 0."
        self._versions: dict[ShadowName, int] = {}

    def get(self, name: ShadowName) -> Shadow:
        found = self._shadows.get(name)
        if found is None:
            raise rejections.not_found(name)
        return found

    def update(self, name: ShadowName, request: Update, timestamp: int) -> Updated:
        """Merge a request into a shadow, which comes into being with its first update."""
        previous = self._shadows.get(name)
        latest = previous or Shadow(self._versions.get(name, 0))
        if request.version is not None and request.version != latest.version:
            raise _answering(rejections.version_conflict(), request)
        current = latest.updated(request.state, timestamp)
        if current.size > MAX_SIZE:
            raise _answering(rejections.too_large(), request)
        self._shadows[name] = current
        return Updated(request, previous, current, timestamp)

    def delete(self, name: ShadowName) -> Shadow:
        """Take a shadow away and return its last version."""
        last = self.get(name)
        del self._shadows[name]
        self._versions[name] = last.version
        return last

    def named(self, thing: str) -> list[str]:
        """The names of a Thing's shadows; "the unnamed (classic) shadow does not appear in this list".

        https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-rest-api.html
        """
        return sorted(
            name.shadow for name in self._shadows if name.thing == thing and name.shadow is not None
        )


def with_token(document: Document, client_token: str | None) -> Document:
    return document if client_token is None else document | {"clientToken": client_token}


def written(document: Any) -> bytes:
    """JSON as it goes over the wire."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _answering(rejected: Rejected, request: Update) -> Rejected:
    rejected.client_token = request.client_token
    return rejected
