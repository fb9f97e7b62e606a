"""The `operation` marks of tests/local, read from their source: what each test shows of which operation.

That a mark is true is seen to while the tests run (tests/local/claims.py).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from labkit.errors import LabError


@dataclass(frozen=True)
class Mark:
    """One `@pytest.mark.operation` of one test."""

    test: str
    #: `service:Operation`, each accepted in the test.
    operations: tuple[str, ...]
    #: The error codes with which the test shows them refused.
    refuses: tuple[str, ...] = ()
    #: What the local account lacks of them, as the test shows.
    missing: str = ""


def read(folder: Path) -> tuple[Mark, ...]:
    """Every mark below `folder`, those of a module or a class once for each of its tests."""
    files = sorted(folder.glob("test_*.py"))
    return tuple(mark for file in files for mark in _module(file))


def _module(file: Path) -> Iterator[Mark]:
    tree = ast.parse(file.read_text(encoding="utf-8"), str(file))
    yield from _body(tree.body, f"{file.name}::", _pytestmark(tree.body))


def _body(body: list[ast.stmt], prefix: str, outer: list[ast.expr]) -> Iterator[Mark]:
    for node in body:
        if isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            inner = [*outer, *node.decorator_list, *_pytestmark(node.body)]
            yield from _body(node.body, f"{prefix}{node.name}::", inner)
        elif isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            found = filter(_is_operation, [*outer, *node.decorator_list])
            yield from (_mark(call, prefix + node.name) for call in found)


def _pytestmark(body: list[ast.stmt]) -> list[ast.expr]:
    for node in body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark":
            return node.value.elts if isinstance(node.value, ast.List | ast.Tuple) else [node.value]
    return []


def _is_operation(expression: ast.expr) -> bool:
    return isinstance(expression, ast.Call) and ast.unparse(expression.func) == "pytest.mark.operation"


def _mark(call: ast.expr, test: str) -> Mark:
    assert isinstance(call, ast.Call)
    try:
        names = tuple(str(ast.literal_eval(name)) for name in call.args)
        more = {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in call.keywords}
    except ValueError:
        raise LabError(f"`{ast.unparse(call)}` at `{test}`: expected names as plain strings") from None
    refuses = more.get("refuses", ())
    codes = (refuses,) if isinstance(refuses, str) else tuple(refuses)
    return Mark(test, names, codes, more.get("missing", ""))
