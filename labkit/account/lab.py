"""The lab's name: learners who share a real account tell their resources apart by it."""

from __future__ import annotations

import os
import re

from labkit.errors import LabError


def lab_name(given: str | None) -> str:
    """`given`, else `LABKIT_LAB`, else `lab`. Raises LabError unless it fits into a bucket's name."""
    name = given or os.environ.get("LABKIT_LAB") or "lab"
    if not re.fullmatch("[a-z0-9]([a-z0-9-]{0,18}[a-z0-9])?", name):
        raise LabError(f"bad lab name `{name[:40]}`: expected 1 to 20 of a-z, 0-9 and inner hyphens")
    return name
