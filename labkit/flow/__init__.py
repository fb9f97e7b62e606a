"""The stages, from sign-up to a stored object: one function for each AWS operation that is taught."""

from labkit.flow import access, devices, identity_pool, mfa, passkeys, sign_in, user_pool

__all__ = ["access", "devices", "identity_pool", "mfa", "passkeys", "sign_in", "user_pool"]
