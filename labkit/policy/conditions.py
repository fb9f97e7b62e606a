"""The Condition element: operators, set operators, IfExists and Null.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from labkit.policy import match, values
from labkit.policy.trace import ConditionTrace, PatternTrace, State
from labkit.policy.variables import Context


class ValueTest(Protocol):
    """One value of a condition, prepared for matching."""

    def test(self, value: str, context: Context, /) -> PatternTrace: ...

    def untested(self, context: Context, /) -> PatternTrace: ...


#: From a policy's value, as text, and the document's version to its test.
Prepare = Callable[[str, str], ValueTest]


def _with_variables(compile: Callable[..., ValueTest], **options: bool) -> Prepare:
    return lambda raw, version: compile(raw, version=version, **options)


def _typed(read: Callable[[str], object], compare: Callable[..., bool]) -> Prepare:
    """Numbers, dates, addresses … take no variables."""
    return lambda raw, _version: values.Typed.of(raw, read, compare)


_EQUALS, _LIKE, _ARN = (_with_variables(kind) for kind in (match.exact, match.like, match.arn))
_IGNORE_CASE = _with_variables(match.exact, ignore_case=True)
_NUMBER, _DATE = partial(_typed, values.number), partial(_typed, values.date)
_ADDRESS = _typed(values.network, values.within)

#: Operator → (test of one value, whether it is negated).
OPERATORS: dict[str, tuple[Prepare, bool]] = {
    "StringEquals": (_EQUALS, False),
    "StringNotEquals": (_EQUALS, True),
    "StringEqualsIgnoreCase": (_IGNORE_CASE, False),
    "StringNotEqualsIgnoreCase": (_IGNORE_CASE, True),
    "StringLike": (_LIKE, False),
    "StringNotLike": (_LIKE, True),
    "NumericEquals": (_NUMBER(values.equal), False),
    "NumericNotEquals": (_NUMBER(values.equal), True),
    "NumericLessThan": (_NUMBER(values.less), False),
    "NumericLessThanEquals": (_NUMBER(values.less_equal), False),
    "NumericGreaterThan": (_NUMBER(values.greater), False),
    "NumericGreaterThanEquals": (_NUMBER(values.greater_equal), False),
    "DateEquals": (_DATE(values.equal), False),
    "DateNotEquals": (_DATE(values.equal), True),
    "DateLessThan": (_DATE(values.less), False),
    "DateLessThanEquals": (_DATE(values.less_equal), False),
    "DateGreaterThan": (_DATE(values.greater), False),
    "DateGreaterThanEquals": (_DATE(values.greater_equal), False),
    "Bool": (_typed(values.boolean, values.equal), False),
    "BinaryEquals": (_typed(values.binary, values.same_bytes), False),
    "IpAddress": (_ADDRESS, False),
    "NotIpAddress": (_ADDRESS, True),
    # ArnEquals and ArnLike behave identically (#Conditions_ARN).
    "ArnEquals": (_ARN, False),
    "ArnLike": (_ARN, False),
    "ArnNotEquals": (_ARN, True),
    "ArnNotLike": (_ARN, True),
}

NULL = "Null"
FOR_ALL, FOR_ANY = "ForAllValues", "ForAnyValue"


def take_apart(operator: str) -> tuple[str, str, bool]:
    """`ForAnyValue:StringLikeIfExists` → (`ForAnyValue`, `StringLike`, True).

    Raises ValueError for what is no operator. Null takes neither set operator nor IfExists.
    """
    quantifier, colon, name = operator.rpartition(":")
    base = name.removesuffix("IfExists")
    known = base in OPERATORS or operator == NULL
    if not known or (colon and quantifier not in (FOR_ALL, FOR_ANY)):
        raise ValueError(operator)
    return quantifier, base, base != name


@dataclass(frozen=True, slots=True)
class Condition:
    """One key under one operator, with the values that the policy gives it."""

    #: As written, as in `ForAllValues:StringLikeIfExists`.
    operator: str
    #: As written; key names are not case-sensitive.
    key: str
    values: tuple[str, ...]
    _key: str = field(repr=False, compare=False)
    _quantifier: str = field(repr=False, compare=False)
    _if_exists: bool = field(repr=False, compare=False)
    _negated: bool = field(repr=False, compare=False)
    _tests: tuple[ValueTest, ...] = field(repr=False, compare=False)

    @classmethod
    def of(cls, operator: str, key: str, values: Sequence[str], *, version: str) -> Condition:
        """Raises ValueError where `operator` is none of IAM's."""
        quantifier, base, if_exists = take_apart(operator)
        prepare, negated = OPERATORS.get(base, (_EQUALS, False))
        tests = tuple(prepare(value, version) for value in values)
        return cls(operator, key, tuple(values), key.lower(), quantifier, if_exists, negated, tests)

    def judge(self, context: Context) -> ConditionTrace:
        """The condition against the request's context; every value is tested, none skipped."""
        found = context.get(self._key)
        present = (found,) if isinstance(found, str) else found
        if self.operator == NULL:
            return self._null(present)
        if present is None or (self._quantifier and not any(present)):
            return self._absent(present, context)
        return self._present(present, context)

    def _null(self, present: tuple[str, ...] | None) -> ConditionTrace:
        answer = "false" if present else "true"
        patterns = tuple(PatternTrace(raw, raw, raw.lower() == answer) for raw in self.values)
        matched = any(pattern.matched for pattern in patterns)
        state = State.MATCHED if matched else State.MISMATCHED
        return ConditionTrace(self.operator, self.key, matched, state, present, patterns)

    def _absent(self, present: tuple[str, ...] | None, context: Context) -> ConditionTrace:
        """No value to test, or, for a set operator, only empty ones ("a null data set").

        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
        """
        vacuous = self._quantifier == FOR_ALL or (self._negated and self._quantifier != FOR_ANY)
        matched = vacuous or (self._if_exists and present is None)
        patterns = tuple([test.untested(context) for test in self._tests])
        return ConditionTrace(self.operator, self.key, matched, State.ABSENT, present, patterns)

    def _present(self, present: tuple[str, ...], context: Context) -> ConditionTrace:
        """Each value is tested, negation included, before the set operator counts.

        Without a set operator a multivalued key counts as ForAnyValue; negated, as ForAllValues.
        """
        tested = [tuple([test.test(value, context) for test in self._tests]) for value in present]
        true = [_any(traces) is not self._negated for traces in tested]
        every = self._quantifier == FOR_ALL or (self._negated and not self._quantifier)
        matched = False not in true if every else True in true
        patterns = tested[0] if len(tested) == 1 else _best(tested)
        return ConditionTrace(self.operator, self.key, matched, _state(matched, patterns), present, patterns)


def _any(traces: Sequence[PatternTrace]) -> bool:
    return True in [trace.matched for trace in traces]


def _best(tested: Sequence[tuple[PatternTrace, ...]]) -> tuple[PatternTrace, ...]:
    """Of each pattern, the trace with a value that it matched, if there is one."""
    return tuple(
        next((trace for trace in traces if trace.matched), traces[0]) for traces in zip(*tested, strict=True)
    )


def _state(matched: bool, patterns: Sequence[PatternTrace]) -> State:
    if None in [trace.resolved for trace in patterns] and not _any(patterns):
        return State.UNRESOLVED
    return State.MATCHED if matched else State.MISMATCHED
