"""What holds for every view: its forms, its secrets, its HTML, its colours."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit import show
from labkit.policy import Matrix, Policy, PolicySet, Request, Row, decide, matrix
from labkit.record import Secret
from labkit.resources import (
    AppClient,
    Attempt,
    Challenge,
    Credentials,
    LeftOut,
    MatchedStatement,
    Simulation,
    Tokens,
)
from labkit.show import Sequence, View
from labkit.show.blocks import Mark, Note, Table, clean, row
from labkit.show.html import BADGES, render
from tests.unit.show import samples


def a_decision(key: str = "key") -> Any:
    policy = Policy.parse(
        {
            "Version": "2012-10-17",
            "Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": "*"},
        }
    )
    caller = "arn:aws:iam::123456789012:user/alice"
    request = Request(caller, "s3:GetObject", f"arn:aws:s3:::bucket/{key}", context={"s3:prefix": key})
    return decide(request, policies=PolicySet(identity=(policy,)))


def a_matrix(key: str = "key") -> Matrix:
    caller = "arn:aws:iam::123456789012:user/alice"
    return matrix([Row(key, caller, PolicySet())], [f"s3:{key}", "s3:*"], [f"arn:aws:s3:::{key}", "*"])


def an_attempt(message: str = "no") -> Attempt:
    return Attempt("s3:GetObject", "arn:aws:s3:::bucket/key", False, 403, "AccessDenied", message, "id")


def a_simulation(text: str = "key") -> Simulation:
    return Simulation(
        action="s3:GetObject",
        resource=f"arn:aws:s3:::bucket/{text}",
        caller=None,
        decision="implicitDeny",
        matched=(MatchedStatement(text, (1, 41), (1, 99)),),
        missing_context_keys=(text,),
        details={text: "allowed"},
        left_out=(LeftOut("session", text),),
    )


VIEWS: dict[str, Callable[[], View]] = {
    "table": lambda: show.table([samples.user_pool, samples.identity_pool]),
    "record": lambda: show.table(samples.tokens),
    "token": lambda: show.token(samples.id_token),
    "compare": lambda: show.compare(id=samples.id_token, refresh=samples.refresh_token),
    "decision": lambda: show.decision(a_decision()),
    "attempt": lambda: show.attempt(an_attempt(), a_decision()),
    "matrix": lambda: show.matrix(a_matrix(), before=a_matrix()),
    "simulation": lambda: show.simulation(a_simulation(), a_decision()),
    "packet": lambda: show.attempt(samples.packet("denied"), a_decision()),
    "presigned_url": lambda: show.presigned_url(samples.presigned_url()),
    "iot_log": lambda: show.iot_log([samples.log_entry("topic")]),
    "shadow": lambda: show.shadow(samples.shadow("open")),
    "fleet": lambda: show.fleet(samples.telemetry),
    "sequence": lambda: show.sequence(samples.calls, title="Sign in"),
    "challenges": lambda: show.challenges(samples.sign_in),
    "qr_code": lambda: show.qr_code(samples.otpauth_uri),
    "lifetimes": lambda: show.lifetimes(now=samples.signed_in, id_token=samples.id_token),
    "side_by_side": lambda: show.side_by_side(user_pool=samples.user_pool),
}
every_view = pytest.mark.parametrize("make", VIEWS.values(), ids=list(VIEWS))


@every_view
def test_every_view_has_a_text_and_an_html_form_and_ipython_finds_them(make: Callable[[], View]) -> None:
    from IPython.core.formatters import DisplayFormatter

    view = make()
    bundle = view._repr_mimebundle_(include={"text/plain", "text/html"})
    assert bundle == {"text/plain": repr(view), "text/html": view._repr_html_()}
    formatter: Any = DisplayFormatter()
    formatter.ipython_display_formatter.enabled = False
    found, _ = formatter.format(view)
    assert found["text/plain"] == view.to_text()
    assert found["text/html"] == view.to_html()


@every_view
def test_a_form_that_is_excluded_is_left_out(make: Callable[[], View]) -> None:
    assert "text/html" in make()._repr_mimebundle_(include=["text/html"])
    assert "text/html" not in make()._repr_mimebundle_(exclude=["text/html", "image/png"])


@every_view
def test_the_same_records_give_the_same_output(make: Callable[[], View]) -> None:
    assert make().to_html() == make().to_html()
    assert make().to_text() == make().to_text()


class Page(HTMLParser):
    """The elements of a page, and the faults that a browser would silently mend."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        self.seen.append((tag, dict(attrs)))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def elements(html: str) -> list[tuple[str, dict[str, str | None]]]:
    page = Page()
    page.feed(html)
    page.close()
    assert page.open == []
    return page.seen


ALLOWED = {
    *("a", "br", "code", "details", "div", "mark", "p", "pre", "span", "strong", "summary", "sup"),
    *("table", "caption", "thead", "tbody", "tr", "th", "td"),
    *("svg", "title", "desc", "rect", "line", "path", "text"),
}


def assert_harmless(html: str) -> None:
    ElementTree.fromstring(html)
    for tag, attributes in elements(html):
        assert tag in ALLOWED
        assert not [name for name in attributes if name.startswith("on") or name in ("id", "class", "src")]
        assert (attributes.get("href") or "https://docs.aws.amazon.com/").startswith(
            "https://docs.aws.amazon.com/"
        )
        assert "url(" not in (attributes.get("style") or "")


@every_view
def test_html_is_well_formed_and_asks_for_nothing(make: Callable[[], View]) -> None:
    assert_harmless(make().to_html())


@every_view
def test_tables_have_a_caption_and_headers_with_a_scope(make: Callable[[], View]) -> None:
    tables = list(ElementTree.fromstring(make().to_html()).iter("table"))
    for table in tables:
        assert table[0].tag == "caption"
        assert "".join(table[0].itertext())
        headers = list(table.iter("th"))
        assert {header.get("scope") for header in headers} == {"col", "row"}
        assert all("".join(header.itertext()) for header in headers)
    assert tables


@every_view
def test_every_colour_of_a_cell_comes_with_its_sign(make: Callable[[], View]) -> None:
    signs = tuple(mark.value for mark in Mark)
    for badge in ElementTree.fromstring(make().to_html()).iter("span"):
        assert "".join(badge.itertext()).startswith(signs)


@every_view
def test_the_meaning_is_in_the_text_of_the_html_and_not_in_its_styles(make: Callable[[], View]) -> None:
    """GitHub drops every style."""
    view = make()
    bare = re.sub(r' style="[^"]*"', "", view.to_html())
    said = "".join(ElementTree.fromstring(bare).itertext())
    for block in view.blocks:
        for cells in block.rows if isinstance(block, Table) else ():
            for cell in cells:
                assert all(line.replace("`", "") in said.replace("`", "") for line in cell.text.split("\n"))


HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(1)>&amp;`</code>\u202e\x00\ud800'


@pytest.mark.parametrize(
    "make",
    [
        lambda text: show.table({text: text, "list": [text]}),
        lambda text: show.token(samples.compact({"sub": text, text: [text], "token_use": text})),
        lambda text: show.compare(**{text: samples.id_token}),
        lambda text: show.decision(a_decision(text)),
        lambda text: show.attempt(an_attempt(text)),
        lambda text: show.matrix(a_matrix(text)),
        lambda text: show.simulation(a_simulation(text), a_decision(text)),
        lambda text: show.attempt(samples.packet(text)),
        lambda text: show.iot_log([samples.log_entry(text)], title=text),
        lambda text: show.shadow(samples.shadow(text)),
        lambda text: show.sequence([samples.api_call(text, text, error_code=text)], title=text),
        lambda text: show.challenges(
            [samples.asked("InitiateAuth", text, text, parameters={text: text}, error_code=text)], title=text
        ),
        lambda text: show.qr_code(f"otpauth://totp/x?issuer={quote(text, errors='replace')}&secret=ABCD"),
        lambda text: View(
            text, (Note(text), Note(text, Mark.DENY), Table(text, (text, text), (row(text, text),)))
        ),
    ],
    ids=[
        "table",
        "token",
        "compare",
        "decision",
        "attempt",
        "matrix",
        "simulation",
        "packet",
        "iot_log",
        "shadow",
        "sequence",
        "challenges",
        "qr_code",
        "view",
    ],
)
def test_hostile_text_is_shown_as_text(make: Callable[[str], View]) -> None:
    view = make(HOSTILE)
    assert_harmless(view.to_html())
    assert "alert(1)" in view.to_html()
    for form in (view.to_html(), view.to_text()):
        form.encode()
        assert "\u202e" not in form
        assert "\x00" not in form


def test_right_to_left_text_and_long_claims_are_kept() -> None:
    claim = "שלום " * 800
    view = show.token(samples.compact({"sub": claim}))
    assert claim.split(maxsplit=1)[0] in view.to_text()
    assert claim.strip() in view.to_html()


def luminance(colour: str) -> float:
    """WCAG 2.2's relative luminance of `#rrggbb`."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("mark", Mark)
def test_badges_have_a_contrast_of_seven_to_one(mark: Mark) -> None:
    """https://www.w3.org/TR/WCAG22/#contrast-enhanced"""
    assert contrast(*BADGES[mark]) >= 7


def test_pieces_have_a_contrast_of_seven_to_one() -> None:
    html = show.presigned_url(samples.presigned_url()).to_html()
    found = re.findall(r"<mark style=\"background:(#\w+);color:(#\w+)", html)
    assert len(set(found)) == 6
    assert all(contrast(*pair) >= 7 for pair in found)


def test_text_outside_badges_takes_the_colour_of_the_page() -> None:
    html = render("title", (Note("note"), Table("caption", ("a", "b"), (row("one", "two"),))))
    assert not re.findall(r"(?:^|[;\"])color:(?!inherit)", html)


def test_the_drawing_is_readable_on_its_fallback_colours_and_in_jupyterlabs_dark_theme() -> None:
    """Graphics 3:1, text 4.5:1 (WCAG 2.2, 1.4.11 and 1.4.3)."""
    from labkit.show import svg

    assert contrast("#1f2328", "#ffffff") >= 4.5
    assert contrast("#1f2328", "#eaeef2") >= 4.5
    assert "#1f2328" in svg.INK
    assert contrast(svg.REFUSED, "#ffffff") >= 3
    assert contrast(svg.REFUSED, "#111111") >= 3


def test_a_wide_table_stands_row_under_row_in_text() -> None:
    narrow = View("", (Table("t", ("name", "value"), (row("a", "b"),)),)).to_text()
    assert narrow == "t\nname  value\n----  -----\na     b"
    wide = View("", (Table("t", ("name", "value", "more"), (row("a", "b" * 90, "c" * 90),)),)).to_text()
    assert wide == f"t\n  a\n    value:  {'b' * 90}\n    more:   {'c' * 90}"


# Secrets

#: No view writes words in capitals only, so that a secret of capitals is found wherever it leaks.
secret_text = st.text("GHJKMNPQRSTVWXYZ", min_size=20, max_size=60)


def forms(view: View) -> Iterator[str]:
    yield from (repr(view), str(view), view.to_text(), view.to_html(), view._repr_html_())
    bundle = view._repr_mimebundle_(exclude=["image/png"])
    yield from (form for form in bundle.values() if isinstance(form, str))
    if isinstance(view, Sequence):
        yield from (view.to_svg(), view.to_mermaid())


@settings(max_examples=25, deadline=None)
@given(secret=secret_text)
def test_a_secret_is_in_no_form_of_any_view(secret: str) -> None:
    hidden = Secret(secret)
    records = [
        Tokens(hidden, hidden, hidden, timedelta(hours=1)),
        AppClient("client", "name", samples.user_pool, hidden),
        Challenge("NAME", {"SECRET_BLOCK": secret}, hidden),
        Credentials(secret, hidden, hidden, datetime(2026, 1, 31, tzinfo=UTC)),
        {
            "Password": secret,
            "access_key_id": secret,
            "AuthParameters": {"PASSWORD": secret},
            "deep": [hidden],
        },
        {"Logins": {"provider": secret}, "tokens": (hidden, {"inner": hidden})},
    ]
    views = [show.table(records), *(show.table(record) for record in records)]
    for view in views:
        assert not [form for form in forms(view) if secret in form]


@settings(max_examples=25, deadline=None)
@given(
    claims=st.dictionaries(
        st.text(max_size=12), st.text(max_size=20) | st.integers() | st.lists(st.text(max_size=5))
    ),
    signature=st.binary(min_size=20, max_size=64),
)
def test_a_raw_token_and_its_signature_are_in_no_form_of_any_view(
    claims: dict[str, Any], signature: bytes
) -> None:
    raw = samples.compact(
        {**samples.claims("id"), **claims, "iat": 1769860800, "exp": 1769864400}, signature=signature
    )
    views = [
        show.token(raw),
        show.token(Secret(raw)),
        show.compare(one=raw, two=Secret(raw)),
        show.lifetimes(now=samples.signed_in, id_token=raw),
        # Where a learner or AWS's message puts it into ordinary text.
        show.table({"note": f"my token is {raw}."}),
        show.attempt(an_attempt(f"token {raw} is no good")),
        show.decision(a_decision(raw)),
        show.matrix(a_matrix(raw)),
        show.simulation(a_simulation(raw), a_decision(raw)),
        show.sequence([samples.api_call("s3", "Get", error_code=raw)], title=raw),
    ]
    parts = [raw, raw.split(".")[1], raw.split(".")[2], signature.hex(), base64.b64encode(signature).decode()]
    for view in views:
        for form in forms(view):
            assert not [part for part in parts if part in form]


def test_what_looks_like_a_token_is_masked_and_what_does_not_is_kept() -> None:
    assert clean("eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9.") == "eyJh…"
    assert clean(f"key ASIA{'Z' * 16}!") == "key ASIA…!"
    assert (
        clean("role AROAZZZZZZZZZZZZZZZZZ of us-east-1:9.8.7")
        == "role AROAZZZZZZZZZZZZZZZZZ of us-east-1:9.8.7"
    )
    assert json.loads(clean('{"alg": "RS256"}')) == {"alg": "RS256"}
