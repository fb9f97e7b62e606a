"""The code flow and its address as a learner sees them: no secret, no port, and every word explained."""

from __future__ import annotations

from typing import Any

import pytest

from labkit import show
from labkit.errors import LabError
from labkit.record import Visit
from tests.unit.show import samples

DOMAIN, APP = "http://127.0.0.1:4577/_domain/my-lab", "http://127.0.0.1:39000"
STATE, CODE = "a-state-that-nobody-guesses", "c91147d2-aaaa-bbbb-cccc-000000000000"
NAMES = {DOMAIN: "Cognito", APP: "your app", STATE: "state"}
ASKED = {
    "redirect_uri": f"{APP}/callback",
    "scope": "openid",
    "state": STATE,
    "code_challenge": "E9Melhoa2Owv",
}
VISITS = (
    Visit("GET", f"{DOMAIN}/oauth2/authorize", ASKED, 302, f"{APP}/callback?code=x"),
    Visit("GET", f"{APP}/callback", {"code": CODE, "state": STATE}, 200),
)


def exchange(**changes: Any) -> Any:
    form = {"grant_type": "authorization_code", "code": "c911…", "code_verifier": "dBjf…"}
    made = {"request": form, "response": {"id_token": "eyJr…", "expires_in": 3600}}
    return samples.api_call(
        "cognito-domain", "/oauth2/token", address=f"{DOMAIN}/oauth2/token", **made | changes
    )


def test_what_the_app_asks_itself_stands_beside_the_browsers_way() -> None:
    text = show.redirects([*VISITS, exchange()], NAMES).to_text()
    assert " 2. --> your app  GET /callback" in text
    assert " 3. your app --> Cognito  POST /oauth2/token" in text
    assert "<-- 200, with id_token, expires_in" in text
    assert "state: ‹state›" in text
    assert "redirect_uri: ‹your app›/callback" in text


def test_the_apps_arrow_begins_at_the_app() -> None:
    both, browsers = show.redirects([*VISITS, exchange()], NAMES), show.redirects(VISITS, NAMES)
    svg, way = (view._repr_mimebundle_()["image/svg+xml"] for view in (both, browsers))
    assert (svg.count("<path"), way.count("<path")) == (6, 4)
    assert "3 requests of a browser and of the app" in svg
    assert "2 requests of a browser, from" in way
    assert "<th" in both.to_html()
    assert ">who<" in both.to_html()
    assert ">who<" not in browsers.to_html()


def test_a_refused_exchange_is_marked_and_a_question_without_a_form_is_a_get() -> None:
    refused = exchange(status=400, error_code="invalid_grant", response={"error": "invalid_grant"})
    assert "<-- ✗ 400, invalid_grant" in show.redirects([refused], NAMES).to_text()
    info = exchange(request={}, response={})
    assert "your app --> Cognito  GET /oauth2/token" in show.redirects([info], NAMES).to_text()
    assert "<-- 200, with nothing" in show.redirects([info], NAMES).to_text()


def test_a_call_that_no_domain_answered_is_no_redirect() -> None:
    with pytest.raises(LabError, match="got `ApiCall`"):
        show.redirects(samples.calls[:1], NAMES)


ADDRESS = f"{DOMAIN}/oauth2/authorize?response_type=code&redirect_uri={APP}/callback&state={STATE}"


def test_an_address_is_explained_parameter_by_parameter() -> None:
    text = show.sign_in_page(ADDRESS, NAMES).to_text()
    assert "`‹Cognito›/oauth2/authorize`" in text
    assert "one of" in text.partition("redirect_uri")[2]
    assert "‹your app›/callback" in text
    assert "‹state›" in text


@pytest.mark.parametrize("form", ["text/plain", "text/html"])
def test_what_is_stored_of_an_address_is_the_same_on_every_run(form: str) -> None:
    shown = show.sign_in_page(ADDRESS, NAMES)._repr_mimebundle_()[form]
    assert "127.0.0.1" not in shown
    assert STATE not in shown


def link_of(address: str) -> str:
    from ipywidgets.widgets.widget import _instances

    bundle = show.sign_in_page(address, NAMES)._repr_mimebundle_()
    widget: Any = _instances[bundle["application/vnd.jupyter.widget-view+json"]["model_id"]]
    return str(widget.value)


def test_in_jupyterlab_there_is_the_page_in_a_new_tab_or_here() -> None:
    page = link_of(ADDRESS)
    escaped = ADDRESS.replace("&", "&amp;")
    assert f'href="{escaped}" target="_blank" rel="noopener"' in page
    assert f'<iframe src="{escaped}" title="The sign-in page" loading="lazy"' in page


def test_a_page_of_aws_is_opened_in_a_tab_alone() -> None:
    page = link_of("https://my-lab.auth.us-east-1.amazoncognito.com/oauth2/authorize?state=x")
    assert 'target="_blank"' in page
    assert "<iframe" not in page


def test_an_address_stays_text() -> None:
    page = link_of(f'{ADDRESS}"><script>alert(1)</script>')
    assert "<script" not in page


@pytest.mark.parametrize("address", ["", "javascript:alert(1)", "/oauth2/authorize", "https://"])
def test_what_is_no_address_gets_a_sentence(address: str) -> None:
    with pytest.raises(LabError, match="is no address of a web page"):
        show.sign_in_page(address, NAMES)
