"""Why a packet came out as it did: keys of its connection, and the IoT policies of whoever sent it."""

from __future__ import annotations

from collections.abc import Mapping

from labkit.account import Account
from labkit.policy import Explanation, IotPrincipal, Policy, PolicySet, Request, explain
from labkit.resources import Attempt, Identity
from labkit.things import Certificate, IotAttempt

Keys = dict[str, str | list[str]]


def why(account: Account, certificate: Certificate, attempt: IotAttempt) -> Explanation:
    """Why AWS IoT answered a device so: the same packet, put to the policies of its certificate."""
    keys = context_keys(account, certificate, attempt.client_id)
    request = Request(IotPrincipal(certificate.arn), attempt.action, attempt.resource, context=keys)
    return explain(request, policies=PolicySet(iot=iot_policies(account, certificate)))


def context_keys(account: Account, principal: Identity | Certificate, client_id: str) -> Keys:
    """The keys of a connection; those of a Thing where the client id names one of the principal's.

    https://docs.aws.amazon.com/iot/latest/developerguide/thing-policy-variables.html
    """
    keys: Keys = {"iot:ClientId": client_id}
    things = account.client("iot").list_principal_things(principal=_name(principal))["things"]
    keys["iot:Connection.Thing.IsAttached"] = str(client_id in things).lower()
    if client_id in things:
        thing = account.client("iot").describe_thing(thingName=client_id)
        keys["iot:Connection.Thing.ThingName"] = client_id
        attributes: Mapping[str, str] = thing.get("attributes", {})
        keys |= {f"iot:Connection.Thing.Attributes[{name}]": value for name, value in attributes.items()}
    return keys


def keys_of(account: Account, identity: Identity, attempt: Attempt | IotAttempt) -> Keys:
    """The keys of an identity's packet; a call of the data API has no connection, and none of them."""
    return context_keys(account, identity, attempt.client_id) if isinstance(attempt, IotAttempt) else {}


def iot_policies(account: Account, principal: Identity | Certificate) -> tuple[Policy, ...]:
    """The IoT policies that are attached, fetched from the account."""
    iot = account.client("iot")
    found = [
        iot.get_policy(policyName=each["policyName"])
        for each in iot.list_attached_policies(target=_name(principal))["policies"]
    ]
    return tuple(Policy.parse(each["policyDocument"], name=each["policyName"], kind="iot") for each in found)


def _name(principal: Identity | Certificate) -> str:
    return principal.id if isinstance(principal, Identity) else principal.arn
