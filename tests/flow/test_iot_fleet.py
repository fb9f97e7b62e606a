"""Simulated devices at the other end: Things, certificates, shadows, and what is left of them afterwards."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from labkit import course, provision, show
from labkit.account import Account, open_account
from labkit.course import Greenhouse, Person
from labkit.course.devices import Device, Fleet
from labkit.errors import LabError
from labkit.flow import iot, mqtt, shadows
from labkit.provision import Lab, checkpoint
from tests.flow.iot_people import allow, enter, give, own_topic


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    with open_account(transport="direct") as opened:
        yield opened


@pytest.fixture(scope="module")
def lab(account: Account) -> Lab:
    return checkpoint(account, "user-pool")


@pytest.fixture(scope="module")
def made(account: Account, lab: Lab) -> Greenhouse:
    return course.greenhouse(account, lab)


@pytest.fixture(scope="module")
def fleet(account: Account, made: Greenhouse) -> Fleet:
    return course.fleet(account, made)


@pytest.fixture(scope="module")
def alice(account: Account, lab: Lab, made: Greenhouse, fleet: Fleet) -> Person:
    """She may hear every reading, and use the tomato's shadow."""
    person = enter(account, lab, made)
    shadow = f"$aws/things/{fleet['tomato'].thing.name}/shadow/*"
    give(
        account,
        person,
        "alice-gardens",
        *own_topic(account),
        allow(account, "Receive", "topic/greenhouse/*"),
        allow(account, "Subscribe", "topicfilter/greenhouse/+/telemetry", f"topicfilter/{shadow}"),
        allow(account, "Publish Receive", f"topic/{shadow}"),
    )
    return person


@pytest.fixture
def app(account: Account, alice: Person) -> Iterator[mqtt.Connection]:
    with mqtt.connect(account, alice.keys, alice.id) as connection:
        yield connection


def _silent(fleet: Fleet) -> bool:
    threads = {thread.name for thread in threading.enumerate()}
    return not fleet.running and "fleet" not in threads


def test_a_device_is_itself_with_its_certificate_and_nobody_else(account: Account, fleet: Fleet) -> None:
    tomato, fern = fleet["tomato"], fleet["fern"]
    with mqtt.connect_with_certificate(account, tomato.certificate, tomato.thing.name) as device:
        assert device.connected
        own = device.publish(f"greenhouse/{tomato.thing.name}/telemetry")
        others = device.publish(f"greenhouse/{fern.thing.name}/telemetry")
        assert (own.allowed, others.allowed) == (True, False)
        assert course.why(account, tomato.certificate, own).allowed
        assert not course.why(account, tomato.certificate, others).allowed
    refused = mqtt.connect_with_certificate(account, tomato.certificate, fern.thing.name)
    assert not refused.connected
    assert not course.why(account, tomato.certificate, refused.attempt).allowed


def test_every_device_reports_as_often_as_it_is_told_and_the_app_hears_it(
    fleet: Fleet, app: mqtt.Connection
) -> None:
    assert app.subscribe("greenhouse/+/telemetry").allowed
    with fleet.start(rounds=2):
        readings = app.take(2 * len(fleet), "greenhouse/+/telemetry")
    assert _silent(fleet)
    view = show.fleet(readings)
    assert list(view.series) == [device.thing.name for device in fleet.devices]
    assert {len(values) for values in view.series.values()} == {2}


def test_a_watched_fleet_is_drawn_round_by_round_and_only_once_where_a_seed_is_set(
    fleet: Fleet, app: mqtt.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[Any] = []
    monkeypatch.setattr("IPython.display.display", drawn.append)
    monkeypatch.setattr("IPython.display.clear_output", lambda *, wait: drawn.append("cleared"))
    monkeypatch.delenv("LABKIT_SEED", raising=False)
    assert app.subscribe("greenhouse/+/telemetry").allowed
    with fleet.start(rounds=2):
        seen = course.watch(app, fleet, rounds=2)
    assert drawn[0::2] == ["cleared", "cleared", "cleared"]
    assert [len(view.series) for view in drawn[1::2]] == [4, 4]
    assert {len(values) for values in seen.series.values()} == {2}
    monkeypatch.setenv("LABKIT_SEED", "notebooks")
    with fleet.start(rounds=1):
        course.watch(app, fleet, rounds=1)
    assert len(drawn) == 5
    with pytest.raises(LabError, match="one round at least"):
        course.watch(app, fleet, rounds=0)


def test_readings_are_the_same_for_the_same_seed(account: Account, fleet: Fleet) -> None:
    tomato = fleet["tomato"]
    again = Device(account, tomato.thing, tomato.certificate, course.devices.blueprints()[3], "greenhouse")
    other = Device(account, tomato.thing, tomato.certificate, course.devices.blueprints()[3], "another")
    again.settings = other.settings = dict(tomato.settings)
    assert [again.reading(n) for n in range(9)] == [tomato.reading(n) for n in range(9)]
    assert [other.reading(n) for n in range(9)] != [tomato.reading(n) for n in range(9)]


def test_a_device_does_what_its_shadow_wants_also_when_it_slept_meanwhile(
    account: Account, fleet: Fleet, app: mqtt.Connection
) -> None:
    tomato = fleet["tomato"]
    with fleet:
        assert shadows.update(app, tomato.thing, desired={"heating": 25}).saw == "accepted"
        assert shadows.wait_until_settled(app, tomato.thing).reported["heating"] == 25
    assert shadows.update(app, tomato.thing, desired={"heating": 15}).allowed
    asleep = shadows.get(app, tomato.thing).output
    assert asleep.delta == {"heating": 15}
    with pytest.raises(LabError, match="has not done what is desired within 0 s"):
        shadows.wait_until_settled(app, tomato.thing, timeout=0)
    with fleet:
        awake = shadows.wait_until_settled(app, tomato.thing)
    assert (awake.desired, awake.reported["heating"], awake.delta) == ({"heating": 15}, 15, {})
    assert 14 <= tomato.reading(1)["temperature"] <= 16


def test_shadows_are_the_same_over_mqtt_and_over_https(
    account: Account, fleet: Fleet, app: mqtt.Connection
) -> None:
    tomato = fleet["tomato"].thing
    assert shadows.delete(app, tomato, "night").saw.startswith("rejected: 404")
    assert app.subscribe(shadows.topic(tomato.name, "update/documents", "night")).allowed
    put = shadows.update(app, tomato, desired={"lamp": "off"}, name="night")
    assert app.take(1)[0].json()["current"]["state"] == {"desired": {"lamp": "off"}}
    assert put.output.desired == {"lamp": "off"}
    found = shadows.get_thing_shadow(account, None, tomato, "night")
    assert found.output.desired == {"lamp": "off"}
    changed = shadows.update_thing_shadow(account, None, tomato, reported={"lamp": "off"}, name="night")
    assert (changed.allowed, changed.status) == (True, 200)
    assert shadows.get(app, tomato, "night").output.delta == {}
    assert shadows.delete_thing_shadow(account, None, tomato, "night").allowed
    gone = shadows.get_thing_shadow(account, None, tomato, "night")
    assert (gone.allowed, gone.code) == (False, "ResourceNotFoundException")


def test_a_shadow_that_is_not_in_the_policy_is_refused(
    account: Account, alice: Person, fleet: Fleet, app: mqtt.Connection
) -> None:
    assert shadows.get(app, fleet["tomato"].thing).action == "iot:Publish"
    refused = shadows.update(app, fleet["fern"].thing, desired={"heating": 5})
    assert not refused.allowed
    assert alice.why(refused).blocked_by == ("iot",)
    over_https = shadows.get_thing_shadow(account, alice.keys, fleet["tomato"].thing)
    assert not over_https.allowed
    assert alice.why(over_https).blocked_by == ("iot",)


def test_a_device_that_there_is_not_names_those_that_there_are(fleet: Fleet) -> None:
    assert fleet["lab-tomato"] is fleet["tomato"]
    with pytest.raises(LabError, match=r"no device `rose`: expected one of lab-basil, .*lab-tomato"):
        fleet["rose"]
    with pytest.raises(LabError, match="`lab-tomato` is silent: start it first"):
        fleet["tomato"].report()


# Interrupts


def test_an_interrupted_start_leaves_no_device_running(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(device: Device) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(type(fleet.devices[0]), "start", _only(fleet.devices[0], Device.start, interrupt))
    with pytest.raises(KeyboardInterrupt):
        fleet.start()
    assert _silent(fleet)


def _only(first: Device, real: object, other: object) -> object:
    def start(device: Device) -> None:
        (real if device is first else other)(device)  # type: ignore[operator]

    return start


def test_a_fleet_that_has_reported_all_it_should_goes_on_listening(fleet: Fleet) -> None:
    with fleet.start(rounds=1) as running:
        thread = fleet._thread
        assert thread
        thread.join(timeout=10)
        with running as same:
            assert same._thread is thread
            assert "running" in repr(fleet["tomato"])
    assert _silent(fleet)


def test_an_interrupted_cell_stops_the_fleet_of_its_block(fleet: Fleet) -> None:
    def cell() -> None:
        with fleet:
            assert fleet.running
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cell()
    assert _silent(fleet)
    fleet.stop()
    assert repr(fleet) == "Fleet(4 devices, silent)"


def test_a_device_that_is_refused_stops_them_all(account: Account, fleet: Fleet) -> None:
    fern = fleet["fern"]
    with fleet.start(rounds=1):
        assert fleet.running
    policy = iot.list_attached_policies(account, fern.certificate)[0]
    account.client("iot").detach_policy(policyName=policy, target=fern.certificate.arn)
    with pytest.raises(LabError, match="the device `lab-fern` was refused"):
        fleet.start()
    assert _silent(fleet)
    account.client("iot").attach_policy(policyName=policy, target=fern.certificate.arn)


# What is made, and what is left of it


def test_a_greenhouse_needs_the_labs_users() -> None:
    with pytest.raises(LabError, match="user-pool"):
        course.greenhouse(None, Lab("start"))  # type: ignore[arg-type]


def test_what_was_made_is_marked_and_destroyed_and_the_rest_stays() -> None:
    with open_account(transport="direct", seed="another") as account:
        iot.create_thing(account, "mine", {"bed": "north"})
        described = account.client("iot").describe_thing(thingName="mine")
        assert described["attributes"] == {"bed": "north", "labkit": "lab"}
        made = course.greenhouse(account, checkpoint(account, "user-pool"))
        fleet = course.fleet(account, made)
        policy = iot.create_policy(account, "mine", {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "iot:Connect", "Resource": "*"}],
        })  # fmt: skip
        iot.attach_policy(account, policy, fleet["tomato"].certificate)
        iot.create_policy_version(account, policy, policy.document)
        with open_account(transport="direct", lab="other") as neighbour:
            theirs = iot.create_thing(neighbour, "theirs")
            certificate = iot.create_keys_and_certificate(neighbour)
            iot.attach_thing_principal(neighbour, theirs, certificate)
            noted = {entry.kind for entry in account.ledger.entries}
            assert {"Thing", "Certificate", "IotPolicy"} <= noted
            removed = [step.operation for step in provision.destroy(account).steps]
            counts = {name: removed.count(name) for name in removed}
            assert counts["DeleteThing"] == 5
            assert counts["DeleteCertificate"] == 4
            assert counts["DeletePolicy"] == 2
            left = account.client("iot")
            assert [thing["thingName"] for thing in left.list_things()["things"]] == ["theirs"]
            assert len(left.list_certificates()["certificates"]) == 1
            assert left.list_policies()["policies"] == []
        assert provision.destroy(account).steps == ()


def test_certificates_are_found_by_their_things_without_a_ledger() -> None:
    with open_account(transport="direct", seed="forgetful") as account:
        fleet = course.fleet(account, course.greenhouse(account, checkpoint(account, "user-pool")))
        for device in fleet.devices:
            account.ledger.remove("Certificate", device.certificate.id)
        removed = [step.operation for step in provision.destroy(account).steps]
        assert removed.count("DeleteCertificate") == 4


def test_whoever_may_not_look_into_aws_iot_can_destroy_the_rest() -> None:
    with open_account(transport="direct", seed="no iot") as account:
        checkpoint(account, "user-pool")

        def refuse(**_: object) -> None:
            error: Any = {"Error": {"Code": "AccessDeniedException", "Message": "no"}}
            raise ClientError(error, "ListThings")

        account.client("iot").meta.events.register("before-parameter-build", refuse)
        assert [step.operation for step in provision.destroy(account).steps] == ["DeleteUserPool"]
