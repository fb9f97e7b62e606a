"""User attributes: which there are, who may write them, and how a token shows them.

https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html
"""

from __future__ import annotations

import json
import re
from typing import Any

from labkit.local.errors import AwsError
from labkit.local.user_pools.directory.usernames import EMAIL, PHONE
from labkit.local.user_pools.pools import Client, Pool, User

_BOOLEANS = ("email_verified", "phone_number_verified")
#: What a value must look like, by AttributeDataType.
_FORMATS = {
    "Boolean": re.compile(r"true|false", re.IGNORECASE),
    "DateTime": re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?"),
    "Number": re.compile(r"-?[0-9]{1,20}"),
}


def standard_attributes() -> tuple[str, ...]:
    """The OpenID Connect standard claims that every pool has."""
    from moto.cognitoidp.models import CognitoIdpUserPoolAttribute

    return tuple(CognitoIdpUserPoolAttribute.STANDARD_SCHEMA)


def readable_claims(client: Client, user: User) -> dict[str, Any]:
    """A user's attributes as claims of the ID token, as far as the client may read them."""
    return {name: _claim(name, value) for name, value in readable(client, user).items()}


def readable(client: Client, user: User) -> dict[str, str]:
    """A user's attributes, except `sub`, as far as the client may read them.

    Without ReadAttributes a client reads the standard attributes and the two `_verified` ones.
    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html
    """
    names = client.extended_config.get("ReadAttributes") or standard_attributes()
    return {name: value for name, value in user.attribute_lookup.items() if name in names and name != "sub"}


def _claim(name: str, value: str) -> Any:
    if name in _BOOLEANS:
        return value == "true"
    if name == "address":
        return {"formatted": value}
    if name == "updated_at" and value.isdigit():
        return int(value)
    return value


def flat(attributes: list[dict[str, str]] | None) -> dict[str, str]:
    """AWS's list of name and value pairs as a mapping."""
    return {a["Name"]: a.get("Value", "") for a in attributes or []}


def require_well_formed(attributes: dict[str, str]) -> None:
    """An e-mail address and a phone number (E.164) must look like one."""
    if not EMAIL.fullmatch(attributes.get("email", "a@b")):
        raise AwsError("InvalidParameterException", "Invalid email address format.")
    if not PHONE.fullmatch(attributes.get("phone_number", "+1")):
        raise AwsError("InvalidParameterException", "Invalid phone number format.")


def require_writable(client: Client, attributes: dict[str, str]) -> None:
    """What users may set through this client: without WriteAttributes, the standard attributes.

    Whether an address is verified is not theirs to say, and developer-only attributes are not theirs
    to change.
    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html
    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_SchemaAttributeType.html
    """
    allowed = client.extended_config.get("WriteAttributes") or standard_attributes()
    for name in attributes:
        if name not in allowed or name in _BOOLEANS or name.startswith("dev:"):
            raise AwsError("NotAuthorizedException", "A client attempted to write unauthorized attribute")


def require_valid(pool: Pool, attributes: dict[str, str]) -> None:
    """Every attribute must be in the pool's schema, and its value such as the schema asks for."""
    require_known(pool, attributes)
    require_well_formed(attributes)
    for name, value in attributes.items():
        if value:  # a blank value is none
            _require_conforming(pool, name, value)


def _require_conforming(pool: Pool, name: str, value: str) -> None:
    schema = pool.schema_attributes.get(name)
    kind, least, most = _constraints(name, schema)
    if kind in _FORMATS and not _FORMATS[kind].fullmatch(value):
        raise _schema_error(f"{name}: Invalid {kind.lower()} format")
    size = int(value) if kind == "Number" else len(value)
    unit = "Value" if kind == "Number" else "Length"
    if least is not None and size < least:
        raise _schema_error(f"{name}: {unit} must be at least {least}")
    if most is not None and size > most:
        raise _schema_error(f"{name}: {unit} must be at most {most}")


def _constraints(name: str, schema: Any) -> tuple[str, int | None, int | None]:
    """Type of an attribute, and the least and most that its value or its length may be."""
    from moto.cognitoidp.models import CognitoIdpUserPoolAttribute

    standard: dict[str, Any] = CognitoIdpUserPoolAttribute.STANDARD_SCHEMA.get(name, {})
    kind = schema.data_type if schema is not None else standard["AttributeDataType"]
    own = (schema.number_constraints if kind == "Number" else schema.string_constraints) if schema else None
    limits = {k: v for k, v in (own or standard.get(f"{kind}AttributeConstraints") or {}).items() if v}
    low, high = ("MinValue", "MaxValue") if kind == "Number" else ("MinLength", "MaxLength")
    return kind, _limit(limits.get(low)), _limit(limits.get(high))


def _limit(value: Any) -> int | None:
    return None if value is None else int(value)


def is_known(pool: Pool, name: str) -> bool:
    return name in standard_attributes() or name in pool.schema_attributes


def require_known(pool: Pool, attributes: dict[str, str]) -> None:
    """Every name must be in the pool's schema, and `sub` is nobody's to set."""
    for name in attributes:
        if name == "sub":
            raise AwsError("InvalidParameterException", "user.sub: Attribute cannot be updated.\n")
        if not is_known(pool, name):
            raise _schema_error(f"Type for attribute {{{name}}} could not be determined")


def require_address(changed: dict[str, str], known: dict[str, str]) -> None:
    """Only an address that is there can be verified or not (AWS documents the rule, not the text)."""
    for attribute, noun in (("email", "Email"), ("phone_number", "Phone Number")):
        if f"{attribute}_verified" in changed and not known.get(attribute):
            what = noun.lower()
            article = "an" if attribute == "email" else "a"
            raise AwsError(
                "InvalidParameterException", f"{noun} is required to verify/un-verify {article} {what}"
            )


def require_complete(pool: Pool, attributes: dict[str, str]) -> None:
    """Every attribute that the pool requires must be there at sign-up."""
    missing = [a.name for a in pool.schema_attributes.values() if a.required and a.name != "sub"]
    missing = [name for name in missing if not attributes.get(name)]
    if missing:
        raise _schema_error("".join(f"{name}: The attribute is required\n" for name in missing))


def require_mutable(pool: Pool, attributes: dict[str, str]) -> None:
    for name in attributes:
        schema = pool.schema_attributes.get(name)
        if schema is not None and not schema.mutable:
            raise AwsError("InvalidParameterException", f"user.{name}: Attribute cannot be updated.\n")


def require_first_complete(pool: Pool, user: User, changed: dict[str, str]) -> None:
    """What a user may and must add at the first sign-in, beside the new password.

    "You can't modify a required attribute that already has a value", nor an address, which may be verified.
    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RespondToAuthChallenge.html
    The texts are AWS's; of the pages none has them: https://github.com/pmill/aws-cognito/issues/25
    """
    required = [a.name for a in pool.schema_attributes.values() if a.required and a.name != "sub"]
    for name in changed:
        if user.attribute_lookup.get(name) and name in (*required, "email", "phone_number"):
            raise AwsError("NotAuthorizedException", f"Cannot modify an already provided {name}")
    missing = [name for name in required if not (user.attribute_lookup | changed).get(name)]
    if missing:
        text = f"Invalid attributes given, {' and '.join(missing)} is missing"
        raise AwsError("InvalidParameterException", text)


def _schema_error(text: str) -> AwsError:
    return AwsError("InvalidParameterException", f"Attributes did not conform to the schema: {text}")


def required_at_first_sign_in(pool: Pool, user: User) -> dict[str, str]:
    """The attribute parameters of a NEW_PASSWORD_REQUIRED challenge."""
    missing = [
        f"userAttributes.{a.name}"
        for a in pool.schema_attributes.values()
        if a.required and a.name != "sub" and a.name not in user.attribute_lookup
    ]
    shown = {name: value for name, value in user.attribute_lookup.items() if name != "sub"}
    return {"requiredAttributes": json.dumps(missing), "userAttributes": json.dumps(shown)}
