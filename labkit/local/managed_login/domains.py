"""User pool domains: their operations, and the domain that a request is for.

A prefix domain of AWS's is a host, `my-lab.auth.REGION.amazoncognito.com`. An SDK's endpoint is one host, so
the account has the same paths below `/_domain/my-lab/` too.

https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-assign-domain.html
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError, Response
from labkit.local.operations import Call
from labkit.local.user_pools.pools import Pool, find_pool, pool_asked
from labkit.local.user_pools.settings import tiers
from labkit.local.wire import Request

if TYPE_CHECKING:
    from labkit.local.state import State

#: "You can't use the text aws, amazon, or cognito in the domain prefix."
_RESERVED = ("aws", "amazon", "cognito")
_CLASSIC, _MANAGED = 1, 2
_BELOW = re.compile(r"(?P<base>/_domain/(?P<domain>[a-z0-9-]{1,63}))(?P<path>/.*)")
_HOST = re.compile(r"(?P<domain>[a-z0-9-]{1,63})\.auth\.[a-z0-9-]+\.amazoncognito\.com(:\d+)?", re.IGNORECASE)


@dataclass
class Domain:
    """A prefix domain, and the pool that it belongs to."""

    name: str
    pool_id: str
    #: 1 is the classic hosted UI, 2 is managed login. The account's pages are its own in either.
    version: int


@dataclass(frozen=True)
class Site:
    """A domain as a request reached it: what its paths stand below, and where that is."""

    domain: Domain
    pool: Pool
    #: `/_domain/my-lab`, or nothing at the domain's own host.
    base: str
    #: Scheme and host, as in `http://127.0.0.1:4577`.
    origin: str

    @property
    def is_classic(self) -> bool:
        """Whether this is the hosted UI, which has no `prompt`."""
        return self.domain.version == _CLASSIC

    @property
    def secure(self) -> bool:
        return self.origin.startswith("https:")


def create_user_pool_domain(call: Call, state: State) -> dict[str, Any]:
    """The texts as AWS gave them: https://github.com/aws-solutions/content-analysis-on-aws/issues/8 and
    https://github.com/aws-samples/aws-cdk-examples/issues/402
    """
    pool, name = pool_asked(call, state), call.parameters["Domain"]
    version = _version(pool, call, _CLASSIC)
    for word in _RESERVED:
        if word in name:
            raise _invalid(f"Domain cannot contain reserved word: {word}")
    domains = state.managed_login.domains
    if name in domains:
        raise _invalid("Domain already associated with another user pool.")
    if of_pool(pool, state) is not None:
        # A pool has one prefix domain and one custom domain; no text is documented.
        raise _invalid("User pool already has a domain configured.")
    domains[name] = Domain(name, pool.id, version)
    return {"ManagedLoginVersion": version}


def update_user_pool_domain(call: Call, state: State) -> dict[str, Any]:
    """ "When you switch between managed login and hosted UI (classic) branding, Amazon Cognito doesn't
    maintain user sessions."

    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-managed-login.html
    """
    pool, domain = pool_asked(call, state), _asked(call, state)
    version = _version(pool, call, domain.version)
    if version != domain.version:
        state.managed_login.forget_sessions(domain)
    domain.version = version
    return {"ManagedLoginVersion": domain.version}


def delete_user_pool_domain(call: Call, state: State) -> dict[str, Any]:
    pool_asked(call, state)
    state.managed_login.forget_domain(_asked(call, state))
    return {}


def describe_user_pool_domain(call: Call, state: State) -> dict[str, Any]:
    """An empty description where there is no such domain, as AWS's own tools rely on."""
    domain = state.managed_login.domains.get(call.parameters["Domain"])
    pool = find_pool(domain.pool_id, state) if domain else None
    if domain is None or pool is None or pool.region != call.region:
        return {"DomainDescription": {}}
    described = {
        "UserPoolId": pool.id,
        "AWSAccountId": state.account_id,
        "Domain": domain.name,
        "Status": "ACTIVE",
        "CustomDomainConfig": {},
        "ManagedLoginVersion": domain.version,
    }
    return {"DomainDescription": described}


def _asked(call: Call, state: State) -> Domain:
    """The domain of that name, if it is this pool's; AWS documents no text."""
    domain = state.managed_login.domains.get(call.parameters["Domain"])
    if domain is None or domain.pool_id != call.parameters["UserPoolId"]:
        raise AwsError("ResourceNotFoundException", "No such domain or user pool exists.")
    return domain


def _version(pool: Pool, call: Call, default: int) -> int:
    """ "Managed login requires that your user pool be configured for any feature plan other than Lite."

    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolDomain.html
    """
    given = call.parameters.get("ManagedLoginVersion")
    version = default if given is None else int(given)
    if version not in (_CLASSIC, _MANAGED):
        raise _invalid("ManagedLoginVersion must be 1 or 2.")
    if version == _MANAGED:
        tiers.require_essentials(tiers.tier_of(pool), "Managed Login")
    return version


def relying_party_id(pool: Pool, state: State) -> str:
    """The default of passkeys' relying party: "your user pool defaults to an RP ID of your prefix domain",
    where that has managed login.

    https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-authentication-flow-methods.html#amazon-cognito-user-pools-authentication-flow-methods-passkey
    """
    domain = of_pool(pool, state)
    if domain is None or domain.version != _MANAGED:
        return ""
    return f"{domain.name}.auth.{pool.region}.amazoncognito.com"


def of_pool(pool: Pool, state: State) -> Domain | None:
    return next((d for d in state.managed_login.domains.values() if d.pool_id == pool.id), None)


def require_none(pool: Pool, state: State) -> None:
    """The text as AWS gave it: https://github.com/hashicorp/terraform-provider-aws/issues/16479"""
    if of_pool(pool, state) is not None:
        raise _invalid(
            "User pool cannot be deleted. It has a domain configured that should be deleted first."
        )


def amend_describe_user_pool(call: Call, state: State, response: Response) -> Response:
    """DescribeUserPool names the domain."""
    status, headers, body = response
    domain = of_pool(pool_asked(call, state), state)
    if status != 200 or domain is None:
        return response
    answer = json.loads(body)
    answer["UserPool"]["Domain"] = domain.name
    body = json.dumps(answer).encode()
    return status, headers | {"Content-Length": str(len(body))}, body


def reached(request: Request, state: State) -> tuple[Site | None, str] | None:
    """The site that a request is for, and the path there; None where it is for no domain at all.

    A site of None says that there is no such domain.
    """
    below, host = _BELOW.fullmatch(request.path), _HOST.fullmatch(request.headers.get("host", ""))
    match = below or host
    if match is None:
        return None
    base, path = (below["base"], below["path"]) if below else ("", request.path)
    domain = state.managed_login.domains.get(match["domain"].lower())
    pool = find_pool(domain.pool_id, state) if domain else None
    if domain is None or pool is None:
        return None, path
    return Site(domain, pool, base, origin(request)), path


def origin(request: Request) -> str:
    scheme = request.environ.get("wsgi.url_scheme", "http")
    return f"{scheme}://{request.headers.get('host', '127.0.0.1')}"


def _invalid(text: str) -> AwsError:
    return AwsError("InvalidParameterException", text)
