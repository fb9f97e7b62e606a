"""labkit: Amazon Cognito from sign-up to temporary credentials, on a faithful local account or on AWS.

The names below load when they are first used, so that `import labkit` stays free of
boto3, moto and matplotlib.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from labkit import course as course
    from labkit import flow as flow
    from labkit import provision as provision
    from labkit import show as show
    from labkit.account import ANONYMOUS as ANONYMOUS
    from labkit.account import Account as Account
    from labkit.account import explain as explain
    from labkit.account import open_account as open_account
    from labkit.account import record as record
    from labkit.errors import LabError as LabError
    from labkit.errors import TokenRejected as TokenRejected
    from labkit.policy import Policy as Policy
    from labkit.policy import PolicySet as PolicySet
    from labkit.policy import Request as Request
    from labkit.policy import decide as decide
    from labkit.tokens import decode_unverified as decode_unverified
    from labkit.tokens import verify as verify

__version__ = "0.1.0"

#: Public name → the module that holds it; None where the name is a module itself.
_HOMES = {
    "ANONYMOUS": "labkit.account",
    "Account": "labkit.account",
    "LabError": "labkit.errors",
    "Policy": "labkit.policy",
    "PolicySet": "labkit.policy",
    "Request": "labkit.policy",
    "TokenRejected": "labkit.errors",
    "course": None,
    "decide": "labkit.policy",
    "decode_unverified": "labkit.tokens",
    "explain": "labkit.account",
    "flow": None,
    "open_account": "labkit.account",
    "provision": None,
    "record": "labkit.account",
    "show": None,
    "verify": "labkit.tokens",
}

__all__ = [  # noqa: PLE0604 - the table above is the one list of names
    "__version__",
    *_HOMES,
]

# `labkit.record()` is the function. Python binds the name of the module `labkit.record` when it loads it:
# that is done here, and the name given free again, so that no later import takes the function's place.
import_module("labkit.record")
del globals()["record"]


def __getattr__(name: str) -> object:
    """Load a public name on first use (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module `labkit` has no attribute `{name}`; it has {', '.join(sorted(_HOMES))}")
    home = _HOMES[name]
    value = import_module(f"labkit.{name}") if home is None else getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
