"""The stages, from sign-up to a stored object or a message: one function for each operation taught."""

from labkit.flow import (
    access,
    developer_identity,
    devices,
    identity_pool,
    iot,
    mfa,
    mqtt,
    passkeys,
    presigned,
    principal_tags,
    role_mapping,
    shadows,
    sign_in,
    simulation,
    user_pool,
)

__all__ = [
    "access",
    "developer_identity",
    "devices",
    "identity_pool",
    "iot",
    "mfa",
    "mqtt",
    "passkeys",
    "presigned",
    "principal_tags",
    "role_mapping",
    "shadows",
    "sign_in",
    "simulation",
    "user_pool",
]
