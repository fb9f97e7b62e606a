"""Record the notebooks' outputs anew: `python tests/notebooks/record.py [notebook …]`.

Runs them as `labkit test` does, with a fixed seed and a fixed clock, and keeps nothing that differs
from machine to machine: no timings, no Python version, no widget state. Without its state a widget cannot be
drawn, so its view goes too, and whoever opens the file sees the fallback.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

from labkit.cli.checks import NOTEBOOK_ENVIRONMENT
from labkit.environment import without_account

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"


def record(path: Path) -> None:
    """Execute one notebook and write it back with its outputs."""
    notebook: Any = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    client = NotebookClient(
        notebook, timeout=120, record_timing=False, resources={"metadata": {"path": path.parent}}
    )
    client.execute(env={**without_account(os.environ), **NOTEBOOK_ENVIRONMENT, "TZ": "UTC"})
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", ()):
            output.get("data", {}).pop("application/vnd.jupyter.widget-view+json", None)
    path.write_text(nbformat.writes(notebook, indent=1) + "\n", encoding="utf-8")  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    for name in sys.argv[1:] or sorted(map(str, NOTEBOOKS.glob("*.ipynb"))):
        record(Path(name))
        print(f"recorded {name}")
