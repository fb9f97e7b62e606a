"""Valid packets of every kind, out of one source of chance."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from labkit.local.mqtt import properties, reasons
from labkit.local.mqtt.packets import (
    NONE,
    V5,
    V311,
    Auth,
    Connack,
    Connect,
    Disconnect,
    Packet,
    Pingreq,
    Pingresp,
    Properties,
    Property,
    Puback,
    Pubcomp,
    Publish,
    Pubrec,
    Pubrel,
    Reason,
    Suback,
    Subscribe,
    Subscription,
    Unsuback,
    Unsubscribe,
    Will,
)

#: One to four bytes of UTF-8, and the byte order mark that nobody may strip [MQTT-1.5.4-3].
LETTERS = "abcXYZ019 /$-_.é漢\ufeff😀"


def packet(random: Random, version: int) -> Packet:
    made: Packet = random.choice(MAKERS[version])(random, version)
    return made


def packets(random: Random, version: int, count: int) -> list[Packet]:
    """As many of each kind as of any other."""
    makers = MAKERS[version]
    return [makers[number % len(makers)](random, version) for number in range(count)]


def text(random: Random, shortest: int = 0) -> str:
    return "".join(random.choice(LETTERS) for _ in range(random.randint(shortest, 12)))


def octets(random: Random) -> bytes:
    return bytes(random.randrange(256) for _ in range(random.choice((0, 1, 5, 30))))


def boolean(random: Random) -> bool:
    return random.random() < 0.5


def number(random: Random, largest: int, smallest: int = 0) -> int:
    return random.choice((smallest, largest, random.randint(smallest, largest), min(largest, smallest + 127)))


def described(random: Random, kind: type, version: int) -> Properties:
    """Properties that packets of this kind may carry: none half of the time."""
    if version == V311 or boolean(random):
        return NONE
    return {
        Property(name): value(random, Property(name), rule, kind)
        for name, rule in properties.RULES.items()
        if kind in rule.packets and random.random() < 0.4
    }


def value(random: Random, name: Property, rule: properties.Rule, kind: type) -> Any:
    if not rule.repeated:
        return VALUES[rule.datatype](random, rule)
    most = 3 if kind in rule.repeated else 1
    return tuple(VALUES[rule.datatype](random, rule) for _ in range(random.randint(1, most)))


def _integer(largest: int) -> Callable[[Random, properties.Rule], int]:
    def make(random: Random, rule: properties.Rule) -> int:
        smallest = 0 if rule.domain.holds(0) else 1
        return number(random, 1 if rule.domain is properties.FLAG else largest, smallest)

    return make


VALUES: dict[properties.DataType, Callable[[Random, properties.Rule], Any]] = {
    properties.BYTE: _integer(0xFF),
    properties.TWO_BYTES: _integer(0xFFFF),
    properties.FOUR_BYTES: _integer(0xFFFFFFFF),
    properties.VARIABLE: _integer(268_435_455),
    properties.TEXT: lambda random, _: text(random, 1),
    properties.BINARY: lambda random, _: octets(random),
    properties.PAIR: lambda random, _: (text(random), text(random, 1)),
}


def authenticated(random: Random, kind: type, version: int) -> Properties:
    """Authentication data never without a method."""
    made = dict(described(random, kind, version))
    if Property.AUTHENTICATION_METHOD not in made:
        made.pop(Property.AUTHENTICATION_DATA, None)
    return made


def identifier(random: Random) -> int:
    return number(random, 0xFFFF, 1)


def reason(random: Random, kind: type) -> Reason:
    return Reason(random.choice(reasons.CODES[kind]))


def connect(random: Random, version: int) -> Connect:
    username = text(random) if boolean(random) else None
    password = octets(random) if boolean(random) and (username is not None or version == V5) else None
    return Connect(
        version,
        text(random),
        boolean(random),
        number(random, 0xFFFF),
        will(random, version) if boolean(random) else None,
        username,
        password,
        authenticated(random, Connect, version),
    )


def will(random: Random, version: int) -> Will:
    return Will(
        text(random, 1),
        octets(random),
        random.randint(0, 2),
        boolean(random),
        described(random, Will, version),
    )


def connack(random: Random, version: int) -> Connack:
    refused = reason(random, Connack) if version == V5 else random.randint(0, 5)
    code = refused if boolean(random) else 0
    return Connack(not code and boolean(random), code, authenticated(random, Connack, version))


def publish(random: Random, version: int) -> Publish:
    qos, about = random.randint(0, 2), described(random, Publish, version)
    return Publish(
        text(random, 0 if Property.TOPIC_ALIAS in about else 1),
        octets(random) * random.choice((1, 1, 1, 10, 700)),
        qos,
        boolean(random),
        qos > 0 and boolean(random),
        identifier(random) if qos else None,
        about,
    )


def acknowledgement(kind: Any) -> Callable[[Random, int], Packet]:
    def make(random: Random, version: int) -> Packet:
        given = reason(random, kind) if version == V5 else Reason.SUCCESS
        made: Packet = kind(identifier(random), given, described(random, kind, version))
        return made

    return make


def subscribe(random: Random, version: int) -> Subscribe:
    wanted = tuple(subscription(random, version) for _ in range(random.randint(1, 4)))
    return Subscribe(identifier(random), wanted, described(random, Subscribe, version))


def subscription(random: Random, version: int) -> Subscription:
    topic_filter = text(random, 1) + random.choice(("", "/+", "/#"))
    if version == V311:
        return Subscription(topic_filter, random.randint(0, 2))
    no_local, as_published = boolean(random), boolean(random)
    return Subscription(topic_filter, random.randint(0, 2), no_local, as_published, random.randint(0, 2))


def suback(random: Random, version: int) -> Suback:
    codes = reasons.CODES[Suback] if version == V5 else reasons.SUBACK_CODES
    given = tuple(random.choice(codes) for _ in range(random.randint(1, 4)))
    return Suback(identifier(random), given, described(random, Suback, version))


def unsubscribe(random: Random, version: int) -> Unsubscribe:
    filters = tuple(text(random, 1) for _ in range(random.randint(1, 4)))
    return Unsubscribe(identifier(random), filters, described(random, Unsubscribe, version))


def unsuback(random: Random, version: int) -> Unsuback:
    count = random.randint(1, 4) if version == V5 else 0
    given = tuple(reason(random, Unsuback) for _ in range(count))
    return Unsuback(identifier(random), given, described(random, Unsuback, version))


def disconnect(random: Random, version: int) -> Disconnect:
    if version == V311:
        return Disconnect()
    return Disconnect(reason(random, Disconnect), described(random, Disconnect, version))


def auth(random: Random, version: int) -> Auth:
    if random.random() < 0.1:
        return Auth()
    about = {**described(random, Auth, version), Property.AUTHENTICATION_METHOD: text(random, 1)}
    return Auth(reason(random, Auth), about)


_BOTH: list[Callable[[Random, int], Packet]] = [
    connect,
    connack,
    publish,
    acknowledgement(Puback),
    acknowledgement(Pubrec),
    acknowledgement(Pubrel),
    acknowledgement(Pubcomp),
    subscribe,
    suback,
    unsubscribe,
    unsuback,
    lambda *_: Pingreq(),
    lambda *_: Pingresp(),
    disconnect,
]
MAKERS = {V311: _BOTH, V5: [*_BOTH, auth]}
