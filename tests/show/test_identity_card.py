"""The identity card; the local Identity Pool's own choice of a role is what it is measured by."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from labkit.local.errors import AwsError
from labkit.local.identity_pools.role_choice import role_arn
from labkit.resources import Identity, IdentityPool, IdentityPoolRoles, PrincipalTagMap
from labkit.show import identity_card
from labkit.show.interactive.identity_card import Known, card, choice
from labkit.show.interactive.token_inspector import _base64url

POOL = IdentityPool("eu-central-1:11111111-2222-4333-8444-555555555555", "photos", allow_guests=True)
PROVIDER = "cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Sample123"
ROLE = "arn:aws:iam::123456789012:role/"
USER = Identity("eu-central-1:5b1f1b2e-7c0d-4f7a-9e0f-3a8a4c1d2e3f", POOL, (PROVIDER,))
GUEST = Identity(USER.id, POOL)
CLAIMS = {"sub": "7a6c", "aud": "client", "cognito:groups": ["readers", "editors"], "custom:team": "red"}


def rule(claim: str, match: str, value: str, role: str = "Ruled") -> dict[str, str]:
    return {"Claim": claim, "MatchType": match, "Value": value, "RoleARN": ROLE + role}


def rules(*listed: dict[str, str], ambiguous: str = "Deny") -> dict[str, Any]:
    found = {"Type": "Rules", "AmbiguousRoleResolution": ambiguous}
    return found | {"RulesConfiguration": {"Rules": list(listed)}}


def by_token(ambiguous: str) -> dict[str, Any]:
    return {"Type": "Token", "AmbiguousRoleResolution": ambiguous}


def roles(mapping: dict[str, Any] | None = None) -> IdentityPoolRoles:
    mappings = {f"{PROVIDER}:client": mapping} if mapping else {}
    return IdentityPoolRoles(ROLE + "User", ROLE + "Guest", mappings)


def locally(given: IdentityPoolRoles, claims: dict[str, Any] | None) -> str | None:
    """What the local account would give; None where it refuses."""
    pool: Any = SimpleNamespace(
        roles={"authenticated": given.authenticated, "unauthenticated": given.unauthenticated},
        role_mappings=given.role_mappings,
    )
    login: Any = SimpleNamespace(names=(f"{PROVIDER}:client",), claims=claims, roles=(), provider=PROVIDER)
    try:
        return role_arn(pool, [login] if claims is not None else [], None)
    except AwsError:
        return None


@pytest.mark.parametrize(
    "mapping, claims, because",
    [
        (None, CLAIMS, "No role mapping"),
        (by_token("Deny"), CLAIMS | {"cognito:preferred_role": ROLE + "Best"}, "type Token"),
        (by_token("Deny"), CLAIMS, "says Deny"),
        (by_token("AuthenticatedRole"), CLAIMS, "the pool's role for logins"),
        (rules(rule("custom:team", "Equals", "red")), CLAIMS, "Rule 1 is the first"),
        (rules(rule("custom:team", "Equals", "blue"), rule("sub", "StartsWith", "7a")), CLAIMS, "Rule 2"),
        (rules(rule("cognito:groups", "Contains", "editors")), CLAIMS, "Rule 1"),
        (rules(rule("cognito:groups", "Equals", "readers,editors")), CLAIMS, "Rule 1"),
        (rules(rule("custom:none", "NotEqual", "x")), CLAIMS, "says Deny"),
        (rules(rule("custom:team", "NotEqual", "x")), CLAIMS, "Rule 1"),
        (rules(rule("sub", "Equals", "x"), ambiguous="AuthenticatedRole"), CLAIMS, "role for logins"),
    ],
)
def test_the_role_is_the_one_that_the_identity_pool_gives(
    mapping: dict[str, Any] | None, claims: dict[str, Any], because: str
) -> None:
    found = choice(Known(USER, roles(mapping), {PROVIDER: claims}, None))
    assert found.role == locally(roles(mapping), claims)
    assert because in found.because
    assert found.denied is (found.role is None)


def test_a_guest_gets_the_role_for_guests_and_has_no_login() -> None:
    assert choice(Known(GUEST, roles(), {}, None)).role == locally(roles(), None) == ROLE + "Guest"
    none = choice(Known(GUEST, IdentityPoolRoles(ROLE + "User", None), {}, None))
    assert (none.role, "gets no credentials" in none.because) == (None, True)
    assert "A guest: no login stands behind it" in repr(identity_card(GUEST))


def test_what_it_was_not_given_it_says_and_never_guesses() -> None:
    assert "pass `roles=`" in repr(identity_card(USER))
    assert "pass `logins=`" in repr(identity_card(USER))
    assert "Principal tags: not known" in repr(identity_card(USER))
    mapped = choice(Known(USER, roles(rules(rule("sub", "Equals", "x"))), {}, None))
    assert (mapped.role, mapped.denied) == (None, False)
    assert mapped.because.startswith("Not known")
    assert "No principal tags" in repr(identity_card(USER, tag_maps=()))


def test_each_principal_tag_says_where_it_comes_from() -> None:
    tags = PrincipalTagMap(PROVIDER, False, {"team": "custom:team", "level": "custom:level"})
    other = PrincipalTagMap("accounts.google.com", False, {"not": "mine"})
    shown = card(Known(USER, roles(), {PROVIDER: CLAIMS}, (tags, other))).to_text()
    assert "aws:PrincipalTag/team" in shown
    assert "the claim `custom:team`" in shown
    assert "no tag: the token has no such claim" in shown
    assert "not" not in [line.split("/")[-1] for line in shown.splitlines()]


def test_the_token_is_read_and_stays_in_the_kernel() -> None:
    token = ".".join([_base64url({"alg": "RS256"}), _base64url(CLAIMS), "c2lnbmF0dXJl"])
    view = identity_card(USER, roles=roles(by_token("AuthenticatedRole")), logins={PROVIDER: token})
    assert ROLE + "User" in repr(view)
    assert token not in json.dumps(view.get_state(["record", "title"]))
