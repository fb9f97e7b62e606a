"""Feature plans: what a Lite pool has not.

https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-sign-in-feature-plans.html
"""

from __future__ import annotations

from labkit.local.errors import AwsError


def require_essentials(tier: str | None, feature: str) -> None:
    """Raise AwsError where a pool's UserPoolTier is Lite. The text is that of another feature (tiers.py)."""
    if tier == "LITE":
        raise AwsError(
            "FeatureUnavailableInTierException",
            f"The following features need to be disabled for the LITE pricing tier configured: {feature}",
        )
