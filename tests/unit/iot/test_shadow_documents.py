"""Shadow documents, as AWS's developer guide shows and describes them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labkit.local.iot.shadows import Rejected, ShadowName, Shadows, Update, Updated
from labkit.local.iot.shadows.requests import client_token

LAMP = ShadowName("mySimulatedThing", "simShadow1")


class Account:
    """Shadows with a clock that stands where a test puts it."""

    def __init__(self) -> None:
        self.shadows, self.now = Shadows(), 1

    def update(self, document: Any, name: ShadowName = LAMP) -> Updated:
        return self.shadows.update(name, Update.read(json.dumps(document).encode()), self.now)

    def state(self, name: ShadowName = LAMP) -> Any:
        return self.shadows.get(name).answer(self.now)["state"]


def rejection(payload: bytes | str) -> tuple[int, str]:
    """What AWS answers to a request that it refuses."""
    with pytest.raises(Rejected) as caught:
        Update.read(payload.encode() if isinstance(payload, str) else payload)
    return caught.value.code, caught.value.message


def test_the_lamp_of_the_developer_guide() -> None:
    """https://docs.aws.amazon.com/iot/latest/developerguide/using-device-shadows.html"""
    account = Account()
    account.now = 1591140517
    account.update({"state": {"reported": {"ID": "SmartLamp21", "ColorRGB": [128, 128, 128]}}})
    account.now = 1591141596
    asked = account.update({"state": {"desired": {"ColorRGB": [255, 255, 0]}}, "clientToken": "21b21b21"})
    stamp = {"timestamp": 1591141596}
    frame = {"version": 2, "timestamp": 1591141596, "clientToken": "21b21b21"}
    assert asked.accepted == frame | {
        "state": {"desired": {"ColorRGB": [255, 255, 0]}},
        "metadata": {"desired": {"ColorRGB": [stamp, stamp, stamp]}},
    }
    assert asked.delta == frame | {
        "state": {"ColorRGB": [255, 255, 0]},
        "metadata": {"ColorRGB": [stamp, stamp, stamp]},
    }
    account.now = 1591142747
    done = account.update({"state": {"reported": {"ColorRGB": [255, 255, 0]}}, "clientToken": "a4dc2227"})
    assert done.delta is None
    first, last = {"timestamp": 1591140517}, {"timestamp": 1591142747}
    desired = {"desired": {"ColorRGB": [255, 255, 0]}}
    desired_stamps = {"desired": {"ColorRGB": [stamp, stamp, stamp]}}
    assert done.documents == {
        "previous": {
            "state": desired | {"reported": {"ID": "SmartLamp21", "ColorRGB": [128, 128, 128]}},
            "metadata": desired_stamps | {"reported": {"ID": first, "ColorRGB": [first, first, first]}},
            "version": 2,
        },
        "current": {
            "state": desired | {"reported": {"ID": "SmartLamp21", "ColorRGB": [255, 255, 0]}},
            "metadata": desired_stamps | {"reported": {"ID": first, "ColorRGB": [last, last, last]}},
            "version": 3,
        },
        "timestamp": 1591142747,
        "clientToken": "a4dc2227",
    }


def test_the_first_update_has_no_previous_document() -> None:
    """As AWS's sample shows it: aws-iot-device-sdk-cpp-v2, samples/shadow (ShadowUpdated event)."""
    account = Account()
    first = account.update({"state": {"reported": {"Color": "green"}}})
    assert first.documents == {
        "current": {
            "state": {"reported": {"Color": "green"}},
            "metadata": {"reported": {"Color": {"timestamp": 1}}},
            "version": 1,
        },
        "timestamp": 1,
    }
    assert account.update({"state": {"reported": {"Color": "red"}}}).documents["previous"]["version"] == 1


def test_the_delta_of_the_developer_guide() -> None:
    """https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-document.html#delta-state"""
    account = Account()
    account.update(
        {
            "state": {
                "desired": {"color": "RED", "state": "STOP"},
                "reported": {"color": "GREEN", "engine": "ON"},
            }
        }
    )
    assert account.state()["delta"] == {"color": "RED", "state": "STOP"}


def test_the_delta_of_nested_objects_has_the_path_from_the_root() -> None:
    """https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-document.html#delta-state"""
    account = Account()
    updated = account.update(
        {
            "state": {
                "desired": {"lights": {"color": {"r": 255, "g": 255, "b": 255}}},
                "reported": {"lights": {"color": {"r": 255, "g": 0, "b": 255}}},
            }
        }
    )
    assert account.state()["delta"] == {"lights": {"color": {"g": 255}}}
    assert updated.delta is not None
    assert updated.delta["metadata"] == {"lights": {"color": {"g": {"timestamp": 1}}}}


def test_a_delta_has_every_difference_whichever_update_made_it() -> None:
    """https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-mqtt.html#update-delta-rules"""
    account = Account()
    account.update({"state": {"desired": {"color": "red", "power": "on"}, "reported": {"power": "on"}}})
    account.now = 2
    unrelated = account.update({"state": {"reported": {"temperature": 20}}})
    assert unrelated.delta is not None
    assert unrelated.delta["state"] == {"color": "red"}
    assert unrelated.delta["metadata"] == {"color": {"timestamp": 1}}, "the time of the desired value"
    deleted = account.update({"state": {"reported": {"power": None}}})
    assert deleted.delta is not None
    assert deleted.delta["state"] == {"color": "red", "power": "on"}


@pytest.mark.parametrize(
    "desired, reported, differs",
    [
        (1, 1, False), (1, 1.0, False), (1, True, True), (0, False, True), ([1, [2]], [1, [True]], True),
        ([1, 2], [2, 1], True), ([{"a": 1}], [{"a": 1}], False), ("1", 1, True), ({"a": 1}, 5, True),
        (5, {"a": 5}, True), ([], {"a": 1}, True), ([1], [1, 2], True),
    ],
)  # fmt: skip
def test_values_differ_as_json_values_do(desired: Any, reported: Any, differs: bool) -> None:
    account = Account()
    account.update({"state": {"desired": {"x": desired}, "reported": {"x": reported}}})
    assert account.state().get("delta") == ({"x": desired} if differs else None)


@pytest.mark.unconfirmed
def test_the_metadata_of_a_whole_shadow_is_that_of_its_two_sections() -> None:
    """AWS's page says that metadata "contains the timestamps for each attribute in the desired and reported
    sections"; an example on the same page has those of the delta as well.
    https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-document.html
    """
    account = Account()
    account.update({"state": {"desired": {"a": 1}, "reported": {"b": 2}}})
    account.now = 7
    assert account.shadows.get(LAMP).answer(account.now) == {
        "state": {"desired": {"a": 1}, "reported": {"b": 2}, "delta": {"a": 1}},
        "metadata": {"desired": {"a": {"timestamp": 1}}, "reported": {"b": {"timestamp": 1}}},
        "version": 1,
        "timestamp": 7,
    }


def test_an_array_is_replaced_whole() -> None:
    """https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-document.html#device-shadow-arrays"""
    account = Account()
    account.update({"state": {"desired": {"colors": ["RED", "GREEN", "BLUE"]}}})
    account.update({"state": {"desired": {"colors": ["RED"]}}})
    assert account.state()["desired"] == {"colors": ["RED"]}
    assert account.shadows.get(LAMP).document["metadata"] == {"desired": {"colors": [{"timestamp": 1}]}}


def test_null_removes_a_member_and_its_timestamp() -> None:
    """https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-data-flow.html#deleting-thing-data"""
    account = Account()
    account.update({"state": {"desired": {"engine": "ON", "color": {"r": 10, "g": 20}}}})
    account.now = 2
    updated = account.update({"state": {"desired": {"engine": None, "color": {"r": None}}}})
    document = account.shadows.get(LAMP).document
    assert document["state"] == {"desired": {"color": {"g": 20}}}
    assert document["metadata"] == {"desired": {"color": {"g": {"timestamp": 1}}}}
    assert updated.accepted["state"] == {"desired": {"engine": None, "color": {"r": None}}}
    assert updated.accepted["metadata"]["desired"]["engine"] == {"timestamp": 2}


def test_null_removes_a_section_and_a_state_of_null_both() -> None:
    """A section that becomes null "is removed from the document", and "setting the device's shadow state to
    null does not delete the shadow".
    https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-document.html#device-shadow-empty-fields
    """
    account = Account()
    account.update({"state": {"desired": {"color": "red"}}})
    account.update({"state": {"reported": {"color": "red"}, "desired": None}})
    assert account.state() == {"reported": {"color": "red"}}
    cleared = account.update({"state": None})
    assert (account.state(), cleared.current.version) == ({}, 3)
    assert (cleared.accepted["state"], cleared.accepted["metadata"]) == (None, {"timestamp": 1})
    account.update({"state": {"desired": {"color": "blue"}}})
    assert account.shadows.get(LAMP).version == 4


@pytest.mark.unconfirmed
def test_an_object_with_nothing_in_it_is_not_kept() -> None:
    """AWS's pages are silent; its shadow service for the edge drops empty objects (JsonMerger.java)."""
    account = Account()
    account.update({"state": {"desired": {"a": {}, "b": {"c": {"d": None}}, "e": 1, "f": {"g": 1}}}})
    assert account.state()["desired"] == {"e": 1, "f": {"g": 1}}
    account.update({"state": {"desired": {"f": {}}}})
    assert account.state()["desired"] == {"e": 1, "f": {"g": 1}}, (
        "an object without members specifies nothing"
    )
    account.update({"state": {"desired": {"f": {"g": None}}}})
    assert account.state()["desired"] == {"e": 1}


def test_members_may_be_called_like_aws_s_own() -> None:
    account = Account()
    account.update({"state": {"desired": {"timestamp": {"timestamp": 5}, "version": 2}}})
    account.now = 2
    account.update({"state": {"desired": {"timestamp": 6}}})
    assert account.shadows.get(LAMP).document == {
        "state": {"desired": {"timestamp": 6, "version": 2}},
        "metadata": {"desired": {"timestamp": {"timestamp": 2}, "version": {"timestamp": 1}}},
        "version": 2,
    }


def test_the_version_counts_updates_and_deleting_does_not_reset_it() -> None:
    """https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-data-flow.html#deleting-device-shadow

    That the answer has the last version itself is what AWS's sample shows: aws-iot-device-sdk-cpp-v2,
    samples/shadow.
    """
    account = Account()
    assert [account.update({"state": {"reported": {"n": n}}}).current.version for n in range(3)] == [1, 2, 3]
    assert account.shadows.delete(LAMP).version == 3
    again = account.update({"state": {"reported": {"n": 9}}})
    assert (again.current.version, again.previous) == (4, None)


def test_a_version_that_is_not_the_latest_conflicts() -> None:
    """https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-data-flow.html#optimistic-locking"""
    account = Account()
    account.update({"state": {"desired": {"colors": ["RED"]}}})
    assert account.update({"state": {"desired": {"colors": ["BLUE"]}}, "version": 1}).current.version == 2
    for wrong in (0, 1, 3):
        with pytest.raises(Rejected) as caught:
            account.update(
                {"state": {"desired": {"colors": []}}, "version": wrong, "clientToken": "426bfd96"}
            )
        assert caught.value.document == {
            "code": 409, "message": "Version conflict", "clientToken": "426bfd96",
        }  # fmt: skip
    assert account.state()["desired"] == {"colors": ["BLUE"]}


@pytest.mark.unconfirmed
def test_a_shadow_that_is_not_there_has_the_version_at_which_it_was_deleted() -> None:
    account = Account()
    assert account.update({"state": {}, "version": 0}).current.version == 1
    account.shadows.delete(LAMP)
    with pytest.raises(Rejected, match="409: Version conflict"):
        account.update({"state": {}, "version": 0})
    assert account.update({"state": {}, "version": 1}).current.version == 2


def test_a_shadow_that_is_not_there_is_called_by_its_name_or_its_thing_s() -> None:
    """https://docs.aws.amazon.com/iot/latest/developerguide/using-device-shadows.html"""
    account = Account()
    account.update({"state": {"reported": {"a": 1}}})
    assert account.shadows.get(LAMP).version == 1
    for name, called in ((ShadowName("lamp", "night"), "night"), (ShadowName("lamp"), "lamp")):
        for operation in (account.shadows.get, account.shadows.delete):
            with pytest.raises(Rejected) as caught:
                operation(name)
            assert caught.value.document == {
                "code": 404,
                "message": f"No shadow exists with name: '{called}'",
            }


def test_classic_and_named_shadows_of_a_thing_are_apart() -> None:
    """https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-rest-api.html"""
    account, classic, other = Account(), ShadowName("lamp"), ShadowName("other", "b")
    names = [ShadowName("lamp", "b"), ShadowName("lamp", "a"), classic, other]
    for number, name in enumerate(names):
        account.update({"state": {"reported": {"n": number}}}, name)
    assert [account.state(name)["reported"]["n"] for name in names] == [0, 1, 2, 3]
    assert (account.shadows.named("lamp"), account.shadows.named("nowhere")) == (["a", "b"], [])
    account.shadows.delete(ShadowName("lamp", "a"))
    assert account.shadows.named("lamp") == ["b"]
    assert account.state(classic) == {"reported": {"n": 2}}


def test_a_shadow_holds_8_kilobytes_of_state_without_its_metadata() -> None:
    """https://docs.aws.amazon.com/iot/latest/developerguide/diagnosing-shadows.html"""
    account = Account()
    account.update({"state": {"desired": {"a": "x" * 4000}}})
    account.update({"state": {"reported": {"a": "x" * (8192 - 4008 - 8)}}})
    assert account.shadows.get(LAMP).size == 8192
    with pytest.raises(Rejected) as caught:
        account.update({"state": {"reported": {"b": 1}}, "clientToken": "t"})
    assert caught.value.document == {
        "code": 413, "message": "The payload exceeds the maximum size allowed", "clientToken": "t",
    }  # fmt: skip
    assert account.shadows.get(LAMP).version == 2
    account.update({"state": {"reported": {"b": 1}, "desired": None}})
    assert account.state()["reported"]["b"] == 1


GOOD = '{"state": {"desired": {"a": 1}}, "clientToken": "t", "version": 0}'


@pytest.mark.parametrize(
    "payload, message",
    [
        ("", "Invalid JSON"),
        ("{", "Invalid JSON"),
        ('{"state": {"desired": {"a": NaN}}}', "Invalid JSON"),
        ('{"state": {"desired": {"a": -Infinity}}}', "Invalid JSON"),
        ("{}", "Missing required node: state"),
        ('{"State": {}}', "Missing required node: state"),
        ('{"state": 5}', "State node must be an object"),
        ('{"state": []}', "State node must be an object"),
        ('{"state": {"desired": 5}}', "Desired node must be an object"),
        ('{"state": {"desired": {}, "reported": "on"}}', "Reported node must be an object"),
        ('{"state": {}, "version": "1"}', "Invalid version"),
        ('{"state": {}, "version": true}', "Invalid version"),
        ('{"state": {}, "version": -1}', "Invalid version"),
        ('{"state": {}, "clientToken": 5}', "Invalid clientToken"),
        ('{"state": {}, "clientToken": "' + "x" * 65 + '"}', "Invalid clientToken"),
        ('{"state": {}, "clientToken": "' + "ü" * 33 + '"}', "Invalid clientToken"),
    ],
)
def test_a_malformed_request_is_refused_in_aws_s_words(payload: str, message: str) -> None:
    """https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-error-messages.html"""
    assert Update.read(GOOD.encode()) == ({"desired": {"a": 1}}, "t", 0)
    assert rejection(payload) == (400, message)


@pytest.mark.unconfirmed
@pytest.mark.parametrize(
    "payload, message",
    [
        ("[]", "Invalid JSON"),
        ('"state"', "Invalid JSON"),
        ('{"state": {"desired": {"a": 1e999}}}', "Invalid JSON"),
        ('{"state": {"desired": {"a": "\\ud800"}}}', "Invalid JSON"),
        ('{"state": {"lamp": 1}}', "State contains an invalid node: 'lamp'"),
        ('{"state": {"delta": {"a": 1}}}', "State contains an invalid node: 'delta'"),
        ('{"state": {"desired": {"a": [null, "RED"]}}}', "State contains an invalid node"),
        ('{"state": {"desired": {"a": [{"b": null}]}}}', "State contains an invalid node"),
        ('{"state": {}, "version": 1.5}', "Invalid version"),
        ('{"state": {}, "version": null}', "Invalid version"),
        ('{"state": {}, "clientToken": null}', "Invalid clientToken"),
        ('{"state": {}, "clientToken": "\\ud800"}', "Invalid clientToken"),
    ],
)
def test_which_of_aws_s_texts_a_rarer_fault_gets_is_our_reading(payload: str, message: str) -> None:
    """That arrays with null are rejected is documented:
    https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-document.html#device-shadow-arrays
    """
    assert Update.read(GOOD.encode()).version == 0
    assert rejection(payload) == (400, message)


def test_a_request_must_be_utf_8() -> None:
    """https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-error-messages.html"""
    document = '{"state": {"desired": {"a": "ü"}}}'
    assert Update.read(document.encode()).state == {"desired": {"a": "ü"}}
    text = "Unsupported documented encoding; supported encoding is UTF-8"
    assert rejection(document.encode("latin-1")) == (415, text)


def test_a_section_has_six_levels_at_most() -> None:
    """https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-error-messages.html"""

    def nested(levels: int) -> Any:
        return 1 if levels == 0 else {f"level{levels}": nested(levels - 1)}

    assert Update.read(json.dumps({"state": {"desired": nested(6)}}).encode())
    text = (400, "JSON contains too many levels of nesting; maximum is 6")
    assert rejection(json.dumps({"state": {"desired": nested(7)}})) == text
    assert rejection(json.dumps({"state": {"reported": {"a": [[[[[[1]]]]]]}}})) == text
    assert rejection("[" * 100_000) in (text, (400, "Invalid JSON")), "whatever Python's parser makes of it"


def test_content_outside_of_the_state_is_ignored() -> None:
    """https://docs.aws.amazon.com/iot/latest/developerguide/diagnosing-shadows.html"""
    account = Account()
    account.update({"state": {"desired": {"a": 1}}, "metadata": {"a": [None]}, "timestamp": 5, "x": {"y": 1}})
    assert account.state() == {"desired": {"a": 1}, "delta": {"a": 1}}


def test_a_refusal_carries_the_client_token_of_a_valid_document() -> None:
    """https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-document.html"""
    with pytest.raises(Rejected) as caught:
        Update.read(b'{"clientToken": "mine"}')
    message = "Missing required node: state"
    assert caught.value.document == {"code": 400, "message": message, "clientToken": "mine"}
    with pytest.raises(Rejected) as caught:
        Update.read(b'{"clientToken": "mine"')
    assert caught.value.document == {"code": 400, "message": "Invalid JSON"}


def test_a_request_to_get_may_carry_a_client_token() -> None:
    """https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-document.html#client-token"""
    assert client_token(b"") is None
    assert client_token(b'{"clientToken": "mine"}') == "mine"
    with pytest.raises(Rejected, match="400: Invalid clientToken"):
        client_token(b'{"clientToken": 5}')
