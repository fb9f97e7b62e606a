"""`labkit coverage`: the docs' table is what the tests' marks, AWS's models and the account say."""

from __future__ import annotations

from pathlib import Path

import pytest

from labkit.cli import coverage, main, marks
from labkit.errors import LabError

TESTS = """
import pytest

pytestmark = pytest.mark.operation("sts:GetCallerIdentity")

@pytest.mark.unconfirmed
@pytest.mark.operation("sts:AssumeRole", "sts:GetSessionToken", refuses=["AccessDenied", "ValidationError"])
def test_one() -> None: ...

@pytest.mark.operation("sts:AssumeRole", missing="MFA")
class TestMore:
    @pytest.mark.operation("sts:GetFederationToken", refuses="AccessDenied")
    def test_two(self) -> None: ...

def helper() -> None: ...
"""


def written(folder: Path, text: str) -> Path:
    (folder / "tests" / "local").mkdir(parents=True)
    (folder / "tests" / "local" / "test_it.py").write_text(text, encoding="utf-8")
    return folder / "tests" / "local"


def test_marks_are_read_from_functions_classes_and_modules(tmp_path: Path) -> None:
    found = marks.read(written(tmp_path, TESTS))
    one, two = "test_it.py::test_one", "test_it.py::TestMore::test_two"
    assert found == (
        marks.Mark(one, ("sts:GetCallerIdentity",)),
        marks.Mark(one, ("sts:AssumeRole", "sts:GetSessionToken"), ("AccessDenied", "ValidationError")),
        marks.Mark(two, ("sts:GetCallerIdentity",)),
        marks.Mark(two, ("sts:AssumeRole",), (), "MFA"),
        marks.Mark(two, ("sts:GetFederationToken",), ("AccessDenied",)),
    )


def test_a_mark_names_operations_in_plain_words_and_only_aws_s(tmp_path: Path) -> None:
    written(tmp_path, TESTS)
    assert coverage.coverage(tmp_path)
    file = tmp_path / "tests" / "local" / "test_it.py"
    file.write_text(TESTS.replace('"sts:GetFederationToken"', "NAME"), encoding="utf-8")
    with pytest.raises(LabError, match="test_two`: expected names as plain strings"):
        coverage.coverage(tmp_path)
    file.write_text(TESTS.replace("GetFederationToken", "GetRocket"), encoding="utf-8")
    with pytest.raises(LabError, match="marked with `sts:GetRocket`: AWS has no such operation"):
        coverage.coverage(tmp_path)


def test_an_operation_is_faithful_partial_or_not_simulated(tmp_path: Path) -> None:
    written(tmp_path, TESTS)
    rows = {row.operation: row for row in coverage.coverage(tmp_path)}
    assert rows["sts:GetCallerIdentity"].verdict == "faithful"
    assert rows["sts:GetCallerIdentity"].accepting == 2
    assert rows["sts:AssumeRole"].verdict == "partial: MFA; refusals without a test"
    assert "MalformedPolicyDocument" in rows["sts:AssumeRole"].unshown
    for operation in ("sts:DecodeAuthorizationMessage", "cognito-idp:CreateUserPoolDomain"):
        assert rows[operation].verdict == "not simulated"
    assert rows["cognito-idp:SignUp"].verdict == "partial: no test shows it accepted; refusals without a test"
    assert len(rows) > 150


def test_the_page_is_what_the_tests_show(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")  # of the machine's own, which decides nothing
    assert main(["coverage", "--check"]) == 0, capsys.readouterr().err


def test_a_stale_page_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    written(tmp_path, TESTS)
    (tmp_path / "docs").mkdir()
    monkeypatch.setattr(coverage, "clone", lambda: tmp_path)
    page = tmp_path / "docs" / "coverage.md"
    assert main(["coverage", "--check"]) == 1
    assert "run `labkit coverage`" in capsys.readouterr().err
    assert main(["coverage"]) == 0
    assert main(["coverage", "--check"]) == 0
    fresh = page.read_text(encoding="utf-8")
    page.write_text(fresh.replace("| faithful |", "| partial |"), encoding="utf-8")
    assert main(["coverage", "--check"]) == 1
    page.write_text(fresh.replace("botocore 1.", "botocore 0."), encoding="utf-8")
    assert main(["coverage", "--check"]) == 0
    assert "not compared" in capsys.readouterr().out
