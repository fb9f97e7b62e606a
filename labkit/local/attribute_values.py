"""DynamoDB's attribute values: each holds one type, and numbers are numbers.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from labkit.local.errors import AwsError

#: Structures of DynamoDB's model that hold exactly one of their members.
_ONE_OF = ("AttributeValue", "WriteRequest")


def check(shape: Any, value: Any) -> None:
    """Raise ValidationException for the first attribute value or write request of a wrong form."""
    given = value or {}
    if shape.type_name == "structure":
        if shape.name in _ONE_OF:
            _require_one(shape, given)
        for name, member in shape.members.items():
            if given.get(name) is not None:
                check(member, given[name])
    elif shape.type_name == "list":
        for inner in given:
            check(shape.member, inner)
    elif shape.type_name == "map":
        for inner in given.values():
            check(shape.value, inner)


def _require_one(shape: Any, given: dict[str, Any]) -> None:
    held = [name for name in shape.members if given.get(name) is not None]
    if not held:
        raise _refusal(f"Supplied {shape.name} is empty, must contain exactly one of the supported datatypes")
    if len(given) > 1:
        raise _refusal(
            f"Supplied {shape.name} has more than one datatypes set, "
            "must contain exactly one of the supported datatypes"
        )
    for number in [given["N"]] if "N" in given else given.get("NS", []):
        canonical_number(number)


def canonical_number(text: str) -> str:
    """A number as DynamoDB compares it: `01`, `1.0` and `1` are one value."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or abs(number.adjusted()) > 130:
        raise _refusal(f"The parameter cannot be converted to a numeric value: {text[:80]}")
    return format(number.normalize(), "f") if number else "0"


def _refusal(message: str) -> AwsError:
    return AwsError("ValidationException", message)
