"""What the engine found, looked at for the signs of wrong mental models.

Each function answers with the label of a statement (empty where it is about none) and the words that
its sentence in `mistakes` needs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from labkit.policy.decide import Judgement
from labkit.policy.explanation.funnel import is_guest
from labkit.policy.explanation.near_misses import near_misses
from labkit.policy.trace import ConditionTrace, ElementTrace, State, StatementTrace, Verdict
from labkit.policy.variables import WITH_VARIABLES

#: Label of a statement, and the words for the sentence.
Found = Iterator[tuple[str, dict[str, str]]]

_BUCKET = "arn:aws:s3:::"
_IDENTITY_ID = "cognito-identity.amazonaws.com:sub"
_AMR = "cognito-identity.amazonaws.com:amr"
#: Keys that only a request for a list carries.
_LISTING_KEYS = frozenset({"s3:prefix", "s3:delimiter", "s3:max-keys"})
_LIMITS = ("rcp", "scp", "boundary", "session")


def _resources(judgement: Judgement) -> Iterator[tuple[str, str, str]]:
    """Label, resolved pattern and the request's value of each Resource that kept out an action it is for."""
    for miss in near_misses(judgement):
        for part in (lack.part for lack in miss.lacks):
            if isinstance(part, ElementTrace) and part.element == "Resource" and miss.trace.action_matched:
                yield from ((miss.trace.label, p.resolved, part.value) for p in part.patterns if p.resolved)


def _conditions(judgement: Judgement) -> Iterator[tuple[str, ConditionTrace]]:
    """Label and condition, where a condition kept out an action that the statement is for."""
    for miss in near_misses(judgement):
        for part in (lack.part for lack in miss.lacks):
            if isinstance(part, ConditionTrace) and miss.trace.action_matched:
                yield miss.trace.label, part


def _deciding(judgement: Judgement) -> Iterator[tuple[str, ConditionTrace]]:
    for trace in judgement.decisive:
        yield from ((trace.label, condition) for condition in trace.conditions)


def _texts(trace: StatementTrace) -> tuple[str, ...]:
    """Every text of a statement in which a variable may stand."""
    values = (value for condition in trace.statement.conditions for value in condition.values)
    return (*trace.statement.resources, *trace.statement.not_resources, *values)


def bucket_for_object(judgement: Judgement) -> Found:
    for label, pattern, value in _resources(judgement):
        if pattern.startswith(_BUCKET) and "/" not in pattern and value.startswith(f"{pattern}/"):
            yield label, {"pattern": pattern}


def object_for_bucket(judgement: Judgement) -> Found:
    for label, pattern, value in _resources(judgement):
        if value.startswith(_BUCKET) and "/" not in value and pattern.startswith(f"{value}/"):
            yield label, {"pattern": pattern, "value": value}


def pool_sub_for_identity_id(judgement: Judgement) -> Found:
    """amr carries the user's `sub` in its User Pool behind `CognitoSignIn:`."""
    context = judgement.request.question.context
    identity, amr = context.get(_IDENTITY_ID), context.get(_AMR, ())
    logins = (amr,) if isinstance(amr, str) else amr
    subs = {found[1] for login in logins if (found := re.search(r":CognitoSignIn:(.+)", login))}
    named = [judgement.request.resource]
    for key, value in context.items():
        named += [] if key == _AMR else [value] if isinstance(value, str) else value
    for sub in sorted(subs):
        if isinstance(identity, str) and any(sub in text for text in named):
            yield _user_of(_IDENTITY_ID, judgement), {"sub": sub, "identity": identity}


def _user_of(key: str, judgement: Judgement) -> str:
    """The label of the first statement about the action that uses a variable."""
    using = (
        trace.label
        for trace in judgement.statements
        if trace.action_matched and any(f"${{{key}" in text.lower() for text in _texts(trace))
    )
    return next(using, "")


def user_name_in_a_session(judgement: Judgement) -> Found:
    for trace in judgement.statements:
        without = "aws:username" not in judgement.request.question.context
        uses = any("${aws:username" in text.lower() for text in _texts(trace))
        if (
            judgement.request.question.caller.kind == "assumed-role"
            and trace.action_matched
            and uses
            and without
        ):
            yield trace.label, {}


def all_of_nothing(judgement: Judgement) -> Found:
    for label, condition in _deciding(judgement):
        if condition.only_because_absent and condition.operator.startswith("ForAllValues"):
            yield label, {"operator": condition.operator, "key": condition.key}


def true_because_absent(judgement: Judgement) -> Found:
    """IfExists says itself that the key may be absent."""
    for label, condition in _deciding(judgement):
        meant = condition.operator.startswith("ForAllValues") or condition.operator.endswith("IfExists")
        if condition.only_because_absent and not meant:
            yield label, {"operator": condition.operator, "key": condition.key}


def no_version(judgement: Judgement) -> Found:
    for trace in judgement.statements:
        text = next((text for text in _texts(trace) if "${" in text), None)
        if trace.policy.version != WITH_VARIABLES and trace.action_matched and text:
            yield trace.label, {"text": text}


def allow_all_but(judgement: Judgement) -> Found:
    for trace in judgement.decisive if judgement.verdict is Verdict.ALLOWED else ():
        statement = trace.statement
        for element, listed in (
            ("NotResource", statement.not_resources),
            ("NotAction", statement.not_actions),
        ):
            if listed:
                yield trace.label, {"element": element}


def _lacks_iot_policy(judgement: Judgement) -> bool:
    return judgement.blocked_by == ("iot",) and judgement.policies.iot == ()


def guest_ceiling(judgement: Judgement) -> Found:
    if (
        judgement.verdict is Verdict.IMPLICIT_DENY
        and judgement.blocked_by == ("session",)
        and is_guest(judgement)
    ):
        yield "", {"action": judgement.request.action}


def identity_without_iot_policy(judgement: Judgement) -> Found:
    if _lacks_iot_policy(judgement) and not judgement.request.question.caller.is_iot:
        yield "", {}


def device_without_iot_policy(judgement: Judgement) -> Found:
    if _lacks_iot_policy(judgement) and judgement.request.question.caller.is_iot:
        yield "", {}


def topic_for_filter(judgement: Judgement) -> Found:
    for label, pattern, value in _resources(judgement):
        if ":topicfilter/" in value and ":topic/" in pattern:
            yield label, {"pattern": pattern, "wanted": pattern.replace(":topic/", ":topicfilter/")}


def wildcard_in_equals(judgement: Judgement) -> Found:
    for label, condition in _conditions(judgement):
        plain = condition.operator.rpartition(":")[2].removesuffix("IfExists")
        for pattern in condition.patterns if condition.state is State.MISMATCHED else ():
            if plain == "StringEquals" and re.search(r"(?<!\$\{)[*?]", pattern.raw):
                yield label, {"pattern": pattern.raw}


def letter_case(judgement: Judgement) -> Found:
    for label, pattern, value in _resources(judgement):
        if pattern.lower() == value.lower() and pattern != value:
            yield label, {"pattern": pattern, "value": value}
    for label, condition in _conditions(judgement):
        wanted = {(pattern.resolved or "").lower(): pattern.resolved or "" for pattern in condition.patterns}
        for value in condition.values or ():
            if value.lower() in wanted and wanted[value.lower()] != value:
                yield label, {"pattern": wanted[value.lower()], "value": value}


def other_account_or_region(judgement: Judgement) -> Found:
    for label, pattern, value in _resources(judgement):
        theirs, ours = pattern.split(":", 5), value.split(":", 5)
        if len(theirs) < 6 or len(ours) < 6 or (theirs[:3], theirs[5]) != (ours[:3], ours[5]):
            continue
        for place, what in ((3, "Region"), (4, "account")):
            if theirs[place] != ours[place] and "*" not in theirs[place]:
                yield label, {"what": what, "theirs": theirs[place], "ours": ours[place]}


def table_for_index(judgement: Judgement) -> Found:
    for label, pattern, value in _resources(judgement):
        if ":dynamodb:" in value and value.startswith(f"{pattern}/index/"):
            yield label, {"pattern": pattern}


def limits_grant_nothing(judgement: Judgement) -> Found:
    limits = {layer.name for layer in judgement.layers if layer.allows and layer.name in _LIMITS}
    silent = judgement.blocked_by[:1]
    if judgement.verdict is Verdict.IMPLICIT_DENY and silent in (("identity",), ("resource",)) and limits:
        yield "", {"limits": " and ".join(sorted(limits)), "layer": silent[0]}


def only_any_resource(judgement: Judgement) -> Found:
    for label, pattern, value in _resources(judgement):
        if value == "*":
            yield label, {"action": judgement.request.action, "pattern": pattern}


def key_of_another_action(judgement: Judgement) -> Found:
    """A request for an object has no prefix."""
    for label, condition in _conditions(judgement):
        lists = "list" in judgement.request.action.lower()
        if condition.key.lower() in _LISTING_KEYS and condition.state is State.ABSENT and not lists:
            yield label, {"key": condition.key, "action": judgement.request.action}
