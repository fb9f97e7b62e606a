"""Opening a real account: a named profile, its own endpoints only, and a person who agrees."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from labkit.account.account import Account, Anonymous, MakeClient, Trigger, keys
from labkit.account.clock import RealClock
from labkit.account.decisions import Untold
from labkit.account.guard import Guard
from labkit.account.iot import AwsIot
from labkit.account.issuers import PublicIssuers
from labkit.account.lab import lab_name
from labkit.account.outbox import Mailbox
from labkit.account.requests import CloudTrail
from labkit.errors import LabError
from labkit.ledger import Ledger
from labkit.resources import Credentials


def open_account(
    *,
    profile: str | None,
    region: str | None,
    lab: str | None,
    confirm: Callable[[str], bool] | None,
    ask: Callable[[str], str],
) -> Account:
    """Open a real account after a person has agreed; see `labkit.open_account`."""
    from botocore.httpsession import URLLib3Session

    core = _session(profile, region)
    region = core.get_config_variable("region")
    make_client = _client_maker(core)
    caller = _caller(make_client)
    confirm = confirm or (lambda question: ask(f"{question} [y/N] ").strip().lower() in {"y", "yes"})
    place = f"account {caller['Account']} in {region}"
    if not confirm(f"{_ignored_endpoint()}Work in {place} as {caller['Arn']}?"):
        raise LabError(f"{place} was not opened: you said no")
    lab = lab_name(lab)
    ledger = Ledger(Path.cwd(), caller["Account"])
    return Account(
        kind="aws",
        account_id=caller["Account"],
        region=region,
        lab=lab,
        endpoint=None,
        clock=RealClock(),
        ledger=ledger,
        confirm=confirm,
        _guard=Guard(place=place, region=region, lab=lab, ledger=ledger, confirm=confirm),
        _decisions=Untold(),
        _outbox=Mailbox(ask),
        _requests=CloudTrail(),
        _issuers=PublicIssuers(),
        _iot=AwsIot(),
        _make_client=make_client,
        _send=URLLib3Session(timeout=10).send,
        _register_trigger=_register_trigger,
        _close=lambda: None,
    )


def _register_trigger(arn: str, _: Trigger) -> None:
    raise LabError(
        f"a real account runs `{arn}` in AWS Lambda: deploy the function there and let Cognito invoke it; "
        "`register_trigger` is for the local account"
    )


def _session(profile: str | None, region: str | None) -> Any:
    """A botocore session of the profile, with a region."""
    import botocore.session
    from botocore.exceptions import ProfileNotFound

    core = botocore.session.Session(profile=profile)
    try:
        region = region or core.get_config_variable("region")
    except ProfileNotFound:
        raise LabError(
            f"there is no AWS profile `{profile}`; `aws configure list-profiles` shows yours"
        ) from None
    if not region:
        raise LabError("no region is set: pass `region`, or give the profile one with `aws configure`")
    core.set_config_variable("region", region)
    return core


def _caller(make_client: MakeClient) -> dict[str, str]:
    from botocore.exceptions import ClientError, NoCredentialsError

    try:
        answer: dict[str, str] = make_client("sts", None).get_caller_identity()
    except NoCredentialsError:
        raise LabError("no AWS credentials were found; name a `profile`, or run `aws configure`") from None
    except ClientError as error:
        if "AWS_ENDPOINT_URL" in os.environ:
            error.add_note("AWS_ACCESS_KEY_ID may belong to the local account; name a `profile`.")
        raise
    return answer


def _ignored_endpoint() -> str:
    endpoint = os.environ.get("AWS_ENDPOINT_URL")
    return f"AWS_ENDPOINT_URL is set to {endpoint} and is ignored for a real account. " if endpoint else ""


def _client_maker(core: Any) -> MakeClient:
    import boto3
    from botocore import UNSIGNED
    from botocore.config import Config

    session: Any = boto3.Session(botocore_session=core)
    new_config: Any = Config
    # The environment's endpoints lead to a local account; only the profile may name another.
    settings = new_config(ignore_configured_endpoint_urls=True)

    def make(service: str, credentials: Credentials | Anonymous | None) -> Any:
        unsigned = isinstance(credentials, Anonymous)
        return session.client(
            service,
            endpoint_url=_profile_endpoint(core, service),
            config=settings.merge(Config(signature_version=UNSIGNED)) if unsigned else settings,
            **(keys(credentials) if isinstance(credentials, Credentials) else {}),
        )

    return make


def _profile_endpoint(core: Any, service: str) -> str | None:
    """The endpoint that the profile itself names, for the service or for all.

    https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
    """
    profile = core.get_scoped_config()
    section = core.full_config.get("services", {}).get(profile.get("services"), {})
    service_id = core.get_service_model(service).service_id.replace(" ", "_").lower()
    endpoint = section.get(service_id, {}).get("endpoint_url") or profile.get("endpoint_url")
    return str(endpoint) if endpoint else None
