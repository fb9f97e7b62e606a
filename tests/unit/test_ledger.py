"""The ledger: read back, kept apart by account, and whole whatever happens to its writers."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from labkit.errors import LabError
from labkit.ledger import Entry, Ledger, LedgerWarning

ACCOUNT = "123456789012"


def entry(name: str, *, kind: str = "Role", parent: str = "") -> Entry:
    return Entry(kind, name, name, "us-east-1", "2026-06-01T12:00:00Z", parent)


def writer(folder: Path, prefix: str, count: int) -> subprocess.Popen[bytes]:
    """Another process that adds `count` entries."""
    program = (
        "import sys; from pathlib import Path; from labkit.ledger import Entry, Ledger\n"
        "folder, prefix, count = sys.argv[1:]\n"
        f"ledger = Ledger(Path(folder), '{ACCOUNT}')\n"
        "for number in range(int(count)):\n"
        "    ledger.add(Entry('Role', f'{prefix}-{number}', '', 'us-east-1', '2026-06-01T12:00:00Z'))\n"
    )
    root = Path(__file__).resolve().parents[2]
    return subprocess.Popen([sys.executable, "-c", program, str(folder), prefix, str(count)], cwd=root)


def test_another_kernel_reads_what_one_has_added(tmp_path: Path) -> None:
    Ledger(tmp_path, ACCOUNT).add(entry("a"))
    Ledger(tmp_path, ACCOUNT).add(entry("b"))
    assert Ledger(tmp_path, ACCOUNT).entries == (entry("a"), entry("b"))


def test_an_entry_is_there_once(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, ACCOUNT)
    ledger.add(entry("a"))
    ledger.add(entry("a"))
    ledger.add(entry("a", kind="Table"))
    assert ledger.entries == (entry("a"), entry("a", kind="Table"))


def test_a_user_pool_takes_its_app_clients_with_it(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, ACCOUNT)
    for item in (
        entry("pool", kind="UserPool"),
        entry("app", kind="UserPoolClient", parent="pool"),
        entry("a"),
    ):
        ledger.add(item)
    ledger.remove("Role", "pool")
    assert len(ledger.entries) == 3
    ledger.remove("UserPool", "pool")
    assert list(ledger.entries) == [entry("a")]


def test_accounts_are_kept_apart(tmp_path: Path) -> None:
    Ledger(tmp_path, ACCOUNT).add(entry("a"))
    Ledger(tmp_path, "210987654321").add(entry("b"))
    assert Ledger(tmp_path, ACCOUNT).entries == (entry("a"),)
    assert Ledger(tmp_path, "210987654321").entries == (entry("b"),)


def test_a_restarted_local_account_begins_with_nothing(tmp_path: Path) -> None:
    Ledger(tmp_path, ACCOUNT, "first run").add(entry("a"))
    assert Ledger(tmp_path, ACCOUNT, "first run").entries == (entry("a"),)
    assert Ledger(tmp_path, ACCOUNT, "second run").entries == ()
    Ledger(tmp_path, ACCOUNT, "second run").add(entry("b"))
    assert Ledger(tmp_path, ACCOUNT, "second run").entries == (entry("b"),)


def test_without_a_folder_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ledger = Ledger(None, ACCOUNT)
    ledger.add(entry("a"))
    assert list(ledger.entries) == [entry("a")]
    assert list(tmp_path.iterdir()) == []


def test_kernels_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    writers = [writer(tmp_path, prefix, 20) for prefix in ("x", "y", "z")]
    assert [process.wait(timeout=60) for process in writers] == [0, 0, 0]
    expected = {f"{prefix}-{number}" for prefix in "xyz" for number in range(20)}
    assert {item.id for item in Ledger(tmp_path, ACCOUNT).entries} == expected


def test_a_writer_killed_hard_leaves_a_whole_file_and_no_lock(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, ACCOUNT)
    ledger.add(entry("before"))
    for _ in range(5):
        process = writer(tmp_path, "killed", 100_000)
        deadline = time.monotonic() + 30
        seen = len(ledger.entries)
        while len(ledger.entries) == seen and time.monotonic() < deadline:
            time.sleep(0.001)
        process.kill()
        process.wait(timeout=30)
        assert len(ledger.entries) > seen
        ledger.remove("Role", *(item.id for item in ledger.entries if item.id != "before"))
    assert list(ledger.entries) == [entry("before")]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b'{"123456789012": 7}',
        b'{"123456789012": {"instance": ""}}',
        b'{"123456789012": {"instance": "", "resources": [{"kind": "Role"}]}}',
        b'{"123456789012": {"instance": "", "resources": 7}}',
    ],
)
def test_a_file_that_cannot_be_read_is_kept_aside_with_one_sentence(tmp_path: Path, content: bytes) -> None:
    ledger = Ledger(tmp_path, ACCOUNT)
    ledger.add(entry("a"))
    assert list(ledger.entries) == [entry("a")]
    for number in (1, 2):
        (tmp_path / ".labkit" / "lab.json").write_bytes(content)
        with pytest.warns(LedgerWarning, match="could not be read and is kept as"):
            assert list(ledger.entries) == []
        assert (tmp_path / ".labkit" / f"lab.unreadable-{number}.json").read_bytes() == content
    ledger.add(entry("b"))
    assert list(ledger.entries) == [entry("b")]


def test_a_folder_that_cannot_be_written_is_refused_with_a_sentence(tmp_path: Path) -> None:
    Ledger(tmp_path, ACCOUNT).add(entry("a"))
    blocked = tmp_path / "blocked"
    blocked.mkdir()
    (blocked / ".labkit").write_text("a file where the folder should be")
    with pytest.raises(LabError, match="start in a folder that you can write to"):
        Ledger(blocked, ACCOUNT).add(entry("a"))


@pytest.mark.parametrize("on_disk", [True, False])
def test_one_kernel_at_a_time_is_alone(tmp_path: Path, on_disk: bool) -> None:
    ledger = Ledger(tmp_path if on_disk else None, ACCOUNT)
    inside, most = [0], [0]

    def work() -> None:
        with ledger.alone():
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            ledger.add(entry("a"))
            time.sleep(0.01)
            inside[0] -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert most == [1]
    assert list(ledger.entries) == [entry("a")]


def test_the_file_holds_names_and_ids_as_readable_json(tmp_path: Path) -> None:
    Ledger(tmp_path, ACCOUNT, "run").add(entry("a"))
    document = json.loads((tmp_path / ".labkit" / "lab.json").read_text("utf-8"))
    assert document[ACCOUNT]["instance"] == "run"
    assert document[ACCOUNT]["resources"][0]["id"] == "a"
