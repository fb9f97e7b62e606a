"""Does a role's trust policy let somebody assume it for whom an identity provider vouches?

https://docs.aws.amazon.com/cognito/latest/developerguide/role-trust-and-permissions.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from labkit.local.authorization.principal import parse
from labkit.local.session_tags import NO_TAGS, SessionTags
from labkit.policy import Federated, PolicySet, Request, decide

if TYPE_CHECKING:
    from labkit.local.state import State

#: Issuer of identity pools' OpenID tokens, and the federated principal in trust policies.
PROVIDER = "cognito-identity.amazonaws.com"
#: What an identity pool names the sessions that it opens.
SESSION_NAME = "CognitoIdentityCredentials"

ContextValue = str | tuple[str, ...]


@dataclass(frozen=True)
class WebIdentity:
    """What an identity provider says of somebody, once its token has been verified."""

    #: As trust policies name it: a host such as `cognito-identity.amazonaws.com`, or a provider's ARN.
    provider: str
    audience: str
    subject: str
    #: The provider's condition keys, for the trust policy and for the session that follows.
    keys: Mapping[str, ContextValue]
    #: `iss` of the token.
    issuer: str = PROVIDER
    tags: SessionTags = NO_TAGS
    source_identity: str | None = None

    @property
    def context(self) -> Mapping[str, ContextValue]:
        return dict(self.keys) | {"aws:FederatedProvider": self.provider}


@dataclass(frozen=True)
class Assumption:
    """A request to assume a role, by somebody for whom an identity provider vouches."""

    role: Any
    identity: WebIdentity
    action: str = "sts:AssumeRoleWithWebIdentity"
    session_name: str = SESSION_NAME
    #: What the request itself has in its context, as `aws:CurrentTime` and `aws:SourceIp`.
    context: Mapping[str, ContextValue] = field(default_factory=dict)

    def refused(self, state: State) -> str | None:
        """The first action that the trust policy does not allow, or None where it allows all of them."""
        return next((action for action in self._actions() if not self._allowed(action, state)), None)

    def _actions(self) -> Iterator[str]:
        yield self.action
        if self.identity.tags.tags:
            yield "sts:TagSession"
        if self.identity.source_identity:
            yield "sts:SetSourceIdentity"

    def _allowed(self, action: str, state: State) -> bool:
        source = self.identity.source_identity
        own: dict[str, ContextValue] = {"sts:RoleSessionName": self.session_name}
        own |= {"sts:SourceIdentity": source} if source else {}
        request = Request(
            principal=Federated(self.identity.provider),
            action=action,
            resource=self.role.arn,
            resource_account=state.account_id,
            context={**self.context, **self.identity.context, **self.identity.tags.context, **own},
        )
        trust = parse(self.role.assume_role_policy_document, name="trust policy", arn=None)
        decision = decide(request, policies=PolicySet(resource=trust))
        state.decisions.keep(decision)
        return decision.allowed


def identity_of_pool(
    pool_id: str, identity_id: str, amr: tuple[str, ...], tags: SessionTags = NO_TAGS
) -> WebIdentity:
    """What an identity pool says of an identity."""
    keys: dict[str, ContextValue] = {
        f"{PROVIDER}:aud": pool_id,
        f"{PROVIDER}:sub": identity_id,
        f"{PROVIDER}:amr": amr,
    }
    return WebIdentity(PROVIDER, pool_id, identity_id, keys, tags=tags)
