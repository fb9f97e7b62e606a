"""Credentials for as long as an app runs: new ones for each connection that is made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from labkit.resources import Credentials

#: Temporary credentials, or a function that gets new ones, as from the Identity Pool.
Source = Credentials | Callable[[], Credentials]


class Renewing:
    """What AWS's client asks for credentials; the first are got at once, so that an error rises here."""

    def __init__(self, source: Source) -> None:
        self._get = source if callable(source) else lambda: source
        self._keys = self._get()
        self._used = False
        #: Why the latest renewal failed; None where it did not.
        self.error: Exception | None = None

    def next(self) -> Credentials:
        """Those that were got first, and from the second connection on new ones.

        Called in a thread of AWS's client, where no error can rise: the old ones then go out, and AWS
        refuses them.
        """
        if self._used:
            try:
                self._keys, self.error = self._get(), None
            except Exception as error:
                self.error = error
        self._used = True
        return self._keys


def provider(renewing: Renewing) -> Any:
    """The credentials as AWS's client takes them.

    https://awslabs.github.io/aws-crt-python/api/auth.html
    """
    from awscrt import auth

    def delegate() -> Any:
        keys = renewing.next()
        token = keys.session_token.reveal() if keys.session_token else None
        return auth.AwsCredentials(keys.access_key_id, keys.secret_access_key.reveal(), token)

    return auth.AwsCredentialsProvider.new_delegate(delegate)
