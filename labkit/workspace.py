"""The learner's working folder: copies of the notebooks that are theirs to change.

The originals stay as they are. Their outputs hold the answers to their questions, so the copies have
none. What a learner has changed is never overwritten, and what a learner's run put out is kept as a backup.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from labkit.errors import LabError

#: Where `labkit start` puts the notebooks, below the current folder; a clone ignores it.
DEFAULT_FOLDER = Path("labkit-work")

#: Which original each copy came from: the SHA-256 of what a person wrote in it (`_digest`), by path.
#: Its presence marks a working folder.
_MANIFEST = Path(".labkit", "originals.json")


@dataclass(frozen=True)
class Prepared:
    """What `prepare` found and did; paths are relative to `folder`."""

    folder: Path
    #: New files, and copies that were brought up to date because nobody had changed them.
    copied: tuple[str, ...]
    #: The learner's own: changed since they were copied, so left alone.
    kept: tuple[str, ...]
    #: The notebook to open first.
    first_notebook: str
    #: The outputs of the learner's runs, from the copies that were brought up to date.
    backups: tuple[str, ...] = ()


@dataclass(frozen=True)
class Restored:
    """A notebook as it was in the beginning, and where the learner's own version went."""

    notebook: Path
    #: None where there was no version of the learner's.
    backup: Path | None


def originals() -> dict[str, Path]:
    """The files of the course: path in a working folder → original, sorted by path.

    They lie at the root of a clone, and inside the package where it was installed from a wheel.
    """
    package = Path(__file__).parent
    places = (package / "_course", package.parent)
    root = next((place for place in places if any(place.glob("notebooks/*.ipynb"))), None)
    if root is None:
        raise LabError(
            f"no notebooks found beside `{package}`: install labkit from a whole clone or from its wheel"
        )
    notebooks = {path.name: path for path in sorted((root / "notebooks").glob("*.ipynb"))}
    data = (path for path in sorted((root / "data").rglob("*")) if path.is_file())
    return notebooks | {path.relative_to(root).as_posix(): path for path in data}


def locate(folder: Path | None = None) -> Path:
    """The working folder: `folder` if given, else the current one if it is one, else its `labkit-work`."""
    if folder is not None:
        return folder.absolute()
    here = Path.cwd()
    return here if (here / _MANIFEST).is_file() else here / DEFAULT_FOLDER


def prepare(folder: Path, *, files: dict[str, Path] | None = None, now: datetime | None = None) -> Prepared:
    """Bring the course's files into `folder`, made if missing; safe to repeat.

    Notebooks come without outputs. A copy whose cells nobody edited follows the course to its next
    edition, and what a run put out stays in a backup; a copy of this edition keeps its outputs.
    Raises `LabError` where the folder cannot be written.
    """
    files = originals() if files is None else files
    try:
        return _copy(folder, files, now or datetime.now(UTC))
    except OSError as error:
        raise LabError(
            f"cannot prepare the working folder `{folder}`: {error.strerror or error}; "
            "name another one with `--dir`"
        ) from None


def _copy(folder: Path, files: dict[str, Path], now: datetime) -> Prepared:
    folder.mkdir(parents=True, exist_ok=True)
    known = _read_manifest(folder)
    copied, kept, backups = [], [], []
    for name, original in files.items():
        copy, digest = folder / PurePosixPath(name), _digest(original)
        mine = _digest(copy) if copy.exists() else None
        if mine is None or (mine == known.get(name) != digest):
            if mine is not None and _has_outputs(copy):
                backups.append(_back_up(copy, now).name)
            _replace(original, copy)
            copied.append(name)
            mine = digest
        if mine == digest:
            known[name] = digest
        else:
            kept.append(name)
    _write_manifest(folder, known)
    return Prepared(folder, tuple(copied), tuple(kept), _first(files), tuple(backups))


def _first(files: dict[str, Path]) -> str:
    """`01-…`; a `00-…` is an appendix."""
    notebooks = (name for name in files if name.endswith(".ipynb"))
    return min(notebooks, key=lambda name: (name.startswith("00"), name))


def reset(
    folder: Path, number: str, *, now: datetime | None = None, files: dict[str, Path] | None = None
) -> Restored:
    """Restore the notebook whose name begins with `number` (`03`, `3` or its whole name).

    The learner's version moves to `<name>.<UTC time>.bak.ipynb`; no earlier backup is overwritten.
    Raises `LabError` for a number that no notebook has, and where `folder` is no working folder.
    """
    files = originals() if files is None else files
    name = _notebook(number, files)
    notebook = folder / name
    if not notebook.exists() and not (folder / _MANIFEST).is_file():
        raise LabError(
            f"`{folder}` is no working folder: go where your `{DEFAULT_FOLDER}` is, name it with `--dir`, "
            "or make one with `labkit start`"
        )
    try:
        backup = _back_up(notebook, now or datetime.now(UTC)) if notebook.exists() else None
        _replace(files[name], notebook)
        _write_manifest(folder, _read_manifest(folder) | {name: _digest(files[name])})
    except OSError as error:
        raise LabError(f"cannot restore `{notebook}`: {error.strerror or error}") from None
    return Restored(notebook, backup)


def _notebook(number: str, files: dict[str, Path]) -> str:
    notebooks = [name for name in sorted(files) if name.endswith(".ipynb")]
    wanted = number.zfill(2) if number.isascii() and number.isdigit() else number.removesuffix(".ipynb")
    for name in notebooks:
        if wanted in (name.split("-")[0], name.removesuffix(".ipynb")):
            return name
    numbers = ", ".join(f"`{name.split('-')[0]}`" for name in notebooks)
    raise LabError(f"no notebook `{number}`: expected one of {numbers}")


def _back_up(notebook: Path, now: datetime) -> Path:
    stamp = f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    for count in range(1, 1000):
        suffix = f".{stamp}.bak.ipynb" if count == 1 else f".{stamp}-{count}.bak.ipynb"
        backup = notebook.with_name(notebook.stem + suffix)
        try:
            with backup.open("xb") as target:  # "x" refuses a file that is already there
                target.write(notebook.read_bytes())
        except FileExistsError:
            continue
        return backup
    raise LabError(f"`{notebook.parent}` holds 999 backups of this very second: wait for the next one")


def _replace(original: Path, copy: Path) -> None:
    """Write through a temporary file, so that a killed process never leaves half a notebook."""
    copy.parent.mkdir(parents=True, exist_ok=True)
    temporary = copy.with_name(f"{copy.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(_without_outputs(original))
        temporary.replace(copy)
    finally:
        temporary.unlink(missing_ok=True)


def _digest(path: Path) -> str:
    """SHA-256 of what a person wrote: a notebook's sources, or all of another file.

    Empty cells do not count, because running the last cell with Shift+Enter adds one.
    """
    notebook = _read_notebook(path)
    if notebook is None:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    # Jupyter may save a source as one string or as its lines.
    sources = [(cell["cell_type"], "".join(map(str, cell["source"]))) for cell in notebook["cells"]]
    written = json.dumps([cell for cell in sources if cell[1].strip()])
    return hashlib.sha256(written.encode()).hexdigest()


def _without_outputs(original: Path) -> bytes:
    """A notebook before its first run, its cells' ids and tags kept; another file as it is."""
    notebook = _read_notebook(original)
    if notebook is None:
        return original.read_bytes()
    notebook["metadata"].pop("widgets", None)  # the state of the outputs' widgets
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["metadata"].pop("execution", None)  # when it ran
            cell |= {"outputs": [], "execution_count": None}
    # As Jupyter writes it, so that saving an unchanged notebook changes nothing.
    return (json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def _has_outputs(path: Path) -> bool:
    notebook = _read_notebook(path)
    return notebook is not None and any(cell.get("outputs") for cell in notebook["cells"])


def _read_notebook(path: Path) -> dict[str, Any] | None:
    """The notebook's JSON; None for another file, and for one that a learner has broken.

    https://nbformat.readthedocs.io/en/latest/format_description.html
    """
    if path.suffix != ".ipynb":
        return None
    try:
        notebook: dict[str, Any] = json.loads(path.read_bytes())
        whole = isinstance(notebook["metadata"], dict) and all(
            isinstance(cell["source"], str | list) and {"cell_type", "metadata"} <= cell.keys()
            for cell in notebook["cells"]
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    return notebook if whole else None


def _read_manifest(folder: Path) -> dict[str, str]:
    """A manifest that is gone or broken counts as empty: every copy then counts as the learner's own."""
    try:
        found = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _write_manifest(folder: Path, digests: dict[str, str]) -> None:
    path = folder / _MANIFEST
    path.parent.mkdir(exist_ok=True)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    temporary.write_text(json.dumps(digests, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    temporary.replace(path)
