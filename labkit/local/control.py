"""What a local account can do that AWS cannot: show its outbox, move its clock, tell at once what it was
asked and how it decided, be told an issuer's keys.

An AWS-JSON service named `labkit`, signed like any other, so that policies decide who may use it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from labkit.errors import LabError
from labkit.local import oidc
from labkit.local.errors import AwsError
from labkit.local.operations import Call
from labkit.local.user_pools.pools import find_pool
from labkit.policy.case import Case

if TYPE_CHECKING:
    from labkit.local.state import State


def read_outbox(call: Call, state: State) -> dict[str, Any]:
    """The messages to everybody, or to one username, oldest first."""
    username = call.parameters.get("Username")
    return {
        "Messages": [
            {
                "Username": m.username,
                "UserPoolId": m.user_pool_id,
                "Kind": m.kind,
                "Destination": m.destination,
                "Medium": m.medium,
                "Code": m.code,
                "Sent": m.sent,
            }
            for m in state.outbox.messages(username)
        ]
    }


def get_decision(call: Call, state: State) -> dict[str, Any]:
    """How a request was decided, as a case that the policy engine reads; nothing where it is not known."""
    wanted = str(call.parameters.get("RequestId", ""))
    decision = state.decisions.get(wanted) or state.iot.log.decision(wanted)
    if decision is None:
        return {}
    return {"Case": Case(decision.request, decision.policies).to_json()}


def read_iot_log(call: Call, state: State) -> dict[str, Any]:
    """Who asked what over MQTT and how it was decided, of all clients or of one, oldest first."""
    client_id = call.parameters.get("ClientId")
    return {
        "Events": [
            {
                "Time": entry.time,
                "ClientId": entry.client_id,
                "Principal": entry.principal,
                "Event": entry.event,
                "Topic": entry.topic,
                "Verdict": entry.verdict,
                "Reason": entry.reason,
                "DecisionId": entry.id if entry.decision is not None else None,
                "Count": entry.count,
            }
            for entry in state.iot.log
            if client_id in (None, entry.client_id)
        ]
    }


def read_requests(call: Call, state: State) -> dict[str, Any]:
    """The latest requests, oldest first: who asked for what, and what became of it."""
    return {
        "Requests": [
            {
                "Time": entry.time,
                "Service": entry.service,
                "Operation": entry.operation,
                "Principal": entry.principal,
                "Status": entry.status,
                "ErrorCode": entry.error_code,
                "Verdict": entry.verdict,
                "RequestId": entry.request_id,
            }
            for entry in state.requests
        ]
    }


def get_clock(call: Call, state: State) -> dict[str, Any]:
    clock = state.clock
    return {"Now": clock.now(), "Offset": clock.advanced.total_seconds(), "Frozen": clock.frozen}


def advance_clock(call: Call, state: State) -> dict[str, Any]:
    seconds = call.parameters.get("Seconds")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise AwsError("ValidationException", f"Seconds must be a number, got `{seconds}`.")
    try:
        state.clock.advance(timedelta(seconds=seconds))
    except (LabError, OverflowError, ValueError) as error:
        raise AwsError("ValidationException", f"{error}.") from None
    return get_clock(call, state)


def rotate_signing_key(call: Call, state: State) -> dict[str, Any]:
    """Let a new key sign a user pool's tokens, as AWS does at times of its own choosing."""
    pool_id = call.parameters.get("UserPoolId")
    if find_pool(str(pool_id), state) is None:
        raise AwsError("ValidationException", f"UserPoolId must name a user pool, got `{pool_id}`.")
    return {"Kid": state.user_pools.key(str(pool_id)).rotate()}


def tell_issuer_keys(call: Call, state: State) -> dict[str, Any]:
    """The JSON Web Key Set with which an OpenID Connect issuer signs; AWS would fetch it from the issuer."""
    issuer, jwks = call.parameters.get("Issuer"), call.parameters.get("Jwks")
    if not isinstance(issuer, str) or not issuer.startswith("https://"):
        raise AwsError("ValidationException", "Issuer must be the `iss` of its tokens, as `https://…`.")
    if oidc.is_cognito(issuer):
        raise AwsError(
            "ValidationException", f"`{issuer[:120]}` is Amazon Cognito, whose keys are the account's own."
        )
    try:
        state.issuers.tell(issuer, jwks if isinstance(jwks, dict) else {})
    except oidc.NoKey:
        raise AwsError(
            "ValidationException",
            "Jwks must be a JSON Web Key Set with public RSA or EC keys, each with a `kid`.",
        ) from None
    return {"Issuer": issuer}
