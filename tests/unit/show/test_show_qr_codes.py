"""QR codes for authenticator apps."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
import segno

from labkit import show
from labkit.errors import LabError
from tests.unit.show import samples

SVG = "{http://www.w3.org/2000/svg}"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def picture() -> ElementTree.Element:
    return ElementTree.fromstring(show.qr_code(samples.otpauth_uri)._repr_mimebundle_()["image/svg+xml"])


def dark_modules(root: ElementTree.Element) -> int:
    """The lengths of the strokes that draw dark modules, added up."""
    (strokes,) = (path.get("d", "") for path in root.iter(f"{SVG}path") if path.get("stroke"))
    return sum(int(length) for length in re.findall(r"h(\d+)", strokes))


def test_the_picture_is_the_code_of_the_whole_uri() -> None:
    expected = segno.make_qr(samples.otpauth_uri.reveal())
    assert dark_modules(picture()) == sum(map(sum, expected.matrix))
    assert dark_modules(picture()) != sum(map(sum, segno.make_qr("otpauth://totp/x").matrix))


def test_it_is_dark_on_white_with_four_modules_of_white_around() -> None:
    root = picture()
    size = int(root.get("viewBox", "").split()[2])
    assert size == len(segno.make_qr(samples.otpauth_uri.reveal()).matrix) + 8
    paints = [(path.get("fill"), path.get("stroke")) for path in root.iter(f"{SVG}path")]
    assert paints == [("#fff", None), (None, "#000")]


def test_the_picture_has_a_role_a_title_and_a_description() -> None:
    root = picture()
    assert root.get("role") == "img"
    assert root.findtext(f"{SVG}title") == "QR code for labkit:alice"
    assert "authenticator app" in (root.findtext(f"{SVG}desc") or "")


def test_words_say_what_is_in_it_and_mask_the_secret() -> None:
    view = show.qr_code(samples.otpauth_uri)
    assert view.to_text().splitlines()[3:] == [
        "type: totp", "label: labkit:alice", "secret: JBSW…", "issuer: labkit",
    ]  # fmt: skip
    assert SECRET not in view.to_text() + view.to_html()
    assert "JBSW…" in view.to_html()


def test_an_issuer_apart_from_its_account_by_an_escaped_colon_is_read_the_same() -> None:
    assert "label: labkit:alice" in show.qr_code("otpauth://totp/labkit%3Aalice?secret=A").to_text()


def test_another_kind_of_uri_is_told_so_without_its_rest() -> None:
    with pytest.raises(LabError, match="begins `https:`") as refused:
        show.qr_code("https://example.com/?secret=ABCD")
    assert "ABCD" not in str(refused.value)
