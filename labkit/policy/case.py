"""Cases: a request and the policies that speak on it, as one JSON object.

    request.principal   ARN | {"type": "anonymous"} | {"service": …} | {"federated": …} | {"iot": …}
    request.action, request.resource (ARN or `*`), request.resource_account
    request.context     condition key → string or list of strings; a key that is not here is absent
    request.wildcard_only_action, request.origins    optional
    policies.identity, boundary, session, iot        lists of documents
    policies.scp, rcp                                lists of levels, each a list of documents
    policies.resource                                one document (for sts:*, the trust policy)

A document may stand alone or, with the name and ARN under which it is kept, as IAM's answers have it:
{"PolicyName": …, "PolicyArn": …, "PolicyDocument": …}.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labkit.errors import LabError, PolicySyntaxError
from labkit.policy.case_writing import policies_json, request_json
from labkit.policy.document import Policy
from labkit.policy.layers import PolicySet
from labkit.policy.request import Anonymous, Federated, IotPrincipal, Principal, Request, Service

Json = Mapping[str, Any]

_REQUEST = (
    "principal",
    "action",
    "resource",
    "resource_account",
    "context",
    "wildcard_only_action",
    "origins",
)
_POLICIES = ("identity", "resource", "boundary", "session", "scp", "rcp", "iot")
_PRINCIPALS: dict[str, Callable[[str], Principal]] = {
    "federated": Federated,
    "iot": IotPrincipal,
    "service": Service,
}
_WRAPPED = ("PolicyName", "PolicyArn", "PolicyDocument")


class CaseError(LabError):
    """A case is not of the form above. Its sentence names the place, what was found and what is expected."""

    def __init__(self, place: str, found: object, expected: str) -> None:
        shown = json.dumps(found, default=str) if not isinstance(found, str) else found
        super().__init__(f"case error at `{place}`: expected {expected}, got `{_short(shown)}`")


def _short(text: str) -> str:
    return text if len(text) <= 120 else f"{text[:120]}…"


@dataclass(frozen=True)
class Case:
    """A request and the policies that speak on it."""

    request: Request
    policies: PolicySet
    #: What the case is called in its file; None where it has no id.
    id: str | None = None

    @classmethod
    def of(cls, raw: object) -> Case:
        """Reads a case. Raises CaseError, and PolicySyntaxError for a document that IAM would refuse."""
        case = _object(raw, "case")
        for name in ("request", "policies"):
            if name not in case:
                raise CaseError(name, "nothing", "a JSON object")
        identifier = case.get("id")
        request = _request(_object(case["request"], "request"))
        policies = _policy_set(_object(case["policies"], "policies"))
        return cls(request, policies, None if identifier is None else str(identifier))

    def to_json(self) -> dict[str, Any]:
        """The case as `of` reads it."""
        found: dict[str, Any] = {} if self.id is None else {"id": self.id}
        return found | {"request": request_json(self.request), "policies": policies_json(self.policies)}


def _request(raw: Json) -> Request:
    _known(raw, _REQUEST, "request")
    context = _object(raw.get("context") or {}, "request.context")
    request = Request(
        _principal(raw.get("principal")),
        _text(raw, "action"),
        _text(raw, "resource") if "resource" in raw else "*",
        _account(raw.get("resource_account")),
        {key: _values(value, f"request.context.{key}") for key, value in context.items()},
        _flag(raw.get("wildcard_only_action", False)),
        _origins(raw.get("origins") or {}),
    )
    if ":" not in request.action:
        raise CaseError("request.action", request.action, "`service:ActionName`")
    _ = request.question  # raises LabError for a principal that names no caller
    return request


def _principal(raw: object) -> Principal:
    if isinstance(raw, str) and raw:
        return raw
    expected = 'an ARN, {"type": "anonymous"}, {"service": …}, {"federated": …} or {"iot": …}'
    if not isinstance(raw, Mapping) or len(raw) != 1:
        raise CaseError("request.principal", raw, expected)
    (kind, name), *_ = raw.items()
    if (kind, name) == ("type", "anonymous"):
        return Anonymous()
    if kind in _PRINCIPALS and isinstance(name, str) and name:
        return _PRINCIPALS[kind](name)
    raise CaseError("request.principal", raw, expected)


def _text(raw: Json, name: str) -> str:
    value = raw.get(name)
    if not isinstance(value, str) or not value:
        raise CaseError(f"request.{name}", value, "a string")
    return value


def _account(raw: object) -> str | None:
    if raw is None or (isinstance(raw, str) and len(raw) == 12 and raw.isdigit()):
        return raw
    raise CaseError("request.resource_account", raw, "an account id of twelve digits")


def _flag(raw: object) -> bool:
    if isinstance(raw, bool):
        return raw
    raise CaseError("request.wildcard_only_action", raw, "`true` or `false`")


def _values(raw: object, place: str) -> str | tuple[str, ...]:
    """A context value; JSON's numbers and booleans count as the text that they are."""
    if isinstance(raw, list):
        return tuple(_value(each, place) for each in raw)
    return _value(raw, place)


def _value(raw: object, place: str) -> str:
    if isinstance(raw, str):
        return raw
    if isinstance(raw, bool | int | float):
        return json.dumps(raw)
    raise CaseError(place, raw, "a string or a list of strings")


def _origins(raw: object) -> dict[str, tuple[str, ...]]:
    found = _object(raw, "request.origins")
    for key, steps in found.items():
        if not isinstance(steps, list) or not all(isinstance(step, str) for step in steps):
            raise CaseError(f"request.origins.{key}", steps, "a list of strings")
    return {key: tuple(steps) for key, steps in found.items()}


def _policy_set(raw: Json) -> PolicySet:
    _known(raw, _POLICIES, "policies")
    given = {name: value for name, value in raw.items() if value is not None}
    resource = given.get("resource")
    return PolicySet(
        identity=_documents(given.get("identity", []), "policies.identity"),
        resource=None if resource is None else _document(resource, "policies.resource"),
        boundary=_optional(given, "boundary"),
        session=_optional(given, "session"),
        scp=_levels(given.get("scp", []), "policies.scp"),
        rcp=_levels(given.get("rcp", []), "policies.rcp"),
        iot=_optional(given, "iot"),
    )


def _optional(raw: Json, name: str) -> tuple[Policy, ...] | None:
    return _documents(raw[name], f"policies.{name}") if name in raw else None


def _levels(raw: object, place: str) -> tuple[tuple[Policy, ...], ...]:
    if not isinstance(raw, list):
        raise CaseError(place, raw, "a list of levels, each a list of policy documents")
    return tuple(_documents(level, f"{place}[{index}]") for index, level in enumerate(raw))


def _documents(raw: object, place: str) -> tuple[Policy, ...]:
    if isinstance(raw, Mapping):
        return (_document(raw, place),)
    if not isinstance(raw, list):
        raise CaseError(place, raw, "a list of policy documents")
    return tuple(_document(each, f"{place}[{index}]") for index, each in enumerate(raw))


def _document(raw: object, place: str) -> Policy:
    name, arn, document = "", None, raw
    if isinstance(raw, Mapping) and "PolicyDocument" in raw:
        _known(raw, _WRAPPED, place)
        name, arn, document = raw.get("PolicyName") or "", raw.get("PolicyArn"), raw["PolicyDocument"]
    if not isinstance(document, str | Mapping):
        raise CaseError(place, document, "a policy document")
    try:
        return Policy.parse(document, name=name, arn=arn)
    except PolicySyntaxError as error:
        raise PolicySyntaxError(
            f"{place}.{error.pointer}", found=error.found, expected=error.expected
        ) from None


def _object(raw: object, place: str) -> Json:
    if not isinstance(raw, Mapping):
        raise CaseError(place, raw, "a JSON object")
    return raw


def _known(raw: Json, names: Sequence[str], place: str) -> None:
    for name in raw:
        if name not in names:
            raise CaseError(f"{place}.{name}", name, f"one of {', '.join(names)}")


def cases(raw: object) -> Iterator[Case | LabError]:
    """The cases of a file: one case, a list of them, or `{"cases": [...]}`.

    A case that cannot be read comes as the error that says why, so that the others are not lost.
    """
    if isinstance(raw, Mapping) and "cases" in raw:
        raw = raw["cases"]
        if not isinstance(raw, list):
            raise CaseError("cases", raw, "a list of cases")
    for index, each in enumerate(raw if isinstance(raw, list) else [raw]):
        try:
            yield Case.of(each)
        except LabError as error:
            name = each.get("id") if isinstance(each, Mapping) else None
            yield LabError(f"case `{name if name is not None else index}`: {error}")
