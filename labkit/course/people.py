"""Alice and Bob, signed in, as IAM meets them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from labkit.account import Account
from labkit.course import packets
from labkit.errors import LabError
from labkit.flow import access, identity_pool, principal_tags, sign_in
from labkit.flow.identity_pool import Logins
from labkit.policy import Explanation, Federated, Policy, PolicySet, Request, Row, explain
from labkit.provision import Lab
from labkit.record import Secret
from labkit.resources import AppClient, Attempt, Credentials, Identity, IdentityPool, Role, Tokens
from labkit.things import IotAttempt
from labkit.tokens import decode_unverified

_COGNITO = "cognito-identity.amazonaws.com"


@dataclass(frozen=True)
class Person:
    """A user of the lab after the four steps: two ids, and temporary credentials."""

    username: str
    #: In the User Pool.
    sub: str
    #: In the Identity Pool.
    identity: Identity
    keys: Credentials
    role: Role = field(repr=False)
    _account: Account = field(repr=False)
    #: The proof: the ID token under its provider's name.
    logins: Logins = field(default_factory=dict, repr=False)
    #: Tag of the session → the claim of the ID token that it comes from.
    tag_claims: Mapping[str, str] = field(default_factory=dict, repr=False)
    #: The session's tags, as they were at this sign-in.
    tags: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def id(self) -> str:
        """The Identity ID."""
        return self.identity.id

    def request(self, action: str, resource: str, **keys: str | list[str]) -> Request:
        """This person's call as IAM sees it; `keys` are the condition keys of the call.

        https://docs.aws.amazon.com/cognito/latest/developerguide/iam-roles.html
        """
        context = {**self._session(), **keys}
        return Request(self._session_arn, action, resource, context=context, origins=self._origins())

    def row(self, policies: PolicySet) -> Row:
        """This person's row of a matrix, under `policies`."""
        return Row(self.username, self._session_arn, policies, self._session())

    def why(self, attempt: Attempt | IotAttempt) -> Explanation:
        """Why AWS answered this person so: the same call, put to the policies that the role has now.

        Of AWS IoT the policies attached to the Identity ID are asked, too.
        """
        if attempt.action.startswith("iot:"):
            keys = packets.keys_of(self._account, self.identity, attempt)
            policies = replace(self.policies, iot=packets.iot_policies(self._account, self.identity))
            return explain(self.request(attempt.action, attempt.resource, **keys), policies=policies)
        assert isinstance(attempt, Attempt), "only AWS IoT has packets"
        request = self.request(attempt.action, attempt.resource, **_keys(attempt))
        return explain(request, policies=self.policies)

    @property
    def policies(self) -> PolicySet:
        """The policies of the role, fetched from the account."""
        iam, name = self._account.client("iam"), self.role.name
        found = [
            iam.get_role_policy(RoleName=name, PolicyName=policy)
            for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]
        ]
        return PolicySet(
            identity=tuple(Policy.parse(each["PolicyDocument"], name=each["PolicyName"]) for each in found)
        )

    @property
    def _session_arn(self) -> str:
        assumed = self.role.arn.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/")
        return f"{assumed}/CognitoIdentityCredentials"

    def _session(self) -> dict[str, str | list[str]]:
        """What every call with credentials of an Identity Pool carries."""
        provider = self.identity.providers[0]
        return {
            f"{_COGNITO}:aud": self.identity.pool.id,
            f"{_COGNITO}:sub": self.identity.id,
            f"{_COGNITO}:amr": ["authenticated", provider, f"{provider}:CognitoSignIn:{self.sub}"],
            "aws:FederatedProvider": _COGNITO,
            "aws:PrincipalArn": self.role.arn,
            **{f"aws:PrincipalTag/{tag}": value for tag, value in self.tags.items()},
        }

    def _origins(self) -> dict[str, tuple[str, ...]]:
        """The way of a claim into a policy.

        https://docs.aws.amazon.com/cognito/latest/developerguide/attributes-for-access-control.html
        """
        provider = self.identity.providers[0]
        return {
            f"aws:PrincipalTag/{tag}": (
                f"claim `{claim}` of the login of `{provider}`",
                f"the identity pool's map of principal tags: `{tag}` is `{claim}`",
                f"session tag `{tag}`",
            )
            for tag, claim in self.tag_claims.items()
        }


def people(account: Account, lab: Lab) -> tuple[Person, Person]:
    """Alice and Bob, each with a `diary.txt` in the bucket and a note in the table.

    Raises LabError where the lab does not reach the checkpoint `identity-pool`.
    """
    return _person(account, lab, "alice"), _person(account, lab, "bob")


def _person(account: Account, lab: Lab, username: str) -> Person:
    if not (lab.user_pool and lab.app_client and lab.identity_pool and lab.bucket and lab.table):
        raise LabError("the lab is not there yet: run `lab = provision.checkpoint(account, 'identity-pool')`")
    user = lab.users[username]
    logins = _login(account, lab.app_client, username, user.password)
    identity = identity_pool.get_id(account, lab.identity_pool, logins)
    keys = identity_pool.get_credentials_for_identity(account, identity, logins)
    access.put_object(account, keys, lab.bucket, f"{identity.id}/diary.txt", f"{username}'s diary")
    access.put_item(account, keys, lab.table, {"owner": identity.id, "note": "today", "text": username})
    return Person(username, user.sub, identity, keys, lab.roles["authenticated"], account, logins)


def four_steps(
    account: Account,
    app_client: AppClient,
    pool: IdentityPool,
    username: str,
    password: str | Secret,
    *,
    custom_role_arn: str | None = None,
) -> Person:
    """Sign in, GetId, GetCredentialsForIdentity: whoever that makes of this user in AWS."""
    logins = _login(account, app_client, username, password)
    identity = identity_pool.get_id(account, pool, logins)
    keys = identity_pool.get_credentials_for_identity(
        account, identity, logins, custom_role_arn=custom_role_arn
    )
    (provider, id_token), *_ = logins.items()
    claims = decode_unverified(id_token).claims
    tag_map = principal_tags.get_principal_tag_attribute_map(account, pool, provider).principal_tags
    tag_claims = {tag: claim for tag, claim in tag_map.items() if claim in claims}
    tags = {tag: str(claims[claim]) for tag, claim in tag_claims.items()}
    role = _role_of(account, keys)
    return Person(username, str(claims["sub"]), identity, keys, role, account, logins, tag_claims, tags)


def _login(account: Account, app_client: AppClient, username: str, password: str | Secret) -> Logins:
    tokens = sign_in.initiate_auth(account, app_client, username, password)
    if not isinstance(tokens, Tokens):
        raise LabError(f"`{username}` cannot sign in without answering `{tokens.name}` first")
    return identity_pool.logins(app_client.user_pool, tokens.id_token)


def _role_of(account: Account, keys: Credentials) -> Role:
    """The role behind a session; the session's ARN does not tell the role's path."""
    name = account.client("sts", keys).get_caller_identity()["Arn"].split("/")[1]
    return Role(name, account.client("iam").get_role(RoleName=name)["Role"]["Arn"])


def tag_session(role: Role, identity: Identity, tags: Mapping[str, str]) -> Request:
    """What the Identity Pool asks of the role's trust policy when the session is to have tags.

    https://docs.aws.amazon.com/cognito/latest/developerguide/using-attributes-for-access-control-policy-example.html
    """
    session: dict[str, str | list[str]] = {
        f"{_COGNITO}:aud": identity.pool.id,
        f"{_COGNITO}:sub": identity.id,
        f"{_COGNITO}:amr": ["unauthenticated" if identity.guest else "authenticated", *identity.providers],
        "aws:TagKeys": list(tags),
        **{f"aws:RequestTag/{tag}": value for tag, value in tags.items()},
    }
    return Request(Federated(_COGNITO), "sts:TagSession", role.arn, context=session)


def _keys(attempt: Attempt) -> dict[str, str | list[str]]:
    """The condition keys of a call on the lab's bucket or table, from its parameters.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
    """
    call = attempt.calls[-1].request
    if attempt.action == "s3:ListBucket":
        return {"s3:prefix": str(call["Prefix"])}
    items = [call.get("Key"), call.get("Item")] if attempt.action.startswith("dynamodb:") else []
    owners = [item["owner"]["S"] for item in items if item]
    owners += [value["S"] for value in call.get("ExpressionAttributeValues", {}).values()]
    return {"dynamodb:LeadingKeys": owners} if owners else {}
