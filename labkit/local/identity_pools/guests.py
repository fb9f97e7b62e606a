"""The ceiling of guests: session policies that Amazon Cognito adds in the enhanced flow.

Unauthenticated identities get the intersection of their role and these two policies.
https://docs.aws.amazon.com/cognito/latest/developerguide/iam-roles.html
"""

from __future__ import annotations

import json
from functools import lru_cache

from labkit.policy import Policy

MANAGED = "AmazonCognitoUnAuthedIdentitiesSessionPolicy"

#: Services in the inline session policy (same page).
_INLINE_ACTIONS = [
    "cloudwatch:*", "logs:*", "dynamodb:*", "kinesis:*", "mobileanalytics:*", "s3:*", "ses:*", "sns:*",
    "sqs:*", "lambda:*", "machinelearning:*", "execute-api:*", "iot:*", "gamelift:*",
    "cognito-identity:*", "cognito-idp:*", "lex:*", "polly:*", "comprehend:*", "translate:*",
    "transcribe:*", "rekognition:*", "mobiletargeting:*", "firehose:*", "appsync:*", "personalize:*",
    "sagemaker:InvokeEndpoint", "cognito-sync:*", "codewhisperer:*", "textract:DetectDocumentText",
    "textract:AnalyzeDocument", "sdb:*",
]  # fmt: skip


@lru_cache(maxsize=1)
def session_policies() -> tuple[Policy, ...]:
    """The inline policy and the managed one, as documents."""
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    inline = {
        "Version": "2012-10-17",
        "Statement": [{"Sid": "GuestCeiling", "Effect": "Allow", "Action": _INLINE_ACTIONS, "Resource": "*"}],
    }
    managed = json.loads(aws_managed_policies_data)[MANAGED]["Document"]
    return (
        Policy.parse(inline, name="guest ceiling"),
        Policy.parse(managed, name=MANAGED, arn=f"arn:aws:iam::aws:policy/{MANAGED}"),
    )
