"""MQTT 5 by AWS's own client: connect, publish, subscribe, receive. A refusal is an answer here.

AWS IoT tells a client little of a refusal: it closes the connection, or gives a reason code.
https://docs.aws.amazon.com/iot/latest/developerguide/mqtt.html
"""

from __future__ import annotations

import json
import weakref
from collections.abc import Callable, Mapping
from typing import Any

from labkit.account import Account
from labkit.errors import LabError
from labkit.flow.mqtt_line import Line, Refused
from labkit.flow.renewing import Renewing, Source, provider
from labkit.things import Certificate, IotAttempt, IotMessage, PresignedUrl

Payload = str | bytes | Mapping[str, Any]

#: Seconds that an answer may take.
TIMEOUT = 10.0


def connect(account: Account, credentials: Source, client_id: str, **options: Any) -> Connection:
    """Connect over WebSocket; the client signs the URL by itself, each time anew.

    `options` go to AWS's client under its own names, as in `keep_alive_interval_sec`.
    """
    from awsiot import mqtt5_client_builder

    renewing = Renewing(credentials)
    build = mqtt5_client_builder.websockets_with_default_aws_signing
    options = {"region": account.region, "credentials_provider": provider(renewing), **options}
    return Connection(account, client_id, Line(renewing), build, port=account.iot.port, **options)


def connect_with_url(account: Account, url: PresignedUrl, client_id: str, **options: Any) -> Connection:
    """Connect over WebSocket by a URL that was signed before."""
    from awsiot import mqtt5_client_builder

    def ask_for(transform_args: Any, **_: Any) -> None:
        transform_args.http_request.path = url.path
        transform_args.set_done()

    build = mqtt5_client_builder.websockets_with_custom_handshake
    options = {"websocket_handshake_transform": ask_for, **options}
    return Connection(account, client_id, Line(), build, port=account.iot.port, **options)


def connect_with_certificate(
    account: Account,
    certificate: Certificate,
    client_id: str,
    *,
    listener: Callable[[IotMessage], None] | None = None,
    **options: Any,
) -> Connection:
    """Connect as a device does: by mutual TLS, which proves that it has the certificate's private key.

    A `listener` gets the messages in place of `take`, in a thread of AWS's client: it may not wait there.
    """
    from awsiot import mqtt5_client_builder

    build = mqtt5_client_builder.mtls_from_bytes
    options = {
        "cert_bytes": certificate.pem.encode(),
        "pri_key_bytes": certificate.private_key.reveal().encode(),
        **options,
    }
    return Connection(
        account, client_id, Line(listener=listener), build, port=account.iot.tls_port, **options
    )


class Connection:
    """One client's connection, until `close()` or the end of its `with` block.

    Whether it came about, `attempt` says. After an interruption the client connects again by itself,
    and its subscriptions are gone; it gives way to a newer one of the same client id.
    """

    def __init__(
        self, account: Account, client_id: str, line: Line, build: Callable[..., Any], **options: Any
    ) -> None:
        from awscrt import mqtt5

        self.client_id = client_id
        self._arn = f"arn:aws:iot:{account.region}:{account.account_id}:"
        self._line = line
        self._client = build(
            endpoint=account.iot.host,
            client_id=client_id,
            ca_bytes=account.iot.ca,
            # What was under way when the connection broke is refused, not tried again for ever.
            offline_queue_behavior=mqtt5.ClientOperationQueueBehaviorType.FAIL_ALL_ON_DISCONNECT,
            **line.callbacks,
            **options,
        )
        line.give_up = self._client.stop
        # Whoever collects garbage may be a thread of AWS's client, which must not wait for itself.
        self._end = weakref.finalize(self, self._client.stop)
        self.attempt = self._connect()

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Connection({self.client_id!r}, {'connected' if self.connected else 'not connected'})"

    @property
    def connected(self) -> bool:
        return self._line.up

    def publish(
        self, topic: str, payload: Payload = b"", *, qos: int = 1, retain: bool = False
    ) -> IotAttempt:
        """Send a message. With QoS 1 the broker answers; with QoS 0 nobody learns what became of it."""

        def saw() -> str:
            done = self._line.result(self.send(topic, payload, qos=qos, retain=retain), TIMEOUT)
            return _accepted("PUBACK", done.puback.reason_code) if qos else "sent; QoS 0 has no answer"

        return self._try("iot:Publish", f"topic/{topic}", saw)

    def send(self, topic: str, payload: Payload, *, qos: int = 1, retain: bool = False) -> Any:
        """Send a message and do not wait; the answer is a future."""
        from awscrt import mqtt5

        data = json.dumps(payload) if isinstance(payload, Mapping) else payload
        packet = mqtt5.PublishPacket(topic=topic, payload=data, qos=mqtt5.QoS(qos), retain=retain)
        return self._client.publish(packet)

    def subscribe(self, topic_filter: str, *, qos: int = 1) -> IotAttempt:
        """Ask for all messages whose topic fits; `take` then gives them."""
        from awscrt import mqtt5

        packet = mqtt5.SubscribePacket([mqtt5.Subscription(topic_filter, mqtt5.QoS(qos))])

        def saw() -> str:
            done = self._line.result(self._client.subscribe(packet), TIMEOUT)
            return _accepted("SUBACK", done.reason_codes[0])

        return self._try("iot:Subscribe", f"topicfilter/{topic_filter}", saw)

    def take(self, count: int = 1, *topic_filters: str, timeout: float = TIMEOUT) -> list[IotMessage]:
        """The next messages whose topic fits one of the filters (any, without one), oldest first.

        Raises LabError where too few arrive in time.
        """
        found = self._line.take(count, topic_filters or ("#",), timeout)
        if len(found) < count:
            where = f" on `{'` or `'.join(topic_filters)}`" if topic_filters else ""
            raise LabError(
                f"`{self.client_id}` waited {timeout:g} s for {count} messages{where}: {len(found)} arrived"
            )
        return found

    def receive(self, topic: str, *, timeout: float = 1.0) -> IotAttempt:
        """Whether a message on this topic arrives. One that may not is left out, and nobody says so."""
        found = self._line.take(1, (topic,), timeout)
        saw = f"arrived: {len(found[0].payload)} bytes" if found else f"nothing within {timeout:g} s"
        output = found[0] if found else None
        return IotAttempt(
            "iot:Receive", f"{self._arn}topic/{topic}", bool(found), saw, self.client_id, output
        )

    def close(self) -> None:
        """Say goodbye and end; once more does nothing."""
        if self._end.alive:
            self._end()
            self._line.wait_for_end(TIMEOUT)

    def _connect(self) -> IotAttempt:
        def saw() -> str:
            self._client.start()
            self._line.wait_for_beginning(TIMEOUT)
            return "CONNACK SUCCESS"

        try:
            attempt = self._attempt("iot:Connect", f"client/{self.client_id}", saw)
        except BaseException:  # a learner's interrupt, too: nothing is left trying in the background
            self.close()
            raise
        if not attempt.allowed:
            self.close()
        return attempt

    def _try(self, action: str, resource: str, saw: Callable[[], str]) -> IotAttempt:
        if not self._end.alive:
            why = "it was closed" if self.attempt.allowed else self.attempt.saw
            raise LabError(f"`{self.client_id}` is not connected: {why}")
        self._line.wait_until_up(self.client_id, TIMEOUT)
        return self._attempt(action, resource, saw)

    def _attempt(self, action: str, resource: str, saw: Callable[[], str]) -> IotAttempt:
        try:
            seen, allowed = saw(), True
        except Refused as refusal:
            seen, allowed = str(refusal), False
        return IotAttempt(action, self._arn + resource, allowed, seen, self.client_id)


def _accepted(packet: str, reason: Any) -> str:
    """0x80 and above refuse: https://docs.oasis-open.org/mqtt/mqtt/v5.0/os/mqtt-v5.0-os.html (2.4)"""
    said = f"{packet} {reason.name}"
    if reason >= 0x80:
        raise Refused(said)
    return said
