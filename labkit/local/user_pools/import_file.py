"""The CSV file of a user import job: its header, and what a row must hold.

https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-using-import-tool-csv-header.html
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from labkit.local.errors import AwsError
from labkit.local.user_pools import attributes, usernames, users
from labkit.local.user_pools.directory import ImportJob
from labkit.local.user_pools.pools import Pool, find_user

if TYPE_CHECKING:
    from labkit.local.state import State

_USERNAME, _MFA = "cognito:username", "cognito:mfa_enabled"
_FLAGS = ("email_verified", "phone_number_verified")
#: "The maximum row length is 16,000 characters"; "The maximum number of rows (users) in the file is 500,000."
_LONGEST_ROW, _MOST_ROWS = 16_000, 500_000


class Unreadable(Exception):
    """A file that is none: nobody in it is imported."""


def header(pool: Pool) -> list[str]:
    """The columns: every attribute but `sub`, then the two of Cognito's own."""
    standard = [name for name in attributes.standard_attributes() if name != "sub"]
    custom = [name for name in pool.schema_attributes if name not in attributes.standard_attributes()]
    return [*standard, *custom, _MFA, _USERNAME]


def read(pool: Pool, job: ImportJob, state: State) -> None:
    """Make the users of the file's rows; skip those who are there already, count those who cannot be made."""
    for row in _rows(pool, job.file or b""):
        if row is None:
            job.failed += 1
        elif find_user(pool, row[_USERNAME]) is not None:
            job.skipped += 1
        else:
            try:
                _make(pool, row, state)
            except (AwsError, ValueError):
                job.failed += 1
            else:
                job.imported += 1


def _rows(pool: Pool, file: bytes) -> Iterator[dict[str, str] | None]:
    """Each row by its columns' names, None for one that has too many or too few.

    "Attribute values that are strings should not be in quotation marks. If an attribute value contains a
    comma, you must put a backslash (\\) before the comma. … in UTF-8 format without byte order mark."
    """
    try:
        lines = file.decode("utf-8").splitlines()
    except UnicodeDecodeError:
        raise Unreadable("The CSV file is not UTF-8.") from None
    if len(lines) > _MOST_ROWS + 1:
        raise Unreadable(f"The CSV file has more than {_MOST_ROWS} users.")
    columns = _fields(lines[0][:_LONGEST_ROW]) if lines else []
    if sorted(columns) != sorted(header(pool)):
        raise Unreadable("The header in the CSV file does not match the expected headers.")
    for line in lines[1:]:
        values = _fields(line) if len(line) <= _LONGEST_ROW else []
        good = len(values) == len(columns)
        yield dict(zip(columns, values, strict=True)) if good else None


def _fields(line: str) -> list[str]:
    """ "Any leading or trailing white space in an attribute value will be trimmed." """
    read = csv.reader([line], quoting=csv.QUOTE_NONE, escapechar="\\")
    return [value.strip() for value in next(read, [])]


def _make(pool: Pool, row: dict[str, str], state: State) -> None:
    """One user. Raises AwsError or ValueError for a row that breaks a rule."""
    username, mfa = row.pop(_USERNAME), row.pop(_MFA).lower()
    if not username or any(c.isspace() for c in username):
        raise ValueError("a username without spaces")
    if mfa not in {"ON": ("true",), "OPTIONAL": ("true", "false")}.get(pool.mfa_config, ("false",)):
        raise ValueError(f"{_MFA} as the pool's MFA is")
    given = {name: value for name, value in row.items() if value}
    given |= {flag: given[flag].lower() for flag in _FLAGS if flag in given}
    if "birthdate" in given:
        day = datetime.strptime(given["birthdate"], "%m/%d/%Y")  # noqa: DTZ007 - a date without a time
        given["birthdate"] = day.date().isoformat()
    _require_verified(pool, given)
    own_name, given = usernames.stored(pool, username, given)
    attributes.require_valid(pool, given)
    attributes.require_complete(pool, given)
    attributes.require_address(given, given)
    usernames.require_free(pool, given)
    for alias in usernames.alias_attributes(pool):
        if given.get(alias) and usernames.counts(given, alias):
            usernames.claim(pool, None, alias, given[alias])
    users.create(pool, own_name, None, "RESET_REQUIRED", given, state)


def _require_verified(pool: Pool, given: dict[str, str]) -> None:
    """ "At least one of the auto-verified attributes must be true for each user." """
    wanted = pool.extended_config.get("AutoVerifiedAttributes") or []
    if not any(given.get(f"{name}_verified") == "true" for name in wanted):
        raise ValueError("a verified address")
