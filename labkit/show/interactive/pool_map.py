"""The map of User Pools and Identity Pools: what each is for, and where each call that was made belongs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from labkit.errors import LabError
from labkit.record import ApiCall
from labkit.resources import IdentityPool, UserPool
from labkit.show.blocks import Block, Cell, Mark, Note, Table, row
from labkit.show.diagram import answer, failed, participant
from labkit.show.interactive.widget import Interactive, page
from labkit.show.pools import side_by_side
from labkit.show.view import View

POOLS = ("User Pool", "Identity Pool")
_GUIDE = "https://docs.aws.amazon.com/cognito/latest/developerguide/"


@dataclass(frozen=True)
class Place:
    """One field of the map: what AWS says there, and the operations that belong to it."""

    sentence: str
    page: str
    #: `service:Operation`s, as a pattern.
    operations: str = ""
    #: A call belongs here only if it returned one of these members.
    returns: tuple[str, ...] = ()

    def has(self, call: ApiCall) -> bool:
        named = re.fullmatch(self.operations, f"{call.service}:{call.operation}")
        if not named or (self.returns and not any(call.response.get(member) for member in self.returns)):
            return False
        return call.service.startswith("cognito-") or call.service in ("iam", "sts") or call.signed


# Every operation of a User Pool belongs to one of three: signing in, the users, and else its settings.
_SIGN_IN = r"(Admin)?(InitiateAuth|RespondToAuthChallenge)|\w*(SoftwareToken|WebAuthn|AuthFactors|SignOut)\w*"
_SIGN_IN += r"|RevokeToken|GetTokensFromRefreshToken"
_USERS = (
    rf"(?!({_SIGN_IN}|AddCustom\w+)$)\w*(User(?!Pool)|Group|Device|Attribute|SignUp|Password|Confirmation)\w*"
)
_SETTINGS = rf"(?!({_SIGN_IN}|{_USERS})$)\w+"

#: Line of `show.side_by_side` → the place of the User Pool and of the Identity Pool.
PLACES = {
    "Main purpose": (
        Place(
            "A User Pool is a user directory that signs users in: it answers who somebody is.",
            f"{_GUIDE}cognito-user-pools.html",
            f"cognito-idp:({_SIGN_IN})",
        ),
        Place(
            "An Identity Pool exchanges a login for access to AWS: it answers what somebody may do.",
            f"{_GUIDE}cognito-identity.html",
            r"cognito-identity:(GetId|GetOpenIdToken\w*|GetCredentialsForIdentity)",
        ),
    ),
    "Output": (
        Place(
            "A sign-in that succeeds returns an ID token, an access token and a refresh token.",
            f"{_GUIDE}amazon-cognito-user-pools-using-tokens-with-identity-providers.html",
            r"cognito-idp:\w+",
            returns=("AuthenticationResult",),
        ),
        Place(
            "First an Identity ID that stays the same, then temporary credentials to sign requests with.",
            f"{_GUIDE}authentication-flow.html",
            r"cognito-identity:Get(Id|OpenIdToken\w*|CredentialsForIdentity)|sts:AssumeRoleWithWebIdentity",
            returns=("IdentityId", "Credentials", "Token"),
        ),
    ),
    "Manages users?": (
        Place(
            "It keeps users with their attributes, passwords, devices and groups.",
            f"{_GUIDE}managing-users.html",
            f"cognito-idp:{_USERS}",
        ),
        Place(
            "It keeps identities: an ID and the logins it is known by, no password and no attribute.",
            f"{_GUIDE}identity-pools.html",
            r"cognito-identity:((List|Delete)Identities|DescribeIdentity|Unlink\w+|\w+DeveloperIdentit\w+)",
        ),
    ),
    "Grants AWS access?": (
        Place(
            "Its tokens open no AWS service by themselves; your own API may believe them.",
            f"{_GUIDE}what-is-amazon-cognito.html",
        ),
        Place(
            "It assumes a role for the identity (AssumeRoleWithWebIdentity) and hands over the credentials.",
            f"{_GUIDE}iam-roles.html",
            r"cognito-identity:GetCredentialsForIdentity|sts:AssumeRoleWithWebIdentity",
            returns=("Credentials",),
        ),
    ),
    "Decides by": (
        Place(
            "The User Pool's and the app client's settings say how users sign in and how long tokens live.",
            f"{_GUIDE}user-pool-settings-client-apps.html",
            f"cognito-idp:{_SETTINGS}",
        ),
        Place(
            "The roles' trust policies say who may take them, their permissions what the credentials may do.",
            f"{_GUIDE}role-trust-and-permissions.html",
            r"cognito-identity:\w*(IdentityPool|PrincipalTag|[Tt]agResource|TagsFor)\w*|iam:\w+",
        ),
    ),
    "Comes next": (
        Place(
            "An app or an API verifies the tokens and believes what they say; AWS is not asked.",
            f"{_GUIDE}amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html",
        ),
        Place(
            "Requests signed with credentials, to S3, DynamoDB, AWS IoT and others; IAM decides on each.",
            f"{_GUIDE}getting-credentials.html",
            r"(?!cognito-|iam:|sts:AssumeRole)[\w-]+:\w+",
        ),
    ),
}
#: What `show.side_by_side` does not compare.
_NEXT = ("Your app, or your API", "Signed requests to AWS services")


def pool_map(
    calls: Iterable[ApiCall] = (),
    *,
    user_pool: UserPool | None = None,
    identity_pool: IdentityPool | None = None,
) -> PoolMap:
    """User Pools against Identity Pools, with each call lit where it belongs.

    `calls` is what `with labkit.record() as calls:` collected; after more of them, `view.light(calls)`.
    Raises LabError where an item is no ApiCall.
    """
    return PoolMap(_made(calls), user_pool, identity_pool)


class PoolMap(Interactive):
    """`pool_map()` makes one."""

    _esm, _css = page("pool_map")

    def __init__(
        self, calls: tuple[ApiCall, ...], user_pool: UserPool | None, identity_pool: IdentityPool | None
    ) -> None:
        self._compared = side_by_side(user_pool=user_pool, identity_pool=identity_pool)
        super().__init__(fallback(self._compared, calls), lit(self._compared, calls))

    def light(self, calls: Iterable[ApiCall]) -> None:
        """Show where these calls belong."""
        made = _made(calls)
        self.record, self.fallback = lit(self._compared, made), fallback(self._compared, made)


def _made(calls: Iterable[ApiCall]) -> tuple[ApiCall, ...]:
    made: tuple[Any, ...] = tuple(calls)
    if wrong := [call for call in made if not isinstance(call, ApiCall)]:
        raise LabError(f"a map is lit by API calls: got `{type(wrong[0]).__name__}`; pass a record's `calls`")
    return made


def lit(compared: View, calls: tuple[ApiCall, ...]) -> dict[str, Any]:
    """What the page draws: the places line by line, each with the numbers of its calls, and the calls."""
    return {
        "pools": POOLS,
        "lines": [
            {"name": name, "places": [_place(*each, calls) for each in zip(cells, PLACES[name], strict=True)]}
            for name, cells in _lines(compared)
        ],
        "calls": [
            {
                "operation": call.operation,
                "to": participant(call),
                "answer": answer(call),
                "failed": failed(call),
            }
            for call in calls
        ],
    }


def _lines(compared: View) -> Iterator[tuple[str, tuple[Cell, ...]]]:
    """The comparison's own words, line by line; the first cell of each names it."""
    tables = (block for block in compared.blocks if isinstance(block, Table))
    said = {cells[0].text: cells[1:] for table in tables for cells in table.rows}
    said["Comes next"] = tuple(Cell(text) for text in _NEXT)
    return ((name, said[name]) for name in PLACES)


def _place(cell: Cell, place: Place, calls: tuple[ApiCall, ...]) -> dict[str, Any]:
    return {
        "text": cell.text,
        "verdict": {Mark.ALLOW: True, Mark.NEITHER: None}.get(cell.mark, False) if cell.mark else False,
        "marked": cell.mark is not None,
        "sentence": place.sentence,
        "page": place.page,
        "calls": [number for number, call in enumerate(calls) if place.has(call)],
    }


def fallback(compared: View, calls: tuple[ApiCall, ...]) -> View:
    """The comparison, and where each call belongs."""
    blocks: tuple[Block, ...] = compared.blocks
    if not calls:
        return View(compared.title, (*blocks, Note("No call was recorded yet.")))
    lines = tuple(
        row(
            str(number),
            Cell(call.operation, code=True),
            Cell(answer(call), mark=Mark.DENY if failed(call) else Mark.ALLOW),
            "\n".join(_where(call)) or "neither",
        )
        for number, call in enumerate(calls, 1)
    )
    head = ("#", "operation", "answer", "place")
    return View(compared.title, (*blocks, Table("Where each call belongs", head, lines)))


def _where(call: ApiCall) -> Iterator[str]:
    for name, places in PLACES.items():
        for pool, place in zip(POOLS, places, strict=True):
            if place.has(call):
                yield f"{pool}: {name}"


def sample(data: list[dict[str, Any]]) -> PoolMap:
    """The view of the gallery: `data` has the calls."""
    return pool_map(
        ApiCall(
            **{
                "request": {},
                "response": {},
                **call,
                "started": datetime.fromisoformat(call["started"]),
                "duration": timedelta(milliseconds=call["duration"]),
            }
        )
        for call in data
    )
