"""Attempts to say more in a SAML response than its issuer has signed.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml_assertions.html
"""

from __future__ import annotations

import base64
import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from lxml import etree

from tests.local.accounts import LocalAccount, Refusal, refused, role
from tests.local.directories import AWS, Directory, decoded, encoded
from tests.local.test_saml import about, assume, trusting

_DS, _SAML = "{http://www.w3.org/2000/09/xmldsig#}", "{urn:oasis:names:tc:SAML:2.0:assertion}"
_SAMLP = "{urn:oasis:names:tc:SAML:2.0:protocol}"
DENIED = Refusal(403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithSAML")
UNSIGNED = Refusal(400, "InvalidIdentityToken", "Response signature invalid")


@dataclass(frozen=True)
class Stage:
    """A user's good response for one role, and an assertion of Mallory's own for a better one."""

    directory: Directory
    provider: str
    mine: str
    better: str

    @property
    def good(self) -> Any:
        return decoded(self.directory.response(about(self.provider, self.mine)))

    @property
    def forged(self) -> Any:
        content = about(self.provider, self.better, name="mallory", subject="root")
        return etree.fromstring(content.xml(self.directory.entity_id).encode())

    def assume(self, arn: str, response: str) -> dict[str, Any]:
        return assume(self.directory.account, arn, self.provider, response)


@pytest.fixture
def stage(account: LocalAccount) -> Stage:
    directory = Directory(account)
    provider = directory.registered()
    mine, better = (role(account, trusting(provider)) for _ in range(2))
    return Stage(directory, provider, mine, better)


def before(root: Any, forged: Any) -> None:
    root.insert(0, forged)


def after(root: Any, forged: Any) -> None:
    root.append(forged)


def under_the_same_id(root: Any, forged: Any) -> None:
    forged.set("ID", root[0].get("ID"))
    root.insert(0, forged)


def around_it(root: Any, forged: Any) -> None:
    forged.append(root[0])
    root.append(forged)


def in_an_extension(root: Any, forged: Any) -> None:
    signed = root[0]
    etree.SubElement(root, f"{_SAMLP}Extensions").append(signed)
    root.append(forged)


def in_the_object_of_its_signature(root: Any, forged: Any) -> None:
    signed = root[0]
    signature = copy.deepcopy(signed.find(f"{_DS}Signature"))
    etree.SubElement(signature, f"{_DS}Object").append(signed)
    forged.insert(1, signature)
    root.append(forged)


@pytest.mark.unconfirmed
@pytest.mark.parametrize(
    "wrap, answer",
    [
        (before, DENIED),
        (after, DENIED),
        (under_the_same_id, DENIED),
        (around_it, UNSIGNED),
        (in_an_extension, UNSIGNED),
        (in_the_object_of_its_signature, UNSIGNED),
    ],
)
def test_a_signed_assertion_vouches_for_no_other(
    stage: Stage, wrap: Callable[[Any, Any], None], answer: Refusal
) -> None:
    """Signature wrapping, as in https://www.usenix.org/conference/usenixsecurity12/technical-sessions/presentation/somorovsky"""
    assert stage.assume(stage.mine, encoded(stage.good))["Subject"] == "anna"
    root = stage.good
    wrap(root, stage.forged)
    assert refused(lambda: stage.assume(stage.better, encoded(root))) == answer


def test_a_signature_without_a_value_is_refused(stage: Stage) -> None:
    assert stage.assume(stage.mine, encoded(stage.good))["Subject"] == "anna"
    root = stage.good
    root.find(f".//{_DS}SignatureValue").text = ""
    assert refused(lambda: stage.assume(stage.mine, encoded(root))) == UNSIGNED


def test_a_comment_does_not_cut_a_name(stage: Stage) -> None:
    """Comments are no part of what was signed (Canonical XML 1.0, section 2.1), and none of what is read."""
    root = decoded(stage.directory.response(about(stage.provider, stage.mine, subject="anna.other")))
    name = root.find(f".//{_SAML}NameID")
    name.text, comment = "anna", etree.Comment("")
    name.append(comment)
    comment.tail = ".other"
    assert stage.assume(stage.mine, encoded(root))["Subject"] == "anna.other"


@pytest.mark.unconfirmed
def test_a_document_type_is_refused(stage: Stage) -> None:
    """https://www.w3.org/TR/xml/#sec-external-ent"""
    text = etree.tostring(stage.good)
    assert stage.assume(stage.mine, base64.b64encode(text).decode())
    kinds = [b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>', b'<!DOCTYPE x [<!ENTITY e "anna">]>']
    for kind in kinds:
        response = base64.b64encode(kind + text.replace(b">anna<", b">&e;<", 1)).decode()
        answer = refused(stage.assume, arn=stage.mine, response=response)
        assert answer == Refusal(
            400, "InvalidIdentityToken", "Your request included an invalid SAML response"
        )


@pytest.mark.unconfirmed
def test_a_pair_of_arns_names_one_role(stage: Stage) -> None:
    """A role's and a provider's: whoever may write at the end of a value, names no second role with it."""
    value = f"{stage.mine},{stage.provider}"
    assert stage.assume(stage.mine, stage.directory.response(about(stage.provider, stage.mine)))
    attributes = {f"{AWS}/Role": [f"{value},{stage.better}"]}
    response = stage.directory.response(about(stage.provider, attributes=attributes))
    assert refused(stage.assume, arn=stage.better, response=response) == DENIED
