"""Messages published over HTTP, as far as they can be read and written.

https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_Publish.html
"""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from labkit.local.errors import AwsError
from labkit.local.iot.data_messages import message
from labkit.local.mqtt.packets import Property


def in_base64(value: Any) -> str:
    return base64.b64encode(json.dumps(value).encode()).decode()


def test_a_message_expires_after_a_second_to_seven_days() -> None:
    """https://docs.aws.amazon.com/iot/latest/developerguide/mqtt.html#mqtt5-message-expiry"""
    for asked, granted in ((60, 60), (0, 1), (-5, 1), (604_801, 604_800), (2**63, 604_800)):
        found = message({"topic": "a", "messageExpiry": asked}, b"")
        assert found.properties == {Property.MESSAGE_EXPIRY_INTERVAL: granted}


def test_basic_ingest_counts_neither_its_prefix_nor_its_slashes() -> None:
    """https://docs.aws.amazon.com/iot/latest/developerguide/iot-basic-ingest.html"""
    assert message({"topic": "$aws/rules/" + "r" * 128 + "/" + "x" * 256}, b"")
    assert message({"topic": "$aws/rules/r/1/2/3/4/5/6/7/8"}, b"")
    for topic in ("$aws/rules/r/" + "x" * 257, "$aws/rules/r/1/2/3/4/5/6/7/8/9", "", "a\0b"):
        with pytest.raises(AwsError, match="InvalidRequestException: Invalid topic"):
            message({"topic": topic}, b"")


@pytest.mark.parametrize(
    "given",
    [
        {"contentType": "x" * 65_536},
        {"contentType": "a\0b"},
        {"responseTopic": "x" * 65_536},
        {"correlationData": base64.b64encode(b"x" * 65_536).decode()},
        {"userProperties": in_base64([{"name": "x" * 65_536}])},
        {"userProperties": in_base64([{"name": "\ud800"}])},
        {"userProperties": in_base64([{"a": "x" * 50_000}, {"b": "x" * 50_000}, {"c": "x" * 50_000}])},
        {"userProperties": base64.b64encode(b"\xff").decode()},
        {"userProperties": base64.b64encode(b"[" * 100_000).decode()},
        {"userProperties": "ü"},
        {"correlationData": "ü"},
    ],
)
def test_what_mqtt_has_no_form_for_is_refused(given: dict[str, Any]) -> None:
    good = {
        "topic": "a",
        "contentType": "text/plain",
        "responseTopic": "b",
        "correlationData": base64.b64encode(b"\x00").decode(),
        "userProperties": in_base64([{"name": "ü"}]),
    }
    assert message(good, b"x").properties[Property.USER_PROPERTY] == (("name", "ü"),)
    with pytest.raises(AwsError) as caught:
        message(good | given, b"x")
    assert (caught.value.status, caught.value.code) == (400, "InvalidRequestException")
