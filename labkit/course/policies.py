"""The role's policy, changed for a while."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from labkit.account import Account
from labkit.provision import Lab

#: AWS names no time after which a changed policy counts everywhere, only that it takes some.
#: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
_SECONDS = 10.0
#: "Changes made to a policy can take anywhere between 6 and 8 minutes to become effective because of how
#: AWS IoT caches the policy documents."
#: https://docs.aws.amazon.com/iot/latest/developerguide/iot-policies.html
_IOT_SECONDS = 480.0

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


def settle(account: Account, *, iot: bool = False) -> None:
    """Wait until what was changed in IAM counts: some seconds on a real account, none on a local one.

    AWS IoT's own policies take minutes; a learner may interrupt that, and goes on.
    """
    if account.endpoint is not None:
        return
    if not iot:
        time.sleep(_SECONDS)
        return
    print(f"AWS IoT takes up to {_IOT_SECONDS / 60:g} minutes to notice; interrupt to go on at once.")  # noqa: T201
    with suppress(KeyboardInterrupt):
        time.sleep(_IOT_SECONDS)
