"""The condition keys of an MQTT connection.

https://docs.aws.amazon.com/iot/latest/developerguide/iot-policy-variables.html
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from labkit.local.authorization.principal import principal_keys
from labkit.local.iot.effective import attached_thing
from labkit.local.iot.principals import IotPrincipal, SigV4Principal
from labkit.local.mqtt.packets import V5, Connect, Property

if TYPE_CHECKING:
    from cryptography import x509

    from labkit.local.mqtt.contract import Link
    from labkit.local.state import State

ContextValue = str | tuple[str, ...]
_THING = "iot:Connection.Thing."


def connection_keys(link: Link, client_id: str, state: State) -> dict[str, ContextValue]:
    """What stays the same for as long as the connection and the account do."""
    principal: IotPrincipal = link.principal
    context: dict[str, ContextValue] = {
        "aws:SecureTransport": "true",
        "aws:SourceIp": link.source_ip,
        "iot:ClientId": client_id,
        "iot:DomainName": link.domain_name,
        "iot:SourceIp": link.source_ip,
    }
    if isinstance(principal, SigV4Principal):
        context |= principal_keys(principal.caller, state)
    else:
        kept = state.iot.certificates.kept(principal.certificate_id)
        context |= certificate_keys(kept.certificate_pem) if kept is not None else {}
    return context | thing_keys(principal.name, client_id, state)


def thing_keys(principal: str, client_id: str | None, state: State) -> dict[str, ContextValue]:
    """The Thing that the client ID names, if the principal is attached to it.

    "This variable has the value true or false"; "if the device certificate is not associated with the thing,
    this variable won't be resolved".
    https://docs.aws.amazon.com/iot/latest/developerguide/thing-policy-variables.html
    https://docs.aws.amazon.com/iot/latest/developerguide/thing-policy-examples.html
    """
    thing: Any = attached_thing(principal, client_id, state.region, state)
    if thing is None:
        return {f"{_THING}IsAttached": "false"}
    context: dict[str, ContextValue] = {f"{_THING}IsAttached": "true", f"{_THING}ThingName": thing.thing_name}
    if thing.thing_type is not None:
        context[f"{_THING}ThingTypeName"] = thing.thing_type.thing_type_name
    return context | {f"{_THING}Attributes[{name}]": value for name, value in thing.attributes.items()}


def connect_keys(connect: Connect) -> dict[str, ContextValue]:
    """What CONNECT asks for beside the connection itself.

    https://docs.aws.amazon.com/iot/latest/developerguide/connect-policy.html
    """
    persistent = not connect.clean_start
    if connect.version == V5:
        persistent = persistent or bool(connect.properties.get(Property.SESSION_EXPIRY_INTERVAL))
    wanted = (("LastWill", connect.will is not None), ("PersistentConnect", persistent))
    names = tuple(name for name, asked in wanted if asked)
    return {"iot:ConnectAttributes": names} if names else {}


@lru_cache(maxsize=512)
def certificate_keys(pem: str) -> dict[str, ContextValue]:
    """https://docs.aws.amazon.com/iot/latest/developerguide/cert-policy-variables.html"""
    from cryptography import x509

    from labkit.local.iot.certificates import certificate_id

    certificate = x509.load_pem_x509_certificate(pem.encode())
    context: dict[str, ContextValue] = {
        "iot:CertificateId": certificate_id(certificate),
        "iot:Certificate.SerialNumber": str(certificate.serial_number),
    }
    return context | _named("Subject", certificate.subject) | _named("Issuer", certificate.issuer)


def _named(side: str, name: x509.Name) -> dict[str, ContextValue]:
    """The first value of each attribute of a distinguished name."""
    from cryptography.x509.oid import NameOID

    documented = {
        "CommonName": NameOID.COMMON_NAME,
        "Country": NameOID.COUNTRY_NAME,
        "DistinguishedNameQualifier": NameOID.DN_QUALIFIER,
        "GenerationQualifier": NameOID.GENERATION_QUALIFIER,
        "GivenName": NameOID.GIVEN_NAME,
        "Initials": NameOID.INITIALS,
        "Organization": NameOID.ORGANIZATION_NAME,
        "OrganizationalUnit": NameOID.ORGANIZATIONAL_UNIT_NAME,
        "Pseudonym": NameOID.PSEUDONYM,
        "SerialNumber": NameOID.SERIAL_NUMBER,
        "State": NameOID.STATE_OR_PROVINCE_NAME,
        "Surname": NameOID.SURNAME,
        "Title": NameOID.TITLE,
    }
    found = {key: name.get_attributes_for_oid(oid) for key, oid in documented.items()}
    return {f"iot:Certificate.{side}.{key}": str(values[0].value) for key, values in found.items() if values}
