"""The stages, from sign-up to a stored object: one function for each AWS operation that is taught."""

from labkit.flow import (
    access,
    developer_identity,
    devices,
    identity_pool,
    managed_login,
    mfa,
    passkeys,
    principal_tags,
    redirect_catcher,
    role_mapping,
    sign_in,
    simulation,
    user_pool,
)

__all__ = [
    "access",
    "developer_identity",
    "devices",
    "identity_pool",
    "managed_login",
    "mfa",
    "passkeys",
    "principal_tags",
    "redirect_catcher",
    "role_mapping",
    "sign_in",
    "simulation",
    "user_pool",
]
