"""Attempts to sign others out, or to make a sign-out seem what it is not.

https://docs.oasis-open.org/security/saml/v2.0/saml-profiles-2.0-os.pdf (4.4)
https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-saml-idp-sign-out.html
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from lxml import etree

from labkit.local.federation import redirect_binding
from labkit.local.saml import NAMES, inflated
from tests.local import directories
from tests.local.accounts import LocalAccount
from tests.local.directories import Directory, encoded
from tests.local.federation import ANA, BEN, Traveller, federated, tokens, traveller
from tests.local.managed_login import FORM, SIGNED_OUT, App, Screen, query
from tests.local.test_attacks_on_saml_sign_in import MAIL, Stage
from tests.local.test_single_logout import MAPPING, SIGN_OUT, asks, leaves, sent_to

_DS, _SAML, _SAMLP = (f"{{{NAMES[name]}}}" for name in ("ds", "saml", "samlp"))
_STATUS = "urn:oasis:names:tc:SAML:2.0:status"
_INDEX = "_session-1"
_SSO, _SLO = "http://127.0.0.1:9/sso", "http://127.0.0.1:9/slo"


@dataclass
class Departure:
    """A browser that is signed in, on its way to the provider to sign out."""

    stage: Stage
    sent: dict[str, str] = field(default_factory=dict)

    @property
    def at(self) -> App:
        return self.stage.at

    @property
    def idp(self) -> Directory:
        return self.stage.idp

    def set_out(self) -> Departure:
        """Sign in, as whoever, and ask to be signed out."""
        stage = self.stage.set_out()
        response = stage.response(stage.statement("anna@example.com", sessions=(_INDEX, "_another")))
        assert "code" in stage.back(encoded(response)).query
        address = sent_to(stage.browser, self.at)
        assert address.startswith(_SLO)
        self.sent = query(address)
        return self

    @property
    def request(self) -> Any:
        return etree.fromstring(inflated(self.sent["SAMLRequest"]))

    @property
    def endpoint(self) -> str:
        return f"{self.at.account.endpoint}{self.at.base}/saml2/logout"

    def answer(self, *, sign: bool = True, age: timedelta = timedelta(), **changed: str | None) -> Any:
        """A good LogoutResponse, but for what is changed."""
        now = self.at.account.app.state.clock.now() - age
        given: dict[str, str | None] = {
            "Issuer": self.idp.entity_id,
            "Destination": self.endpoint,
            "InResponseTo": self.request.get("ID"),
            "IssueInstant": directories._text(now),
            "Status": f"{_STATUS}:Success",
        } | changed
        root = etree.Element(f"{_SAMLP}LogoutResponse", {"ID": "_l", "Version": "2.0"}, NAMES)
        for name in ("Destination", "InResponseTo", "IssueInstant"):
            if given[name] is not None:
                root.set(name, given[name])
        etree.SubElement(root, f"{_SAML}Issuer").text = given["Issuer"]
        if given["Status"] is not None:
            status = etree.SubElement(root, f"{_SAMLP}Status")
            etree.SubElement(status, f"{_SAMLP}StatusCode", {"Value": given["Status"]})
        return self.idp.signed(root) if sign else root

    def back(
        self, response: str, browser: Traveller | None = None, base: str = "", relay: str | None = None
    ) -> Screen:
        """The browser posts what the provider gave it."""
        body = {"SAMLResponse": response, "RelayState": self.sent["RelayState"] if relay is None else relay}
        sender = browser or self.stage.browser
        reply = sender.send("POST", f"{base or self.at.base}/saml2/logout", urlencode(body), FORM)
        return sender.after(reply)

    def leaves(self) -> Screen:
        """An honest sign-out."""
        screen = self.set_out().back(encoded(self.answer()))
        assert (screen.location, self.signed_in) == (SIGNED_OUT, False)
        return screen

    @property
    def signed_in(self) -> bool:
        return "code" in self.stage.browser.departs(self.at).query

    def refuses(self, screen: Screen) -> bool:
        """The browser goes nowhere, and the session lasts."""
        return (screen.status, screen.location) == (400, "") and self.signed_in


def departure(account: LocalAccount) -> Departure:
    idp = Directory(account)
    document = directories.metadata(idp.name, idp.entity_id, _SSO, _SLO)
    more = {"MetadataURL": "", "MetadataFile": document} | SIGN_OUT
    at = federated(account, "SAML", mapping={"email": MAIL}, more=more)
    return Departure(Stage(at, idp, Traveller(account)))


@pytest.fixture
def away(account: LocalAccount) -> Departure:
    return departure(account)


Forge = Callable[[Departure], Any]

# --- at the user pool: signatures -------------------------------------------------------------------------


def unsigned(away: Departure) -> Any:
    return away.answer(sign=False)


def with_its_signature_removed(away: Departure) -> Any:
    root = away.answer()
    root.remove(root.find(f"{_DS}Signature"))
    return root


def mallory(away: Departure) -> Departure:
    return replace(away, stage=replace(away.stage, idp=Directory(away.at.account, "mallory")))


def signed_by_somebody_else(away: Departure) -> Any:
    return mallory(away).answer()


def signed_by_somebody_else_under_the_providers_certificate(away: Departure) -> Any:
    root = mallory(away).answer()
    root.find(f".//{_DS}X509Certificate").text = away.answer().find(f".//{_DS}X509Certificate").text
    return root


def changed_since(away: Departure) -> Any:
    """A provider's refusal, made a success."""
    root = away.answer(Status=f"{_STATUS}:Responder")
    root.find(f".//{_SAMLP}StatusCode").set("Value", f"{_STATUS}:Success")
    return root


def made_an_answer_to_this_since(away: Departure) -> Any:
    root = away.answer(InResponseTo="_another")
    root.set("InResponseTo", away.request.get("ID"))
    return root


def with_an_empty_signature(away: Departure) -> Any:
    root = away.answer()
    root.find(f".//{_DS}SignatureValue").text = ""
    return root


def with_the_certificate_as_secret(away: Departure) -> Any:
    return away.idp.signed_with_the_certificate_as_secret(away.answer(sign=False))


def with_sha_1(away: Departure) -> Any:
    return away.idp.signed_with_sha_1(away.answer(sign=False))


def around_an_older_one(away: Departure) -> Any:
    """Signature wrapping: the signature is good, and of an answer to an earlier request."""
    return wrapping(away, lambda root, _signature: etree.SubElement(root, f"{_SAMLP}Extensions"))


def in_the_object_of_its_signature(away: Departure) -> Any:
    return wrapping(away, lambda _root, signature: etree.SubElement(signature, f"{_DS}Object"))


def wrapping(away: Departure, place: Callable[[Any, Any], Any]) -> Any:
    """An answer with the signature of an older one, which stands at a place within it."""
    old, root = away.answer(InResponseTo="_earlier"), away.answer(sign=False)
    signature = old.find(f"{_DS}Signature")
    old.remove(signature)
    root.set("ID", "_mallory")
    place(root, signature).append(old)
    root.insert(1, signature)
    return root


def that_signs_something_else(away: Departure) -> Any:
    root = away.answer(sign=False)
    extension = away.idp.signed(etree.Element(f"{_SAMLP}Extensions", {"ID": "_x"}, NAMES))
    signature = extension.find(f"{_DS}Signature")
    extension.remove(signature)
    root.insert(1, signature)
    root.insert(2, extension)
    return root


@pytest.mark.parametrize(
    "forge",
    [
        unsigned,
        with_its_signature_removed,
        signed_by_somebody_else,
        signed_by_somebody_else_under_the_providers_certificate,
        changed_since,
        made_an_answer_to_this_since,
        with_an_empty_signature,
        with_the_certificate_as_secret,
        with_sha_1,
        around_an_older_one,
        in_the_object_of_its_signature,
        that_signs_something_else,
    ],
)
def test_only_what_the_provider_signed_ends_a_session(away: Departure, forge: Forge) -> None:
    away.leaves()
    away.set_out()
    assert away.refuses(away.back(encoded(forge(away))))


# --- at the user pool: what the answer says ---------------------------------------------------------------


def of_another_kind(away: Departure, tag: str) -> Any:
    root = away.answer(sign=False)
    root.tag = f"{_SAMLP}{tag}"
    return away.idp.signed(root)


def with_statements(away: Departure, *sessions: str) -> Any:
    root = away.answer(sign=False)
    extensions = etree.SubElement(root, f"{_SAMLP}Extensions")
    for index in sessions:
        etree.SubElement(extensions, f"{_SAML}AuthnStatement", {"SessionIndex": index})
    return away.idp.signed(root)


@pytest.mark.parametrize(
    "forge",
    [
        lambda away: away.answer(Issuer="https://idp.example.net"),
        lambda away: away.answer(Issuer=""),
        lambda away: away.answer(Destination="https://sp.example.net/saml2/logout"),
        lambda away: away.answer(Destination=away.endpoint.replace("logout", "idpresponse")),
        lambda away: away.answer(Destination=None),
        lambda away: away.answer(InResponseTo="_another"),
        lambda away: away.answer(InResponseTo=None),
        lambda away: away.answer(age=timedelta(minutes=5)),
        lambda away: away.answer(age=timedelta(minutes=-5)),
        lambda away: away.answer(IssueInstant=None),
        lambda away: away.answer(IssueInstant="yesterday"),
        lambda away: away.answer(Status=f"{_STATUS}:Responder"),
        lambda away: away.answer(Status=f"{_STATUS}:PartialLogout"),
        lambda away: away.answer(Status=None),
        lambda away: of_another_kind(away, "Response"),
        lambda away: of_another_kind(away, "LogoutRequest"),
        lambda away: away.stage.response(away.stage.statement(), "response"),
    ],
)
def test_an_answer_must_be_a_success_of_this_request_here_and_now(away: Departure, forge: Forge) -> None:
    """SAML Bindings, 3.5.5.2 (Destination); SAML Core, 3.2.2 (InResponseTo, Status)."""
    away.leaves()
    away.set_out()
    assert away.refuses(away.back(encoded(forge(away))))


def test_of_several_statements_the_first_must_be_of_the_session(away: Departure) -> None:
    """ "If the sessionIndex is in any other AuthnStatement, Amazon Cognito won't recognize the session and
    your user won't be signed out." """
    away.set_out()
    assert away.back(encoded(with_statements(away, _INDEX, "_another"))).location == SIGNED_OUT
    away.set_out()
    assert away.refuses(away.back(encoded(with_statements(away, "_another", _INDEX))))


def test_the_session_is_that_of_the_first_statement_at_sign_in(away: Departure) -> None:
    away.set_out()
    assert away.request.findtext(f"{_SAMLP}SessionIndex") == _INDEX


def test_a_name_brings_nothing_into_the_request_but_what_saml_gives_it(away: Departure) -> None:
    stage = away.stage.set_out()
    element = etree.fromstring(stage.statement("<&\"'>@example.com").xml(stage.idp.entity_id).encode())
    element.set("ID", "_named")
    name = element.find(f".//{_SAML}NameID")
    name.set("NameQualifier", "\"<>&'")
    name.set("{http://www.w3.org/2001/XMLSchema-instance}type", "NameIDType")
    root = etree.Element(f"{_SAMLP}Response", {"ID": "_r", "Version": "2.0"})
    root.append(stage.idp.signed(element))
    assert "code" in stage.back(encoded(root)).query
    away.sent = query(sent_to(stage.browser, away.at))
    sent = away.request.find(f"{_SAML}NameID")
    assert (sent.text, sent.get("NameQualifier")) == ("<&\"'>@example.com", "\"<>&'")
    assert set(sent.attrib) == {"Format", "NameQualifier"}


@pytest.mark.parametrize(
    "text", ["", "no base64", base64.b64encode(b"<a").decode(), base64.b64encode(b"no XML").decode()]
)
def test_what_is_no_message_ends_nothing(away: Departure, text: str) -> None:
    away.leaves()
    away.set_out()
    assert away.refuses(away.back(text))


def test_an_answer_is_no_longer_than_an_assertion_may_be(away: Departure) -> None:
    def padded(more: int) -> str:
        root = away.answer(sign=False)
        root.find(f"{_SAML}Issuer").tail = " " * more
        return encoded(away.idp.signed(root))

    away.set_out()
    assert away.back(padded(60_000)).location == SIGNED_OUT
    away.set_out()
    assert away.refuses(away.back(padded(75_000)))


@pytest.mark.parametrize(
    "kind",
    [
        '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE x [<!ENTITY e "x">]>',
        "<!DOCTYPE x>",
    ],
)
def test_a_document_type_is_refused(away: Departure, kind: str) -> None:
    """https://www.w3.org/TR/xml/#sec-external-ent"""
    away.leaves()
    away.set_out()
    document = kind.encode() + etree.tostring(away.answer())
    assert away.refuses(away.back(base64.b64encode(document).decode()))


def test_a_comment_does_not_cut_an_issuer(away: Departure) -> None:
    away.leaves()
    away.set_out()
    root = away.answer(Issuer=f"{away.idp.entity_id}.evil.example.com")
    issuer = root.find(f"{_SAML}Issuer")
    issuer.text = away.idp.entity_id
    comment = etree.Comment("")
    issuer.append(comment)
    comment.tail = ".evil.example.com"
    assert away.refuses(away.back(encoded(root)))


# --- at the user pool: whose answer it is -----------------------------------------------------------------


def test_an_answer_is_good_once(away: Departure) -> None:
    away.set_out()
    response = encoded(away.answer())
    assert away.back(response).location == SIGNED_OUT
    relay = away.sent["RelayState"]
    assert away.back(response).status == 400
    away.set_out()
    assert away.refuses(away.back(response, relay=relay))
    away.set_out()
    assert away.refuses(away.back(response))


def test_an_answer_ends_no_session_of_another_browser(away: Departure) -> None:
    """Nobody is sent on, or signed out, by a sign-out that somebody else has begun."""
    other = Traveller(away.at.account)
    away.set_out()
    assert away.back(encoded(away.answer()), browser=other).status == 400
    assert away.signed_in
    away.leaves()


def test_an_answer_is_for_the_pool_that_asked(away: Departure, account: LocalAccount) -> None:
    away.leaves()
    other = departure(account)
    away.set_out()
    endpoint = f"{account.endpoint}{other.at.base}/saml2/logout"
    screen = away.back(encoded(away.answer(Destination=endpoint)), base=other.at.base)
    assert away.refuses(screen)


def test_a_relay_state_is_none_that_can_be_guessed(away: Departure) -> None:
    away.leaves()
    away.set_out()
    for relay in ("", "x", urlencode({"logout_uri": "https://evil.example.com"})):
        assert away.refuses(away.back(encoded(away.answer()), relay=relay))


@pytest.mark.unconfirmed
def test_a_provider_cannot_begin_a_sign_out(away: Departure) -> None:
    """AWS documents the sign-out that begins at the user pool, and no other."""
    away.leaves()
    away.set_out()
    root = etree.Element(f"{_SAMLP}LogoutRequest", {"ID": "_q", "Version": "2.0"}, NAMES)
    etree.SubElement(root, f"{_SAML}Issuer").text = away.idp.entity_id
    body = urlencode({"SAMLRequest": encoded(away.idp.signed(root))})
    sender = away.stage.browser
    assert away.refuses(sender.after(sender.send("POST", f"{away.at.base}/saml2/logout", body, FORM)))


def test_an_answer_comes_within_five_minutes(fresh: LocalAccount) -> None:
    away = departure(fresh)
    away.leaves()
    away.set_out()
    fresh.app.state.clock.advance(timedelta(minutes=6))
    assert away.back(encoded(away.answer())).status == 400


# --- at the provider --------------------------------------------------------------------------------------


@dataclass
class Post:
    """A browser that is signed in at a user pool by the lab's provider."""

    at: App
    browser: Traveller

    def asks(self) -> str:
        """The address that /logout sends the browser to."""
        tokens(self.at, self.browser.arrives(self.at) if self.is_out else self.browser.departs(self.at))
        return sent_to(self.browser, self.at)

    @property
    def is_out(self) -> bool:
        """Whether the provider asks for a password; the user pool's own session set aside."""
        mine = self.browser.cookies.pop("cognito", None)
        screen = self.browser.departs(self.at)
        if mine is not None:
            self.browser.cookies["cognito"] = mine
        return asks(screen)

    def refuses(self, address: str) -> bool:
        screen = self.browser.go(address)
        return screen.status == 400 and "refused" in screen.reply.text and not self.is_out

    def resigned(self, address: str, pool_id: str = "", relay: str = "r", **changed: str) -> str:
        """The same request with these changes, signed by the pool, or by another."""
        root = etree.fromstring(inflated(query(address)["SAMLRequest"]))
        for name, text in changed.items():
            if name in ("NameID", "Issuer", "SessionIndex"):
                root.find(f"{_SAMLP if name == 'SessionIndex' else _SAML}{name}").text = text
            else:
                root.set(name, text)
        key = self.at.account.app.state.federation.signing_key(pool_id or self.at.pool.id)
        made = redirect_binding.query(etree.tostring(root), relay, key)
        return f"{address.partition('?')[0]}?{urlencode(made)}"


@pytest.fixture
def post(account: LocalAccount) -> Post:
    at = federated(account, "SAML", mapping=MAPPING, more=SIGN_OUT)
    return Post(at, traveller(at))


def _id(number: int) -> dict[str, str]:
    return {"ID": f"_q{number}"}


def test_a_request_of_the_pool_s_ends_the_session_at_the_provider(post: Post) -> None:
    """What the forgeries below are made of is good as it is."""
    address = post.asks()
    assert not post.is_out
    assert post.browser.send("GET", post.resigned(address, **_id(1))).status == 200
    assert post.is_out


def without(name: str) -> Callable[[Post, str], str]:
    def forge(post: Post, address: str) -> str:
        left = {key: value for key, value in query(address).items() if key != name}
        return f"{address.partition('?')[0]}?{urlencode(left)}"

    return forge


def with_another_relay_state(post: Post, address: str) -> str:
    return address.replace("RelayState=", "RelayState=x")


def with_another_message(post: Post, address: str) -> str:
    other = query(post.resigned(address, **_id(2)))["SAMLRequest"]
    given = query(address) | {"SAMLRequest": other}
    return f"{address.partition('?')[0]}?{urlencode(given)}"


def with_another_algorithm(post: Post, address: str) -> str:
    given = query(address) | {"SigAlg": "http://www.w3.org/2000/09/xmldsig#rsa-sha1"}
    return f"{address.partition('?')[0]}?{urlencode(given)}"


def that_names_an_algorithm_that_was_not_used(post: Post, address: str) -> str:
    given = {name: query(address)[name] for name in ("SAMLRequest", "RelayState")}
    given["SigAlg"] = "http://www.w3.org/2000/09/xmldsig#rsa-sha1"
    key = post.at.account.app.state.federation.signing_key(post.at.pool.id)
    given["Signature"] = redirect_binding._signature(urlencode(given).encode(), key)
    return f"{address.partition('?')[0]}?{urlencode(given)}"


def of_another_kind_of_request(post: Post, address: str) -> str:
    document = inflated(query(address)["SAMLRequest"]).replace(b"LogoutRequest", b"AuthnRequest")
    key = post.at.account.app.state.federation.signing_key(post.at.pool.id)
    return f"{address.partition('?')[0]}?{urlencode(redirect_binding.query(document, 'r', key))}"


def with_the_message_twice(post: Post, address: str) -> str:
    return f"{address}&{urlsplit(address).query.partition('&')[0]}"


def signed_by_another_pool(post: Post, address: str) -> str:
    return post.resigned(address, pool_id=federated(post.at.account, "SAML", mapping=MAPPING).pool.id)


def of_a_pool_that_has_no_part_in_the_session(post: Post, address: str) -> str:
    other = federated(post.at.account, "SAML", mapping=MAPPING).pool.id
    return post.resigned(address, pool_id=other, Issuer=f"urn:amazon:cognito:sp:{other}")


def with_a_document_type(post: Post, address: str) -> str:
    document = b"<!DOCTYPE x>" + inflated(query(address)["SAMLRequest"])
    key = post.at.account.app.state.federation.signing_key(post.at.pool.id)
    return f"{address.partition('?')[0]}?{urlencode(redirect_binding.query(document, 'r', key))}"


def that_swells(post: Post, address: str) -> str:
    key = post.at.account.app.state.federation.signing_key(post.at.pool.id)
    document = b"<a>" + b" " * 5_000_000 + b"</a>"
    return f"{address.partition('?')[0]}?{urlencode(redirect_binding.query(document, 'r', key))}"


def at_another_time(minutes: int) -> Callable[[Post, str], str]:
    def forge(post: Post, address: str) -> str:
        now = post.at.account.app.state.clock.now() + timedelta(minutes=minutes)
        return post.resigned(address, IssueInstant=directories._text(now))

    return forge


@pytest.mark.parametrize(
    "forge",
    [
        without("Signature"),
        without("SigAlg"),
        without("SAMLRequest"),
        with_another_relay_state,
        with_another_message,
        with_another_algorithm,
        that_names_an_algorithm_that_was_not_used,
        of_another_kind_of_request,
        with_the_message_twice,
        signed_by_another_pool,
        of_a_pool_that_has_no_part_in_the_session,
        with_a_document_type,
        that_swells,
        at_another_time(-6),
        at_another_time(1),
        lambda post, address: post.resigned(address, IssueInstant="yesterday"),
        lambda post, address: post.resigned(address, NotOnOrAfter="2020-01-01T00:00:00Z"),
        lambda post, address: post.resigned(address, Destination="https://idp.example.com/slo"),
        lambda post, address: post.resigned(address, Issuer="urn:amazon:cognito:sp:us-east-1_000000000"),
        lambda post, address: post.resigned(address, Issuer="https://sp.example.com"),
        lambda post, address: post.resigned(address, NameID=BEN[0]),
        lambda post, address: post.resigned(address, SessionIndex="_another"),
    ],
)
def test_nobody_else_ends_a_session_at_the_provider(post: Post, forge: Callable[[Post, str], str]) -> None:
    assert signed_out_honestly(post)
    address = post.asks()
    assert post.refuses(forge(post, address))


def signed_out_honestly(post: Post) -> bool:
    tokens(post.at, post.browser.arrives(post.at, ANA))
    return leaves(post.browser, post.at).location == SIGNED_OUT and post.is_out


def test_a_request_is_answered_once(post: Post) -> None:
    address = post.asks()
    assert post.browser.send("GET", address).status == 200
    post.browser.cookies.pop("cognito")
    tokens(post.at, post.browser.arrives(post.at))
    assert post.refuses(address)
    assert "was answered before" in post.browser.go(address).reply.text
