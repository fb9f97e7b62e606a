"""Who subscribes to what: a tree of topic levels, and for each topic the subscribers it found before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from labkit.local.mqtt.packets import Subscription
from labkit.local.mqtt.sessions import Session
from labkit.local.mqtt.shared import Group
from labkit.local.mqtt.topics import TopicFilter


class Target(NamedTuple):
    """One session that a topic's messages go to, however many of its filters match."""

    session: Session
    qos: int
    retain_as_published: bool
    no_local: bool


class Route(NamedTuple):
    targets: tuple[Target, ...]
    groups: tuple[Group, ...]


class _Node:
    __slots__ = ("children", "groups", "subscribers")

    def __init__(self) -> None:
        self.children: dict[str, _Node] = {}
        self.subscribers: dict[Session, Subscription] = {}
        self.groups: dict[str, Group] = {}

    @property
    def empty(self) -> bool:
        return not (self.children or self.subscribers or self.groups)


class Subscriptions:
    #: Topics whose routes are remembered. A client can publish to ever new ones.
    REMEMBERED = 10_000

    def __init__(self, new_group: Callable[[str], Group]) -> None:
        self._root = _Node()
        self._routes: dict[str, Route] = {}
        self._new_group = new_group

    @property
    def empty(self) -> bool:
        return self._root.empty

    @property
    def remembered(self) -> int:
        return len(self._routes)

    def add(self, session: Session, filter_: TopicFilter, subscription: Subscription) -> None:
        node = self._root
        for level in filter_.filter.split("/"):
            node = node.children.setdefault(level, _Node())
        if filter_.share is None:
            node.subscribers[session] = subscription
        else:
            if filter_.share not in node.groups:
                node.groups[filter_.share] = self._new_group(filter_.share)
            node.groups[filter_.share].join(session, subscription)
        self._routes.clear()

    def remove(self, session: Session, filter_: TopicFilter) -> None:
        path = [self._root]
        for level in filter_.filter.split("/"):
            path.append(path[-1].children[level])
        if filter_.share is None:
            del path[-1].subscribers[session]
        elif not path[-1].groups[filter_.share].leave(session):
            del path[-1].groups[filter_.share]
        self._prune(path, filter_.filter.split("/"))
        self._routes.clear()

    @staticmethod
    def _prune(path: list[_Node], levels: list[str]) -> None:
        while levels and path.pop().empty:
            del path[-1].children[levels.pop()]

    def route(self, topic: str) -> Route:
        route = self._routes.get(topic)
        if route is None:
            if len(self._routes) >= self.REMEMBERED:
                self._routes.clear()
            route = self._routes[topic] = self._find(topic)
        return route

    def _find(self, topic: str) -> Route:
        found: dict[Session, Target] = {}
        groups: list[Group] = []
        for node in self._matching(topic):
            for session, subscription in node.subscribers.items():
                found[session] = _merge(session, found.get(session), subscription)
            groups.extend(node.groups.values())
        return Route(tuple(found.values()), tuple(groups))

    def _matching(self, topic: str) -> Iterator[_Node]:
        """The nodes whose filter matches.

        `#` does not match its parent level: https://docs.aws.amazon.com/iot/latest/developerguide/mqtt.html
        (differences), unlike MQTT 5, 4.7.1.2. Wildcards do not match a leading `$` [MQTT-4.7.2-1].
        """
        nodes = [self._root]
        for depth, level in enumerate(topic.split("/")):
            hidden = depth == 0 and level.startswith("$")
            following: list[_Node] = []
            for node in nodes:
                children = node.children
                if level in children:
                    following.append(children[level])
                if not hidden and "+" in children:
                    following.append(children["+"])
                if not hidden and "#" in children:
                    yield children["#"]
            nodes = following
        yield from nodes


def _merge(session: Session, target: Target | None, subscription: Subscription) -> Target:
    """Overlapping subscriptions of one client bring it one message with the highest QoS (MQTT 5, 3.3.4)."""
    if target is None:
        return Target(session, subscription.qos, subscription.retain_as_published, subscription.no_local)
    return Target(
        session,
        max(target.qos, subscription.qos),
        target.retain_as_published or subscription.retain_as_published,
        target.no_local and subscription.no_local,
    )
