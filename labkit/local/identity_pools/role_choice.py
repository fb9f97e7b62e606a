"""Which role a login gets: by its token, by rules about its claims, or the pool's own.

https://docs.aws.amazon.com/cognito/latest/developerguide/role-based-access-control.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from labkit.local.errors import AwsError
from labkit.local.identity_pools.login import Login
from labkit.local.identity_pools.state import Pool


def role_arn(pool: Pool, logins: Sequence[Login], custom: str | None) -> str | None:
    """The ARN of the role, None where the pool has none. Raises AwsError where access is denied."""
    for login in logins:
        name = next((name for name in login.names if name in pool.role_mappings), None)
        if name is not None:
            return _mapped(name, pool, login, custom)
    named = next((login.roles for login in logins if login.roles), ())
    if named:
        return _asserted(named, custom)
    if custom:
        raise _forbidden(custom)
    return pool.roles.get("authenticated" if logins else "unauthenticated")


def _asserted(roles: Sequence[str], custom: str | None) -> str:
    """ "If multiple roles are received in the SAML assertion, the optional customRoleArn parameter should be
    populated."

    https://docs.aws.amazon.com/cognito/latest/developerguide/saml-identity-provider.html
    """
    if custom is None and len(roles) > 1:
        raise AwsError("InvalidParameterException", "CustomRoleArn must name one of the assertion's roles.")
    chosen = custom or roles[0]
    if chosen not in roles:
        raise _forbidden(chosen)
    return chosen


def _mapped(name: str, pool: Pool, login: Login, custom: str | None) -> str | None:
    mapping = pool.role_mappings[name]
    by_rules = mapping["Type"] == "Rules"
    candidates = _by_rules(mapping, login.claims) if by_rules else _in_token(login.claims)
    if custom:
        if custom not in candidates:
            raise _forbidden(custom)
        return custom
    chosen = next(iter(candidates), None) if by_rules else login.claims.get("cognito:preferred_role")
    return str(chosen) if chosen else _ambiguous(mapping, pool, login)


def _in_token(claims: Mapping[str, Any]) -> list[str]:
    """`cognito:roles`, a list, or the comma-separated text that AWS also describes."""
    roles = claims.get("cognito:roles") or []
    return roles.split(",") if isinstance(roles, str) else list(roles)


def _by_rules(mapping: Mapping[str, Any], claims: Mapping[str, Any]) -> list[str]:
    """The roles of the rules that match, in order: "the IAM role for the first matching rule is used"."""
    rules = mapping["RulesConfiguration"]["Rules"]
    return [rule["RoleARN"] for rule in rules if _matches(rule, claims)]


_MATCH: dict[str, Callable[[str, str], bool]] = {
    "Equals": lambda claim, value: claim == value,
    "NotEqual": lambda claim, value: claim != value,
    "StartsWith": lambda claim, value: claim.startswith(value),
    "Contains": lambda claim, value: value in claim,
}


def _matches(rule: Mapping[str, str], claims: Mapping[str, Any]) -> bool:
    """ "If the match type is NotEqual and the claim doesn't exist, the rule is not evaluated." """
    if rule["Claim"] not in claims:
        return False
    return _MATCH[rule["MatchType"]](as_text(claims[rule["Claim"]]), rule["Value"])


def as_text(claim: Any) -> str:
    """A claim as rules and tags compare it. A list, as `cognito:groups`, is read like `cognito:roles`."""
    if isinstance(claim, bool):
        return str(claim).lower()
    return ",".join(map(str, claim)) if isinstance(claim, list) else str(claim)


def _ambiguous(mapping: Mapping[str, Any], pool: Pool, login: Login) -> str | None:
    """AmbiguousRoleResolution: the pool's authenticated role, or nothing."""
    if mapping["AmbiguousRoleResolution"] == "AuthenticatedRole":
        return pool.roles.get("authenticated")
    # The text is that of real accounts: https://github.com/aws-amplify/amplify-js/issues/3621
    raise AwsError(
        "NotAuthorizedException",
        f"The ambiguous role mapping rules for: {login.provider} denied this request.",
    )


def _forbidden(arn: str) -> AwsError:
    """ "If this parameter doesn't match a role in cognito:roles, deny access." The text is ours."""
    return AwsError("NotAuthorizedException", f"Access to Role '{arn}' is forbidden.")
