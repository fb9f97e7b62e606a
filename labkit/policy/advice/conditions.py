"""Advice on the keys of the Condition element: those that no request has, or not these actions'.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from labkit.policy import reference
from labkit.policy.advice.operators import advise_contradictions, advise_operator, advise_values
from labkit.policy.advice.record import GUIDE, Advice, Subject, analyzer
from labkit.policy.conditions import FOR_ALL, NULL, take_apart
from labkit.policy.context_keys import ContextKey, find, nearest_key

_SETS = f"{GUIDE}/reference_policies_condition-single-vs-multi-valued-context-keys.html"
#: What a request may list itself, so that listing nothing is as good as listing what is allowed.
_LISTED_IN_REQUEST = ("TagKeys", "EncryptionContextKeys", "GrantOperations")
_TAGS = ("aws:principaltag", "aws:requesttag", "aws:resourcetag")


def advise_conditions(subject: Subject) -> Iterator[Advice]:
    for condition in subject.statement.conditions:
        pointer = subject.condition(condition)
        key = find(condition.key)
        if key is None:
            yield _unknown_key(pointer, condition.key)
        else:
            yield from _advise_support(subject, pointer, condition.key, key)
            yield from advise_operator(pointer, condition, key)
            yield from _advise_presence(subject, pointer, condition.operator, key)
        yield from advise_values(pointer, condition)
    yield from advise_contradictions(subject)


def _unknown_key(pointer: str, key: str) -> Advice:
    prefix, colon, _ = key.partition(":")
    if key.lower() in _TAGS:
        message = f"`{key}` needs a tag's key: `{key}/tag-key`"
        return Advice(pointer, key, message, None, **analyzer("error", "MISSING_TAG_KEY_IN_CONDITION"))
    if not colon:
        message = f"`{key}` is no condition key: expected `service:name`"
        return Advice(
            pointer, key, message, nearest_key(key), **analyzer("error", "INVALID_CONDITION_KEY_FORMAT")
        )
    kind = "GLOBAL" if prefix.lower() == "aws" else "SERVICE"
    message = f"no request has the key `{key}`"
    check = analyzer("error", f"INVALID_{kind}_CONDITION_KEY")
    return Advice(pointer, key, message, nearest_key(key), **check)


def _advise_support(subject: Subject, pointer: str, key: str, known: ContextKey) -> Iterator[Advice]:
    """A service's key is in the requests of those actions only whose table lists it."""
    prefix = key.lower().partition(":")[0]
    actions = subject.known_actions or ()
    if known.everywhere or prefix not in {service for service, _ in actions} or prefix in ("iot", "sts"):
        return
    if not any(_stem(known.name) in map(_stem, reference.keys_of(*action)) for action in actions):
        named = subject.statement.actions
        what = f"`{named[0]}` has" if len(named) == 1 else "none of the statement's actions has"
        negation = "no" if len(named) == 1 else "the"
        message = f"{what} {negation} key `{key}`, so that the condition sees it absent"
        yield Advice(pointer, key, message, None, **analyzer("error", "UNSUPPORTED_ACTION_FOR_CONDITION_KEY"))


def _stem(key: str) -> str:
    """`s3:ExistingObjectTag` of `s3:ExistingObjectTag/<key>`: a tag's key stands for any."""
    return re.split(r"/|\$\{", key.lower())[0]


def _advise_presence(subject: Subject, pointer: str, operator: str, key: ContextKey) -> Iterator[Advice]:
    """ "Use caution if you use ForAllValues with an Allow effect": it is true where the key is absent."""
    every = take_apart(operator)[0] == FOR_ALL and key.multivalued and subject.allows
    if every and _may_be_absent(subject, key):
        null = f'`"Null": {{"{key.name}": "false"}}`'
        message = f"ForAllValues is true where `{key.name}` is absent: ask for its presence with {null}"
        yield Advice(pointer, operator, message, None, _SETS)


def _may_be_absent(subject: Subject, key: ContextKey) -> bool:
    """Whether the statement applies to requests without the key: it does not ask for its presence, and
    has actions that do not have it.

    Query and GetItem have `dynamodb:LeadingKeys`, Scan has not.
    """
    actions = subject.known_actions or ()
    listed = actions and all(_stem(key.name) in map(_stem, reference.keys_of(*each)) for each in actions)
    same = [each for each in subject.statement.conditions if find(each.key) == key]
    return not (listed or key.name.endswith(_LISTED_IN_REQUEST)) and not any(
        (each.operator == NULL and [value.lower() for value in each.values] == ["false"])
        or (take_apart(each.operator)[0] == "ForAnyValue" and not each.operator.endswith("IfExists"))
        for each in same
    )
