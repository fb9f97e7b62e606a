"""IAM's policy simulator and its virtual MFA devices; everything else of IAM is moto's."""

from labkit.local import mfa_devices
from labkit.local.iam import simulation

OPERATIONS = simulation.OPERATIONS | mfa_devices.OPERATIONS

__all__ = ["OPERATIONS"]
