"""aws-amplify, unmodified, in a web app that sends its users to a user pool's domain.

Amplify writes `https://` before `oauth.domain` itself, so the account is served over HTTPS as well. The
browser here overlooks that nobody told it of the account's CA; the last test verifies the certificate.

https://github.com/aws-amplify/amplify-js/issues/14799
"""

from __future__ import annotations

import json
import re
import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen

import boto3
import jwt
import pytest
from playwright.sync_api import Browser, Page, Request, expect

from tests.clients.served import Served, key_set, serve
from tests.clients.test_javascript import FOLDER, require_packages

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

DOMAIN, PASSWORD = "my-lab", "Correct-horse-1"
SCOPES = ["openid", "email", "profile", "aws.cognito.signin.user.admin"]
#: People of the stand-ins: data/people.json.
ANA = ("ana@example.com", "correct-horse-1")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    command = ("labkit", "serve", "--port", "0", "--https-port", "0", "--env-file")
    with serve(tmp_path_factory.mktemp("account"), command) as account, pytest.MonkeyPatch.context() as patch:
        for name, value in account.environment.items():
            patch.setenv(name, value)
        yield account


@dataclass(frozen=True)
class Site:
    """A web app's own address, and what signs its users in."""

    address: str
    user_pool_id: str
    client_id: str
    jwks: str

    def verified(self, token: str) -> dict[str, Any]:
        """The claims, once signature, times and issuer hold."""
        key = jwt.PyJWKSet.from_json(self.jwks)[jwt.get_unverified_header(token)["kid"]]
        issuer = f"https://cognito-idp.us-east-1.amazonaws.com/{self.user_pool_id}"
        options: Any = {"verify_aud": False}
        return dict(jwt.decode(token, key, algorithms=["RS256"], issuer=issuer, options=options))


@pytest.fixture(scope="module")
def site(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The bundled page at an address of its own, as a developer's server has it."""
    folder = bundled(tmp_path_factory.mktemp("app"))

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            """Nothing to say."""

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        address = f"http://localhost:{server.server_port}/"
        pool_id, client_id = user_pool(served, address)
        (folder / "config.json").write_text(json.dumps(config(served, pool_id, client_id, address)))
        yield Site(address, pool_id, client_id, key_set(pool_id))
        server.shutdown()


def bundled(folder: Path) -> Path:
    """The page as a bundler makes it for a browser."""
    require_packages("esbuild")
    source = FOLDER / "page"
    shutil.copy(source / "index.html", folder)
    command = [shutil.which("node") or "node", "bundle.js", str(folder / "app.js")]
    subprocess.run(command, cwd=source, check=True, timeout=60)
    return folder


def user_pool(served: Served, address: str) -> tuple[str, str]:
    """A pool with a user, a domain, two providers, and the app's client."""
    idp = boto3.client("cognito-idp")
    pool_id = idp.create_user_pool(PoolName="web", AutoVerifiedAttributes=["email"])["UserPool"]["Id"]
    idp.create_user_pool_domain(Domain=DOMAIN, UserPoolId=pool_id)
    known = json.loads(urlopen(f"{served.endpoint}/_idp/apps.json", timeout=10).read())
    google = known["google"] | {"authorize_scopes": "profile email openid"}
    corp = {name: known["example-corp"][name] for name in ("client_id", "client_secret", "oidc_issuer")}
    corp |= {"attributes_request_method": "GET", "authorize_scopes": "openid email profile"}
    for name, kind, details in (("Google", "Google", google), ("ExampleCorp", "OIDC", corp)):
        idp.create_identity_provider(
            UserPoolId=pool_id,
            ProviderName=name,
            ProviderType=kind,  # type: ignore[arg-type]
            ProviderDetails=details,
            AttributeMapping={"email": "email", "name": "name"},
        )
    client = idp.create_user_pool_client(
        UserPoolId=pool_id,
        ClientName="web",
        SupportedIdentityProviders=["COGNITO", "Google", "ExampleCorp"],
        AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthFlows=["code"],
        AllowedOAuthScopes=SCOPES,
        CallbackURLs=[address],
        LogoutURLs=[address],
    )["UserPoolClient"]
    idp.admin_create_user(
        UserPoolId=pool_id,
        Username="ann",
        UserAttributes=[{"Name": "email", "Value": "ann@example.com"}],
        MessageAction="SUPPRESS",
    )
    idp.admin_set_user_password(UserPoolId=pool_id, Username="ann", Password=PASSWORD, Permanent=True)
    return pool_id, client["ClientId"]


def config(served: Served, pool_id: str, client_id: str, address: str) -> dict[str, Any]:
    """Amplify's settings: nothing of the account's but its two addresses.

    https://docs.amplify.aws/react/reference/amplify_outputs/ names them in the generated file's words.
    """
    https = served.environment["LABKIT_HTTPS_URL"].removeprefix("https://")
    oauth = {
        "domain": f"{https}/_domain/{DOMAIN}",
        "scopes": SCOPES,
        "redirectSignIn": [address],
        "redirectSignOut": [address],
        "responseType": "code",
    }
    cognito = {
        "userPoolId": pool_id,
        "userPoolClientId": client_id,
        "userPoolEndpoint": served.endpoint,
        "loginWith": {"oauth": oauth},
    }
    return {"Auth": {"Cognito": cognito}}


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    context = browser.new_context(ignore_https_errors=True)
    page = context.new_page()
    page.goto(site.address)
    expect(page.get_by_role("status")).to_have_text("Signed out")
    yield page
    context.close()


def asked(page: Page, path: str) -> list[Request]:
    """Requests to the domain's endpoints, as they are sent from now on."""
    seen: list[Request] = []
    page.on("request", lambda request: seen.append(request) if path in request.url else None)
    return seen


def claims(page: Page, site: Site) -> tuple[dict[str, Any], dict[str, Any]]:
    """Of the ID and the access token that the app holds, verified."""
    shown = page.evaluate("window.shown")
    return site.verified(shown["idToken"]), site.verified(shown["accessToken"])


def signed_in_with(page: Page, button: str, who: tuple[str, str]) -> None:
    page.get_by_role("button", name=button, exact=True).click()
    page.get_by_label(re.compile("Username|Email|E-mail")).fill(who[0])
    page.get_by_label("Password").fill(who[1])
    page.get_by_role("button", name=re.compile("Sign in|Allow|Continue")).first.click()


def test_a_person_signs_in_at_the_domain_and_amplify_gets_tokens_and_signs_out(
    page: Page, site: Site
) -> None:
    exchanges, ends = asked(page, "/oauth2/token"), asked(page, "/logout")
    signed_in_with(page, "Sign in", ("ann", PASSWORD))
    expect(page.get_by_role("status")).to_have_text("Signed in as ann")
    assert page.url == site.address
    id_token, access_token = claims(page, site)
    assert (id_token["aud"], id_token["email"]) == (site.client_id, "ann@example.com")
    assert (access_token["client_id"], access_token["scope"].split()) == (site.client_id, SCOPES)
    assert page.evaluate("window.customState") == "from page 7"
    (exchange,) = [request for request in exchanges if request.method == "POST"]
    form = parse_qs(exchange.post_data or "")
    assert form["grant_type"] == ["authorization_code"]
    assert len(form["code_verifier"][0]) >= 43
    page.reload()
    expect(page.get_by_role("status")).to_have_text("Signed in as ann")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("status")).to_have_text("Signed out")
    assert parse_qs(urlsplit(ends[0].url).query)["client_id"] == [site.client_id]
    page.get_by_role("button", name="Sign in", exact=True).click()  # the domain's session is over, too
    expect(page.get_by_label("Password")).to_be_visible()


@pytest.mark.parametrize(
    ("button", "provider"), [("Sign in with Google", "Google"), ("Sign in with Example Corp", "ExampleCorp")]
)
def test_a_person_signs_in_with_another_provider(page: Page, site: Site, button: str, provider: str) -> None:
    signed_in_with(page, button, ANA)
    expect(page.get_by_role("status")).to_have_text(
        re.compile(f"Signed in as {provider.lower()}_", re.IGNORECASE)
    )
    id_token, _ = claims(page, site)
    assert id_token["email"] == ANA[0]
    assert [one["providerName"] for one in id_token["identities"]] == [provider]
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("status")).to_have_text("Signed out")


def test_amplify_renews_the_tokens_of_such_a_sign_in(page: Page, site: Site) -> None:
    signed_in_with(page, "Sign in", ("ann", PASSWORD))
    expect(page.get_by_role("status")).to_have_text("Signed in as ann")
    first, _ = claims(page, site)
    page.get_by_role("button", name="Renew").click()
    expect(page.get_by_role("status")).to_have_text("Signed in as ann")
    second, access_token = claims(page, site)
    assert second["jti"] != first["jti"]
    assert (second["sub"], second["origin_jti"]) == (first["sub"], first["origin_jti"])
    assert access_token["scope"].split() == SCOPES


def test_an_app_hears_that_a_person_would_not_sign_in_with_the_provider(page: Page) -> None:
    page.get_by_role("button", name="Sign in with Google").click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("status")).to_have_text("Failed: access_denied")


def test_the_certificate_is_one_of_the_accounts_authority(served: Served) -> None:
    address, ca = served.environment["LABKIT_HTTPS_URL"], served.environment["AWS_IOT_CA"]
    context = ssl.create_default_context(cafile=ca)
    for host in ("localhost", "127.0.0.1"):
        url = f"{address.replace('localhost', host)}/_domain/{DOMAIN}/style.css"
        with urlopen(url, timeout=10, context=context) as answer:
            assert answer.status == 200
    with pytest.raises(OSError, match="CERTIFICATE_VERIFY_FAILED"):
        urlopen(address, timeout=10, context=ssl.create_default_context())
