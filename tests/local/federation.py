"""User pools whose users other identity providers sign in, and a person with a browser on the way there."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import urlencode

from tests.local.accounts import LocalAccount, Reply
from tests.local.managed_login import FORM, App, Browser, Screen, app

CORP = "ExampleCorp"
ANA, BEN = ("ana@example.com", "correct-horse-1"), ("ben@example.com", "correct-horse-2")
CLAIMS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims"
MAPPING = {"email": "email", "name": "name"}
_INPUT = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)">')
_SENDS_ITSELF = "document.forms[0].submit()"
_POST = re.compile(r'<form method="post" action="([^"]*)">')


def apps(account: LocalAccount) -> dict[str, Any]:
    """What a developer gets from the stand-ins."""
    return dict(account.send("GET", "/_idp/apps.json").json)


def details(account: LocalAccount, kind: str) -> dict[str, str]:
    """ProviderDetails for a stand-in."""
    known = apps(account)
    corp = known["example-corp"]
    found: dict[str, dict[str, str]] = {
        "OIDC": {
            "client_id": corp["client_id"],
            "client_secret": corp["client_secret"],
            "oidc_issuer": corp["oidc_issuer"],
            "attributes_request_method": "GET",
            "authorize_scopes": "openid email profile phone",
        },
        "SAML": {"MetadataURL": corp["saml_metadata"]},
        "Google": known["google"] | {"authorize_scopes": "profile email openid"},
        "Facebook": known["facebook"] | {"authorize_scopes": "public_profile, email"},
        "LoginWithAmazon": known["amazon"] | {"authorize_scopes": "profile postal_code"},
        "SignInWithApple": known["apple"] | {"authorize_scopes": "email name"},
    }
    return found[kind]


def provider(
    at: App,
    kind: str = "OIDC",
    name: str = "",
    mapping: dict[str, str] | None = None,
    more: dict[str, str] | None = None,
    **settings: Any,
) -> str:
    """A new provider of the app's pool, by default one that stands on this machine."""
    name = name or (CORP if kind in ("OIDC", "SAML") else kind)
    at.pool.admin.create_identity_provider(
        UserPoolId=at.pool.id,
        ProviderName=name,
        ProviderType=kind,
        ProviderDetails=details(at.account, kind) | (more or {}),
        **{"AttributeMapping": MAPPING if mapping is None else mapping} | settings,
    )
    return name


def federated(
    account: LocalAccount, kind: str = "OIDC", client: dict[str, Any] | None = None, **more: Any
) -> App:
    """An app whose users sign in through one provider."""
    pool_settings = more.pop("pool", {})
    begun = app(account, **pool_settings)
    name = provider(begun, kind, **more)
    return begun.another(**{"SupportedIdentityProviders": [name]} | (client or {}))


@dataclass
class Traveller(Browser):
    """A browser that follows redirects on this machine, runs scripts, and a person who knows a password."""

    #: Every address that it was sent to.
    visited: list[str] = field(default_factory=list)

    def go(self, address: str) -> Screen:
        """Open an address, and follow on until a page, or the app's."""
        self.visited.append(address)
        reply = self.send("GET", address)
        return self.after(reply)

    def after(self, reply: Reply) -> Screen:
        while reply.status == 302:
            location = reply.headers["Location"]
            self.visited.append(location)
            if not location.startswith(("/", f"{self.account.endpoint}/")):
                return Screen(reply, location)
            reply = self.send("GET", location)
        return self.posted(reply) if _SENDS_ITSELF in reply.text else Screen(reply)

    def enter(self, screen: Screen, who: tuple[str, str], decision: str = "allow") -> Screen:
        """Fill in a stand-in's page, and follow on."""
        assert '<input id="password"' in screen.reply.text, screen.reply.text
        fields = {"email": who[0], "password": who[1], "decision": decision}
        reply = self.send("POST", self.visited[-1], urlencode(fields), FORM)
        return self.posted(reply)

    def posted(self, reply: Reply) -> Screen:
        """Send a form that sends itself on."""
        target = form_of(reply)
        if target is None:
            return self.after(reply)
        address, fields = target
        self.visited.append(address)
        return self.after(self.send("POST", address, urlencode(fields), FORM))

    def arrives(self, at: App, who: tuple[str, str] = ANA, **more: str | None) -> Screen:
        """Through the provider, and back at the app."""
        return self.enter(self.departs(at, **more), who)

    def departs(self, at: App, name: str = "", /, **more: str | None) -> Screen:
        """At the provider's page."""
        name = (
            name
            or at.pool.admin.list_identity_providers(UserPoolId=at.pool.id)["Providers"][0]["ProviderName"]
        )
        return self.go(at.address("/oauth2/authorize", identity_provider=name, **more))


def form_of(reply: Reply) -> tuple[str, dict[str, str]] | None:
    found = _POST.findall(reply.text)
    fields = {unescape(name): unescape(value) for name, value in _INPUT.findall(reply.text)}
    return (unescape(found[0]), fields) if found and fields else None


def traveller(at: App) -> Traveller:
    return Traveller(at.account)


def tokens(at: App, screen: Screen) -> dict[str, Any]:
    """What the app gets for the code that it was sent."""
    assert "code" in screen.query, screen.location or screen.reply.text
    reply = at.exchange(screen.query["code"])
    assert reply.status == 200, reply.text
    return dict(reply.json)
