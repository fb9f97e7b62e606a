"""What the broker asks of the account around it, and what both call things."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

from labkit.local.mqtt.packets import NONE, Connect, Properties, Publish


class Link(Protocol):
    """One network connection, from the socket's acceptance to its end."""

    #: Whoever was authenticated at the socket: a SigV4 session or an X.509 certificate. Opaque to the broker.
    principal: Any
    source_ip: str
    #: The name by which the client called this endpoint (`iot:DomainName`).
    domain_name: str
    #: What CONNECT said; None before it.
    connect: Connect | None
    #: Empty before CONNECT. A server-assigned one is not what CONNECT said.
    client_id: str


class Message(NamedTuple):
    """An application message on its way to the subscribers."""

    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False
    properties: Properties = NONE
    #: The client that sent it; None for the account itself.
    publisher: str | None = None


class Authority(Protocol):
    """Who may do what. It is asked about each packet, and keeps each decision with its reason.

    The broker keeps no answer: whoever implements this caches, and knows when a policy changed.
    """

    def may_connect(self, link: Link, connect: Connect) -> bool: ...

    def may_publish(self, link: Link, topic: str, *, retain: bool) -> bool: ...

    def may_subscribe(self, link: Link, topic_filter: str) -> bool:
        """`topic_filter` as the client wrote it, with the `$share/group/` before it if there is one."""
        ...

    def may_receive(self, link: Link, topic: str) -> bool:
        """`topic` with the `$share/group/` of the subscription that brings it, if it is a shared one."""
        ...

    def faulted(self, link: Link, event: str, sentence: str) -> None:
        """It is not asked, but told why the broker refuses a Connect, or Disconnects."""
        ...


class Reserved(Protocol):
    """What the account does with messages to its own topics, those that begin with `$`."""

    def accepts(self, link: Link, topic: str) -> bool:
        """Whether a client may publish there at all; it is dropped where not."""
        ...

    def handle(self, link: Link, message: Publish) -> None:
        """A shadow's request, a rule's input …; already authorised. Answers go out by `Broker.publish`."""
        ...

    def subscribable(self, link: Link, topic_filter: str) -> bool:
        """Whether a client may subscribe to a filter that begins with `$` at all."""
        ...


class Observer(Protocol):
    """Told of a connection's life, as AWS's presence events tell it."""

    def connected(self, link: Link) -> None: ...

    def disconnected(self, link: Link, reason: str, *, by_client: bool) -> None:
        """`reason`: AWS's disconnectReason, as in `DUPLICATE_CLIENTID`."""
        ...

    def subscribed(self, link: Link, topic_filters: tuple[str, ...]) -> None: ...

    def unsubscribed(self, link: Link, topic_filters: tuple[str, ...]) -> None: ...
