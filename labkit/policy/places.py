"""What each place where policies are stored asks of them, beyond the grammar that all share.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Literal

from labkit.policy.elements import Element, listed, refusal

#: Where a policy is stored; `resource` is a resource's own policy, as a bucket has one.
Kind = Literal["identity", "resource", "trust", "boundary", "session", "scp", "rcp", "iot"]
Rule = Callable[[Element, str], None]

#: IAM refuses others: "Statement IDs (SID) must be alpha-numeric".
#: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_sid.html
_SID = re.compile(r"[0-9A-Za-z]*")
#: IAM refuses others: "Actions/Conditions must be prefaced by a vendor", "can contain only one colon".
_ACTION = re.compile(r"\*|(\*|[\w.-]+):[^:]+", re.ASCII)
#: A variable can stand behind the fifth colon only, so none is in the way here.
_ARN = re.compile(r"\*|arn:(\*|aws(-[a-z]+)*):[^:]+(:.*)?", re.DOTALL)
#: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
_PRINCIPALS = MappingProxyType(
    {
        "AWS": (
            re.compile(r"\*|\d{12}|arn:aws(-[a-z]+)*:(iam|sts)::[^:*?]+:[^*?]+|A[A-Z0-9]{15,127}"),
            "`*`, an account ID, or an ARN without wildcards",
        ),
        "Service": (re.compile(r"\*|[^*?:]+(\.[^*?:]+)+"), "a service such as `lambda.amazonaws.com`"),
        "Federated": (
            re.compile(r"\*|[^*?:]+(\.[^*?:]+)+|arn:aws(-[a-z]+)*:iam::\d{12}:(saml|oidc)-provider/[^*?]+"),
            "a provider such as `cognito-identity.amazonaws.com`, or the ARN of a SAML or OIDC provider",
        ),
    }
)


def check_place(document: Element, statements: list[tuple[str, Element]], kind: Kind) -> None:
    """Raises PolicySyntaxError for what is well-formed but cannot be stored in this place."""
    if kind in ("scp", "rcp") and document.get("Version") != "2012-10-17":
        # "Every SCP must include a Version element with the value "2012-10-17"."
        # https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_syntax.html
        raise refusal(
            "Version", document.get("Version", "nothing"), f"`2012-10-17` in a policy of kind {kind}"
        )
    for pointer, statement in statements:
        for rule in _RULES[kind]:
            rule(statement, pointer)
    if kind in _UNIQUE_SIDS:
        _check_sids(statements)


def _no_principal(statement: Element, pointer: str) -> None:
    """ "It must not be included in identity-based policies." """
    _without(statement, pointer, ("Principal", "NotPrincipal"), "a policy that is attached to one")


def _some_principal(statement: Element, pointer: str) -> None:
    """ "The principal_block is required in resource-based policies … and in trust policies." """
    if "Principal" not in statement and "NotPrincipal" not in statement:
        raise refusal(
            f"{pointer}.Principal", "nothing", "a principal in a policy that is attached to a resource"
        )


def _principals_named(statement: Element, pointer: str) -> None:
    """ "You cannot use a wildcard to match part of a principal name or ARN." """
    for element in ("Principal", "NotPrincipal"):
        names = statement.get(element, {})
        for name, value in _each(names) if isinstance(names, Mapping) else ():
            form, expected = _PRINCIPALS.get(name, (None, ""))
            if form is not None and not form.fullmatch(value):
                raise refusal(f"{pointer}.{element}.{name}", value, expected)


def _plain_sid(statement: Element, pointer: str) -> None:
    sid = statement.get("Sid", "")
    if not _SID.fullmatch(sid):
        raise refusal(f"{pointer}.Sid", sid, "letters A-Z, a-z and digits only")


def _vendors(statement: Element, pointer: str) -> None:
    for name in ("Action", "NotAction"):
        for value in listed(statement.get(name, ())):
            if not _ACTION.fullmatch(value):
                raise refusal(f"{pointer}.{name}", value, "`*` or `service:ActionName`, the service in full")


def _arns(statement: Element, pointer: str) -> None:
    for name in ("Resource", "NotResource"):
        for value in listed(statement.get(name, ())):
            if not _ARN.fullmatch(value):
                raise refusal(f"{pointer}.{name}", value, "`*` or an ARN such as `arn:aws:s3:::bucket/*`")


def _trust_elements(statement: Element, pointer: str) -> None:
    """ "Role trust policies do not support NotPrincipal"; "you cannot specify a resource"."""
    _without(statement, pointer, ("NotPrincipal", "Resource", "NotResource"), "a trust policy")


def _trust_actions(statement: Element, pointer: str) -> None:
    """IAM refuses others: "AssumeRole policy may only specify STS AssumeRole actions."

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_update-role-trust-policy.html
    """
    for value in listed(statement.get("Action", ())):
        if value != "*" and not value.lower().startswith("sts:"):
            raise refusal(f"{pointer}.Action", value, "actions of STS such as `sts:AssumeRole`")


def _trust_in_one_pool(statement: Element, pointer: str) -> None:
    """IAM refuses trust in every identity pool: "A condition block must be present for the Cognito provider".

    https://docs.aws.amazon.com/cognito/latest/developerguide/iam-roles.html#trust-policies
    """
    principal = statement.get("Principal")
    providers = listed(principal.get("Federated", ())) if isinstance(principal, Mapping) else ()
    if "cognito-identity.amazonaws.com" in providers and not statement.get("Condition"):
        expected = "a condition block, which must be present for the Cognito provider"
        raise refusal(f"{pointer}.Condition", "nothing", expected)


def _everyone(statement: Element, pointer: str) -> None:
    """A resource control policy: its Principal is `*`, and only AWS's own RCPFullAWSAccess allows.

    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_syntax.html
    """
    _without(statement, pointer, ("NotPrincipal", "NotAction"), "a resource control policy")
    if statement.get("Principal") not in ("*", {"AWS": "*"}, {"AWS": ["*"]}):
        raise refusal(f"{pointer}.Principal", statement.get("Principal", "nothing"), "`*`")
    full = [listed(statement.get(name)) for name in ("Action", "Resource")] == [("*",), ("*",)]
    if statement["Effect"] == "Allow" and (not full or "Condition" in statement):
        raise refusal(f"{pointer}.Effect", "Allow", "`Deny`, as only RCPFullAWSAccess allows")


_IDENTITY: tuple[Rule, ...] = (_no_principal, _plain_sid, _vendors, _arns)
_RULES: Mapping[Kind, tuple[Rule, ...]] = MappingProxyType(
    {
        "identity": _IDENTITY,
        "boundary": _IDENTITY,
        "session": _IDENTITY,
        "trust": (
            _some_principal,
            _trust_elements,
            _trust_actions,
            _plain_sid,
            _principals_named,
            _trust_in_one_pool,
        ),
        "resource": (_some_principal, _principals_named),
        # Since September 2025 a service control policy may say whatever an identity policy may.
        # https://aws.amazon.com/blogs/security/unlock-new-possibilities-aws-organizations-service-control-policy-now-supports-full-iam-language
        "scp": (_no_principal,),
        "rcp": (_some_principal, _everyone),
        # What AWS IoT says of others: "The following resources are invalid".
        # https://github.com/aws-samples/simplerobotservice/issues/1
        "iot": (_no_principal, _vendors, _arns),
    }
)
#: "In IAM, the Sid value must be unique within a JSON policy"; elsewhere that is only recommended.
#: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_sid.html
_UNIQUE_SIDS: tuple[Kind, ...] = ("identity", "boundary", "session", "trust")


def _check_sids(statements: list[tuple[str, Element]]) -> None:
    seen: dict[str, str] = {}
    for pointer, statement in statements:
        sid = statement.get("Sid")
        if sid and sid in seen:
            raise refusal(f"{pointer}.Sid", sid, f"a Sid that {seen[sid]} does not have")
        seen[sid or ""] = pointer


def _without(statement: Element, pointer: str, names: tuple[str, ...], place: str) -> None:
    for name in names:
        if name in statement:
            raise refusal(f"{pointer}.{name}", statement[name], f"no {name} in {place}")


def _each(names: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, values in names.items():
        for value in listed(values):
            yield name, value
