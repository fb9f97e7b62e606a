"""What a developer gets from the lab's identity providers when registering an app there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import urlencode
from urllib.request import ProxyHandler, build_opener

from labkit.account import Account
from labkit.errors import LabError
from labkit.record import SECRET_MEMBERS, Secret, reveal


def stand_in(account: Account, name: str) -> Mapping[str, str | Secret]:
    """The app's entry at `google`, `facebook`, `amazon`, `apple` or `example-corp`: client ID, secret …

    They stand on this machine, and AWS reaches nothing here: raises LabError on a real account.
    """
    if account.kind != "local":
        raise LabError(
            "the lab's identity providers are on this machine, where AWS cannot reach them: use "
            "`open_account('local')`, or register an app with a provider of your own"
        )
    found = json.loads(fetch(f"{account.endpoint}/_idp/apps.json"))
    if name not in found:
        raise LabError(f"there is no stand-in `{name}`: expected one of {', '.join(found)}")
    return {key: Secret(value) if key in SECRET_MEMBERS else value for key, value in found[name].items()}


def fetch(address: str, form: Mapping[str, str | Secret] | None = None) -> str:
    """The text at an address of this machine, as anybody gets it; with a `form` it is posted."""
    if not address.startswith(("http://127.0.0.1:", "http://localhost:")):
        raise LabError(f"`{address}` is not on this machine")
    body = None if form is None else urlencode({key: reveal(value) for key, value in form.items()}).encode()
    with build_opener(ProxyHandler({})).open(address, body, timeout=10) as response:
        return str(response.read().decode())
