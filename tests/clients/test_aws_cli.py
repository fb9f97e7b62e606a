"""The AWS CLI, unmodified, with the lines of the env file and nothing else."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.clients.served import Lab, Served

AWS = shutil.which("aws")

pytestmark = [
    pytest.mark.clients,
    pytest.mark.skipif(AWS is None, reason="the AWS CLI is not installed; it is optional"),
]


def aws(served: Served, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [AWS or "aws", *arguments, "--output", "json"],
        env=served.process_environment | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def answer(served: Served, *arguments: str) -> dict[str, object]:
    done = aws(served, *arguments)
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_it_says_who_the_administrator_is_and_refuses_a_wrong_secret_key(served: Served) -> None:
    command = ("sts", "get-caller-identity")
    assert str(answer(served, *command)["Arn"]).startswith("arn:aws:iam::123456789012:user/")
    refused = aws(served, *command, AWS_SECRET_ACCESS_KEY="a" * 40)
    assert refused.returncode != 0
    assert "SignatureDoesNotMatch" in refused.stderr


def test_it_lists_the_user_pools(served: Served, lab: Lab) -> None:
    pools = answer(served, "cognito-idp", "list-user-pools", "--max-results", "10")["UserPools"]
    assert isinstance(pools, list)
    assert lab.user_pool_id in [pool["Id"] for pool in pools]


def test_it_copies_a_file_to_s3_and_back(served: Served, lab: Lab, tmp_path: Path) -> None:
    given, returned = tmp_path / "given.txt", tmp_path / "returned.txt"
    given.write_text("from the command line", encoding="utf-8")
    address = f"s3://{lab.bucket}/cli/given.txt"
    for source, target in ((str(given), address), (address, str(returned))):
        done = aws(served, "s3", "cp", source, target)
        assert done.returncode == 0, done.stderr
    assert returned.read_text(encoding="utf-8") == "from the command line"
    refused = aws(served, "s3", "cp", str(given), address, AWS_ACCESS_KEY_ID="AKIAIOSFODNN7EXAMPLE")
    assert refused.returncode != 0
    assert "InvalidAccessKeyId" in refused.stderr
