"""`labkit decide`: what AWS would answer to a case, or to a file of cases, and why."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from labkit.errors import LabError
from labkit.policy import explain, judge
from labkit.policy.case import Case, cases
from labkit.policy.explanation import as_json


def run(options: argparse.Namespace) -> int:
    """One JSON line a case (or text); a case that cannot be read is named on stderr, and the code is 2."""
    code = 0
    for found in cases(_read(options.file)):
        if isinstance(found, Case):
            print(_text(found) if options.text else json.dumps(_line(found, whole=options.explain)))
        else:
            print(f"labkit: {found}", file=sys.stderr)
            code = 2
    return code


def _read(file: str) -> Any:
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise LabError(f"cannot read `{file}`: {reason}; expected a file of cases as JSON") from None
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise LabError(f"`{file}` is no JSON: {error}; expected a case or a list of cases") from None


def _line(case: Case, *, whole: bool) -> dict[str, Any]:
    if whole:
        return {"id": case.id} | as_json.explanation(explain(case.request, policies=case.policies))
    return {"id": case.id} | as_json.summary(judge(case.request, policies=case.policies))


def _text(case: Case) -> str:
    name = f"{case.id}: " if case.id is not None else ""
    return f"{name}{explain(case.request, policies=case.policies)}"
