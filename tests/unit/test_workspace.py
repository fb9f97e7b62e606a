"""The working folder: copies that are the learner's, originals that come back."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from labkit import workspace
from labkit.errors import LabError

NOW = datetime(2026, 1, 1, 9, tzinfo=UTC)


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """Two notebooks and a data file, as a course has them."""
    course = tmp_path / "course"
    course.mkdir()
    names = ("01-who-are-you.ipynb", "03-what-can-you-do.ipynb", "data/users.csv")
    files = {name: course / name.replace("/", "-") for name in names}
    for name, path in files.items():
        path.write_text(f"original {name}")
    return files


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "labkit-work"


def test_the_course_is_copied_into_a_new_folder(files: dict[str, Path], folder: Path) -> None:
    prepared = workspace.prepare(folder, files=files)
    assert prepared == workspace.Prepared(folder, tuple(files), (), "01-who-are-you.ipynb")
    assert {name: (folder / name).read_text() for name in files} == {
        name: f"original {name}" for name in files
    }


def test_a_second_run_copies_nothing(files: dict[str, Path], folder: Path) -> None:
    workspace.prepare(folder, files=files)
    assert workspace.prepare(folder, files=files).copied == ()


def test_what_the_learner_changed_is_kept_while_the_rest_follows_the_course(
    files: dict[str, Path], folder: Path
) -> None:
    workspace.prepare(folder, files=files)
    (folder / "01-who-are-you.ipynb").write_text("mine")
    for name in ("01-who-are-you.ipynb", "data/users.csv"):
        files[name].write_text("second edition")
    prepared = workspace.prepare(folder, files=files)
    assert (prepared.copied, prepared.kept) == (("data/users.csv",), ("01-who-are-you.ipynb",))
    assert (folder / "01-who-are-you.ipynb").read_text() == "mine"
    assert (folder / "data/users.csv").read_text() == "second edition"


@pytest.mark.parametrize("manifest", ["", "[]", "{broken", None])
def test_without_a_readable_manifest_every_changed_file_counts_as_the_learners(
    files: dict[str, Path], folder: Path, manifest: str | None
) -> None:
    workspace.prepare(folder, files=files)
    path = folder / ".labkit" / "originals.json"
    if manifest is None:
        path.unlink()
    else:
        path.write_text(manifest)
    files["01-who-are-you.ipynb"].write_text("second edition")
    assert workspace.prepare(folder, files=files).kept == ("01-who-are-you.ipynb",)
    assert (folder / "01-who-are-you.ipynb").read_text() == "original 01-who-are-you.ipynb"


def test_a_deleted_copy_comes_back(files: dict[str, Path], folder: Path) -> None:
    workspace.prepare(folder, files=files)
    (folder / "01-who-are-you.ipynb").unlink()
    assert workspace.prepare(folder, files=files).copied == ("01-who-are-you.ipynb",)


def test_an_appendix_is_not_the_first_notebook(files: dict[str, Path], folder: Path) -> None:
    with_gallery = {"00-gallery.ipynb": files["01-who-are-you.ipynb"]} | files
    assert workspace.prepare(folder, files=with_gallery).first_notebook == "01-who-are-you.ipynb"


def test_a_folder_that_cannot_be_made_is_refused_in_one_sentence(
    files: dict[str, Path], tmp_path: Path
) -> None:
    assert workspace.prepare(tmp_path / "free", files=files).copied
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(LabError, match=r"^cannot prepare the working folder `.*taken`: .*`--dir`$"):
        workspace.prepare(tmp_path / "taken", files=files)


@pytest.mark.parametrize("number", ["03", "3", "03-what-can-you-do", "03-what-can-you-do.ipynb"])
def test_reset_restores_one_notebook_and_keeps_the_learners_version(
    files: dict[str, Path], folder: Path, number: str
) -> None:
    workspace.prepare(folder, files=files)
    notebook = folder / "03-what-can-you-do.ipynb"
    notebook.write_text("mine")
    (folder / "01-who-are-you.ipynb").write_text("also mine")
    restored = workspace.reset(folder, number, now=NOW, files=files)
    backup = folder / "03-what-can-you-do.20260101T090000Z.bak.ipynb"
    assert restored == workspace.Restored(notebook, backup)
    assert notebook.read_text() == "original 03-what-can-you-do.ipynb"
    assert backup.read_text() == "mine"
    assert (folder / "01-who-are-you.ipynb").read_text() == "also mine"


def test_two_resets_in_one_second_keep_both_versions(files: dict[str, Path], folder: Path) -> None:
    workspace.prepare(folder, files=files)
    for version in ("first", "second"):
        (folder / "03-what-can-you-do.ipynb").write_text(version)
        workspace.reset(folder, "03", now=NOW, files=files)
    kept = {path.name: path.read_text() for path in folder.glob("*.bak.ipynb")}
    assert kept == {
        "03-what-can-you-do.20260101T090000Z.bak.ipynb": "first",
        "03-what-can-you-do.20260101T090000Z-2.bak.ipynb": "second",
    }


def test_reset_of_a_notebook_that_is_gone_needs_no_backup(files: dict[str, Path], folder: Path) -> None:
    workspace.prepare(folder, files=files)
    (folder / "03-what-can-you-do.ipynb").unlink()
    restored = workspace.reset(folder, "03", files=files)
    assert restored.backup is None
    assert restored.notebook.read_text() == "original 03-what-can-you-do.ipynb"


@pytest.mark.parametrize("number", ["07", "", "x", "../01-who-are-you", "3.5", "²"])
def test_reset_of_an_unknown_number_is_refused_and_changes_nothing(
    files: dict[str, Path], folder: Path, number: str
) -> None:
    workspace.prepare(folder, files=files)
    assert workspace.reset(folder, "03", now=NOW, files=files).backup is not None
    before = sorted(folder.iterdir())
    with pytest.raises(LabError, match=rf"^no notebook `{re.escape(number)}`: expected one of `01`, `03`$"):
        workspace.reset(folder, number, files=files)
    assert sorted(folder.iterdir()) == before


def test_the_working_folder_is_the_current_one_where_that_is_one(
    files: dict[str, Path], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.prepare(folder, files=files)
    monkeypatch.chdir(folder.parent)
    assert workspace.locate() == folder
    monkeypatch.chdir(folder)
    assert workspace.locate() == folder
    assert workspace.locate(Path("other")) == folder / "other"


def test_the_manifest_holds_no_more_than_the_digests(files: dict[str, Path], folder: Path) -> None:
    workspace.prepare(folder, files=files)
    manifest = json.loads((folder / ".labkit" / "originals.json").read_text())
    assert manifest.keys() == files.keys()
    assert all(re.fullmatch(r"[0-9a-f]{64}", digest) for digest in manifest.values())


def test_reset_where_there_is_no_working_folder_makes_none(files: dict[str, Path], folder: Path) -> None:
    with pytest.raises(LabError, match=r"^`.*labkit-work` is no working folder: .*`--dir`.*`labkit start`$"):
        workspace.reset(folder, "03", files=files)
    assert not folder.exists()
    workspace.prepare(folder, files=files)
    assert workspace.reset(folder, "03", now=NOW, files=files).backup


def code(source: str, *, text: str = "", tags: tuple[str, ...] = ()) -> dict[str, Any]:
    """A code cell that has run, with `text` as its output, or has not."""
    output = {"output_type": "stream", "name": "stdout", "text": [text]}
    return {
        "cell_type": "code",
        "id": "c1",
        "metadata": {"tags": [*tags], **({"execution": {"iopub.execute_input": "…"}} if text else {})},
        "source": source.splitlines(keepends=True),
        "execution_count": 7 if text else None,
        "outputs": [output] if text else [],
    }


def write(path: Path, *cells: dict[str, Any], **metadata: object) -> None:
    notebook = {"cells": [*cells], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(notebook), encoding="utf-8")


def cells(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return found


@pytest.fixture
def recorded(tmp_path: Path) -> dict[str, Path]:
    """A course of one notebook, stored with the outputs of its run."""
    original = tmp_path / "original.ipynb"
    write(original, code("2 + 2\n", text="4 is the answer", tags=("check",)), widgets={"state": "the answer"})
    return {"01-sums.ipynb": original}


def test_the_learners_copy_holds_no_outputs_and_keeps_ids_and_tags(
    recorded: dict[str, Path], folder: Path
) -> None:
    workspace.prepare(folder, files=recorded)
    copy = folder / "01-sums.ipynb"
    assert cells(copy) == [code("2 + 2\n", tags=("check",))]
    assert "answer" in recorded["01-sums.ipynb"].read_text()
    assert "answer" not in copy.read_text()
    workspace.reset(folder, "01", now=NOW, files=recorded)
    assert cells(copy) == [code("2 + 2\n", tags=("check",))]


def test_a_copy_of_this_edition_keeps_the_outputs_of_the_learners_run(
    recorded: dict[str, Path], folder: Path
) -> None:
    workspace.prepare(folder, files=recorded)
    copy = folder / "01-sums.ipynb"
    write(copy, code("2 + 2\n", text="mine"), code(""))
    prepared = workspace.prepare(folder, files=recorded)
    assert (prepared.copied, prepared.kept, prepared.backups) == ((), (), ())
    assert "mine" in copy.read_text()


def test_a_copy_that_only_ran_follows_the_course_and_its_outputs_stay_in_a_backup(
    recorded: dict[str, Path], folder: Path
) -> None:
    workspace.prepare(folder, files=recorded)
    copy = folder / "01-sums.ipynb"
    write(copy, code("2 + 2\n", text="mine"), code(""))
    write(recorded["01-sums.ipynb"], code("3 + 3\n", text="6"))
    prepared = workspace.prepare(folder, files=recorded, now=NOW)
    assert prepared.copied == ("01-sums.ipynb",)
    assert prepared.backups == ("01-sums.20260101T090000Z.bak.ipynb",)
    assert cells(copy) == [code("3 + 3\n")]
    assert "mine" in (folder / prepared.backups[0]).read_text()


def test_a_copy_that_never_ran_follows_the_course_without_a_backup(
    recorded: dict[str, Path], folder: Path
) -> None:
    workspace.prepare(folder, files=recorded)
    write(recorded["01-sums.ipynb"], code("3 + 3\n", text="6"))
    prepared = workspace.prepare(folder, files=recorded)
    assert (prepared.copied, prepared.backups) == (("01-sums.ipynb",), ())
    assert list(folder.glob("*.bak.ipynb")) == []


@pytest.mark.parametrize(
    "edited",
    [
        json.dumps({"cells": [code("2 + 3\n", text="5")], "metadata": {}, "nbformat": 4}),
        json.dumps({"cells": [{**code("2 + 2\n"), "source": 5}], "metadata": {}}),
        json.dumps({"cells": [None], "metadata": {}}),
        "[]",
        "{broken",
    ],
)
def test_an_edited_or_broken_copy_stays_as_it_is_in_every_edition(
    recorded: dict[str, Path], folder: Path, edited: str
) -> None:
    workspace.prepare(folder, files=recorded)
    (folder / "01-sums.ipynb").write_text(edited)
    write(recorded["01-sums.ipynb"], code("3 + 3\n", text="6"))
    assert workspace.prepare(folder, files=recorded).kept == ("01-sums.ipynb",)
    assert (folder / "01-sums.ipynb").read_text() == edited


def test_the_copies_of_this_clones_notebooks_are_valid_and_have_no_outputs(folder: Path) -> None:
    import nbformat

    workspace.prepare(folder)
    notebooks = sorted(folder.glob("*.ipynb"))
    assert len(notebooks) >= 4
    for path in notebooks:
        copy, original = (
            nbformat.read(file, as_version=4)  # type: ignore[no-untyped-call]
            for file in (path, workspace.originals()[path.name])
        )
        nbformat.validate(copy)
        assert [(cell.id, cell.source) for cell in copy.cells] == [
            (cell.id, cell.source) for cell in original.cells
        ]
        assert not any(cell.get("outputs") or cell.get("execution_count") for cell in copy.cells)


def test_the_course_of_this_clone_has_its_four_notebooks() -> None:
    notebooks = [name for name in workspace.originals() if name.endswith(".ipynb")]
    assert {"01-who-are-you.ipynb", "02-tokens.ipynb", "03-what-can-you-do.ipynb", "04-four-steps.ipynb"} <= {
        *notebooks
    }
