"""The identity card: which logins stand behind an Identity ID, which role it gets and why, and its tags."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from labkit.record import Secret
from labkit.resources import Identity, IdentityPool, IdentityPoolRoles, PrincipalTagMap
from labkit.show.blocks import Block, Cell, Mark, Note, Table, row
from labkit.show.interactive.drawn import drawn
from labkit.show.interactive.widget import Interactive, page
from labkit.show.tokens import decoded
from labkit.show.values import json_text
from labkit.show.view import View

_ROLES_PAGE = "https://docs.aws.amazon.com/cognito/latest/developerguide/role-based-access-control.html"
_TAGS_PAGE = "https://docs.aws.amazon.com/cognito/latest/developerguide/attributes-for-access-control.html"

Claims = Mapping[str, Any]

#: https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_MappingRule.html
_MATCH: Mapping[str, Callable[[str, str], bool]] = {
    "Equals": lambda claim, value: claim == value,
    "NotEqual": lambda claim, value: claim != value,
    "StartsWith": lambda claim, value: claim.startswith(value),
    "Contains": lambda claim, value: value in claim,
}


@dataclass(frozen=True)
class Step:
    """One question on the way to a role, and its answer; `mark` says whether it chose."""

    asked: str
    answer: str
    mark: Mark = Mark.NEITHER


@dataclass(frozen=True)
class Choice:
    """The role that an identity gets; None where it gets none, or where it is not known."""

    role: str | None
    because: str
    steps: tuple[Step, ...] = ()
    denied: bool = False


@dataclass(frozen=True)
class Known:
    """What the card was given. None: it was not, and says so."""

    identity: Identity
    roles: IdentityPoolRoles | None
    #: Provider → the claims of its token.
    claims: Mapping[str, Claims]
    tag_maps: tuple[PrincipalTagMap, ...] | None


def identity_card(
    identity: Identity,
    *,
    roles: IdentityPoolRoles | None = None,
    logins: Mapping[str, str | Secret] | None = None,
    tag_maps: Iterable[PrincipalTagMap] | None = None,
) -> IdentityCard:
    """Who stands behind an Identity ID, which role it gets and by which rule, and its principal tags.

    `roles` is `get_identity_pool_roles(…)`, `logins` the Logins map that was sent, `tag_maps` what
    `get_principal_tag_attribute_map` answered. The card reads the tokens' claims and keeps them here. It
    guesses nothing: what it was not given it does not know, and says so.
    """
    claims = {provider: decoded(token).claims for provider, token in (logins or {}).items()}
    known = Known(identity, roles, claims, None if tag_maps is None else tuple(tag_maps))
    return IdentityCard(card(known))


class IdentityCard(Interactive):
    """`identity_card()` makes one."""

    _esm, _css = page("identity_card")

    def __init__(self, shown: View) -> None:
        super().__init__(shown, {"blocks": drawn(shown.blocks)})


def card(known: Known) -> View:
    """Everything that is known, as blocks."""
    identity = known.identity
    kind = "A guest: no login stands behind it" if identity.guest else "Authenticated"
    about = (
        row("Identity ID", Cell(identity.id, code=True)),
        row("Identity Pool", f"{identity.pool.name} ({identity.pool.id})"),
        row("Kind", Cell(kind, mark=Mark.NEITHER if identity.guest else Mark.ALLOW)),
    )
    blocks = (
        Table("Who it is", ("asked", "answer"), about),
        *_logins(known),
        *_role(choice(known)),
        *_tags(known),
    )
    return View("Identity card", blocks)


def _logins(known: Known) -> Iterator[Block]:
    if known.identity.guest:
        yield Note(
            "Each GetId without a login makes another Identity ID: only who kept this one is this guest."
        )
        return
    lines = (_login(name, known.claims.get(name)) for name in known.identity.providers)
    yield Table("The logins behind it", ("provider", "who that is there", "app client (`aud`)"), tuple(lines))


def _login(name: str, claims: Claims | None) -> tuple[Cell, ...]:
    if claims is None:
        unknown = "not known: pass `logins=`, with the token that was sent"
        return row(name, unknown, "not known")
    user = claims.get("cognito:username")
    sub = _text(claims, "sub") or "none"
    return row(
        name,
        Cell(f"{user} (`sub` {sub})" if user else f"`sub` {sub}"),
        Cell(_text(claims, "aud") or "none", code=True),
    )


def _text(claims: Claims, name: str) -> str:
    """A claim as rules and tags compare it; a list's members stand with commas between."""
    value = claims.get(name, "")
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else json_text(value)


def choice(known: Known) -> Choice:
    """The role, by the pool's mappings and its own two roles."""
    identity, roles = known.identity, known.roles
    if roles is None:
        return Choice(None, "Not known: pass `roles=`, from `get_identity_pool_roles`.")
    if identity.guest:
        return _own(roles.unauthenticated, "It has no login: the pool's role for guests.")
    for provider in identity.providers:
        claims = known.claims.get(provider)
        mapping = _mapping(roles, provider, claims)
        if mapping is not None:
            return _mapped(mapping, claims, roles)
        if claims is None and any(name.startswith(f"{provider}:") for name in roles.role_mappings):
            return Choice(None, "Not known: a mapping stands for an app client, and the token was not given.")
    if any(":saml-provider/" in provider for provider in identity.providers):
        return Choice(None, "Not known: a SAML assertion may name roles, and the card does not read it.")
    return _own(roles.authenticated, "No role mapping is for its login: the pool's role for logins.")


def _own(role: str | None, because: str) -> Choice:
    return Choice(role, because if role else f"{because} None is set, so it gets no credentials.")


def _mapping(roles: IdentityPoolRoles, provider: str, claims: Claims | None) -> Mapping[str, Any] | None:
    """Of a User Pool's login the mapping is kept under `provider:app client id`."""
    named = (f"{provider}:{_text(claims or {}, 'aud')}", provider)
    return next((roles.role_mappings[name] for name in named if name in roles.role_mappings), None)


def _mapped(mapping: Mapping[str, Any], claims: Claims | None, roles: IdentityPoolRoles) -> Choice:
    if claims is None:
        return Choice(None, "Not known: a mapping reads the token's claims; pass `logins=`.")
    if mapping["Type"] == "Token":
        return _by_token(mapping, claims, roles)
    return _by_rules(mapping, claims, roles)


def _by_token(mapping: Mapping[str, Any], claims: Claims, roles: IdentityPoolRoles) -> Choice:
    listed = Step("`cognito:roles` in the token", _text(claims, "cognito:roles") or "not there")
    preferred = _text(claims, "cognito:preferred_role")
    if preferred:
        found = Step("`cognito:preferred_role` in the token", preferred, Mark.ALLOW)
        because = "The mapping is of type Token: the role of the user's group with the best precedence."
        return Choice(preferred, because, (listed, found))
    missing = Step("`cognito:preferred_role` in the token", "not there")
    return _ambiguous(mapping, roles, (listed, missing))


def _by_rules(mapping: Mapping[str, Any], claims: Claims, roles: IdentityPoolRoles) -> Choice:
    steps: list[Step] = []
    for number, rule in enumerate(mapping["RulesConfiguration"]["Rules"], 1):
        says = f"`{rule['Claim']}` {rule['MatchType']} `{rule['Value']}`"
        asked = f"Rule {number}: {says}"
        if not _holds(rule, claims):
            steps.append(Step(asked, f"no: {_given(rule['Claim'], claims)}"))
            continue
        steps.append(Step(asked, f"yes: {_given(rule['Claim'], claims)}", Mark.ALLOW))
        because = f"Rule {number} is the first that matches: {says}."
        return Choice(rule["RoleARN"], because, tuple(steps))
    return _ambiguous(mapping, roles, tuple(steps))


def _holds(rule: Mapping[str, str], claims: Claims) -> bool:
    """ "If the match type is NotEqual and the claim doesn't exist, the rule is not evaluated." """
    return rule["Claim"] in claims and _MATCH[rule["MatchType"]](_text(claims, rule["Claim"]), rule["Value"])


def _given(name: str, claims: Claims) -> str:
    return f"the token has `{_text(claims, name)}`" if name in claims else "the token has no such claim"


def _ambiguous(mapping: Mapping[str, Any], roles: IdentityPoolRoles, steps: tuple[Step, ...]) -> Choice:
    resolution = mapping["AmbiguousRoleResolution"]
    if resolution == "AuthenticatedRole":
        found = Step("AmbiguousRoleResolution", "AuthenticatedRole", Mark.ALLOW)
        own = _own(roles.authenticated, "Nothing in the token chose: the pool's role for logins.")
        return Choice(own.role, own.because, (*steps, found))
    found = Step("AmbiguousRoleResolution", str(resolution), Mark.DENY)
    because = "Nothing in the token chose, and the mapping then says Deny: NotAuthorizedException."
    return Choice(None, because, (*steps, found), denied=True)


def _role(found: Choice) -> Iterator[Block]:
    mark = Mark.ALLOW if found.role else Mark.DENY if found.denied else Mark.NEITHER
    lines = (
        row("Role", Cell(found.role or "none that is known", code=bool(found.role), mark=mark)),
        row("Because", found.because),
    )
    yield Table("Which role it gets", ("asked", "answer"), lines)
    if found.steps:
        steps = (row(step.asked, Cell(step.answer, mark=step.mark)) for step in found.steps)
        yield Table("How the mapping chose, step by step", ("asked", "answer"), tuple(steps))
    yield Note(
        "A CustomRoleArn sent with GetCredentialsForIdentity chooses among the roles of the token or the "
        "rules; an identity does not say whether one was sent.",
        source=_ROLES_PAGE,
    )


def _tags(known: Known) -> Iterator[Block]:
    if known.tag_maps is None:
        yield Note(
            "Principal tags: not known. Pass `tag_maps=`, from `get_principal_tag_attribute_map`.",
            source=_TAGS_PAGE,
        )
        return
    lines = tuple(
        _tag(each, tag, claim, known.claims.get(each.provider))
        for each in known.tag_maps
        if each.provider in known.identity.providers
        for tag, claim in each.principal_tags.items()
    )
    if lines:
        yield Table("Principal tags of its sessions", ("tag", "value", "where it comes from"), lines)
    else:
        yield Note("No principal tags: no tag map is set for its logins.", source=_TAGS_PAGE)


def _tag(found: PrincipalTagMap, tag: str, claim: str, claims: Claims | None) -> tuple[Cell, ...]:
    of = "the default mappings" if found.use_defaults else "the pool's tag map"
    where = f"{of}: the claim `{claim}` of {found.provider}"
    if claims is None:
        return row(f"aws:PrincipalTag/{tag}", "not known: the token was not given", where)
    if claim not in claims:
        return row(
            f"aws:PrincipalTag/{tag}", Cell("no tag: the token has no such claim", mark=Mark.NEITHER), where
        )
    return row(f"aws:PrincipalTag/{tag}", Cell(_text(claims, claim), code=True), where)


def sample(data: Mapping[str, Any]) -> IdentityCard:
    """The view of the gallery: `data` has the identity, the claims, the pool's roles and its tag map."""
    pool = IdentityPool(**data["identity_pool"])
    known = Known(
        Identity(data["identity_id"], pool, tuple(data["claims"])),
        IdentityPoolRoles(**data["roles"]),
        data["claims"],
        tuple(PrincipalTagMap(**each) for each in data["tag_maps"]),
    )
    return IdentityCard(card(known))
