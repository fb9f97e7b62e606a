"""A kind of resource: how to find all of them, how to tell the lab's, how to delete one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from labkit.account import Account


@dataclass(frozen=True)
class Kind:
    """A kind of resource that stands alone."""

    #: As the ledger calls it: `UserPool` for CreateUserPool, `IotPolicy` for the CreatePolicy of AWS IoT.
    noun: str
    title: str
    #: All that the account has: id → name.
    existing: Callable[[Account], Mapping[str, str]]
    tags: Callable[[Account, str], Mapping[str, str]]
    delete: Callable[[Account, str], None]

    @property
    def operation(self) -> str:
        return f"Delete{self.noun.removeprefix('Iot')}"


def pages(client: Any, operation: str, key: str, **parameters: Any) -> list[Any]:
    """All items of a paginated operation."""
    pages = client.get_paginator(operation).paginate(**parameters)
    return [item for page in pages for item in page[key]]
