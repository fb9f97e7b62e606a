"""Apps on AWS IoT with Cognito's credentials: by a signed URL and by AWS's own client."""

from __future__ import annotations

import gc
import threading
import time
from _thread import interrupt_main
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from labkit import course, explain
from labkit.account import Account, open_account
from labkit.account.iot import AwsIot
from labkit.course import Greenhouse, Person
from labkit.errors import LabError
from labkit.flow import identity_pool, iot, mqtt, presigned
from labkit.flow.mqtt_line import Line
from labkit.policy import Verdict
from labkit.provision import Lab, checkpoint
from labkit.record import Secret
from labkit.resources import Credentials
from labkit.things import IotEndpoint
from tests.flow.iot_people import allow, document, enter, give, own_topic


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
def alice(account: Account, lab: Lab, made: Greenhouse) -> Person:
    """With the IoT policy `own_topic`."""
    person = enter(account, lab, made)
    give(account, person, "alice-own-topic", *own_topic(account))
    return person


@pytest.fixture
def bob(account: Account, lab: Lab, made: Greenhouse) -> Iterator[Person]:
    """Without any IoT policy, before and after."""
    person = enter(account, lab, made, "bob")
    yield person
    for name in iot.list_attached_policies(account, person.identity):
        account.client("iot").detach_policy(policyName=name, target=person.id)


@pytest.fixture
def phone(account: Account, alice: Person) -> Iterator[mqtt.Connection]:
    with mqtt.connect(account, alice.keys, alice.id) as connection:
        yield connection


# The endpoint


def test_the_endpoint_is_the_same_each_time_and_has_an_authority_of_its_own(account: Account) -> None:
    endpoint = iot.describe_endpoint(account)
    assert endpoint == account.iot
    assert endpoint.host == "localhost"
    assert endpoint.ca is not None
    assert endpoint.ca.startswith(b"-----BEGIN CERTIFICATE-----")
    assert repr(endpoint) == "IotEndpoint(host='localhost')"


def test_a_real_accounts_endpoint_has_the_documented_ports_and_a_known_authority() -> None:
    """https://docs.aws.amazon.com/iot/latest/developerguide/protocols.html"""

    class Client:
        def describe_endpoint(self, *, endpointType: str) -> dict[str, str]:
            assert endpointType == "iot:Data-ATS"
            return {"endpointAddress": "a1b2-ats.iot.us-east-1.amazonaws.com"}

    expected = IotEndpoint("a1b2-ats.iot.us-east-1.amazonaws.com", 443, 8883, None)
    assert AwsIot().endpoint(Client()) == expected


def test_a_real_account_says_where_its_log_is() -> None:
    with pytest.raises(LabError, match="CloudWatch has the reasons"):
        AwsIot().log()


# The presigned URL


def test_a_url_signed_now_opens_a_websocket(account: Account, alice: Person) -> None:
    url = presigned.presigned_url(account, alice.keys)
    answer = presigned.open_websocket(url)
    assert (answer.allowed, answer.status, answer.code) == (True, 101, None)
    assert url.reveal().startswith(f"wss://localhost:{account.iot.port}/mqtt?X-Amz-Algorithm=")


@pytest.mark.unconfirmed  # AWS documents what it wants, and not how it refuses the rest
@pytest.mark.parametrize("fault", ["old", "wrong key", "token signed", "no token"])
def test_a_url_with_a_fault_in_its_signature_opens_nothing(
    account: Account, alice: Person, fault: str
) -> None:
    """https://docs.aws.amazon.com/iot/latest/developerguide/iam-users-groups-roles.html"""
    assert presigned.open_websocket(presigned.presigned_url(account, alice.keys)).allowed
    keys = {
        "wrong key": replace(alice.keys, secret_access_key=Secret("x" * 40)),
        "no token": replace(alice.keys, session_token=None),
    }.get(fault, alice.keys)
    at = datetime.now(UTC) - timedelta(days=1) if fault == "old" else None
    url = presigned.presigned_url(account, keys, at=at, sign_token=fault == "token signed")
    answer = presigned.open_websocket(url)
    assert (answer.allowed, answer.status) == (False, 403)
    assert answer.message


def test_nothing_at_the_endpoint_is_one_sentence(account: Account, alice: Person) -> None:
    url = presigned.presigned_url(account, alice.keys)
    closed = replace(url, endpoint=replace(account.iot, port=1))
    with pytest.raises(LabError, match="nothing answers at `localhost`"):
        presigned.open_websocket(closed)


def test_awss_client_takes_the_url_that_was_signed_by_hand(account: Account, alice: Person) -> None:
    url = presigned.presigned_url(account, alice.keys)
    with mqtt.connect_with_url(account, url, alice.id) as connection:
        assert connection.connected
    wrong = presigned.presigned_url(account, alice.keys, sign_token=True)
    refused = mqtt.connect_with_url(account, wrong, alice.id)
    assert refused.attempt.saw == "AWS_ERROR_HTTP_WEBSOCKET_UPGRADE_FAILURE"


# Connect, and why not


def test_a_login_without_an_iot_policy_is_refused_and_the_account_says_why(
    account: Account, bob: Person
) -> None:
    """https://docs.aws.amazon.com/iot/latest/developerguide/cog-iot-policies.html"""
    refused = mqtt.connect(account, bob.keys, bob.id)
    assert not refused.attempt.allowed
    assert not refused.connected
    for found in (explain(refused.attempt, account=account), bob.why(refused.attempt)):
        assert (found.verdict, found.blocked_by) == (Verdict.IMPLICIT_DENY, ("iot",))
    with pytest.raises(LabError, match=f"`{bob.id}` is not connected"):
        refused.publish("x")
    give(account, bob, "bob-own-topic", *own_topic(account))
    with mqtt.connect(account, bob.keys, bob.id) as connection:
        assert connection.attempt.allowed
        assert bob.why(connection.attempt).allowed


def test_a_guest_needs_the_roles_policy_alone(account: Account, made: Greenhouse) -> None:
    guest = identity_pool.get_id(account, made.identity_pool)
    keys = identity_pool.get_credentials_for_identity(account, guest)
    with mqtt.connect(account, keys, "visitor-1") as visitor:
        assert visitor.connected
        assert visitor.subscribe("greenhouse/news").allowed
        assert not visitor.publish("greenhouse/news", "hello").allowed
    assert not mqtt.connect(account, keys, "gardener-1").connected


def test_another_client_id_is_refused(account: Account, alice: Person, phone: mqtt.Connection) -> None:
    assert phone.connected
    assert not mqtt.connect(account, alice.keys, "phone").connected


def test_a_refusal_at_the_door_has_no_decision_and_the_log_says_so(account: Account, alice: Person) -> None:
    refused = mqtt.connect(account, replace(alice.keys, secret_access_key=Secret("x" * 40)), "never-let-in")
    assert refused.attempt.saw == "AWS_ERROR_HTTP_WEBSOCKET_UPGRADE_FAILURE"
    with pytest.raises(LabError, match="noted no Connect of `never-let-in`"):
        explain(refused.attempt, account=account)


def test_an_entry_of_the_log_is_explained_unless_no_policy_was_asked(
    account: Account, alice: Person, phone: mqtt.Connection
) -> None:
    """Of a client ID that is too long: https://docs.aws.amazon.com/general/latest/gr/iot-core.html"""
    assert phone.connected
    allowed = next(entry for entry in account.iot_log(alice.id) if entry.event == "Connect")
    assert explain(allowed, account=account).allowed
    refused = mqtt.connect(account, alice.keys, "c" * 129)
    assert not refused.attempt.allowed
    for what in (refused.attempt, account.iot_log("c" * 129)[-1]):
        with pytest.raises(LabError, match="no policy was asked about this Connect: the client ID is"):
            explain(what, account=account)


# Publish, subscribe, receive


def test_what_is_published_arrives_with_whoever_asked(alice: Person, phone: mqtt.Connection) -> None:
    assert phone.subscribe(f"own/{alice.id}/+").saw == "SUBACK GRANTED_QOS_1"
    assert phone.publish(f"own/{alice.id}/a", {"number": 1}).saw == "PUBACK SUCCESS"
    assert phone.publish(f"own/{alice.id}/b", "text", qos=0).allowed
    first, second = phone.take(2, f"own/{alice.id}/+")
    assert (first.json(), second.payload) == ({"number": 1}, b"text")


def test_anothers_topic_is_refused_and_the_connection_goes_on(
    account: Account, alice: Person, phone: mqtt.Connection
) -> None:
    assert phone.publish(f"own/{alice.id}/a").allowed
    for refused in (phone.publish("own/bob/a"), phone.subscribe("own/#")):
        assert not refused.allowed
        found = explain(refused, account=account)
        assert found.blocked_by == alice.why(refused).blocked_by == ("iot",)
    assert phone.publish(f"own/{alice.id}/a").allowed


def test_a_role_that_is_too_narrow_stops_what_the_iot_policy_allows(
    account: Account, lab: Lab, made: Greenhouse, alice: Person, phone: mqtt.Connection
) -> None:
    topic = f"own/{alice.id}/a"
    assert phone.publish(topic).allowed
    phone.close()
    roles, visitor = made.roles, made.roles["visitor"]
    choose = identity_pool.set_identity_pool_roles
    choose(account, made.identity_pool, authenticated=roles["watcher"], unauthenticated=visitor)
    watcher = enter(account, lab, made)
    choose(account, made.identity_pool, authenticated=roles["gardener"], unauthenticated=visitor)
    with mqtt.connect(account, watcher.keys, watcher.id) as app:
        refused = app.publish(topic)
        assert not refused.allowed
        assert explain(refused, account=account).blocked_by == ("identity",)


def test_without_receive_nothing_arrives_and_nobody_says_so(
    account: Account, alice: Person, phone: mqtt.Connection
) -> None:
    own = f"own/{alice.id}/a"
    assert phone.subscribe("news").allowed
    assert phone.subscribe(own).allowed
    assert phone.publish(own).allowed
    assert phone.receive(own).allowed
    account.client("iot-data").publish(topic="news", qos=1, payload=b"hello")
    missed = phone.receive("news")
    assert (missed.allowed, missed.saw) == (False, "nothing within 1 s")
    assert explain(missed, account=account).blocked_by == ("iot",)


def test_messages_that_do_not_come_are_one_clear_sentence(alice: Person, phone: mqtt.Connection) -> None:
    with pytest.raises(LabError, match=r"waited 0.1 s for 2 messages on `own/\+`: 0 arrived"):
        phone.take(2, "own/+", timeout=0.1)


def test_the_log_tells_of_each_packet_of_one_client(account: Account, phone: mqtt.Connection) -> None:
    phone.publish("forbidden")
    entries = account.iot_log(phone.client_id)
    assert {entry.client_id for entry in entries} == {phone.client_id}
    assert entries[-1].event == "Publish"
    assert entries[-1].topic == "forbidden"
    assert entries[-1].verdict == "IMPLICIT_DENY"
    assert len(account.iot_log()) > len(entries)


# Credentials and policies that change


@pytest.mark.unconfirmed  # AWS does not say what becomes of connections that stand
def test_a_policy_that_is_taken_away_ends_the_connection_which_comes_back_with_new_credentials(
    account: Account, bob: Person
) -> None:
    policy = give(account, bob, "bob-comes-and-goes", *own_topic(account))
    asked: list[Credentials] = []

    def renew() -> Credentials:
        asked.append(identity_pool.get_credentials_for_identity(account, bob.identity, bob.logins))
        return asked[-1]

    with mqtt.connect(account, renew, bob.id, min_reconnect_delay_ms=50) as app:
        assert app.connected
        iot.detach_policy(account, policy, bob.identity)
        _until(lambda: not app.connected)
        iot.attach_policy(account, policy, bob.identity)
        assert app.publish(f"own/{bob.id}/a").allowed
    assert len(asked) >= 2
    assert len({keys.access_key_id for keys in asked}) == len(asked)


def test_a_new_version_of_a_policy_counts_for_connections_that_stand(account: Account, bob: Person) -> None:
    policy = give(account, bob, "bob-is-given-more", *own_topic(account))
    with mqtt.connect(account, bob.keys, bob.id) as app:
        assert not app.publish("shared").allowed
        more = document(*own_topic(account), allow(account, "Publish", "topic/shared"))
        newer = iot.create_policy_version(account, policy, more)
        assert (newer.version, app.publish("shared").allowed) == ("2", True)
        iot.detach_policy(account, newer, bob.identity)
    iot.attach_policy(account, newer, bob.identity)
    with pytest.raises(ClientError, match="DeleteConflict"):
        iot.delete_policy_version(account, newer, "2")
    iot.delete_policy_version(account, newer, "1")


def test_credentials_that_cannot_be_got_raise_their_own_error(account: Account) -> None:
    def refuse() -> Credentials:
        raise LabError("sign in first")

    with pytest.raises(LabError, match="sign in first"):
        mqtt.connect(account, refuse, "nobody")


# The end


def _until(true: Any, timeout: float = 5.0) -> None:
    end = time.monotonic() + timeout
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def _python_threads() -> set[threading.Thread]:
    return {each for each in threading.enumerate() if not isinstance(each, threading._DummyThread)}


def test_a_closed_connection_says_so_and_leaves_no_thread(account: Account, alice: Person) -> None:
    before = _python_threads()
    with mqtt.connect(account, alice.keys, alice.id) as phone:
        assert phone.publish(f"own/{alice.id}/a").allowed
    phone.close()
    assert repr(phone) == f"Connection({alice.id!r}, not connected)"
    with pytest.raises(LabError, match="is not connected: it was closed"):
        phone.publish(f"own/{alice.id}/a")
    assert _python_threads() <= before


def test_a_connection_that_nobody_holds_any_more_ends(account: Account, alice: Person) -> None:
    phone = mqtt.connect(account, alice.keys, alice.id)
    line = phone._line
    assert line.up
    del phone
    gc.collect()
    _until(lambda: line._stopped)


def test_a_newer_connection_of_the_same_client_id_stays(account: Account, alice: Person) -> None:
    """As when a learner runs a cell again.

    https://docs.aws.amazon.com/iot/latest/developerguide/life-cycle-events.html (DUPLICATE_CLIENTID)
    """
    with mqtt.connect(account, alice.keys, alice.id, min_reconnect_delay_ms=50) as first:
        assert first.connected
        with mqtt.connect(account, alice.keys, alice.id) as second:
            _until(lambda: first._line._stopped)
            with pytest.raises(LabError, match="is not connected: DISCONNECT SESSION_TAKEN_OVER"):
                first.publish(f"own/{alice.id}/a")
            assert second.publish(f"own/{alice.id}/a").allowed


def test_an_endpoint_that_is_not_there_is_no_refusal(
    account: Account, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(account.__dict__, "iot", replace(account.iot, port=1))
    with pytest.raises(LabError, match="nothing answers at the endpoint"):
        mqtt.connect(account, alice.keys, alice.id)


def test_an_interrupted_connect_leaves_nothing_that_tries_in_the_background(
    account: Account, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[Line] = []

    def interrupt(line: Line, timeout: float) -> None:
        lines.append(line)
        raise KeyboardInterrupt

    monkeypatch.setattr(Line, "wait_for_beginning", interrupt)
    with pytest.raises(KeyboardInterrupt):
        mqtt.connect(account, alice.keys, alice.id)
    (line,) = lines
    time.sleep(0.2)
    assert line._stopped or not line._begun
    assert not line.up


def test_a_learners_interrupt_ends_the_wait_at_once_and_the_block_closes(
    account: Account, alice: Person
) -> None:
    started = time.monotonic()
    phone, timer = mqtt.connect(account, alice.keys, alice.id), threading.Timer(0.3, interrupt_main)

    def cell() -> None:
        with phone:
            timer.start()
            phone.take(1, timeout=30)

    with pytest.raises(KeyboardInterrupt):
        cell()
    timer.join()
    assert time.monotonic() - started < 10
    assert not phone.connected
