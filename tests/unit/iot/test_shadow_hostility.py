"""Whatever a client sends to a shadow is answered: with one message, and nothing raised."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labkit.local.iot.shadow_service import ShadowService
from labkit.local.iot.shadows import ShadowName, ShadowRequest, Shadows
from tests.unit.iot.doubles import Published

NAME = ShadowName("lamp")
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

WORDS = st.sampled_from(["state", "desired", "reported", "delta", "version", "clientToken", "timestamp"])
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["", "x", "\ud800"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=5,
)
UPDATES = st.fixed_dictionaries({"state": VALUES}, optional={"version": VALUES, "clientToken": VALUES})
#: Any JSON, also what JSON does not have (`NaN`), updates that are all but right, and pieces.
TEXTS = st.one_of(
    (VALUES | UPDATES).map(json.dumps),
    st.sampled_from(["", "{", '{"state": {"desired": {"a": 1}}, "clientToken": "t"}', "1e999", "[" * 5000]),
)
PAYLOADS = st.binary(max_size=20) | TEXTS.map(str.encode) | TEXTS.map(lambda text: text[:-1].encode())


@patient
@given(st.lists(st.tuples(st.sampled_from(["get", "update", "delete"]), PAYLOADS), max_size=6))
def test_each_request_is_accepted_or_rejected(requests: list[tuple[str, bytes]]) -> None:
    published = Published()
    service = ShadowService(Shadows(), published, lambda: 1)
    for operation, payload in requests:
        service.handle(ShadowRequest(NAME, operation), payload)
        told = dict(published.take())
        answers = [topic for topic in told if topic.endswith(("/accepted", "/rejected"))]
        assert len(answers) == 1, told
        answer: Any = told[answers[0]]
        assert answers[0].startswith(NAME.topic(operation))
        if answers[0].endswith("/rejected"):
            assert answer.keys() - {"clientToken"} == {"code", "message"}
            assert len(told) == 1
        else:
            assert (NAME.topic("update/documents") in told) is (operation == "update")
