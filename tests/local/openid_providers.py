"""An OpenID provider of nobody's on this machine, which answers whatever a test lets it answer."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from authlib.oidc.core.util import create_half_hash
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

CLIENT_ID, SECRET, ACCESS = "app-of-the-pool", "secret-of-the-app", "an-access-token"


@lru_cache(maxsize=4)
def key(name: str) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class OpenIdProvider:
    port: int
    #: What the token endpoint and userInfo answer: status and body.
    token: tuple[int, bytes] = (500, b"")
    user_info: tuple[int, bytes] = (500, b"")
    asked: list[tuple[str, str]] = field(default_factory=list)
    #: As what its callers name themselves.
    agents: set[str | None] = field(default_factory=set)

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def details(self) -> dict[str, str]:
        return {
            "client_id": CLIENT_ID,
            "client_secret": SECRET,
            "oidc_issuer": self.issuer,
            "attributes_request_method": "GET",
            "authorize_scopes": "openid email profile",
        }

    def says(self, claims: dict[str, Any], **more: Any) -> None:
        """Let it give an ID token with these claims, and say the same at userInfo."""
        self.gives(jwt.encode(claims, key("own"), algorithm="RS256", headers={"kid": "own"}), claims, **more)

    def gives(self, id_token: str | None, user_info: dict[str, Any], **more: Any) -> None:
        answer = {"access_token": ACCESS, "token_type": "Bearer", "id_token": id_token} | more
        self.token = 200, json.dumps({k: v for k, v in answer.items() if v is not None}).encode()
        shown = {k: v for k, v in user_info.items() if k in ("sub", "email", "name")}
        self.user_info = 200, json.dumps(shown).encode()

    def claims(self, nonce: str, now: int) -> dict[str, Any]:
        return {
            "iss": self.issuer,
            "sub": "mallory",
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
            "at_hash": create_half_hash(ACCESS, "RS256").decode(),
            "email": "mallory@example.com",
            "name": "Mallory",
        }

    def document(self, path: str) -> tuple[int, bytes]:
        if path == "/.well-known/openid-configuration":
            names = ("authorization", "token", "userinfo")
            endpoints = {f"{name}_endpoint": f"{self.issuer}/{name}" for name in names}
            return 200, json.dumps(
                endpoints | {"issuer": self.issuer, "jwks_uri": f"{self.issuer}/jwks"}
            ).encode()
        if path == "/jwks":
            public = RSAAlgorithm.to_jwk(key("own").public_key(), as_dict=True) | {"kid": "own"}
            return 200, json.dumps({"keys": [public]}).encode()
        return {"/token": self.token, "/userinfo": self.user_info}.get(path, (404, b""))


@contextmanager
def serving() -> Iterator[OpenIdProvider]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            provider.asked.append((self.command, self.path))
            provider.agents.add(self.headers.get("User-Agent"))
            status, body = provider.document(self.path)
            self.send_response(status)
            if status == 302:
                self.send_header("Location", f"{provider.issuer}/jwks")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, format: str, *args: Any) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider = OpenIdProvider(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
