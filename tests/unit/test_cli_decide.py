"""`labkit decide`: cases in, one JSON line a case out."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from labkit.cli import main

ZOE = "arn:aws:iam::111122223333:user/zoe"


def case(identifier: str | None, action: str = "s3:GetObject", **statement: Any) -> dict[str, Any]:
    allow = {"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"} | statement
    request = {"principal": ZOE, "action": action, "resource": "arn:aws:s3:::shelf/book", "context": {}}
    found = {"request": request, "policies": {"identity": [{"Version": "2012-10-17", "Statement": [allow]}]}}
    return found if identifier is None else {"id": identifier} | found


def write(folder: Path, content: Any) -> str:
    path = folder / "cases.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return str(path)


def test_a_vector_file_gives_a_line_for_each_case(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cases = [case("yes"), case("no", "s3:PutObject"), case("never", Effect="Deny", Sid=None)]
    cases[2]["policies"]["identity"][0]["Statement"][0].pop("Sid")

    assert main(["decide", write(tmp_path, {"format": "iam-vectors/1", "cases": cases})]) == 0

    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [
        {"id": "yes", "decision": "allow", "blocked_by": [], "decisive": ["Read"]},
        {"id": "no", "decision": "implicit_deny", "blocked_by": ["identity"], "decisive": []},
        {"id": "never", "decision": "explicit_deny", "blocked_by": ["identity"], "decisive": [0]},
    ]


def test_one_case_may_come_from_standard_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(case(None))))

    assert main(["decide", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["id"] is None


def test_explain_adds_the_whole_trace(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["decide", write(tmp_path, case("no", "s3:PutObject")), "--explain"]) == 0

    found = json.loads(capsys.readouterr().out)
    assert found["decision"] == "implicit_deny"
    assert [(each["sid"], each["action"], each["applies"]) for each in found["statements"]] == [
        ("Read", False, False)
    ]
    assert found["near_misses"][0]["sentence"].startswith("statement `Read` matched the resource")


def test_text_is_for_people(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["decide", write(tmp_path, case("no", "s3:PutObject")), "--text"]) == 0

    assert capsys.readouterr().out.startswith(
        f"no: IMPLICIT_DENY: {ZOE} → s3:PutObject on arn:aws:s3:::shelf/book\n"
    )


@pytest.mark.parametrize(
    "content, sentence",
    [
        ("{", "is no JSON: "),
        ("[" * 100_000, "is no JSON: "),
        ('{"cases": 1}', "case error at `cases`: expected a list of cases, got `1`"),
        ("7", "case `0`: case error at `case`: expected a JSON object, got `7`"),
        ({"request": {}}, "case `0`: case error at `policies`: expected a JSON object, got `nothing`"),
    ],
)
def test_what_cannot_be_read_ends_in_one_sentence_and_code_2(
    content: Any, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["decide", write(tmp_path, case("good"))]) == 0
    capsys.readouterr()

    assert main(["decide", write(tmp_path, content)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert sentence in err
    assert len(err.splitlines()) == 1


def test_a_file_that_is_not_there_or_no_text_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")

    assert main(["decide", str(tmp_path / "none.json")]) == 2
    assert main(["decide", str(tmp_path / "binary")]) == 2
    assert main(["decide", str(tmp_path)]) == 2
    errors = capsys.readouterr().err.splitlines()
    assert len(errors) == 3
    assert "none.json`: No such file or directory; expected a file of cases as JSON" in errors[0]


def test_a_bad_case_does_not_take_the_good_ones_with_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["decide", write(tmp_path, [case("one"), {"id": "two"}, case("three")])]) == 2

    out, err = capsys.readouterr()
    assert [json.loads(line)["id"] for line in out.splitlines()] == ["one", "three"]
    assert "case `two`" in err


def test_the_two_forms_exclude_each_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["decide", write(tmp_path, case("one")), "--explain", "--text"])
    assert ended.value.code == 2
    assert "not allowed with argument" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGPIPE to speak of")
def test_a_reader_that_has_seen_enough_ends_it_quietly(tmp_path: Path) -> None:
    cases = write(tmp_path, [case(str(number)) for number in range(2000)])
    command = [sys.executable, "-m", "labkit", "decide", cases]

    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert json.loads(process.stdout.readline())["id"] == "0"
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141
