"""Lifecycle events: https://docs.aws.amazon.com/iot/latest/developerguide/life-cycle-events.html"""

from __future__ import annotations

from typing import Any

from labkit.local.iot.presence import Presence
from labkit.local.seed import Source
from tests.unit.iot.doubles import Client, Published


class Account:
    def __init__(self) -> None:
        self.published, self.now = Published(), 1573002230.757
        self.presence = Presence(
            self.published, lambda: self.now, Source("presence"), lambda principal: f"id of {principal}"
        )

    def told(self) -> tuple[str, Any]:
        (one,) = self.published.take()
        return one

    def version(self, client: Client, *, leaves: bool = True) -> Any:
        """The version number of the next connection."""
        self.presence.connected(client)
        version = self.told()[1]["versionNumber"]
        if leaves:
            self.presence.disconnected(client, "CONNECTION_LOST", by_client=False)
            assert self.told()[1]["versionNumber"] == version, "the same number for both"
        return version


def test_a_connection_s_life_is_told_as_aws_tells_it() -> None:
    account, client = Account(), Client("186b5")
    account.presence.connected(client)
    topic, connected = account.told()
    session = connected.pop("sessionIdentifier")
    assert (topic, len(session)) == ("$aws/events/presence/connected/186b5", 32)
    assert connected == {
        "clientId": "186b5",
        "timestamp": 1573002230757,
        "eventType": "connected",
        "principalIdentifier": "id of somebody",
        "ipAddress": "192.0.2.0",
        "versionNumber": 0,
    }
    account.now += 1
    account.presence.subscribed(client, ("foo/bar", "device/+"))
    topic, subscribed = account.told()
    assert (topic, subscribed["topics"]) == (
        "$aws/events/subscriptions/subscribed/186b5", ["foo/bar", "device/+"],
    )  # fmt: skip
    assert (subscribed["eventType"], subscribed["sessionIdentifier"]) == ("subscribed", session)
    account.presence.unsubscribed(client, ("foo/bar",))
    topic, unsubscribed = account.told()
    assert (topic, unsubscribed["topics"]) == ("$aws/events/subscriptions/unsubscribed/186b5", ["foo/bar"])
    account.presence.disconnected(client, "CLIENT_INITIATED_DISCONNECT", by_client=True)
    topic, disconnected = account.told()
    assert topic == "$aws/events/presence/disconnected/186b5"
    assert disconnected == {
        "clientId": "186b5",
        "timestamp": 1573002231757,
        "eventType": "disconnected",
        "sessionIdentifier": session,
        "principalIdentifier": "id of somebody",
        "clientInitiatedDisconnect": True,
        "disconnectReason": "CLIENT_INITIATED_DISCONNECT",
        "versionNumber": 0,
    }


def test_a_client_id_with_wildcards_has_no_lifecycle_events() -> None:
    account = Account()
    for client in (Client("a#"), Client("+")):
        account.presence.connected(client)
        account.presence.subscribed(client, ("x",))
        account.presence.disconnected(client, "CONNECTION_LOST", by_client=False)
    assert account.published.messages == []
    account.presence.connected(Client("a"))
    assert account.told()[0] == "$aws/events/presence/connected/a"


def test_the_version_number_grows_with_each_connection_of_a_client_id() -> None:
    account = Account()
    assert [account.version(Client("one")) for _ in range(3)] == [0, 1, 2]
    assert account.version(Client("other")) == 0
    account.now += 3599
    assert account.version(Client("one")) == 3
    account.now += 3600
    assert account.version(Client("one")) == 0, "an hour without a connection"


def test_a_takeover_tells_of_both_connections() -> None:
    account, first, second = Account(), Client("one"), Client("one")
    assert account.version(first, leaves=False) == 0
    assert account.version(second, leaves=False) == 1
    account.presence.disconnected(first, "DUPLICATE_CLIENTID", by_client=False)
    topic, event = account.told()
    assert (topic, event["versionNumber"]) == ("$aws/events/presence/disconnected/one", 0)
    account.now += 7200
    assert account.version(Client("one")) == 2, "it was connected all the time"


def test_a_link_that_never_connected_is_not_told_of() -> None:
    account = Account()
    account.presence.disconnected(Client("one"), "AUTH_ERROR", by_client=False)
    assert account.published.messages == []
    assert account.version(Client("one")) == 0


def test_passing_client_ids_are_forgotten() -> None:
    account = Account()
    for number in range(5000):
        account.presence.connected(client := Client(f"passing-{number}"))
        account.presence.disconnected(client, "CONNECTION_LOST", by_client=False)
        account.now += 4
    assert len(account.presence._clients) < 3000
    account.published.take()
    assert account.version(Client("passing-4999")) == 1
