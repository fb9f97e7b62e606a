"""Advice on the Resource and NotResource elements: ARNs that the actions do not work on.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from labkit.policy import reference
from labkit.policy.advice.record import GUIDE, Advice, Subject, analyzer
from labkit.policy.overlap import fits

_TABLE = (
    "https://docs.aws.amazon.com/service-authorization/latest/reference/"
    "reference_policies_actions-resources-contextkeys.html"
)

#: Services that publish resources of AWS's own, in ARNs without an account, as a document of Systems Manager.
_AWS_OWNED = ("partnercentral", "resource-explorer-2", "ssm", "sso")
#: Services whose table does not list all forms: paths of REST methods, two generations under one prefix.
_UNLISTED = ("apigateway", "elasticloadbalancing", "waf", "waf-regional")


def advise_resources(subject: Subject) -> Iterator[Advice]:
    statement = subject.statement
    for element, values in (("Resource", statement.resources), ("NotResource", statement.not_resources)):
        for pointer, value in subject.each(element, values):
            yield from _advise_service(pointer, value)
    if statement.not_resources and subject.allows:
        yield Advice(
            f"{subject.pointer}.NotResource",
            ", ".join(statement.not_resources),
            "Allow with NotResource allows every other resource, those of the future too",
            None,
            f"{GUIDE}/reference_policies_elements_notresource.html",
        )
    if statement.resources and not any(set(value) == {"*"} for value in statement.resources):
        yield from _advise_forms(subject)


def _advise_service(pointer: str, value: str) -> Iterator[Advice]:
    service = value.split(":", 3)[2] if value.startswith("arn:") and value.count(":") > 1 else ""
    if "*" in service or "?" in service:
        message = f"`{service}` is no service: wildcards stand in the other parts of an ARN only"
        check = analyzer("suggestion", "WILDCARD_IN_SERVICE_NAME")
        yield Advice(pointer, value, message, None, **check)
    elif service != service.lower():
        message = f"the service of an ARN is in lower case, and `{service}` matches nothing"
        right = value.replace(f":{service}:", f":{service.lower()}:", 1)
        yield Advice(pointer, value, message, right, **analyzer("error", "INVALID_ARN_SERVICE_CASE"))


def _advise_forms(subject: Subject) -> Iterator[Advice]:
    actions, values = subject.known_actions, subject.statement.resources
    if actions is None or any(prefix in _UNLISTED for prefix, _ in actions):
        return
    templates = _templates(actions)
    unfit = [value for value in values if not _fits_any(value, templates)]
    if templates and len(unfit) == len(values):
        for pointer, value in subject.each("Resource", values):
            yield _wrong_form(subject, pointer, value, templates)
        return
    yield from _advise_slips(subject, unfit, templates)
    yield from _advise_lonely_actions(subject)


def _advise_slips(subject: Subject, unfit: list[str], templates: tuple[str, ...]) -> Iterator[Advice]:
    """ARNs beside others that fit: a bucket for its objects. `bucket` next to `bucket/*` does no harm."""
    values = subject.statement.resources
    for pointer, value in subject.each("Resource", values):
        beside = any(value in other or other in value for other in values if other != value)
        if value in unfit and not beside and _repaired(value, templates):
            yield _wrong_form(subject, pointer, value, templates)


def _advise_lonely_actions(subject: Subject) -> Iterator[Advice]:
    """Actions, named in full, that none of the statement's resources is meant for."""
    values = subject.statement.resources
    for pointer, action in subject.each("Action", subject.statement.actions):
        prefix, _, name = action.lower().partition(":")
        if not reference.is_action(prefix, name):
            continue
        templates = _templates(((prefix, name),))
        if not templates:
            message = f"`{action}` works on no resource of its own, so that only Resource `*` matches it"
            yield Advice(pointer, action, message, None, _TABLE)
        elif not any(_fits_any(value, templates) for value in values):
            message = f"no Resource of the statement is one for `{action}`: expected {_forms(templates)}"
            check = analyzer("error", "INVALID_ARN_RESOURCE")
            repaired = (_repaired(value, templates) for value in values)
            yield Advice(pointer, action, message, next(filter(None, repaired), None), **check)


@lru_cache(maxsize=1024)
def _templates(actions: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    found = {
        template: None
        for prefix, name in actions
        for template in (*reference.required(prefix, name), *reference.optional(prefix, name))
    }
    return tuple(found)


def _fits_any(value: str, templates: tuple[str, ...]) -> bool:
    fields = value.split(":", 5)
    if len(fields) == 6 and fields[2] in _AWS_OWNED and not fields[4]:
        value = ":".join((*fields[:4], "*", fields[5]))
    return any(fits(value, template) for template in templates)


def _wrong_form(subject: Subject, pointer: str, value: str, templates: tuple[str, ...]) -> Advice:
    named = subject.statement.actions
    what = f"`{named[0]}` is" if len(named) == 1 else "the statement's actions are"
    message = f"{what} never asked for `{value}`: expected {_forms(templates)}"
    check = analyzer("error", "INVALID_ARN_RESOURCE")
    return Advice(pointer, value, message, _repaired(value, templates), **check)


def _forms(templates: tuple[str, ...]) -> str:
    """The forms with the fewest parts, as they are the ones that people mean."""
    shortest = sorted(templates, key=lambda template: (template.count("$"), len(template)))
    return " or ".join(f"`{template}`" for template in shortest[:2]) + (" …" if len(templates) > 2 else "")


def _repaired(value: str, templates: tuple[str, ...]) -> str | None:
    """The smallest change that makes the ARN fit: `/*` more, or no `/*`; an account where one is missing."""
    fields = value.split(":", 5)
    changed = [f"{value.rstrip('/*')}/*", value.partition("/")[0]]
    if len(fields) == 6:
        *_, region, account, name = fields
        head = ":".join(fields[:3])
        changed += [
            f"{head}:{region}:{account or '*'}:{name}",
            f"{head}:{region or '*'}:{account or '*'}:{name}",
        ]
        changed += [f"{head}::{account}:{name}", f"{head}:::{name}"]
    return next((each for each in changed for form in templates if each != value and fits(each, form)), None)
