"""The keys of a request's context: global ones, those of services, and the claims of identity providers.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from labkit.policy import reference
from labkit.policy.elements import nearest

#: Type → global keys. `None`: the page leaves the type open.
_GLOBAL: Mapping[str | None, str] = {
    "String": "CalledViaAWSMCP CalledViaFirst CalledViaLast Ec2InstanceSourceVpc FederatedProvider "
    "PrincipalAccount PrincipalOrgID PrincipalServiceName PrincipalTag/${TagKey} PrincipalType referer "
    "RequestedRegion RequestTag/${TagKey} ResourceAccount ResourceOrgID ResourceTag/${TagKey} "
    "SourceAccount SourceIdentity SourceOrgID SourceOwner SourceVpc SourceVpce UserAgent userid username "
    "VpceAccount VpceOrgID",
    "ArrayOfString": "CalledVia PrincipalOrgPaths PrincipalServiceNamesList ResourceOrgPaths "
    "SourceOrgPaths TagKeys VpceOrgPaths",
    "ARN": "ChatbotSourceArn PrincipalArn SignInSessionArn SourceArn SourceVpcArn",
    "Bool": "AssumedRoot IsMcpServiceAction MultiFactorAuthPresent PrincipalIsAWSService SecureTransport "
    "ViaAWSMCPService ViaAWSService",
    "Date": "CurrentTime TokenIssueTime",
    "Numeric": "MultiFactorAuthAge",
    "IPAddress": "Ec2InstanceSourcePrivateIPv4 SourceIp VpcSourceIp",
    # "Date or Numeric".
    None: "EpochTime",
}
#: Keys with a service's prefix that its reference does not list: those of role sessions, which every
#: service sees, the claims of an identity pool's token, and the variables of transfer and IoT policies.
_MORE: Mapping[str, str | None] = {
    "codebuild:BuildArn": "ARN",
    "codebuild:ProjectArn": "ARN",
    "cognito-identity.amazonaws.com:amr": "ArrayOfString",
    "ec2:RoleDelivery": "Numeric",
    "ec2:SourceInstanceArn": "ARN",
    "glue:CredentialIssuingService": "String",
    "glue:RoleAssumedBy": "String",
    "identitystore:UserId": "String",
    "iot:Certificate.${Property}": None,
    "iot:ClientId": "String",
    "iot:Connection.${Property}": None,
    "iot:SourceIp": "IPAddress",
    "lambda:SourceFunctionArn": "ARN",
    "ssm:SourceInstanceArn": "ARN",
    "transfer:HomeBucket": "String",
    "transfer:HomeDirectory": "String",
    "transfer:HomeFolder": "String",
    "transfer:UserName": "String",
}
#: Prefixes of keys that are listed under another service.
_UNDER = {
    "catalog": "aws-marketplace",
    "cognito-identity-auth": "cognito-identity",
    "cognito-identity-unauth": "cognito-identity",
    "identitycenter": "sso",
    "saml": "sts",
}
#: "AWS OIDC federation … aud, sub, amr, email, oaud, azp": what any OpenID Connect provider may claim.
_CLAIMS = frozenset({"amr", "aud", "azp", "email", "oaud", "sub"})
_COGNITO = "cognito-identity.amazonaws.com"


@dataclass(frozen=True, slots=True)
class ContextKey:
    """A key that requests can have, by the name that AWS's pages give it."""

    name: str
    #: `String`, `ARN`, `Bool`, `Date`, `IPAddress`, `Numeric`, with `ArrayOf` before; None where it is open.
    type: str | None
    #: Whether requests to every service may have it, not only those whose table lists it.
    everywhere: bool = False

    @property
    def multivalued(self) -> bool:
        return (self.type or "").startswith("ArrayOf")

    @property
    def value_type(self) -> str | None:
        return self.type.removeprefix("ArrayOf") if self.type else None


@lru_cache(maxsize=4096)
def find(key: str) -> ContextKey | None:
    """The key of that name, in any case; None where there is none."""
    lower = key.lower()
    prefix, colon, claim = lower.rpartition(":") if "." in lower.partition(":")[0] else lower.partition(":")
    if not colon:
        return None
    for pattern, found in _known(_group(prefix)):
        if pattern.fullmatch(lower):
            return found
    if "." in prefix and _may_claim(prefix, claim):
        return ContextKey(key, None)
    return None


def nearest_key(key: str) -> str | None:
    """The key that was probably meant, with the tag's key that was given."""
    lower = key.lower()
    prefix, stem, tag = lower.partition(":")[0], key.partition("/")[0], key.partition("/")[1:]
    group = _group(prefix) if _known(_group(prefix)) else "aws"
    names = [found.name for _, found in _known(group) if "." not in prefix or found.name.startswith(prefix)]
    if group == "aws" and prefix != "aws":
        return nearest(f"aws:{key.rpartition(':')[2]}", names, similar=0.9)
    tagged = [name.partition("/")[0] for name in names if "/$" in name or "/<" in name]
    found = nearest(stem, tagged) if tag[0] else None
    return "".join((found, *tag)) if found else nearest(key, names)


def _group(prefix: str) -> str:
    """The service, or `aws`, under which keys of this prefix are listed."""
    return "sts" if "." in prefix else _UNDER.get(prefix, prefix)


def _may_claim(provider: str, claim: str) -> bool:
    """AWS lists the claims of the providers that it knows by name; of others any may be mapped."""
    listed = any(found.name.lower().startswith(f"{provider}:") for _, found in _known("sts"))
    return provider != _COGNITO and (not listed or claim in _CLAIMS)


@lru_cache(maxsize=512)
def _known(group: str) -> tuple[tuple[re.Pattern[str], ContextKey], ...]:
    if group == "aws":
        found = [
            ContextKey(f"aws:{name}", kind, everywhere=True)
            for kind, names in _GLOBAL.items()
            for name in names.split()
        ]
    else:
        more = [(key, kind) for key, kind in _MORE.items() if _group(key.partition(":")[0]) == group]
        found = [ContextKey(*each, everywhere=True) for each in more]
        found += [
            ContextKey(*each) for each in reference.service_keys(group).items() if each[0][:4] != "aws:"
        ]
    return tuple((_pattern(key.name), key) for key in found)


def _pattern(name: str) -> re.Pattern[str]:
    """`aws:PrincipalTag/${TagKey}` stands for every tag's key."""
    parts = re.split(r"\$\{[^}]*\}|<[^>]*>", name.lower())
    return re.compile(".+".join(re.escape(part) for part in parts), re.DOTALL)
