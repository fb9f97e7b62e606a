"""The guard rails of every client: what is created is tagged and noted, and a real account asks first."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from labkit.errors import LabError
from labkit.ledger import Entry, Ledger

#: The key of the tag on everything that the lab created; its value is the lab's name.
TAG = "labkit"

#: Operations that change nothing, by their first word. Signing in is the users' own business.
_READING = re.compile(
    "(Admin)?(Get|List|Describe|Head|Initiate|Respond)|Assume|BatchGet|Query|Scan|Select|Lookup|Decode|Simulate"
)

#: Where a call's parameters wait for its answer.
_PARAMS = "labkit-params"

#: Where the answer names what was created; elsewhere the request's name is the id.
_IDS = {
    "UserPool": ("UserPool", "Id"),
    "UserPoolClient": ("UserPoolClient", "ClientId"),
    "IdentityPool": ("IdentityPoolId",),
    "Certificate": ("certificateId",),
    "SAMLProvider": ("SAMLProviderArn",),
    "OpenIDConnectProvider": ("OpenIDConnectProviderArn",),
}

#: What AWS IoT makes: IAM has policies, too, and a version goes with its policy.
_IOT_KINDS = {"Policy": "IotPolicy", "KeysAndCertificate": "Certificate", "PolicyVersion": ""}


class Guard:
    """Watches the calls of one account's clients.

    `confirm`, where it is given, is asked before the administrator changes anything outside of
    `approved()`.
    """

    def __init__(
        self, *, place: str, region: str, lab: str, ledger: Ledger, confirm: Callable[[str], bool] | None
    ) -> None:
        self._place = place
        self._region = region
        self._lab = lab
        self._ledger = ledger
        self._confirm = confirm
        self._thread = threading.local()

    @contextmanager
    def approved(self) -> Iterator[None]:
        """Nothing is asked in this block, in this thread: a person has seen what it does."""
        before = self._is_approved
        self._thread.approved = True
        try:
            yield
        finally:
            self._thread.approved = before

    def attach(self, client: Any, *, administrator: bool) -> None:
        """Watch a client's calls; only the administrator is asked, users are users."""
        events = client.meta.events
        if administrator and self._confirm is not None:
            events.register_first("before-parameter-build", self._ask)
        events.register("before-parameter-build", self._tag)
        events.register("after-call", self._note)
        events.register("after-call.s3.CreateBucket", lambda context, **_: self._tag_bucket(client, context))

    @property
    def _is_approved(self) -> bool:
        return getattr(self._thread, "approved", False)

    def _ask(self, params: Mapping[str, Any], model: Any, **_: Any) -> None:
        if self._confirm is None or self._is_approved or _READING.match(model.name):
            return
        if not self._confirm(f"{model.name} {_name(model.name, params)} in {self._place}?"):
            raise LabError(f"`{model.name}` was not called: you said no")

    def _tag(self, params: dict[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
        """Add the lab's tag, whatever this API calls its tags and however it writes them."""
        context[_PARAMS] = params
        if model.name == "CreateThing":  # Things have no tags; an attribute stands in for one
            payload = params.get("attributePayload", {})
            attributes = {**payload.get("attributes", {}), TAG: self._lab}
            params["attributePayload"] = {**payload, "attributes": attributes}
        members = model.input_shape.members if model.input_shape else {}
        tags = next((member for member in members if member.lower().endswith("tags")), None)
        if tags is None or not model.name.startswith("Create"):
            return
        if members[tags].type_name == "map":
            params[tags] = {**params.get(tags, {}), TAG: self._lab}
        else:
            others = [tag for tag in params.get(tags, []) if tag.get("Key") != TAG]
            params[tags] = [*others, {"Key": TAG, "Value": self._lab}]

    def _tag_bucket(self, client: Any, context: Mapping[str, Any]) -> None:
        """Buckets get their tags in a call of their own."""
        with self.approved():
            client.put_bucket_tagging(
                Bucket=context[_PARAMS]["Bucket"], Tagging={"TagSet": [{"Key": TAG, "Value": self._lab}]}
            )

    def _note(self, parsed: Mapping[str, Any], model: Any, context: Mapping[str, Any], **_: Any) -> None:
        """Write what was created into the ledger, and strike out what was deleted."""
        if "Error" in parsed:
            return
        params = context[_PARAMS]
        if model.name.startswith("Create"):
            self._note_created(model, params, parsed)
        elif model.name.startswith("Delete"):
            names = [value for value in params.values() if isinstance(value, str)]
            self._ledger.remove(_kind(model), *names)

    def _note_created(self, model: Any, params: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        kind, name = _kind(model), _name(model.name, params)
        resource_id = _id(kind, answer) or (name if kind else "")
        # What has neither name nor id is no resource, as in S3's CreateMultipartUpload.
        if resource_id:
            created = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
            parent = params.get("UserPoolId", "")
            self._ledger.add(Entry(kind, resource_id, name, self._region, created, parent))


def _kind(model: Any) -> str:
    """The noun of an operation; AWS IoT's own where another service has the same; empty for none."""
    noun = re.sub("^(Create|Delete)", "", model.name)
    iot = model.service_model.service_name == "iot"
    return _IOT_KINDS.get(noun, noun) if iot else noun


def _name(operation: str, params: Mapping[str, Any]) -> str:
    """What the request calls its resource: `PoolName`, `RoleName`, `Bucket` …; empty without one."""
    noun = re.sub("^[A-Z][a-z]+", "", operation)
    names = (value for key, value in params.items() if key.lower().endswith("name") or key == noun)
    return str(next(names, ""))


def _id(kind: str, answer: Any) -> str:
    for key in _IDS.get(kind, ()):
        answer = answer.get(key, {})
    return answer if isinstance(answer, str) else ""
