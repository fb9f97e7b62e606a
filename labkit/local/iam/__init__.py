"""IAM's policy simulator; everything else of IAM is moto's."""

from labkit.local.iam.simulation import OPERATIONS

__all__ = ["OPERATIONS"]
