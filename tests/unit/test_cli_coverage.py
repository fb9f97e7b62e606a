"""`labkit coverage`: the docs' table is what the tests' marks, AWS's models and the account say."""

from __future__ import annotations

import json
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
    for operation in ("sts:DecodeAuthorizationMessage", "cognito-idp:SetUICustomization"):
        assert rows[operation].verdict == "not simulated"
    assert rows["cognito-idp:SignUp"].verdict == "partial: no test shows it accepted; refusals without a test"
    assert len(rows) > 150


ENTRY = {
    "operations": ["sts:GetFederationToken"],
    "error": "PackedPolicyTooLarge",
    "reason": "It has no occasion.",
    "page": "https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html",
}


def explained(folder: Path, **entry: object) -> Path:
    """A folder with an entry of errors that nothing brings about."""
    (written(folder, TESTS) / "unreachable.json").write_text(json.dumps([ENTRY | entry]), encoding="utf-8")
    return folder


def test_an_error_without_an_occasion_is_explained_and_does_not_count(tmp_path: Path) -> None:
    table = coverage.coverage(explained(tmp_path))
    row = next(row for row in table if row.operation == "sts:GetFederationToken")
    assert "MalformedPolicyDocument" in row.unshown
    assert "PackedPolicyTooLarge" not in row.unshown
    page = coverage.render(table)
    assert "| GetFederationToken | partial: refusals without a test [¹](#errors-that" in page
    assert (
        f"| sts:GetFederationToken | `PackedPolicyTooLarge` | It has no occasion. | <{ENTRY['page']}> |"
        in page
    )


@pytest.mark.parametrize(
    "entry, fault",
    [
        ({"error": "AccessDenied"}, "expected an error that counts for it"),
        ({"operations": ["cognito-idp:SignUp"], "error": "LimitExceededException"}, "that counts for it"),
        ({"operations": ["sts:GetRocket"]}, "AWS has no such operation"),
        ({"reason": ""}, "expected error, operations, page, reason"),
    ],
)
def test_an_explanation_is_of_an_error_that_aws_documents(
    tmp_path: Path, entry: dict[str, object], fault: str
) -> None:
    with pytest.raises(LabError, match=fault):
        coverage.coverage(explained(tmp_path, **entry))


def test_what_a_test_shows_is_not_explained_away(tmp_path: Path) -> None:
    explained(tmp_path)
    assert coverage.coverage(tmp_path)
    shown = TESTS.replace('refuses="AccessDenied"', 'refuses="PackedPolicyTooLarge"')
    (tmp_path / "tests" / "local" / "test_it.py").write_text(shown, encoding="utf-8")
    with pytest.raises(LabError, match="but a test shows it: take the entry out"):
        coverage.coverage(tmp_path)


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
