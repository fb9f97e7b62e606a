"""How a local account begins: empty, with one administrator."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from labkit.local.clock import Clock
from labkit.local.seed import Source
from labkit.local.sessions import KEY_ALPHABET
from labkit.local.state import State
from labkit.record import Secret
from labkit.resources import Credentials

ADMINISTRATOR = "lab-administrator"
_ADMINISTRATOR_ACCESS = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}


def begin(seed: str | None, clock: datetime | None, *, account_id: str, region: str) -> State:
    """The account's state, moto's backends emptied and the administrator made."""
    source = Source(seed)
    if seed is not None:
        _seed_moto(seed)
    _leave_bucket_policies_to_labkit()
    _forget(account_id)
    state = State(account_id, region, Clock(clock), source, instance=source.uuid())
    state.administrator = _administrator(state)
    return state


def _seed_moto(seed: str) -> None:
    from moto.moto_api._internal import mock_random

    mock_random.seed(seed)


def _leave_bucket_policies_to_labkit() -> None:
    """Every request has been decided before moto sees it; moto's own reading knows no conditions."""
    from moto.iam.access_control import PermissionResult
    from moto.s3.models import FakeBucket

    bucket: Any = FakeBucket
    bucket.get_permission = lambda *_: PermissionResult.PERMITTED


def _forget(account_id: str) -> None:
    """Empty what an earlier account of this number left in moto, which keeps its backends in the process."""
    from moto.core.base_backend import BackendDict
    from moto.s3.models import s3_backends

    instances: Any = BackendDict
    for backends in list(instances._instances):
        backends.pop(account_id, None)
    for bucket, (_, owner) in list(s3_backends.bucket_accounts.items()):
        if owner == account_id:
            del s3_backends.bucket_accounts[bucket]


def _administrator(state: State) -> Credentials:
    from moto.iam.models import iam_backends

    iam = iam_backends[state.account_id]["aws"]
    user = iam.create_user("us-east-1", ADMINISTRATOR)
    iam.put_user_policy(ADMINISTRATOR, "AdministratorAccess", json.dumps(_ADMINISTRATOR_ACCESS))
    key = user.create_access_key(prefix="AKIA")
    key.access_key_id = "AKIA" + state.source.text(16, KEY_ALPHABET)
    key.secret_access_key = state.source.text(40)
    return Credentials(key.access_key_id, Secret(key.secret_access_key), None, None)
