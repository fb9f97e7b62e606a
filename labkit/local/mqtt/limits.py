"""How much one client may ask of the broker."""

from __future__ import annotations

from dataclasses import dataclass

#: AWS's longest: MQTT 5 properties in https://docs.aws.amazon.com/iot/latest/developerguide/mqtt.html.
WEEK = 604_800


@dataclass(frozen=True)
class Limits:
    """AWS's quotas (https://docs.aws.amazon.com/general/latest/gr/iot-core.html#message-broker-limits).

    What an account can have raised is raised by another value here. None switches a rate off. The own
    bounds at the end AWS does not document, or not with a number: they keep one client from using up the
    machine.
    """

    client_id: int = 128
    topic: int = 256
    slashes: int = 7
    share_name: int = 128
    #: 128 KB. A connection that publishes more is closed.
    payload: int = 128 * 1024
    #: "Maximum MQTT5 packet size (variable header and payload)": 146 KB.
    packet: int = 146 * 1024
    filters_a_subscribe: int = 8
    subscriptions: int = 50
    topic_aliases: int = 8
    #: Unacknowledged QoS 1 messages, in either direction.
    unacknowledged: int = 100
    #: "Publish requests that exceed that quota are discarded": 100 a second on AWS. Off here, because a
    #: message that silently vanishes by the speed of a laptop teaches nothing; set it to see AWS do so.
    publishes_a_second: int | None = None
    #: "The default keep-alive interval is used when a client requests a keep-alive interval of zero or more
    #: than 1200 seconds", and fewer than 30 are taken for 30.
    keep_alive: int = 1200
    least_keep_alive: int = 30
    #: The account's "Persistent session expiry period": an hour, up to seven days on request.
    session_expiry: int = 3600
    message_expiry: int = WEEK
    #: AWS's list of the MQTT 5 properties that it supports has no Will Delay Interval.
    will_delay: int = 0
    #: Stored messages sent a second, after a session resumed and to each active member of a shared group.
    stored_a_second: int = 10
    shared_stored_a_second: int = 20
    #: "AWS IoT Core retries delivery … for up to one hour", then drops the message. How often it does is
    #: not documented.
    retry_seconds: float = 30.0
    retry_for_seconds: float = 3600.0

    #: Own bounds.
    retained_messages: int = 5000
    connect_seconds: float = 30.0
    queued_messages: int = 10_000
    queued_bytes: int = 256 * 1024 * 1024
    retained_bytes: int = 64 * 1024 * 1024
    sessions: int = 100_000
    #: Bytes that a client has not yet taken, above which it gets nothing new, and how long they may stay so.
    backlog: int = 1024 * 1024
    stalled_seconds: float = 5.0

    def granted_keep_alive(self, asked: int) -> int:
        if not 0 < asked <= self.keep_alive:
            return self.keep_alive
        return max(asked, self.least_keep_alive)

    def granted_message_expiry(self, asked: int) -> int:
        """AWS adjusts the interval to between a second and seven days (MQTT 5, message expiry)."""
        return min(max(asked, 1), self.message_expiry)


LIMITS = Limits()


@dataclass
class Budget:
    """How many bytes are kept of messages that are not acknowledged, for all clients together."""

    limit: int
    used: int = 0

    def take(self, size: int, *, always: bool = False) -> bool:
        if self.used + size > self.limit and not always:
            return False
        self.used += size
        return True

    def give(self, size: int) -> None:
        self.used -= size
