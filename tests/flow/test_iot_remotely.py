"""The notebooks of AWS IoT on a real account: a person is asked, and what was made is removed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from labkit import course, provision
from labkit.account import open_account
from labkit.account.iot import AwsIot
from labkit.local.app import LocalApp
from labkit.local.gateway import Gateway
from labkit.things import IotEndpoint
from tests.flow.remotely import run


@pytest.fixture
def with_iot(remote: LocalApp, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The account that plays the real one has an endpoint, on other ports than AWS."""
    gateway = Gateway(remote.state)
    gateway.start()
    ca = remote.state.iot.certificates.ca_pem
    endpoint = IotEndpoint("localhost", gateway.port, gateway.tls_port, ca)
    monkeypatch.setattr(AwsIot, "endpoint", lambda *_: endpoint)
    yield
    gateway.stop()


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("10-iot-connect", ["Make an Identity Pool and 3 roles", "CreatePolicy own-topic-", "AttachPolicy"]),
        ("11-iot-things-and-policies", ["Make 4 Things with certificates", "CreatePolicyVersion gardener-"]),
    ],
)
def test_a_person_is_asked_and_everything_can_be_destroyed(
    with_iot: None, monkeypatch: pytest.MonkeyPatch, name: str, asked: list[str]
) -> None:
    found = run(name, monkeypatch)
    for beginning in asked:
        assert [question for question in found.questions if question.startswith(beginning)]
    assert found.waits.count(480.0) == (3 if name.startswith("11") else 1)
    kinds = {step.operation for step in provision.destroy(found.account).steps}
    assert {"DeleteIdentityPool", "DeletePolicy", "DeleteRole", "DeleteUserPool"} <= kinds
    assert ("DeleteThing" in kinds) is ("DeleteCertificate" in kinds) is name.startswith("11")
    assert provision.destroy(found.account).steps == ()


def test_whoever_does_not_want_to_wait_for_aws_iot_interrupts_and_goes_on(
    remote: LocalApp, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    waits: list[float] = []

    def interrupted(seconds: float) -> None:
        waits.append(seconds)
        raise KeyboardInterrupt

    account = open_account("aws", profile="workshop", confirm=lambda _: True)
    with monkeypatch.context() as patched:
        patched.setattr("time.sleep", interrupted)
        course.settle(account, iot=True)
    assert waits == [480.0]
    assert "up to 8 minutes" in capsys.readouterr().out
