"""What each stand-in says of a person, in the words of the one that it stands in for."""

from __future__ import annotations

from typing import Any

from labkit.local.lab_idp.people import Person
from labkit.local.lab_idp.sites import Site


def identity(site: Site, person: Person, scope: str) -> dict[str, Any]:
    """The claims of an ID token about the person."""
    wanted = scope.replace(",", " ").split()
    claims: dict[str, Any] = {"sub": person.accounts[site.name]}
    if "email" in wanted:
        # "email_verified: A string or Boolean value"; Apple has long sent a string.
        # https://developer.apple.com/documentation/signinwithapplerestapi/authenticating_users_with_sign_in_with_apple
        verified: Any = person.email_verified
        claims |= {
            "email": person.email,
            "email_verified": str(verified).lower() if _is_apple(site) else verified,
        }
    if "profile" in wanted and not _is_apple(site):
        claims |= _profile(person)
    return claims


def _is_apple(site: Site) -> bool:
    return site.name == "apple"


def _profile(person: Person) -> dict[str, Any]:
    return {
        "name": person.name,
        "given_name": person.given_name,
        "family_name": person.family_name,
        "picture": person.picture,
    }


def profile(site: Site, person: Person, scope: str, fields: str) -> dict[str, Any]:
    """What the stand-in's profile endpoint answers."""
    return {"google": _people, "facebook": _graph, "amazon": _amazon, "example-corp": _user_info}[site.name](
        site, person, scope, fields
    )


def _people(site: Site, person: Person, scope: str, fields: str) -> dict[str, Any]:
    """https://developers.google.com/people/api/rest/v1/people"""
    sub = person.accounts[site.name]
    known: dict[str, Any] = {
        "names": [
            {"displayName": person.name, "givenName": person.given_name, "familyName": person.family_name}
        ],
        "emailAddresses": [{"value": person.email}],
        "phoneNumbers": [{"value": person.phone_number}],
        "photos": [{"url": person.picture}],
    }
    asked = [name for name in fields.split(",") if name in known]
    return {"resourceName": f"people/{sub}"} | {name: known[name] for name in asked}


def _graph(site: Site, person: Person, scope: str, fields: str) -> dict[str, Any]:
    """https://developers.facebook.com/docs/graph-api/reference/user"""
    wanted = scope.replace(",", " ").split()
    known: dict[str, Any] = {
        "name": person.name,
        "first_name": person.given_name,
        "last_name": person.family_name,
    } | ({"email": person.email} if "email" in wanted else {})
    asked = (
        {name: known[name] for name in fields.split(",") if name in known}
        if fields
        else {"name": person.name}
    )
    return asked | {"id": person.accounts[site.name]}


def _amazon(site: Site, person: Person, scope: str, fields: str) -> dict[str, Any]:
    """https://developer.amazon.com/docs/login-with-amazon/obtain-customer-profile.html"""
    wanted = scope.split()
    shown: dict[str, Any] = {"user_id": person.accounts[site.name]}
    if "profile" in wanted:
        shown |= {"name": person.name, "email": person.email}
    return shown | ({"postal_code": person.postal_code} if "postal_code" in wanted else {})


def _user_info(site: Site, person: Person, scope: str, fields: str) -> dict[str, Any]:
    more: dict[str, Any] = {"department": person.department, "groups": list(person.groups)}
    if "phone" in scope.split():
        more |= {"phone_number": person.phone_number, "phone_number_verified": True}
    return identity(site, person, scope) | (more if "profile" in scope.split() else {})
