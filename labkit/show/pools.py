"""User Pools and Identity Pools side by side.

https://docs.aws.amazon.com/cognito/latest/developerguide/what-is-amazon-cognito.html compares them.
"""

from __future__ import annotations

from labkit.resources import IdentityPool, UserPool
from labkit.show.blocks import Cell, Mark, Note, Table, row
from labkit.show.view import View

_PAGE = "https://docs.aws.amazon.com/cognito/latest/developerguide/what-is-amazon-cognito.html"


def side_by_side(*, user_pool: UserPool | None = None, identity_pool: IdentityPool | None = None) -> View:
    """What a User Pool and an Identity Pool are each for; with yours, their ids stand below."""
    yes, no = Cell("yes", mark=Mark.ALLOW), Cell("no", mark=Mark.NEITHER)
    lines = [
        row("Question it answers", "Who are you?", "What can you do in AWS?"),
        row("Main purpose", "Authentication: sign-up and sign-in", "Authorization: access to AWS services"),
        row(
            "Input",
            "A user name and a password, or another sign-in",
            "A login, such as a User Pool's ID token",
        ),
        row("Output", "ID, access and refresh token", "An Identity ID and temporary AWS credentials"),
        row("Manages users?", yes, no),
        row("Grants AWS access?", no, yes),
        row("Lets guests in?", no, _guests(identity_pool)),
        row(
            "Decides by",
            "Its users and the app client's settings",
            "The IAM role's trust policy and permissions",
        ),
    ]
    if user_pool or identity_pool:
        lines.append(row("Yours", _yours(user_pool), _yours(identity_pool)))
    table = Table("What each is for", ("asked", "User Pool", "Identity Pool"), tuple(lines))
    note = Note(
        "Each works without the other. Together they lead from a password to AWS credentials.", source=_PAGE
    )
    return View("User Pools and Identity Pools", (table, note))


def _guests(pool: IdentityPool | None) -> Cell:
    if pool is None:
        return Cell("if you allow it", mark=Mark.ALLOW)
    return (
        Cell("yes, yours does", mark=Mark.ALLOW)
        if pool.allow_guests
        else Cell("yours does not", mark=Mark.NEITHER)
    )


def _yours(pool: UserPool | IdentityPool | None) -> Cell:
    return Cell(f"{pool.id}\n{pool.name}", code=True) if pool else Cell("none yet")
