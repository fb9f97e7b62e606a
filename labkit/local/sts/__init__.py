"""Security Token Service: temporary credentials, for those whom a role trusts and for users themselves.

https://docs.aws.amazon.com/STS/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

from labkit.local.loading import handlers

OPERATIONS = handlers(
    "labkit.local.sts",
    {
        "AssumeRole": "roles:assume_role",
        "AssumeRoleWithSAML": "saml_assertion:assume_role_with_saml",
        "AssumeRoleWithWebIdentity": "web_identity:assume_role_with_web_identity",
        "GetAccessKeyInfo": "users:get_access_key_info",
        "GetCallerIdentity": "users:get_caller_identity",
        "GetFederationToken": "users:get_federation_token",
        "GetSessionToken": "users:get_session_token",
    },
)

#: moto answers these with made-up keys that belong to nobody.
NOT_SIMULATED = frozenset({"AssumeRoot", "DecodeAuthorizationMessage"})
