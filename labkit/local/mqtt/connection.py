"""One client's connection: bytes in, packets to their handlers, bytes out, and its end."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from labkit.local.mqtt.aliases import InboundAliases, OutboundAliases
from labkit.local.mqtt.codec import Decoder, encode
from labkit.local.mqtt.connecting import on_connect
from labkit.local.mqtt.endings import DisconnectReason
from labkit.local.mqtt.leaving import on_disconnect
from labkit.local.mqtt.messages import Outgoing
from labkit.local.mqtt.outlet import Outlet, Transport
from labkit.local.mqtt.packets import (
    NONE,
    V5,
    V311,
    Connect,
    Disconnect,
    MqttError,
    Packet,
    Pingreq,
    Pingresp,
    Properties,
    Property,
    Puback,
    Publish,
    Reason,
    Subscribe,
    Unsubscribe,
)
from labkit.local.mqtt.publishing import on_publish
from labkit.local.mqtt.reasons import CODES
from labkit.local.mqtt.subscribing import on_subscribe, on_unsubscribe

if TYPE_CHECKING:
    from labkit.local.mqtt.broker import Broker
    from labkit.local.mqtt.sessions import Session


class Connection(Outlet):
    def __init__(
        self, broker: Broker, principal: Any, source_ip: str, domain_name: str, transport: Transport
    ) -> None:
        limits = broker.limits
        super().__init__(broker, transport)
        self.principal = principal
        self.source_ip = source_ip
        self.domain_name = domain_name
        self.now = broker.now
        self.connect: Connect | None = None
        self.client_id = ""
        self.version = V311
        self.session: Session | None = None
        self.ended = False
        #: What CONNECT settles (connecting.py).
        self.keep_alive = limits.keep_alive
        self.window = limits.unacknowledged
        self.largest_packet: int | None = None
        self.tells_problems = True
        self.aliases = InboundAliases(limits.topic_aliases)
        self.outbound_aliases: OutboundAliases | None = None
        #: Seconds by the broker's own clock: of its beginning, and of the last packet.
        self.opened = self.heard = broker.moment
        #: When the last of the stored messages went out, whose rate is one by the second.
        self._stored = broker.moment
        self._decoder = Decoder(max_size=limits.packet + 5)
        self._second = self._published = 0

    def __repr__(self) -> str:
        return f"Connection({self.client_id or '-'})"

    @property
    def moment(self) -> float:
        return self.broker.moment

    # What comes in

    def feed(self, data: bytes) -> None:
        """Bytes from the client. Whatever is wrong with them ends the connection and raises nothing."""
        broker = self.broker
        broker.enter()
        try:
            self._read(data)
        finally:
            broker.leave()

    def _read(self, data: bytes) -> None:
        if self.ended:
            return
        try:
            for packet in self._decoder.feed(data):
                self._handle(packet)
        except MqttError as error:
            for packet in error.packets:
                self.received(packet)
            self.fail(error)

    def received(self, packet: Packet) -> None:
        """One packet from the client."""
        self.broker.enter()
        try:
            self._handle(packet)
        except MqttError as error:
            self.fail(error)
        finally:
            self.broker.leave()

    def _handle(self, packet: Packet) -> None:
        if self.ended:
            return
        handler = _HANDLERS.get(type(packet))
        if handler is None or (self.session is None) is not (handler is on_connect):
            name = type(packet).__name__.upper()
            raise MqttError(Reason.PROTOCOL_ERROR, f"{name} is not what a client sends at this point")
        self.heard = self.broker.moment
        handler(self, packet)

    def lost(self, *, by_client: bool = False) -> None:
        """The socket is gone.

        `by_client`: it was the client that closed it, by a WebSocket Close frame. AWS takes that for a
        client-initiated disconnect, without will (life-cycle-events.html).
        """
        self.discard()
        reason = DisconnectReason.CONNECTION_LOST
        if by_client:
            reason = DisconnectReason.CLIENT_INITIATED_DISCONNECT
        self.end(reason, by_client=by_client, will=not by_client)

    # What goes out

    def write(self, packet: Packet) -> None:
        data = encode(packet, self.version)
        if self.largest_packet is None or len(data) <= self.largest_packet:
            self.write_bytes(data)
        else:
            self._write_smaller(packet)

    def _write_smaller(self, packet: Packet) -> None:
        """[MQTT-3.1.2-24]: a Reason String is left out, and who cannot even be answered without is left."""
        if isinstance(packet, Puback | Disconnect):
            data = encode(packet._replace(properties=NONE), self.version)
            if self.largest_packet is None or len(data) <= self.largest_packet:
                self.write_bytes(data)
                return
        self.end(
            DisconnectReason.CLIENT_ERROR, sentence="its maximum packet size leaves no room for an answer"
        )

    def writable(self, backlog: int = 0) -> None:
        """The client took what waited; `backlog` bytes are left."""
        if self.session is not None and backlog <= self.broker.limits.backlog:
            self.broker.enter()
            try:
                self.session.send_waiting()
            finally:
                self.broker.leave()

    def may_publish_now(self) -> bool:
        """The quota "Publish requests per second per connection"."""
        second = int(self.broker.moment)
        if second != self._second:
            self._second, self._published = second, 0
        self._published += 1
        allowed = self.broker.limits.publishes_a_second
        return allowed is None or self._published <= allowed

    def may_receive(self, topic: str) -> bool:
        return self.broker.authority.may_receive(self, topic)

    def send_unnumbered(self, message: Outgoing, retain: bool, permitted_as: str) -> bool:
        """A PUBLISH with QoS 0, unless the client may not have it or is too slow for it."""
        if self.congested or not self.broker.authority.may_receive(self, permitted_as):
            return False
        if self.outbound_aliases is not None:
            return self._send_shortened(message.packet(retain, None, self.now))
        return self._send_form(message.unnumbered(self.version, retain, self.now))

    def send_numbered(self, message: Outgoing, retain: bool, packet_id: int) -> bool:
        if self.outbound_aliases is not None:
            return self._send_shortened(message.packet(retain, packet_id, self.now))
        return self._send_form(message.numbered(self.version, retain, packet_id, self.now))

    def _send_form(self, form: bytes) -> bool:
        """[MQTT-3.1.2-24]: nothing larger than the client takes is sent to it; it is as if it was."""
        if self.largest_packet is not None and len(form) > self.largest_packet:
            return False
        self.write_bytes(form)
        return True

    def _send_shortened(self, packet: Publish) -> bool:
        assert self.outbound_aliases is not None
        shortened = self.outbound_aliases.shorten(packet)
        if not self._send_form(encode(shortened, self.version)):
            return False
        self.outbound_aliases.sent(shortened)
        return True

    def problem(self, sentence: str) -> Properties:
        """The Reason String, for a client that wants it (Request Problem Information).

        A sentence may quote what the client sent, of any length and with U+0000 in it.
        """
        if not sentence or not self.tells_problems:
            return NONE
        return {Property.REASON_STRING: sentence[:200].replace("\0", " ")}

    def send_stored(self) -> None:
        """This second's share of what is stored for the client."""
        if self.session is not None:
            self._stored = self.broker.moment
            self.session.send_stored()

    # Its end

    def fail(self, error: MqttError) -> None:
        """What is wrong with a second CONNECT only CONNACK could say (MQTT 5, 3.14.2.1)."""
        code = error.reason if error.reason in CODES[Disconnect] else Reason.PROTOCOL_ERROR
        self.end(DisconnectReason.CLIENT_ERROR, code=code, sentence=str(error))

    def deny(self, sentence: str) -> None:
        self.end(DisconnectReason.AUTH_ERROR, code=Reason.NOT_AUTHORIZED, sentence=sentence)

    def end(
        self,
        reason: str,
        *,
        code: int | None = None,
        sentence: str = "",
        by_client: bool = False,
        will: bool = True,
    ) -> None:
        """Close, in MQTT 5 with a DISCONNECT that says why; AWS calls the reason `reason`.

        The authority is told the sentence too, unless it was its own decision.
        """
        if self.ended:
            return
        self.broker.enter()
        try:
            self.ended = True
            self.close()
            if sentence and reason != DisconnectReason.AUTH_ERROR:
                event = "Connect" if self.session is None else "Disconnect"
                self.broker.authority.faulted(self, event, sentence)
            if code is not None and self.session is not None and self.version == V5:
                self.write(Disconnect(code, self.problem(sentence)))
            self.broker.ended(self, reason, by_client=by_client, will=will)
        finally:
            self.broker.leave()

    # What is due

    def due(self) -> None:
        moment, limits = self.broker.moment, self.broker.limits
        session = self.session
        if self.ended:
            return
        if session is None:
            if moment - self.opened >= limits.connect_seconds:
                self.end(DisconnectReason.CLIENT_ERROR, sentence="no CONNECT came in time")
        elif moment - self.heard >= 1.5 * self.keep_alive:
            sentence = f"nothing came within one and a half times the keep-alive of {self.keep_alive} s"
            reason = DisconnectReason.MQTT_KEEP_ALIVE_TIMEOUT
            self.end(reason, code=Reason.KEEP_ALIVE_TIMEOUT, sentence=sentence)
        elif self.stalled():
            self.end(
                DisconnectReason.CONNECTION_LOST, sentence="the client takes nothing of what waits for it"
            )
        else:
            session.retry(moment)
            if moment - self._stored >= 1:
                self.send_stored()


def _on_puback(link: Connection, packet: Puback) -> None:
    assert link.session is not None
    link.session.acknowledged(packet.packet_id)


def _on_pingreq(link: Connection, packet: Pingreq) -> None:
    link.write(Pingresp())


#: PUBREC, PUBREL, PUBCOMP and AUTH are not supported by AWS (differences in its mqtt.html); they and what
#: only a server sends end the connection.
_HANDLERS: dict[type, Callable[[Connection, Any], None]] = {
    Publish: on_publish,
    Puback: _on_puback,
    Pingreq: _on_pingreq,
    Subscribe: on_subscribe,
    Unsubscribe: on_unsubscribe,
    Connect: on_connect,
    Disconnect: on_disconnect,
}
