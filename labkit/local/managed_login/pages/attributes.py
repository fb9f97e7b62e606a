"""User attributes as fields of a form.

Tokens of `autocomplete`: https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#autofill
"""

from __future__ import annotations

from collections.abc import Mapping

from labkit.local.managed_login.pages.rendering import Field
from labkit.local.user_pools.pools import Pool

_LABELS = {"email": "Email", "phone_number": "Phone number", "birthdate": "Date of birth"}
_TYPES = {"birthdate": "date", "email": "email", "phone_number": "tel"}
_AUTOCOMPLETE = {
    "address": "street-address",
    "birthdate": "bday",
    "email": "email",
    "family_name": "family-name",
    "gender": "sex",
    "given_name": "given-name",
    "locale": "language",
    "middle_name": "additional-name",
    "name": "name",
    "nickname": "nickname",
    "phone_number": "tel",
    "picture": "photo",
    "website": "url",
}
#: Form names of attributes, apart from the forms' own.
PREFIX = "attribute."


def field(pool: Pool, name: str, typed: Mapping[str, str], *, required: bool = True) -> Field:
    label = _LABELS.get(name) or name.removeprefix("custom:").replace("_", " ").capitalize()
    return Field(
        f"{PREFIX}{name}",
        label,
        _TYPES.get(name, "text"),
        _AUTOCOMPLETE.get(name, "off"),
        value=typed.get(f"{PREFIX}{name}", ""),
        required=required,
        hint="With the country's code, as in +12065550100." if name == "phone_number" else "",
    )


def entered(form: Mapping[str, str], names: tuple[str, ...]) -> dict[str, str]:
    """The attributes of these names that were filled in."""
    found = {name: form.get(f"{PREFIX}{name}", "").strip() for name in names}
    return {name: value for name, value in found.items() if value}
