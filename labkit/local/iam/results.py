"""Decisions as the policy simulator's answer.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_EvaluationResult.html
https://docs.aws.amazon.com/IAM/latest/APIReference/API_ResourceSpecificResult.html
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from labkit.local.authorization import reference
from labkit.local.iam.context_keys import context_keys
from labkit.local.iam.positions import position
from labkit.local.iam.question import Question
from labkit.policy import Decision, StatementTrace, Verdict, decide

#: From the least to the most restrictive.
_WORDS = {
    Verdict.ALLOWED: "allowed",
    Verdict.IMPLICIT_DENY: "implicitDeny",
    Verdict.EXPLICIT_DENY: "explicitDeny",
}
_SEVERITY = tuple(_WORDS.values())

#: Layer → its key in EvalDecisionDetails.
_DETAILS = {
    "identity": "IAM Policy",
    "resource": "Resource Policy",
    "boundary": "Permissions Boundary Policy",
}

#: Layer, member of the answer, and what that says.
_LIMITS = (
    ("boundary", "PermissionsBoundaryDecisionDetail", "AllowedByPermissionsBoundary"),
    ("scp", "OrganizationsDecisionDetail", "AllowedByOrganizations"),
)

Answer = dict[str, Any]


@dataclass(frozen=True)
class Outcome:
    """What was decided about one action on one resource."""

    question: Question
    action: str
    resource: str
    decision: Decision

    @property
    def word(self) -> str:
        return _WORDS[self.decision.verdict]

    def statements(self, *, deciding: bool) -> list[Answer]:
        """The Deny statements that apply where one does, otherwise the Allow statements.

        An Allow that did not suffice is shown for its resource, but did not decide.
        """
        verdict = self.decision.verdict
        if self._ended or (deciding and verdict is Verdict.IMPLICIT_DENY):
            return []
        effect = "Deny" if verdict is Verdict.EXPLICIT_DENY else "Allow"
        return [
            found
            for layer in self.decision.layers
            if layer.name in ("resource", "identity")
            for trace in layer.applying(effect)
            for found in self._reference(trace)
        ]

    def _reference(self, trace: StatementTrace) -> Iterable[Answer]:
        for source in self.question.sources:
            if source.policy is trace.policy:
                begin, end = position(source.text, trace.statement.index)
                yield {
                    "SourcePolicyId": source.id,
                    "SourcePolicyType": source.type,
                    "StartPosition": begin,
                    "EndPosition": end,
                }

    def layers(self, name: str) -> list[Verdict]:
        return [layer.verdict for layer in self.decision.layers if layer.name == name]

    @property
    def _ended(self) -> bool:
        """ "If an Organizations SCP included in the evaluation denies access, the simulation ends." """
        return any(verdict is not Verdict.ALLOWED for verdict in self.layers("scp"))

    @property
    def details(self) -> Answer | None:
        """How each type of policy decided, for two accounts; None where the simulation ended before."""
        if self._ended:
            return None
        if not self.question.crosses(self.action, self.resource):
            return {}
        return {key: _WORDS[verdict] for name, key in _DETAILS.items() for verdict in self.layers(name)}


def evaluate(question: Question, action: str) -> Answer:
    """One EvaluationResult: the action on every resource, and all of them together."""
    only = not _templates(action) and _is_known(action)
    outcomes = [
        Outcome(
            question,
            action,
            resource,
            decide(
                question.request(action, resource, wildcard_only=only), policies=question.policies(action)
            ),
        )
        for resource in question.resources
    ]
    missing = [
        key
        for key in context_keys(source.policy for source in question.sources)
        if key.lower() not in map(str.lower, question.context)
    ]
    result = _together(outcomes) | {"EvalActionName": action, "MissingContextValues": missing}
    if question.resources == ("*",):
        result.pop("EvalDecisionDetails", None)
        return result | {"EvalResourceName": "*"}
    each = [_one(outcome) | {"MissingContextValues": missing} for outcome in outcomes]
    return result | {"EvalResourceName": _template(action), "ResourceSpecificResults": each}


def _one(outcome: Outcome) -> Answer:
    found: Answer = {
        "EvalResourceName": outcome.resource,
        "EvalResourceDecision": outcome.word,
        "MatchedStatements": outcome.statements(deciding=False),
    }
    if details := outcome.details:
        found["EvalDecisionDetails"] = details
    limits = _limits([outcome])
    return found | {key: value for key, value in limits.items() if key != "OrganizationsDecisionDetail"}


def _together(outcomes: list[Outcome]) -> Answer:
    """ "The top-level EvalDecision reflects the most restrictive decision across all resources." """
    word = _strictest(outcome.word for outcome in outcomes)
    matched: list[Answer] = []
    for outcome in outcomes:
        deciding = outcome.statements(deciding=True) if outcome.word == word else []
        matched += [found for found in deciding if found not in matched]
    return {"EvalDecision": word, "MatchedStatements": matched} | _details(outcomes) | _limits(outcomes)


def _details(outcomes: list[Outcome]) -> Answer:
    details = [outcome.details for outcome in outcomes]
    if None in details:
        return {}
    keys = dict.fromkeys(key for each in details if each for key in each)
    merged = {key: _strictest(each[key] for each in details if each and key in each) for key in keys}
    return {"EvalDecisionDetails": merged}


def _limits(outcomes: list[Outcome]) -> Answer:
    """What the permissions boundary and the organization let pass: everything, or not."""
    found: Answer = {}
    for name, member, key in _LIMITS:
        verdicts = [verdict for outcome in outcomes for verdict in outcome.layers(name)]
        if verdicts:
            found[member] = {key: all(verdict is Verdict.ALLOWED for verdict in verdicts)}
    return found


def _strictest(words: Iterable[str]) -> str:
    return max(words, key=_SEVERITY.index)


def _template(action: str) -> str:
    """ "The ARN template for the simulated resource type …, or * if no ARN format is defined for the
    action." Which one it is where there are several is not documented; a required one is preferred here."""
    return next(iter(reversed(_templates(action))), "*")


def _templates(action: str) -> tuple[str, ...]:
    prefix, _, name = action.partition(":")
    if not _is_known(action):
        return ()
    return (*reference.optional(prefix, name), *reference.required(prefix, name))


def _is_known(action: str) -> bool:
    prefix, _, name = action.partition(":")
    return reference.is_action(prefix, name)
