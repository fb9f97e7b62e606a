"""AssumeRoleWithSAML: a session of a role for a user of an enterprise directory.

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithSAML.html
"""

from __future__ import annotations

import base64
import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from labkit.local import assertions, saml
from labkit.local.authentication import ANONYMOUS
from labkit.local.authorization.principal import context_of
from labkit.local.errors import AwsError
from labkit.local.operations import Call
from labkit.local.saml import Assertion
from labkit.local.sessions import Limits
from labkit.local.sts import session_policies
from labkit.local.sts.roles import answer_for, duration_asked, open_session, role_asked
from labkit.local.trust import Assumption, ContextValue, WebIdentity

if TYPE_CHECKING:
    from labkit.local.authentication import Caller
    from labkit.local.state import State

_ACTION = "sts:AssumeRoleWithSAML"
_DENIED = f"Not authorized to perform {_ACTION}"
#: Condition keys that stay with the session.
_LASTING = ("saml:namequalifier", "saml:sub", "saml:sub_type")
#: Attributes that are condition keys of the trust policy; these are Active Directory's.
#: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml_assertions.html
_KEYS = {
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name": "name",
    "http://schemas.xmlsoap.org/claims/CommonName": "commonName",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname": "givenName",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname": "surname",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress": "mail",
    "http://schemas.microsoft.com/ws/2008/06/identity/claims/primarygroupsid": "uid",
}
#: eduPerson and eduOrg attributes; those that are lists make multivalued keys.
_EDUCATION = {
    "1.3.6.1.4.1.5923.1.1.1.1": "edupersonaffiliation",
    "1.3.6.1.4.1.5923.1.1.1.2": "edupersonnickname",
    "1.3.6.1.4.1.5923.1.1.1.3": "edupersonorgdn",
    "1.3.6.1.4.1.5923.1.1.1.4": "edupersonorgunitdn",
    "1.3.6.1.4.1.5923.1.1.1.5": "edupersonprimaryaffiliation",
    "1.3.6.1.4.1.5923.1.1.1.6": "edupersonprincipalname",
    "1.3.6.1.4.1.5923.1.1.1.7": "edupersonentitlement",
    "1.3.6.1.4.1.5923.1.1.1.8": "edupersonprimaryorgunitdn",
    "1.3.6.1.4.1.5923.1.1.1.9": "edupersonscopedaffiliation",
    "1.3.6.1.4.1.5923.1.1.1.10": "edupersontargetedid",
    "1.3.6.1.4.1.5923.1.1.1.11": "edupersonassurance",
    "2.5.4.3": "cn",
}


def assume_role_with_saml(call: Call, caller: Caller, state: State) -> dict[str, Any]:
    del caller  # nobody signs this call: the assertion is the proof
    role, provider = role_asked(call, state, denied=_DENIED), call.parameters["PrincipalArn"]
    metadata = saml.metadata_of(provider, state)
    if metadata is None:
        raise AwsError("InvalidIdentityToken", "Specified provider doesn't exist")
    assertion = assertions.verified(call.parameters["SAMLAssertion"], metadata, state)
    identity, name = _identity(assertion, provider), assertions.session_name(assertion)
    if role.arn not in assertions.roles_of(assertion, provider):
        raise AwsError("AccessDenied", _DENIED, 403)
    context = context_of(call, ANONYMOUS, state)
    if Assumption(role, identity, _ACTION, name, context).refused(state):
        raise AwsError("AccessDenied", _DENIED, 403)
    limits = Limits(
        session_policies.passed(call, state), identity.tags, identity.source_identity, _lasting(identity)
    )
    session = open_session(role, name, _duration(call, role, assertion, state), limits, state)
    return answer_for(session) | _described(call, assertion, identity)


def _identity(assertion: Assertion, provider: str) -> WebIdentity:
    account, name = provider.split(":")[4], provider.rpartition("/")[2]
    keys: dict[str, ContextValue] = {
        "saml:aud": assertion.recipient,
        "saml:doc": f"{account}/{name}",
        "saml:iss": assertion.issuer,
        "saml:namequalifier": _name_qualifier(assertion.issuer, account, name),
        "saml:sub": assertion.subject,
        "saml:sub_type": assertion.subject_type,
    }
    return WebIdentity(
        provider=provider,
        audience=assertion.recipient,
        subject=assertion.subject,
        keys=keys | _attribute_keys(assertion),
        issuer=assertion.issuer,
        tags=assertions.session_tags(assertion),
        source_identity=assertions.source_identity(assertion),
    )


def _name_qualifier(issuer: str, account: str, name: str) -> str:
    """ "BASE64 ( SHA1 ( "https://example.com/saml" + "123456789012" + "/MySAMLIdP" ) )" """
    digest = hashlib.sha1(f"{issuer}{account}/{name}".encode(), usedforsecurity=False).digest()
    return base64.b64encode(digest).decode()


def _attribute_keys(assertion: Assertion) -> dict[str, ContextValue]:
    names = _KEYS | {f"urn:oid:{oid}": key for oid, key in _EDUCATION.items()}
    given = {key: assertion.attributes.get(name) for name, key in names.items()}
    return {f"saml:{key}": v if len(v) > 1 else v[0] for key, v in given.items() if v}


def _lasting(identity: WebIdentity) -> dict[str, ContextValue]:
    kept = {key: value for key, value in identity.keys.items() if key in _LASTING}
    return kept | {"aws:FederatedProvider": identity.provider}


def _duration(call: Call, role: Any, assertion: Assertion, state: State) -> timedelta:
    """What was asked for "or until the time specified in the … SessionNotOnOrAfter value, whichever is
    shorter"."""
    asked, longest = duration_asked(call, role), assertions.longest(assertion, state)
    if longest is not None and longest <= timedelta():
        raise AwsError("ExpiredTokenException", "The SAML response has expired")
    return asked if longest is None else min(asked, longest)


def _described(call: Call, assertion: Assertion, identity: WebIdentity) -> dict[str, Any]:
    source = {"SourceIdentity": identity.source_identity} if identity.source_identity else {}
    return source | {
        "Subject": assertion.subject,
        "SubjectType": assertion.subject_type,
        "Issuer": assertion.issuer,
        "Audience": assertion.recipient,
        "NameQualifier": identity.keys["saml:namequalifier"],
        "PackedPolicySize": session_policies.packed_size(call, identity.tags),
    }
