"""Attempts to be somebody whom a SAML provider did not sign in, or not here and now.

https://docs.oasis-open.org/security/saml/v2.0/saml-profiles-2.0-os.pdf (4.1.4.3)
https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-saml-idp-things-to-know.html
"""

from __future__ import annotations

import base64
import copy
import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from unittest import mock
from urllib.parse import urlencode

import pytest
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from lxml import etree

from labkit.local.federation.encryption import sealed
from labkit.local.saml import NAMES, deflated, inflated
from tests.local import directories
from tests.local.accounts import LocalAccount
from tests.local.directories import Directory, Statement, encoded
from tests.local.federation import CLAIMS, CORP, Traveller, federated
from tests.local.managed_login import CALLBACK, FORM, App, Screen, query
from tests.local.test_attacks_on_saml import (
    after,
    around_it,
    before,
    in_an_extension,
    in_the_object_of_its_signature,
    under_the_same_id,
)

_DS, _SAML, _SAMLP = (f"{{{NAMES[name]}}}" for name in ("ds", "saml", "samlp"))
_XENC = "{http://www.w3.org/2001/04/xmlenc#}"
MAIL = f"{CLAIMS}/emailaddress"
VICTIM = "victim@example.com"
_IDS = itertools.count(1)


@dataclass
class Stage:
    """An app, its SAML provider, and a browser that has just set out for the provider."""

    at: App
    idp: Directory
    browser: Traveller
    sent: dict[str, str] = field(default_factory=dict)

    def set_out(self) -> Stage:
        self.browser.cookies.pop("cognito", None)  # nobody is signed in yet
        screen = self.browser.departs(self.at)
        self.sent = query(screen.location)
        return self

    @property
    def acs(self) -> str:
        return f"{self.at.account.endpoint}{self.at.base}/saml2/idpresponse"

    @property
    def request_id(self) -> str:
        return str(etree.fromstring(inflated(self.sent["SAMLRequest"])).get("ID"))

    def statement(self, subject: str = VICTIM, **more: Any) -> Statement:
        """What a good assertion says in answer to the request."""
        given: dict[str, Any] = {
            "now": self.at.account.app.state.clock.now(),
            "attributes": {MAIL: [subject]},
            "subject": subject,
            "recipient": self.acs,
            "audience": f"urn:amazon:cognito:sp:{self.at.pool.id}",
            "request_id": self.request_id,
        }
        return Statement(**given | more)

    def response(self, statement: Statement, sign: str = "assertion") -> Any:
        """The response, as XML, under an ID of its own."""
        element = etree.fromstring(statement.xml(self.idp.entity_id).encode())
        element.set("ID", f"_a{next(_IDS)}")
        if sign == "assertion":
            element = self.idp.signed(element)
        root = etree.fromstring(f'<p:Response xmlns:p="{NAMES["samlp"]}" ID="_r" Version="2.0"/>'.encode())
        root.append(element)
        return self.idp.signed(root) if sign == "response" else root

    @property
    def good(self) -> Any:
        return self.response(self.statement())

    @property
    def forged(self) -> Any:
        """Mallory's own assertion about the victim, unsigned."""
        return etree.fromstring(self.statement().xml(self.idp.entity_id).encode())

    def back(
        self, response: str, relay: str | None = None, browser: Traveller | None = None, base: str = ""
    ) -> Screen:
        """The browser posts what the provider gave it."""
        relay = self.sent["RelayState"] if relay is None else relay
        body = urlencode({"SAMLResponse": response} | ({"RelayState": relay} if relay else {}))
        sender = browser or self.browser
        return sender.after(sender.send("POST", f"{base or self.at.base}/saml2/idpresponse", body, FORM))

    def arrives(self, subject: str = "anna@example.com", sign: str = "assertion") -> Screen:
        """An honest sign-in of somebody else."""
        self.set_out()
        screen = self.back(encoded(self.response(self.statement(subject), sign)))
        assert "code" in screen.query, screen.location or screen.reply.text
        return screen

    @property
    def users(self) -> list[str]:
        found = self.at.pool.admin.list_users(UserPoolId=self.at.pool.id)["Users"]
        return [user["Username"].removeprefix(f"{CORP}_") for user in found]

    def refuses(self, screen: Screen) -> bool:
        """Nobody is signed in: the app is told an error, or nothing at all."""
        told = screen.query.get("error") in ("server_error", "invalid_request")
        shown = (screen.location, screen.status) == ("", 400)
        return (told or shown) and "code" not in screen.query and VICTIM not in self.users


def staged(account: LocalAccount, pool: dict[str, Any] | None = None, **more: str) -> Stage:
    idp = Directory(account)
    place = "http://127.0.0.1:9/sso"
    document = directories.metadata(idp.name, idp.entity_id, place)
    given = {"MetadataURL": "", "MetadataFile": document} | more
    at = federated(account, "SAML", mapping={"email": MAIL}, more=given, pool=pool or {})
    return Stage(at, idp, Traveller(account))


@pytest.fixture
def stage(account: LocalAccount) -> Stage:
    return staged(account)


Forge = Callable[[Stage], Any]

# --- signatures -------------------------------------------------------------------------------------------


def unsigned(stage: Stage) -> Any:
    return stage.response(stage.statement(), sign="nothing")


def with_its_signature_removed(stage: Stage) -> Any:
    root = stage.good
    root[0].remove(root[0].find(f"{_DS}Signature"))
    return root


def signed_by_somebody_else(stage: Stage) -> Any:
    return replace_idp(stage, "mallory").good


def replace_idp(stage: Stage, name: str) -> Stage:
    return replace(stage, idp=Directory(stage.at.account, name))


def signed_by_somebody_else_under_the_providers_certificate(stage: Stage) -> Any:
    root, own = signed_by_somebody_else(stage), stage.good
    certificate = own.find(f".//{_DS}X509Certificate").text
    root.find(f".//{_DS}X509Certificate").text = certificate
    return root


def changed(path: str, text: str) -> Forge:
    def forge(stage: Stage) -> Any:
        root = stage.response(stage.statement("anna@example.com"))
        root.find(f".//{_SAML}{path}").text = text
        return root

    return forge


def of_another_time(stage: Stage) -> Any:
    root = stage.response(stage.statement(life=timedelta(minutes=-1)))
    for element in root.iter(f"{_SAML}Conditions", f"{_SAML}SubjectConfirmationData"):
        element.set("NotOnOrAfter", "2999-01-01T00:00:00Z")
    return root


def with_a_new_digest(stage: Stage) -> Any:
    root, other = stage.response(stage.statement("anna@example.com")), stage.good
    root[0].find(f"{_SAML}Subject/{_SAML}NameID").text = VICTIM
    digest = other.find(f".//{_DS}DigestValue").text
    root.find(f".//{_DS}DigestValue").text = digest
    return root


def with_the_signature_of_another(stage: Stage) -> Any:
    root, other = stage.response(stage.statement("anna@example.com")), unsigned(stage)
    other[0].insert(1, copy.deepcopy(root[0].find(f"{_DS}Signature")))
    return other


def with_an_empty_signature(stage: Stage) -> Any:
    root = stage.good
    root.find(f".//{_DS}SignatureValue").text = ""
    return root


def with_the_certificate_as_secret(stage: Stage) -> Any:
    root = unsigned(stage)
    root.replace(root[0], stage.idp.signed_with_the_certificate_as_secret(stage.forged))
    return root


def with_sha_1(stage: Stage) -> Any:
    root = unsigned(stage)
    root.replace(root[0], stage.idp.signed_with_sha_1(stage.forged))
    return root


def that_signs_something_else(stage: Stage) -> Any:
    """A good signature of a part of the message that says nothing."""
    root = unsigned(stage)
    extension = etree.Element(f"{_SAMLP}Extensions", ID="_x")
    root.insert(0, stage.idp.signed(extension))
    return root


def with_an_instruction_in_the_name(stage: Stage) -> Any:
    root = stage.response(stage.statement(f"{VICTIM}.evil.example.com"))
    name = root.find(f".//{_SAML}NameID")
    name.text = VICTIM
    instruction = etree.ProcessingInstruction("x")
    instruction.tail = ".evil.example.com"
    name.append(instruction)
    return root


@pytest.mark.parametrize(
    "forge",
    [
        unsigned,
        with_its_signature_removed,
        signed_by_somebody_else,
        signed_by_somebody_else_under_the_providers_certificate,
        changed("NameID", VICTIM),
        changed("AttributeValue", VICTIM),
        changed("Audience", "urn:amazon:cognito:sp:another"),
        of_another_time,
        with_a_new_digest,
        with_the_signature_of_another,
        with_an_empty_signature,
        with_the_certificate_as_secret,
        with_sha_1,
        that_signs_something_else,
        with_an_instruction_in_the_name,
    ],
)
def test_what_the_provider_did_not_sign_signs_nobody_in(stage: Stage, forge: Forge) -> None:
    stage.arrives()
    stage.set_out()
    screen = stage.back(encoded(forge(stage)))
    assert stage.refuses(screen)
    assert screen.query["error"] == "server_error"


def test_the_error_is_aws_s(stage: Stage) -> None:
    """https://github.com/aws/aws-sdk-js-v3/issues/6201"""
    stage.arrives()
    stage.set_out()
    screen = stage.back(encoded(unsigned(stage)))
    text = "Invalid SAML response received: SAML Assertion signature is invalid. "
    assert screen.query["error_description"] == text


# --- wrapping ---------------------------------------------------------------------------------------------


def in_a_response_around_it(root: Any, forged: Any) -> None:
    inner = copy.deepcopy(root)
    for child in list(root):
        root.remove(child)
    etree.SubElement(root, f"{_SAMLP}Extensions").append(inner)
    root.append(forged)


@pytest.mark.parametrize("sign", ["assertion", "response"])
@pytest.mark.parametrize(
    "wrap",
    [
        before,
        after,
        under_the_same_id,
        around_it,
        in_an_extension,
        in_the_object_of_its_signature,
        in_a_response_around_it,
    ],
)
def test_a_signed_assertion_vouches_for_no_other(
    stage: Stage, wrap: Callable[[Any, Any], None], sign: str
) -> None:
    """https://www.usenix.org/conference/usenixsecurity12/technical-sessions/presentation/somorovsky"""
    stage.arrives(sign=sign)
    stage.set_out()
    root = stage.response(stage.statement("anna@example.com"), sign)
    if sign == "response":  # its own signature stands before the assertion
        root.append(root.find(f"{_DS}Signature"))
    if wrap is in_the_object_of_its_signature and sign == "response":
        wrap = in_a_response_around_it
    wrap(root, stage.forged)
    assert stage.refuses(stage.back(encoded(root)))


# --- XML --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cut", [len("victim"), len(VICTIM)])
def test_a_comment_does_not_cut_a_name(stage: Stage, cut: int) -> None:
    """CVE-2018-0489 and its kin: comments are no part of what was signed, and none of what is read."""
    stage.set_out()
    whole = f"{VICTIM}.evil.example.com"
    root = stage.response(stage.statement(whole))
    for element in (root.find(f".//{_SAML}NameID"), root.find(f".//{_SAML}AttributeValue")):
        element.text, comment = whole[:cut], etree.Comment("x")
        comment.tail = whole[cut:]
        element.append(comment)
    assert "code" in stage.back(encoded(root)).query
    assert stage.users == [whole]


@pytest.mark.parametrize(
    "kind",
    [
        '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE x [<!ENTITY e SYSTEM "http://127.0.0.1:9/">]>',
        f'<!DOCTYPE x [<!ENTITY e "{VICTIM}">]>',
        '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd" [<!ENTITY e "">]>',
        "<!DOCTYPE x [" + '<!ENTITY a "aaaaaaaaaa">' + "".join(
            f'<!ENTITY {name} "{f"&{former};" * 10}">' for former, name in itertools.pairwise("abcdefghe")
        ) + "]>",
    ],
    ids=["file", "address", "entity", "subset", "bomb"],
)  # fmt: skip
def test_a_document_type_is_refused(stage: Stage, kind: str) -> None:
    """https://www.w3.org/TR/xml/#sec-external-ent"""
    stage.arrives()
    stage.set_out()
    text = etree.tostring(stage.good).replace(b">victim@example.com<", b">&e;<")
    assert stage.refuses(stage.back(base64.b64encode(kind.encode() + text).decode()))


@pytest.mark.parametrize(
    "forge",
    [
        lambda stage: "no base64!",
        lambda stage: base64.b64encode(b"no XML").decode(),
        lambda stage: "",
        lambda stage: deflated(etree.tostring(stage.good)),
        lambda stage: encoded(stage.good[0]),
        lambda stage: encoded(stage.good).rstrip("=")[:-8],
        lambda stage: base64.b64encode(b"<a>" * 30_000).decode(),
        lambda stage: encoded(stage.good) + " " * 100_001,
        lambda stage: base64.b64encode(etree.tostring(stage.good) + b"<more/>").decode(),
    ],
)
def test_what_is_no_response_signs_nobody_in(stage: Stage, forge: Callable[[Stage], str]) -> None:
    stage.arrives()
    stage.set_out()
    assert stage.refuses(stage.back(forge(stage)))


# --- whom it is for, and when -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"audience": "urn:amazon:cognito:sp:us-east-1_another00"},
        {"audience": "urn:amazon:webservices"},
        {"audience": ""},
        {"recipient": "https://evil.example.com/saml2/idpresponse"},
        {"recipient": ""},
        {"request_id": "_another"},
        {"request_id": ""},
        {"age": timedelta(minutes=6)},
        {"age": timedelta(minutes=-6), "life": timedelta(minutes=20)},
        {"life": timedelta()},
        {"session": timedelta(minutes=-1)},
        {"method": "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key"},
        {"method": "urn:oasis:names:tc:SAML:2.0:cm:sender-vouches"},
        {"subject": ""},
    ],
    ids=str,
)
def test_an_assertion_for_others_or_for_another_time_signs_nobody_in(
    stage: Stage, wrong: dict[str, Any]
) -> None:
    stage.arrives()
    stage.set_out()
    statement = replace(stage.statement(), **wrong)
    assert stage.refuses(stage.back(encoded(stage.response(statement))))


def of_another_issuer(stage: Stage) -> Any:
    return replace(stage, idp=Directory(stage.at.account, entity_id="https://other.example.com")).good


def to_another_destination(stage: Stage) -> Any:
    root = stage.good
    root.set("Destination", "https://evil.example.com/saml2/idpresponse")
    return root


def in_answer_to_another_request(stage: Stage) -> Any:
    root = stage.good
    root.set("InResponseTo", "_another")
    return root


def of_a_failure(stage: Stage) -> Any:
    root = stage.good
    status = etree.SubElement(root, f"{_SAMLP}Status")
    etree.SubElement(status, f"{_SAMLP}StatusCode", Value="urn:oasis:names:tc:SAML:2.0:status:Responder")
    return root


def confirmed_twice(stage: Stage) -> Any:
    element = stage.forged
    confirmation = element.find(f"{_SAML}Subject/{_SAML}SubjectConfirmation")
    confirmation.addnext(copy.deepcopy(confirmation))
    return around(stage.idp.signed(element), stage)


def that_never_ends(stage: Stage) -> Any:
    element = stage.forged
    for each in element.iter(f"{_SAML}Conditions", f"{_SAML}SubjectConfirmationData"):
        del each.attrib["NotOnOrAfter"]
    return around(stage.idp.signed(element), stage)


def of_tomorrow(stage: Stage) -> Any:
    element = stage.forged
    element.find(f"{_SAML}Conditions").set("NotBefore", "2999-01-01T00:00:00Z")
    return around(stage.idp.signed(element), stage)


def without_conditions(stage: Stage) -> Any:
    element = stage.forged
    element.remove(element.find(f"{_SAML}Conditions"))
    return around(stage.idp.signed(element), stage)


def without_an_id(stage: Stage) -> Any:
    element = stage.forged
    del element.attrib["ID"]
    return around(element, stage, sign="response")


def around(element: Any, stage: Stage, sign: str = "") -> Any:
    root = unsigned(stage)
    root.replace(root[0], element)
    return stage.idp.signed(root) if sign else root


def that_is_encrypted(stage: Stage) -> Any:
    root = unsigned(stage)
    root[0].tag = f"{_SAML}EncryptedAssertion"
    return root


@pytest.mark.parametrize(
    "forge",
    [
        of_another_issuer,
        to_another_destination,
        in_answer_to_another_request,
        of_a_failure,
        confirmed_twice,
        that_never_ends,
        of_tomorrow,
        without_conditions,
        without_an_id,
        that_is_encrypted,
    ],
)
def test_a_response_that_speaks_against_itself_signs_nobody_in(stage: Stage, forge: Forge) -> None:
    stage.arrives()
    stage.set_out()
    assert stage.refuses(stage.back(encoded(forge(stage))))


# --- the way there and back -------------------------------------------------------------------------------


@pytest.mark.parametrize("relay", ["", "guessed", "x" * 43, "identity_provider=ExampleCorp"])
def test_a_relay_state_that_the_pool_did_not_give_leads_nowhere(stage: Stage, relay: str) -> None:
    stage.arrives()
    stage.set_out()
    assert stage.refuses(stage.back(encoded(stage.good), relay))


def with_a_second(path: str, child: str = "", text: str = "") -> Callable[[Any], None]:
    """Another of an assertion's elements, which says something else."""

    def change(element: Any) -> None:
        first = element.find(f"{_SAML}{path.replace('/', f'/{_SAML}')}")
        second = etree.Element(first.tag)
        (etree.SubElement(second, f"{_SAML}{child}") if child else second).text = text
        first.addnext(second)

    return change


def with_a_name(text: str, after: str = "") -> Callable[[Any], None]:
    def change(element: Any) -> None:
        name = element.find(f"{_SAML}Subject/{_SAML}NameID")
        name.text = text
        if after:
            etree.SubElement(name, "x").tail = after

    return change


@pytest.mark.parametrize(
    "change",
    [
        with_a_second("Conditions/AudienceRestriction", "Audience", "urn:amazon:cognito:sp:another"),
        with_a_second("Conditions"),
        with_a_second("Subject/NameID", text="anna@example.com"),
        with_a_name(VICTIM, ".evil.example.com"),
        with_a_name(" "),
    ],
)
def test_what_the_provider_signs_is_read_whole(stage: Stage, change: Callable[[Any], None]) -> None:
    """An assertion has one NameID, of text, and one Conditions; each AudienceRestriction must be met.

    https://docs.oasis-open.org/security/saml/v2.0/saml-core-2.0-os.pdf (2.2.2, 2.3.3, 2.5.1.4)
    """
    stage.arrives()
    stage.set_out()
    root = unsigned(stage)
    change(root[0])
    root.replace(root[0], stage.idp.signed(root[0]))
    assert stage.refuses(stage.back(encoded(root)))


def test_names_differ_by_case_where_the_pool_s_own_do_not(account: LocalAccount) -> None:
    """ "Regardless of the case sensitivity settings of your user pool, Amazon Cognito requires that a
    federated user from a SAML or OIDC identity provider (IdP) pass a unique and case-sensitive NameId or sub
    claim."

    https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-case-sensitivity.html
    """
    stage = staged(account, {"UsernameConfiguration": {"CaseSensitive": False}})
    for _ in range(2):
        stage.arrives("anna@example.com")
    stage.set_out()
    screen = stage.back(encoded(stage.response(stage.statement("Anna@example.com"))))
    taken = f"Already found an entry for username {CORP.lower()}_anna@example.com"
    assert taken in screen.query["error_description"]


def test_a_response_is_good_once(stage: Stage) -> None:
    stage.set_out()
    response = encoded(stage.response(stage.statement("anna@example.com")))
    assert "code" in stage.back(response).query
    assert stage.refuses(stage.back(response))
    stage.set_out()
    assert stage.refuses(stage.back(response))


def test_another_browser_cannot_end_a_sign_in(stage: Stage) -> None:
    stage.arrives()
    stage.set_out()
    assert stage.refuses(stage.back(encoded(stage.good), browser=Traveller(stage.at.account)))


def test_another_pool_does_not_end_a_sign_in(stage: Stage) -> None:
    stage.arrives()
    other = staged(stage.at.account)
    stage.set_out()
    assert stage.refuses(stage.back(encoded(stage.good), base=other.at.base))
    other.set_out()
    assert other.refuses(other.back(encoded(stage.good)))


def test_an_oidc_state_is_no_relay_state(stage: Stage) -> None:
    stage.arrives()
    oidc = federated(stage.at.account)
    browser = Traveller(stage.at.account)
    browser.departs(oidc)
    state = query(browser.visited[-1])["state"]
    screen = stage.back(encoded(stage.good), state, browser, oidc.base)
    text = f"Invalid SAML response received: The provider {CORP} does not answer here."
    assert screen.query["error_description"] == text


def test_a_relay_state_is_no_oidc_state(stage: Stage) -> None:
    stage.arrives()
    stage.set_out()
    address = f"{stage.at.base}/oauth2/idpresponse?code=x&state={stage.sent['RelayState']}"
    assert stage.refuses(stage.browser.go(address))


# --- begun at the provider --------------------------------------------------------------------------------


def unasked(stage: Stage, subject: str = "anna@example.com", **more: Any) -> str:
    stage.sent = {"SAMLRequest": deflated(b"<x ID=''/>")}
    return encoded(stage.response(stage.statement(subject, **{"request_id": ""} | more)))


def relay_of(stage: Stage, named: dict[str, str] | None = None) -> str:
    given = {
        "client_id": stage.at.client_id, "redirect_uri": CALLBACK, "response_type": "code", "scope": "openid",
    }  # fmt: skip
    return urlencode(given | ({"identity_provider": CORP} if named is None else named))


def test_an_unasked_response_names_its_provider_or_an_identifier(account: LocalAccount) -> None:
    """ "idp_identifier: The identifier of the identity provider where you want to redirect your user."

    https://docs.aws.amazon.com/cognito/latest/developerguide/saml2-idpresponse-endpoint.html
    """
    stage = staged(account, IDPInit="true")
    stage.at.pool.admin.update_identity_provider(
        UserPoolId=stage.at.pool.id, ProviderName=CORP, IdpIdentifiers=["example.com"]
    )
    for named in ({"identity_provider": CORP}, {"idp_identifier": "example.com"}):
        assert "code" in stage.back(unasked(stage), relay_of(stage, named)).query
    for named in ({"identity_provider": "COGNITO"}, {"idp_identifier": "example.org"}, {}):
        assert stage.refuses(stage.back(unasked(stage, VICTIM), relay_of(stage, named)))


def test_a_relay_state_of_many_parameters_is_soon_refused(account: LocalAccount) -> None:
    """Nobody else is answered meanwhile."""
    stage = staged(account, IDPInit="true")
    relay = relay_of(stage, {"identity_provider": CORP})
    assert "code" in stage.back(unasked(stage), relay).query
    many = "&".join(f"{number:x}=" for number in range(100_000))
    began = time.monotonic()
    assert stage.refuses(stage.back(unasked(stage, VICTIM), f"{many}&{relay}&{many}"))
    assert time.monotonic() - began < 10, "and not after minutes"


def test_an_unasked_response_is_good_once(account: LocalAccount) -> None:
    """ "No replayed assertions": you can't repeat one at the endpoint."""
    stage = staged(account, IDPInit="true")
    response = unasked(stage)
    assert "code" in stage.back(response, relay_of(stage)).query
    screen = stage.back(response, relay_of(stage))
    assert (
        screen.query["error_description"] == "Invalid SAML response received: SAML Assertion was used before."
    )


def test_an_unasked_response_was_issued_in_the_last_six_minutes(account: LocalAccount) -> None:
    """ "… and must have been issued within the previous 6 minutes."

    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-SAML-session-initiation.html
    """
    stage, long = staged(account, IDPInit="true"), timedelta(hours=1)
    for age, good in ((timedelta(minutes=5, seconds=50), True), (timedelta(minutes=6), False)):
        screen = stage.back(unasked(stage, age=age, life=long), relay_of(stage))
        assert ("code" in screen.query) is good
    stage.browser.cookies.clear()
    stage.set_out()  # one that was asked for may be older
    asked = stage.response(stage.statement("anna@example.com", age=timedelta(minutes=7), life=long))
    assert "code" in stage.back(encoded(asked)).query


def test_an_unasked_response_answers_nothing(account: LocalAccount) -> None:
    stage = staged(account, IDPInit="true")
    assert "code" in stage.back(unasked(stage), relay_of(stage)).query
    stolen = unasked(stage, VICTIM, request_id="_of-another-browser")
    assert stage.refuses(stage.back(stolen, relay_of(stage)))


def test_an_unasked_response_is_no_use_where_that_is_not_enabled(stage: Stage) -> None:
    stage.arrives()
    assert stage.refuses(stage.back(unasked(stage, VICTIM), relay_of(stage)))


# --- encrypted assertions ---------------------------------------------------------------------------------


def encrypted(stage: Stage, root: Any, provider: str = CORP) -> Any:
    """The response, its assertion encrypted for one of the pool's providers."""
    key = stage.at.account.app.state.federation.encryption_key(stage.at.pool.id, provider).public_key()
    root.replace(root[0], sealed(root[0], key))
    return root


def tampered_with(stage: Stage) -> Any:
    root = encrypted(stage, stage.good)
    value = root.findall(f".//{_XENC}CipherValue")[-1]
    value.text = value.text[:-6] + ("A" if value.text[-6] != "A" else "B") + value.text[-5:]
    return root


def by_the_older_padding(stage: Stage) -> Any:
    root = encrypted(stage, stage.good)
    root.find(f".//{_XENC}EncryptedKey/{_XENC}EncryptionMethod").set("Algorithm", f"{_XENC[1:-1]}rsa-1_5")
    return root


def a_key_without_content(stage: Stage) -> Any:
    root = encrypted(stage, stage.good)
    data = root[0].find(f"{_XENC}EncryptedData")
    root[0].append(data.find(f".//{_XENC}EncryptedKey"))
    root[0].remove(data)
    return root


def beside_one_in_the_clear(stage: Stage) -> Any:
    root = encrypted(stage, stage.good)
    root.append(stage.forged)
    return root


def with_a_document_type_inside(stage: Stage) -> Any:
    root = stage.good
    document = b"<!DOCTYPE x [<!ENTITY e 'x'>]>" + etree.tostring(root[0])
    key = stage.at.account.app.state.federation.encryption_key(stage.at.pool.id, CORP).public_key()
    with mock.patch.object(etree, "tostring", return_value=document):
        inner = sealed(root[0], key)
    root.replace(root[0], inner)
    return root


def with_cbc(root: Any, key: Any, *, last: int | None = None, cipher: str = "aes256") -> Any:
    """The same with a cipher in CBC mode, as many providers have it; `last` is another last byte."""
    inner = etree.tostring(root[0], with_tail=False)
    kind, secret, block = _CIPHERS[cipher]
    missing = block - len(inner) % block
    padded = inner + bytes(missing - 1) + bytes([missing if last is None else last])
    iv = b"i" * block
    encryptor = Cipher(kind(secret), modes.CBC(iv)).encryptor()
    content = iv + encryptor.update(padded) + encryptor.finalize()
    made = sealed(root[0], key)
    made.find(f"{_XENC}EncryptedData/{_XENC}EncryptionMethod").set("Algorithm", f"{_XENC[1:-1]}{cipher}-cbc")
    oaep = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)
    for value, new in zip(
        made.iter(f"{_XENC}CipherValue"), (key.encrypt(secret, oaep), content), strict=True
    ):
        value.text = base64.b64encode(new).decode()
    root.replace(root[0], made)
    return root


#: Key and block of each, in bytes.
_CIPHERS: dict[str, tuple[Any, bytes, int]] = {
    "aes256": (algorithms.AES, b"k" * 32, 16),
    "tripledes": (TripleDES, bytes(range(24)), 8),
}


@pytest.mark.parametrize("cipher", _CIPHERS)
def test_what_xml_encryption_requires_will_do(account: LocalAccount, cipher: str) -> None:
    """https://www.w3.org/TR/xmlenc-core1/#sec-Alg-Block"""
    stage = staged(account, EncryptedResponses="true")
    key = account.app.state.federation.encryption_key(stage.at.pool.id, CORP).public_key()
    stage.set_out()
    root = stage.response(stage.statement("anna@example.com"))
    assert "code" in stage.back(encoded(with_cbc(root, key, cipher=cipher))).query
    for last in (0, _CIPHERS[cipher][2] + 1, 255):
        stage.set_out()
        assert stage.refuses(stage.back(encoded(with_cbc(stage.good, key, last=last, cipher=cipher))))


def test_an_encrypted_assertion_keeps_its_prefixes(account: LocalAccount) -> None:
    """They are part of what was signed (Exclusive XML Canonicalization 1.0), whatever the response has for
    the same namespaces."""
    stage = staged(account, EncryptedResponses="true")
    stage.set_out()
    inner = encrypted(stage, stage.response(stage.statement("anna@example.com")))[0]
    root = etree.Element(f"{_SAMLP}Response", {"ID": "_r", "Version": "2.0"}, {"q": NAMES["saml"], **NAMES})
    root.append(inner)
    assert "code" in stage.back(encoded(root)).query


@pytest.mark.parametrize(
    "forge",
    [
        lambda stage: stage.good,
        lambda stage: encrypted(stage, unsigned(stage)),
        lambda stage: encrypted(stage, signed_by_somebody_else(stage)),
        lambda stage: encrypted(stage, stage.good, "Another"),
        lambda stage: encrypted(stage, stage.response(stage.statement(audience="another"))),
        tampered_with,
        by_the_older_padding,
        a_key_without_content,
        beside_one_in_the_clear,
        with_a_document_type_inside,
    ],
)
def test_encryption_vouches_for_nothing(account: LocalAccount, forge: Forge) -> None:
    """Anybody may encrypt for the pool: what is inside must be signed, and what is sent be encrypted."""
    stage = staged(account, EncryptedResponses="true")
    stage.set_out()
    root = encrypted(stage, stage.response(stage.statement("anna@example.com")))
    assert "code" in stage.back(encoded(root)).query
    stage.set_out()
    assert stage.refuses(stage.back(encoded(forge(stage))))
