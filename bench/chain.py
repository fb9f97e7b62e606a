"""The work that is timed: the Cognito chain with plain boto3, the same calls against every server."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

#: Gives a boto3 client by the service's name.
Clients = Callable[[str], Any]

USERNAME, PASSWORD = "alice", "Correct-horse-1"
BUCKET = "bench-lab"
ROLE = "signed-in"
_FLOWS = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]


@dataclass(frozen=True)
class Lab:
    """A User Pool with one confirmed user, an Identity Pool that trusts it, and a bucket."""

    user_pool_id: str
    client_id: str
    identity_pool_id: str
    #: Clients are made once, as a program would: making one takes 60 ms and more.
    idp: Any = field(repr=False)
    identity: Any = field(repr=False)
    s3: Any = field(repr=False)

    @property
    def provider(self) -> str:
        """The User Pool's key in a Logins map."""
        region = self.user_pool_id.partition("_")[0]
        return f"cognito-idp.{region}.amazonaws.com/{self.user_pool_id}"

    def sign_in(self) -> str:
        """USER_PASSWORD_AUTH: an ID token."""
        answer = self.idp.initiate_auth(
            ClientId=self.client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": USERNAME, "PASSWORD": PASSWORD},
        )
        return str(answer["AuthenticationResult"]["IdToken"])

    def srp_sign_in(self) -> str:
        """USER_SRP_AUTH by pycognito: an ID token. The client's own arithmetic is part of the time."""
        from pycognito.aws_srp import AWSSRP

        make: Any = AWSSRP
        srp = make(USERNAME, PASSWORD, self.user_pool_id, self.client_id, client=self.idp)
        return str(srp.authenticate_user()["AuthenticationResult"]["IdToken"])

    def credentials(self) -> dict[str, Any]:
        """Sign-in, GetId, GetCredentialsForIdentity: an Identity ID and its credentials."""
        logins = {self.provider: self.sign_in()}
        identity_id = self.identity.get_id(IdentityPoolId=self.identity_pool_id, Logins=logins)["IdentityId"]
        answer: dict[str, Any] = self.identity.get_credentials_for_identity(
            IdentityId=identity_id, Logins=logins
        )
        return answer

    def create_bucket(self) -> None:
        self.s3.create_bucket(Bucket=BUCKET)

    def put(self) -> None:
        """One S3 PutObject."""
        self.s3.put_object(Bucket=BUCKET, Key="notes/one.txt", Body=b"a few bytes")

    def list_pools(self) -> None:
        """The smallest signed call."""
        self.idp.list_user_pools(MaxResults=1)


def create(clients: Clients) -> Lab:
    """Make the lab's resources but the bucket, and its user, who signs up as a learner does."""
    idp, identity, s3 = clients("cognito-idp"), clients("cognito-identity"), clients("s3")
    pool_id = idp.create_user_pool(PoolName="bench")["UserPool"]["Id"]
    client = idp.create_user_pool_client(
        UserPoolId=pool_id, ClientName="app", ExplicitAuthFlows=_FLOWS, GenerateSecret=False
    )
    client_id = client["UserPoolClient"]["ClientId"]
    idp.sign_up(ClientId=client_id, Username=USERNAME, Password=PASSWORD)
    idp.admin_confirm_sign_up(UserPoolId=pool_id, Username=USERNAME)
    lab = Lab(pool_id, client_id, "", idp, identity, s3)
    pool = identity.create_identity_pool(
        IdentityPoolName="bench",
        AllowUnauthenticatedIdentities=False,
        CognitoIdentityProviders=[{"ProviderName": lab.provider, "ClientId": client_id}],
    )
    _attach_role(pool["IdentityPoolId"], clients)
    return Lab(pool_id, client_id, pool["IdentityPoolId"], idp, identity, s3)


def _attach_role(identity_pool_id: str, clients: Clients) -> None:
    trust = {
        "Effect": "Allow",
        "Principal": {"Federated": "cognito-identity.amazonaws.com"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {"cognito-identity.amazonaws.com:aud": identity_pool_id}},
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = clients("iam").create_role(RoleName=ROLE, AssumeRolePolicyDocument=document)["Role"]["Arn"]
    try:
        clients("cognito-identity").set_identity_pool_roles(
            IdentityPoolId=identity_pool_id, Roles={"authenticated": role}
        )
    except ClientError as error:
        # moto has no SetIdentityPoolRoles (HTTP 500) and gives credentials without any role.
        if error.response["ResponseMetadata"]["HTTPStatusCode"] < 500:
            raise
