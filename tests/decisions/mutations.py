"""Whether the vectors notice a changed rule: `python -m tests.decisions.mutations [MODULE …]`.

Each comparison, `and`, `or`, `not`, condition, constant and `any`/`all` of the policy engine is changed by
itself, and every vector runs against the changed engine. A change that no vector notices is listed; then
the exit status is 1, unless `equivalent.json` says why it makes no difference. pytest does not collect
this file: it takes minutes.
"""

import argparse
import ast
import importlib
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from operator import itemgetter
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

ENGINE = Path(__file__).parents[2] / "labkit" / "policy"

#: From `Mutation.name` to the reason why the change makes no difference to any decision.
EQUIVALENT = Path(__file__).with_name("equivalent.json")

#: These explain a decision or tell of a syntax error; they decide nothing.
EXPLAINING = frozenset(
    {
        "__init__",
        "case",
        "case_writing",
        "context_keys",
        "denial",
        "elements",
        "grammar",
        "matrix",
        "overlap",
        "places",
    }
    | {"reference", "trace"}
)

#: Within a module: what is only shown to people.
SHOWING = frozenset({"__str__", "__repr__", "label", "untested"})

OPPOSITES: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}

NAMES = {"any": "all", "all": "any", "max": "min", "min": "max"}

SECONDS = 60


@dataclass(frozen=True)
class Mutation:
    """One changed expression of one module."""

    path: Path
    #: Position of the changed node in the order of `ast.walk`, and which of its variants.
    node: int
    variant: int
    line: int
    #: The function or class around it; empty at the module's own level.
    scope: str
    before: str
    after: str
    #: How many of the same scope, before and after come first.
    earlier: int

    @property
    def name(self) -> str:
        """Without the line, which changes with every edit above."""
        place = f"{self.path.stem}.{self.scope}" if self.scope else self.path.stem
        number = f" ({self.earlier + 1})" if self.earlier else ""
        return f"{place}: `{self.before}` → `{self.after}`{number}"

    def __str__(self) -> str:
        return f"{self.path.name}:{self.line}  {self.name}"

    def code(self) -> CodeType:
        tree = ast.parse(self.path.read_text(encoding="utf-8"))
        node = list(ast.walk(tree))[self.node]
        _Replace(node, variants(node)[self.variant]).visit(tree)
        return compile(ast.fix_missing_locations(tree), str(self.path), "exec")


class _Replace(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return self.new if node is self.old else self.generic_visit(node)


def variants(node: ast.AST) -> list[ast.AST]:
    """What the node may be changed to."""
    return [*_of_operators(node), *_of_branches(node), *_of_words(node)]


def _of_operators(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.Compare(left, [op], comparators):
            yield ast.Compare(left, [OPPOSITES[type(op)]()], comparators)
        case ast.BoolOp(op, values):
            yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
            for dropped in values:
                rest = [value for value in values if value is not dropped]
                yield ast.BoolOp(op, rest) if rest[1:] else rest[0]
        case ast.UnaryOp(ast.Not(), operand):
            yield operand


def _of_branches(node: ast.AST) -> Iterator[ast.AST]:
    """The tests of branches that are no operators themselves, and the filters of comprehensions."""
    match node:
        case ast.IfExp(test, body, other):
            yield ast.IfExp(ast.UnaryOp(ast.Not(), test), body, other)
        case ast.If(test, statements, others) if isinstance(test, ast.Name | ast.Attribute | ast.Call):
            yield ast.If(ast.UnaryOp(ast.Not(), test), statements, others)
        case ast.comprehension(target, iterated, [_, *_], is_async):
            yield ast.comprehension(target, iterated, [], is_async)


def _of_words(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.Name(name) if name in NAMES:
            yield ast.Name(NAMES[name], ast.Load())
        case ast.Constant(bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(int() as value):
            yield ast.Constant(value + 1)
        case ast.Constant(str() as value):
            yield ast.Constant(value + "~")


def mutations(path: Path) -> Iterator[Mutation]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    passed_over = {id(node) for root in _passed_over(tree) for node in ast.walk(root)}
    scopes, earlier = dict(_scopes(tree, "")), Counter[tuple[str, str, str]]()
    for index, node in enumerate(ast.walk(tree)):
        for number, changed in enumerate([] if id(node) in passed_over else variants(node)):
            words = scopes[id(node)], _source(node), _source(changed)
            yield Mutation(path, index, number, _line(node), *words, earlier[words])
            earlier[words] += 1


def _scopes(node: ast.AST, scope: str) -> Iterator[tuple[int, str]]:
    yield id(node), scope
    inner = f"{scope}.{node.name}".lstrip(".") if isinstance(node, ast.ClassDef | ast.FunctionDef) else scope
    for child in ast.iter_child_nodes(node):
        yield from _scopes(child, inner)


def _passed_over(tree: ast.AST) -> Iterator[ast.AST]:
    """Docstrings, annotations, decorators, error messages, declarations of fields: no rules."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) if name in SHOWING:
                yield node
            case ast.FunctionDef(decorator_list=decorators, returns=returns):
                yield from (*decorators, *([returns] if returns else []))
            case ast.ClassDef(decorator_list=decorators, bases=bases):
                yield from (*decorators, *bases)
            case ast.arg(annotation=ast.expr() as annotation) | ast.AnnAssign(annotation=annotation):
                yield annotation
            case ast.Expr(ast.Constant()) | ast.Raise() | ast.Call(ast.Name("field")):
                yield node
            case ast.Assign([ast.Name("__all__")]) | ast.If(ast.Name("TYPE_CHECKING")):
                yield node


def _line(node: ast.AST) -> int:
    return int(getattr(getattr(node, "target", node), "lineno", 0))


def _source(node: ast.AST) -> str:
    shown = ast.If(node.test, [ast.Pass()], []) if isinstance(node, ast.If) else node
    return ast.unparse(shown).splitlines()[0].strip()


class _Loader(SourceFileLoader):
    """Imports the changed code in place of the module's own."""

    def __init__(self, name: str, mutation: Mutation) -> None:
        super().__init__(name, str(mutation.path))
        self.mutation = mutation

    def get_code(self, fullname: str) -> CodeType:
        return self.mutation.code()


@dataclass(frozen=True)
class _Finder:
    mutation: Mutation

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != f"labkit.policy.{self.mutation.path.stem}":
            return None
        return spec_from_file_location(name, self.mutation.path, loader=_Loader(name, self.mutation))


def noticed(mutation: Mutation | None) -> bool:
    """Whether a vector fails (or the engine does not even load) with `mutation`."""
    for name in [*sys.modules]:
        if name.startswith(("labkit.policy", "tests.decisions.test_")):
            del sys.modules[name]
    if mutation is not None:
        sys.meta_path.insert(0, _Finder(mutation))
    try:
        return not all(_hold())
    except Exception:
        return True


def _hold() -> Iterator[bool]:
    vectors = importlib.import_module("tests.decisions.test_vectors")
    explanations = importlib.import_module("tests.decisions.test_explanations")
    for case in _cases():
        found, expected = vectors.decision(case), case["expect"]
        yield _decides(found, expected)
        if "statements" in expected:
            yield [explanations.judged(trace) for trace in found.statements] == expected["statements"]


@cache
def _cases() -> Sequence[dict[str, Any]]:
    """Every vector, the first of each group before the second of any: that finds a change soonest."""
    earlier, found = Counter[str](), list[tuple[int, dict[str, Any]]]()
    for path in sorted(Path(__file__).parent.glob("*/*.json")):
        for case in json.loads(path.read_text(encoding="utf-8"))["cases"]:
            group = case.get("group", path.parent.name)
            found.append((earlier[group], case))
            earlier[group] += 1
    return [case for _, case in sorted(found, key=itemgetter(0)) if "xfail" not in case]


def _decides(found: Any, expected: dict[str, Any]) -> bool:
    parts = {
        "decision": found.verdict.value,
        "blocked_by": list(found.blocked_by),
        "decisive": [trace.label for trace in found.decisive],
    }
    same = found.allowed is (expected["decision"] == "allow") and found.judgement.verdict is found.verdict
    return same and all(expected.get(name, value) == value for name, value in parts.items())


def _in_a_child(mutation: Mutation) -> int:
    """A process of its own that ends with 0 where nothing was noticed; a loop without end is noticed."""
    child = os.fork()
    if child:
        return child
    signal.alarm(SECONDS)
    os._exit(int(noticed(mutation)))


def unnoticed(found: Sequence[Mutation], *, jobs: int) -> Iterator[Mutation]:
    waiting, running = list(reversed(found)), dict[int, Mutation]()
    while waiting or running:
        while waiting and len(running) < jobs:
            mutation = waiting.pop()
            running[_in_a_child(mutation)] = mutation
        child, status = os.wait()
        mutation = running.pop(child)
        if status == 0:
            yield mutation


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("modules", nargs="*", help="modules of labkit.policy; without any, all that decide")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    if noticed(None):
        parser.error("the vectors fail without any change")
    names = options.modules or {path.stem for path in ENGINE.glob("*.py")} - EXPLAINING
    found = [change for name in sorted(names) for change in mutations(ENGINE / f"{name}.py")]
    equivalent = json.loads(EQUIVALENT.read_text(encoding="utf-8"))
    alive = [*_shown(unnoticed(found, jobs=options.jobs), equivalent)]
    survivors = sum(mutation.name not in equivalent for mutation in alive)
    for name in _outdated(equivalent, names, alive):
        print(f"{EQUIVALENT.name}: no change that lives is called {name}")
    print(
        f"{len(found)} changes: {len(found) - len(alive)} noticed, "
        f"{len(alive) - survivors} equivalent, {survivors} not noticed"
    )
    return 1 if survivors else 0


def _shown(alive: Iterable[Mutation], equivalent: Collection[str]) -> Iterator[Mutation]:
    """`alive`, each printed as soon as it is found, unless it is known to be equivalent."""
    for mutation in alive:
        if mutation.name not in equivalent:
            print(mutation, flush=True)
        yield mutation


def _outdated(equivalent: Iterable[str], modules: Collection[str], alive: Iterable[Mutation]) -> list[str]:
    """What `equivalent` says of `modules` without need: the code is gone, or a vector notices."""
    named = {name for name in equivalent if name.split(":")[0].split(".")[0] in modules}
    return sorted(named - {mutation.name for mutation in alive})


if __name__ == "__main__":
    raise SystemExit(main())
