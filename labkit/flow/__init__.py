"""The stages, from sign-up to a stored object: one function for each AWS operation that is taught."""

from labkit.flow import access, identity_pool, sign_in, user_pool

__all__ = ["access", "identity_pool", "sign_in", "user_pool"]
