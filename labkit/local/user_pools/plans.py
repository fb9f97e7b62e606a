"""Feature plans: what a Lite pool has not.

https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-sign-in-feature-plans.html
"""

from __future__ import annotations

from labkit.local.errors import AwsError


def require_essentials(tier: str | None, feature: str) -> None:
    """Raise AwsError where a pool's UserPoolTier is Lite. AWS documents the code, not the text."""
    if tier == "LITE":
        raise AwsError(
            "FeatureUnavailableInTierException", f"{feature} is not available in the LITE feature plan."
        )
