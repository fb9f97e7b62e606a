"""Advice on the Principal and NotPrincipal elements.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from __future__ import annotations

from collections.abc import Iterator

from labkit.policy.advice.record import Advice, Subject, analyzer


def advise_principals(subject: Subject) -> Iterator[Advice]:
    statement = subject.statement
    for element in ("Principal", "NotPrincipal"):
        principals = statement.principal if element == "Principal" else statement.not_principal
        for name, values in (principals or {}).items():
            place = element if name == "*" else f"{element}.{name}"
            for pointer, value in subject.each(place, values):
                yield from _advise_name(subject, pointer, value)
                if name == "Federated" and element == "Principal" and subject.allows:
                    yield from _advise_federated(subject, pointer, value)
    if statement.not_principal is not None and subject.allows:
        message = "Allow with NotPrincipal allows everyone else, anonymous callers too"
        check = analyzer("security warning", "ALLOW_WITH_NOT_PRINCIPAL")
        yield Advice(f"{subject.pointer}.NotPrincipal", "NotPrincipal", message, "Principal", **check)


def _advise_name(subject: Subject, pointer: str, value: str) -> Iterator[Advice]:
    if value != "*" and ("*" in value or "?" in value):
        message = f"a principal is named whole, and `{value}` names nobody"
        check = analyzer("error", "UNSUPPORTED_WILDCARD_IN_PRINCIPAL")
        yield Advice(pointer, value, message, None, **check)
    elif "${" in value:
        message = f"a principal takes no variables, and `{value}` names nobody"
        check = analyzer("error", "VARIABLE_UNSUPPORTED_IN_ELEMENT")
        yield Advice(pointer, value, message, None, **check)
    elif value == "*" and subject.kind == "trust" and subject.allows and not subject.statement.conditions:
        message = "a role that trusts `*` can be assumed from every account"
        check = analyzer("error", "ROLE_TRUST_POLICY_UNSUPPORTED_WILDCARD_IN_PRINCIPAL")
        yield Advice(pointer, value, message, None, **check)


def _advise_federated(subject: Subject, pointer: str, provider: str) -> Iterator[Advice]:
    """A provider comes with its own operation of STS, and with conditions on its own claims."""
    saml = ":saml-provider/" in provider
    wanted = "AssumeRoleWithSAML" if saml else "AssumeRoleWithWebIdentity"
    assumed = [name for _, name in subject.known_actions or () if name.startswith("AssumeRole")]
    if assumed and wanted not in assumed:
        message = f"`{provider}` never calls {', '.join(assumed)}"
        check = analyzer("error", "MISMATCHED_ACTION_FOR_PRINCIPAL")
        yield Advice(pointer, provider, message, f"sts:{wanted}", **check)
    host = provider.partition(":oidc-provider/")[2] or provider
    claim = f"{host}:aud" if host == "cognito-identity.amazonaws.com" else f"{host}:"
    if not saml and not any(
        each.key.lower().startswith(claim.lower()) for each in subject.statement.conditions
    ):
        message = (
            f"whoever `{host}` gives a token, for any audience, is trusted: no condition asks for a claim"
        )
        check = analyzer("security warning", "MISSING_CONDITION_KEY_FOR_OIDC_PRINCIPAL")
        yield Advice(pointer, provider, message, f"{host}:aud", **check)
