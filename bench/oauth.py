"""`python -m bench.oauth`: a sign-in with a code and PKCE at a user pool's domain, labkit against MiniStack.

A sign-in is what a browser without cookies and then the app send, over one connection that stays open: the
authorization request with an S256 challenge and what it redirects to, the form with username and password,
the code with its verifier. AWS redirects an authorization request to /login, and so does labkit; MiniStack
answers with the page itself, in one request less. From the form on, both need two. The style sheet of
labkit's pages, which a browser loads once an hour, is not counted.

First each server shows what it checks: tokens are verified by its key set, and a code is refused with another
verifier, and when it comes again. Then the numbers are medians of rounds in which the servers take turns;
× = labkit ÷ the other, and less is better. On a machine that others use as well, the server's own CPU time
(user and system) is the steadier figure.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import Any

import jwt
import psutil

from bench import chain, servers
from bench.measure import computed
from bench.oauth_client import CALLBACK, SCOPES, App, Connection
from bench.run import clean_environment
from bench.table import Measured, Table

DOMAIN = "bench-lab"
#: Where a domain's paths are: labkit has many domains at one address.
BASES = {"labkit": f"/_domain/{DOMAIN}"}


@dataclass(frozen=True)
class Subject:
    """A server with a user pool, its user and its domain."""

    name: str
    app: App
    process: psutil.Process


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables."""
    options = _parser().parse_args(arguments)
    peers = [servers.labkit(), *servers.ministack_of(options.ministack)]
    with clean_environment(), ExitStack() as stack:
        subjects = [started(peer, stack) for peer in peers]
        for table in compared(subjects, rounds=options.rounds, count=options.count):
            print(table, flush=True)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.oauth", description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="how often each server has its turn (15)")
    parser.add_argument("--count", type=int, default=20, help="sign-ins of a turn (20)")
    parser.add_argument(
        "--ministack",
        default=sys.executable,
        metavar="PYTHON",
        help="the interpreter that has MiniStack, and cryptography: without it its tokens are not signed",
    )
    return parser


def started(peer: servers.Subject, stack: ExitStack) -> Subject:
    """The server, once it has shown that it verifies."""
    running = stack.enter_context(servers.running(peer))
    lab = chain.create(running.client)
    lab.idp.create_user_pool_domain(Domain=DOMAIN, UserPoolId=lab.user_pool_id)
    connection = stack.enter_context(closing(Connection(running.endpoint)))
    app = App(_client(lab), BASES.get(peer.name, ""), connection)
    require_checks(app, lab.user_pool_id)
    return Subject(peer.name, app, psutil.Process(running.process.pid))


def _client(lab: chain.Lab) -> str:
    """A public client that may use the code flow."""
    client = lab.idp.create_user_pool_client(
        UserPoolId=lab.user_pool_id,
        ClientName="web",
        SupportedIdentityProviders=["COGNITO"],
        AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthFlows=["code"],
        AllowedOAuthScopes=SCOPES.split(),
        CallbackURLs=[CALLBACK],
    )
    return str(client["UserPoolClient"]["ClientId"])


def require_checks(app: App, user_pool_id: str) -> None:
    """One sign-in whose tokens are verified; RuntimeError where a code is good for what it must not be."""
    key_set = app.connection.send(f"/{user_pool_id}/.well-known/jwks.json").text
    page = app.page()
    code = app.code(page)
    if app.redeem(code, f"{page.verifier}x").status != 400:
        raise RuntimeError("a code is good with another verifier")
    page = app.page()
    code = app.code(page)
    tokens = json.loads(app.redeem(code, page.verifier).text)
    if app.redeem(code, page.verifier).status != 400:
        raise RuntimeError("a code is good twice")
    for name in ("id_token", "access_token"):
        _verified(tokens[name], key_set, app.client_id)


def _verified(token: str, key_set: str, client_id: str) -> dict[str, Any]:
    """The claims of a token that its pool signed for this client."""
    key = jwt.PyJWKSet.from_json(key_set)[jwt.get_unverified_header(token)["kid"]]
    claims: dict[str, Any] = jwt.decode(token, key, algorithms=["RS256"], options={"verify_aud": False})
    if client_id not in (claims.get("aud"), claims.get("client_id")):
        raise RuntimeError("a token is another client's")
    return claims


def compared(subjects: Sequence[Subject], *, rounds: int, count: int) -> list[Table]:
    """What a sign-in took: the whole of it, and its two last requests."""
    whole: dict[str, list[dict[str, float]]] = {subject.name: [] for subject in subjects}
    ends: dict[str, list[dict[str, float]]] = {subject.name: [] for subject in subjects}
    for number in range(rounds + 1):
        for subject in subjects:
            journeys, end = _turn(subject, count)
            if number:  # the first warms up
                whole[subject.name].append(journeys)
                ends[subject.name].append(end)
    return [Table("sign-in, code and PKCE", _medians(whole)), Table("from the form on", _medians(ends))]


def _turn(subject: Subject, count: int) -> tuple[dict[str, float], dict[str, float]]:
    """One server's figures: of `count` sign-ins, and of the ends of as many others."""
    app = subject.app
    before, begin = app.connection.requests, (computed(subject.process), time.perf_counter())
    for _ in range(count):
        app.journey()
    journeys = _figures(subject, begin, before, count)
    pages = [app.page() for _ in range(count)]
    before, begin = app.connection.requests, (computed(subject.process), time.perf_counter())
    for page in pages:
        app.finish(page)
    return journeys, _figures(subject, begin, before, count)


def _figures(subject: Subject, begin: tuple[float, float], before: int, count: int) -> dict[str, float]:
    cpu, taken = computed(subject.process) - begin[0], time.perf_counter() - begin[1]
    return {
        "requests": (subject.app.connection.requests - before) / count,
        "ms": 1000 * taken / count,
        "CPU ms": 1000 * cpu / count,
    }


def _medians(found: dict[str, list[dict[str, float]]]) -> list[Measured]:
    return [
        Measured(name, {figure: statistics.median(each[figure] for each in turns) for figure in turns[0]})
        for name, turns in found.items()
    ]


if __name__ == "__main__":
    sys.exit(main())
