"""AWS IoT for the tests: who connects, and what stands in for the broker's connection."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from labkit.local.authentication import Caller
from labkit.local.iot.principals import CertificatePrincipal, IotPrincipal, SigV4Principal
from labkit.local.mqtt.packets import V311, Connect
from labkit.resources import Credentials
from tests.local.accounts import LocalAccount
from tests.local.directory import IdentityPool, identity_pool, user_pool
from tests.local.identities import get_credentials, get_id
from tests.local.iot_table import GUEST


@dataclass(eq=False)
class StandInLink:
    """mqtt.contract.Link without a broker behind it."""

    principal: IotPrincipal
    source_ip: str = "203.0.113.7"
    domain_name: str = "localhost"
    connect: Connect | None = None
    client_id: str = ""


@dataclass
class Client:
    """A connection, and what the account's authority says to it."""

    account: LocalAccount
    link: StandInLink = field(repr=False)

    @property
    def authority(self) -> Any:
        return self.account.app.state.iot.authority

    def connect(self, client_id: str, **more: Any) -> bool:
        """CONNECT; with its answer the client ID stands."""
        self.link.connect = Connect(more.pop("version", V311), client_id, **more)
        self.link.client_id = client_id
        return bool(self.authority.may_connect(self.link, self.link.connect))

    def publish(self, topic: str) -> bool:
        return bool(self.authority.may_publish(self.link, topic, retain=False))

    def retain(self, topic: str) -> bool:
        return bool(self.authority.may_publish(self.link, topic, retain=True))

    def subscribe(self, topic_filter: str) -> bool:
        return bool(self.authority.may_subscribe(self.link, topic_filter))

    def receive(self, topic: str) -> bool:
        return bool(self.authority.may_receive(self.link, topic))


def caller_of(account: LocalAccount, credentials: Credentials) -> Caller:
    """What the gateway finds behind a signature."""
    session = account.app.state.sessions.get(credentials.access_key_id)
    if session is not None:
        return Caller(session.arn, session.access_key_id, session.user_id, session=session)
    answer = account.client("sts", credentials).get_caller_identity()
    name = answer["Arn"].rpartition("/")[2]
    return Caller(answer["Arn"], credentials.access_key_id, answer["UserId"], name)


def app(account: LocalAccount, credentials: Credentials) -> Client:
    """A client that signed with these credentials."""
    until = account.app.state.clock.now() + timedelta(hours=24)
    return Client(account, StandInLink(SigV4Principal.of(caller_of(account, credentials), until=until)))


def device(account: LocalAccount, certificate: dict[str, Any]) -> Client:
    """A client with a certificate that CreateKeysAndCertificate answered."""
    principal = CertificatePrincipal(certificate["certificateId"], certificate["certificateArn"])
    return Client(account, StandInLink(principal))


def certificate(account: LocalAccount, *policies: str) -> dict[str, Any]:
    """A new active certificate with these IoT policies."""
    iot = account.client("iot")
    made = iot.create_keys_and_certificate(setAsActive=True)
    for each in policies:
        iot.attach_policy(policyName=each, target=made["certificateArn"])
    return dict(made)


def policy(account: LocalAccount, document: str) -> str:
    """The name of a new IoT policy."""
    name = account.name("policy")
    account.client("iot").create_policy(policyName=name, policyDocument=document)
    return name


@dataclass(frozen=True)
class Person:
    """An identity with the credentials that the identity pool gave it."""

    identity: str
    credentials: Credentials


def person(pool: IdentityPool, *, guest: bool, policies: tuple[str, ...] = ()) -> Person:
    """A new identity, its Thing attached to it and these IoT policies, too."""
    logins = None if guest else pool.logins(pool.users.confirmed())
    identity, api = get_id(pool, logins), pool.account.client("iot")
    api.create_thing(thingName=identity)
    api.attach_thing_principal(thingName=identity, principal=identity)
    for each in policies:
        api.attach_policy(policyName=each, target=identity)
    return Person(identity, get_credentials(pool, identity, logins))


def pool_with(account: LocalAccount, member: list[dict[str, Any]]) -> IdentityPool:
    made = identity_pool(user_pool(account))
    made.give_roles(member=member, guest=GUEST)
    return made
