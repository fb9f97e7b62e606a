"""The role's policy, changed for a while."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from labkit.account import Account
from labkit.provision import Lab

#: AWS names no time after which a changed policy counts everywhere, only that it takes some.
#: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
_SECONDS = 10.0

_NAME = "own-data"


@contextmanager
def role_policy(account: Account, lab: Lab, document: Mapping[str, Any] | str) -> Iterator[None]:
    """In this block the signed-in users' role has `document` for a policy; then its own one again.

    A real account asks first, and takes some seconds each time.
    """
    iam, role = account.client("iam"), lab.roles["authenticated"].name
    before = iam.get_role_policy(RoleName=role, PolicyName=_NAME)["PolicyDocument"]

    def put(policy: Mapping[str, Any] | str) -> None:
        text = policy if isinstance(policy, str) else json.dumps(policy)
        iam.put_role_policy(RoleName=role, PolicyName=_NAME, PolicyDocument=text)

    put(document)
    try:
        settle(account)
        yield
    finally:
        with account.approved():
            put(before)
        settle(account)


def settle(account: Account) -> None:
    """Wait until what was changed in IAM counts: some seconds on a real account, none on a local one."""
    if account.endpoint is None:
        time.sleep(_SECONDS)
