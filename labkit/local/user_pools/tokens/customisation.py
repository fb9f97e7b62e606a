"""What a pool's PreTokenGeneration function changes in the tokens, and what it may not.

https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-token-generation.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError
from labkit.local.operations import Call
from labkit.local.user_pools import triggers
from labkit.local.user_pools.pools import Client, Pool, User, lambda_triggers

if TYPE_CHECKING:
    from labkit.local.state import State

Claims = dict[str, Any]

#: "You can't modify the following claims", in either token.
_FIXED = frozenset(
    (
        "acr", "amr", "at_hash", "auth_time", "azp", "exp", "iat", "iss", "jti", "nbf", "nonce", "origin_jti",
        "sub", "token_use",
    )
)  # fmt: skip
_FIXED_IDENTITY = _FIXED | {"aud", "identities"}
_FIXED_ACCESS = _FIXED | {"client_id", "device_key", "event_id", "scope", "username", "version"}
#: "For group-related claims, use groupOverrideDetails instead."
_FIXED_PREFIXES = ("cognito:", "dev:")

_GROUPS = {
    "groupsToOverride": "cognito:groups",
    "iamRolesToOverride": "cognito:roles",
    "preferredRole": "cognito:preferred_role",
}
_OCCASIONS = {
    "DEVICE_PASSWORD_VERIFIER": "AuthenticateDevice",
    "NEW_PASSWORD_REQUIRED": "NewPasswordChallenge",
}


def customised(
    pool: Pool, client: Client, user: User, identity: Claims, access: Claims, call: Call | None, state: State
) -> tuple[Claims, Claims]:
    """The claims of the ID token and of the access token, as the pool's function wants them."""
    if triggers.arn_of(pool, "PreTokenGeneration") is None:
        return identity, access
    version = _version(pool)
    groups = {name: identity[claim] for name, claim in _GROUPS.items() if claim in identity}
    request: dict[str, Any] = {
        "userAttributes": triggers.user_attributes(user),
        "groupConfiguration": {"groupsToOverride": [], "iamRolesToOverride": [], "preferredRole": None}
        | groups,
    }
    if version != "1":
        request["scopes"] = access["scope"].split()
    answer = triggers.invoke(
        pool,
        "PreTokenGeneration",
        _occasion(call),
        username=user.username,
        client_id=client.id,
        request=request | _metadata(call),
        state=state,
        version=version,
    )
    if version == "1":
        return _first_version((answer or {}).get("claimsOverrideDetails") or {}, identity, access)
    return _later_version((answer or {}).get("claimsAndScopeOverrideDetails") or {}, identity, access)


def _version(pool: Pool) -> str:
    """`1` for V1_0, which changes ID tokens alone; `2` and `3` are the same for users."""
    config = lambda_triggers(pool).get("PreTokenGenerationConfig") or {}
    return str(config.get("LambdaVersion") or "V1_0")[1:2]


def _occasion(call: Call | None) -> str:
    given = call.parameters if call else {}
    if call is not None and call.operation.startswith("/"):  # an endpoint of the pool's domain
        return "RefreshTokens" if given.get("grant_type") == "refresh_token" else "HostedAuth"
    if str(given.get("AuthFlow", "")).startswith("REFRESH_TOKEN") or "RefreshToken" in given:
        return "RefreshTokens"
    return _OCCASIONS.get(given.get("ChallengeName", ""), "Authentication")


def _metadata(call: Call | None) -> dict[str, Any]:
    """ "Amazon Cognito doesn't include data from the ClientMetadata parameter in AdminInitiateAuth and
    InitiateAuth API operations in the request that it passes to the pre token generation function." """
    if call is None or call.operation.endswith("InitiateAuth") or not call.parameters.get("ClientMetadata"):
        return {}
    return {"clientMetadata": call.parameters["ClientMetadata"]}


def _first_version(details: dict[str, Any], identity: Claims, access: Claims) -> tuple[Claims, Claims]:
    added = _of(dict, details, "claimsToAddOrOverride")
    if not all(isinstance(value, str) for value in added.values()):
        raise _unrecognizable()
    identity, access = _grouped(details, identity, access)
    return _changed(details, identity, _FIXED_IDENTITY), access


def _later_version(details: dict[str, Any], identity: Claims, access: Claims) -> tuple[Claims, Claims]:
    identity, access = _grouped(details, identity, access)
    for_access = _of(dict, details, "accessTokenGeneration")
    identity = _changed(_of(dict, details, "idTokenGeneration"), identity, _FIXED_IDENTITY)
    access = _changed(for_access, access, _FIXED_ACCESS)
    return identity, access | {"scope": _scope(for_access, access["scope"].split())}


def _grouped(details: dict[str, Any], identity: Claims, access: Claims) -> tuple[Claims, Claims]:
    """ "If you provide an empty or null object in the response, … Amazon Cognito suppresses the groups." """
    if "groupOverrideDetails" not in details:
        return identity, access
    wanted = _of(dict, details, "groupOverrideDetails")
    groups = {claim: wanted[name] for name, claim in _GROUPS.items() if wanted.get(name)}
    of_access = {k: v for k, v in groups.items() if k == "cognito:groups"}
    return (
        {k: v for k, v in identity.items() if k not in _GROUPS.values()} | groups,
        {k: v for k, v in access.items() if k != "cognito:groups"} | of_access,
    )


def _changed(details: dict[str, Any], claims: Claims, fixed: frozenset[str]) -> Claims:
    """ "If your function both suppresses and replaces a claim value, … Cognito suppresses the claim." """
    added, suppressed = _of(dict, details, "claimsToAddOrOverride"), _of(list, details, "claimsToSuppress")
    kept = {k: v for k, v in claims.items() if _is_fixed(k, fixed) or k not in suppressed}
    return kept | {k: v for k, v in added.items() if not _is_fixed(k, fixed) and k not in suppressed}


def _is_fixed(claim: str, fixed: frozenset[str]) -> bool:
    return claim in fixed or claim.startswith(_FIXED_PREFIXES)


def _scope(details: dict[str, Any], scopes: list[str]) -> str:
    """ "You can't add scope values that contain one or more blank-space characters." """
    added, suppressed = _of(list, details, "scopesToAdd"), _of(list, details, "scopesToSuppress")
    if not all(isinstance(scope, str) and scope.split() == [scope] for scope in added):
        raise _unrecognizable()
    return " ".join(dict.fromkeys(s for s in (*scopes, *added) if s not in suppressed))


def _of(kind: type, details: dict[str, Any], name: str) -> Any:
    """A member of the answer, empty where it is null. Raises AwsError where it is something else."""
    value = details.get(name)
    if value is None:
        return kind()
    if not isinstance(value, kind):
        raise _unrecognizable()
    return value


def _unrecognizable() -> AwsError:
    return AwsError("InvalidLambdaResponseException", "Unrecognizable lambda output")
