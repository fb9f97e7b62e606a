"""The environment variables that steer AWS SDKs: which ones name an account, which ones interfere."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from labkit.record import Secret

#: What a process needs to reach an account with any SDK or the AWS CLI.
#: https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html#EVarSettings
#: The Region stands twice because boto3 reads the second name only:
#: https://boto3.amazonaws.com/v1/documentation/api/latest/guide/configuration.html#using-environment-variables
#: No SDK reads the last six. Four are what a program hands to its MQTT client; the fifth is where a user
#: pool's domain answers, its name in the place of `{domain}`, because an SDK's endpoint is one host; the
#: sixth is where the account answers over HTTPS, if it does, with a certificate of the CA in AWS_IOT_CA.
ACCOUNT = (
    "AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_DEFAULT_REGION",
    "AWS_IOT_ENDPOINT", "AWS_IOT_PORT", "AWS_IOT_TLS_PORT", "AWS_IOT_CA", "LABKIT_MANAGED_LOGIN_URL",
    "LABKIT_HTTPS_URL",
)  # fmt: skip

#: What would take precedence over those, or change where requests go; value: why.
#: https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
INTERFERING = {
    "AWS_PROFILE": "a profile takes the place of the keys in the environment",
    "AWS_DEFAULT_PROFILE": "a profile takes the place of the keys in the environment",
    "AWS_SESSION_TOKEN": "the local account's keys have no session token",
    "AWS_SECURITY_TOKEN": "the local account's keys have no session token",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "with it, SDKs ignore `AWS_ENDPOINT_URL` and call real AWS",
    "AWS_USE_FIPS_ENDPOINT": "SDKs refuse it together with `AWS_ENDPOINT_URL`",
    "AWS_USE_DUALSTACK_ENDPOINT": "SDKs refuse it together with `AWS_ENDPOINT_URL`",
}

_LOOPBACK = ("127.0.0.1", "localhost")


def interfering(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables set in `environ` that would lead an SDK elsewhere, and why."""
    found = {name: why for name, why in INTERFERING.items() if environ.get(name)}
    for name, value in environ.items():
        if name.startswith("AWS_ENDPOINT_URL_") and value:
            found[name] = "a service's own endpoint wins over `AWS_ENDPOINT_URL`"
    return found


def without_account(environ: Mapping[str, str]) -> dict[str, str]:
    """`environ` without anything that names or disturbs an account."""
    unwanted = {*ACCOUNT, *INTERFERING}
    return {
        name: value
        for name, value in environ.items()
        if name not in unwanted and not name.startswith("AWS_ENDPOINT_URL_")
    }


def iot(*, host: str, port: int, tls_port: int, ca: Path) -> dict[str, str]:
    """Where an account's IoT endpoint is: MQTT over WebSocket, MQTT with a client certificate, and the file
    with the certificate by which clients know both."""
    return {
        "AWS_IOT_ENDPOINT": host,
        "AWS_IOT_PORT": str(port),
        "AWS_IOT_TLS_PORT": str(tls_port),
        "AWS_IOT_CA": str(ca),
    }


def for_account(
    environ: Mapping[str, str],
    *,
    endpoint: str,
    access_key_id: str,
    secret_access_key: Secret,
    region: str,
    iot: Mapping[str, str] = MappingProxyType({}),
    https: str = "",
) -> dict[str, str]:
    """`environ` for a process that shall work on the account at `endpoint`, and on no other."""
    exempt = [item for item in (environ.get("NO_PROXY") or environ.get("no_proxy") or "").split(",") if item]
    no_proxy = ",".join([*exempt, *(host for host in _LOOPBACK if host not in exempt)])
    return without_account(environ) | {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": access_key_id,
        "AWS_SECRET_ACCESS_KEY": secret_access_key.reveal(),
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "LABKIT_MANAGED_LOGIN_URL": f"{endpoint}/_domain/{{domain}}",
        **({"LABKIT_HTTPS_URL": https} if https else {}),
        "NO_PROXY": no_proxy,
        "no_proxy": no_proxy,
        **iot,
    }
