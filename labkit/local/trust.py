"""Does a role's trust policy let a web identity assume it?

https://docs.aws.amazon.com/cognito/latest/developerguide/role-trust-and-permissions.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labkit.local.authorization.principal import parse
from labkit.policy import Federated, PolicySet, Request, decide

if TYPE_CHECKING:
    from labkit.local.state import State

#: Issuer of identity pools' OpenID tokens, and the federated principal in trust policies.
PROVIDER = "cognito-identity.amazonaws.com"
#: What an identity pool names the sessions that it opens.
SESSION_NAME = "CognitoIdentityCredentials"


@dataclass(frozen=True)
class Claims:
    """What an identity pool says of an identity."""

    #: The identity pool's id.
    audience: str
    #: The Identity ID.
    subject: str
    amr: tuple[str, ...]

    @property
    def context(self) -> Mapping[str, str | tuple[str, ...]]:
        """The claims as condition keys, for the trust policy and for the session that follows."""
        return {
            f"{PROVIDER}:aud": self.audience,
            f"{PROVIDER}:sub": self.subject,
            f"{PROVIDER}:amr": self.amr,
            "aws:FederatedProvider": PROVIDER,
        }


def trusts(role: Any, claims: Claims, state: State, *, session_name: str = SESSION_NAME) -> bool:
    """The decision of the role's trust policy about sts:AssumeRoleWithWebIdentity."""
    request = Request(
        principal=Federated(PROVIDER),
        action="sts:AssumeRoleWithWebIdentity",
        resource=role.arn,
        resource_account=state.account_id,
        context={"sts:RoleSessionName": session_name} | dict(claims.context),
    )
    trust = parse(role.assume_role_policy_document, name="trust policy", arn=None)
    decision = decide(request, policies=PolicySet(resource=trust))
    state.decisions.keep(decision)
    return decision.allowed
