"""`python -m bench.run`: the local account against bare moto and MiniStack, in one run.

Every number is a median of milliseconds; the ratio says how long labkit takes for each 1 of the other.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial

from bench import chain, servers
from bench.measure import Work, medians
from labkit.environment import without_account


@dataclass(frozen=True)
class Row:
    """One comparison: its title, and milliseconds by subject; the first subject is labkit."""

    title: str
    medians: dict[str, float]

    def __str__(self) -> str:
        (_, ours), *others = self.medians.items()
        cells = [f"{'labkit':>8} {ours:8.1f}"]
        cells += [f"{name:>21} {taken:8.1f} {ours / taken:5.2f}×" for name, taken in others]
        return f"{self.title:<34}{''.join(cells)}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table."""
    options = _parser().parse_args(arguments)
    peers = [servers.labkit()]
    if servers.has_moto():
        peers.append(servers.moto())
    else:
        print('moto is left out: its server needs `python -m pip install "moto[server]"`')
    peers += servers.ministack_of(options.ministack)
    print("median milliseconds; × = labkit ÷ the other")
    with clean_environment():
        for rows in (calls(peers, options.calls), by_server(options.calls), starts(peers, options.starts)):
            print(*rows, sep="\n", flush=True)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.run", description=__doc__)
    parser.add_argument("--calls", type=int, default=40, help="how often each call is timed (40)")
    parser.add_argument("--starts", type=int, default=5, help="how often each process is started (5)")
    parser.add_argument(
        "--ministack",
        default=sys.executable,
        metavar="PYTHON",
        help="the interpreter that has MiniStack, whose newer versions pin another botocore than boto3 needs",
    )
    return parser


@contextmanager
def clean_environment() -> Iterator[None]:
    """No setting of the machine's own leads a client elsewhere or slows one subject's start.

    Without bytecode files only labkit would be compiled at every start: pip compiles what it installs.
    """
    before = dict(os.environ)
    for name in (set(before) - set(without_account(before))) | {"PYTHONDONTWRITEBYTECODE"}:
        os.environ.pop(name, None)
    try:
        yield
    finally:
        os.environ.update(before)


def calls(peers: Sequence[servers.Subject], count: int) -> list[Row]:
    """Calls to running servers, by clients that are already made."""
    works: dict[str, Callable[[chain.Lab], Work]] = {
        "sign-in with a password": lambda lab: lab.sign_in,
        "sign-in + GetId + credentials": lambda lab: lab.credentials,
        "one S3 put": lambda lab: lab.put,
        "sign-in with SRP": lambda lab: lab.srp_sign_in,
    }
    with ExitStack() as stack:
        labs = {peer.name: _lab(peer, stack) for peer in peers}
        return [
            Row(title, medians({name: work(lab) for name, lab in labs.items()}, count=count, warm_up=3))
            for title, work in works.items()
        ]


def by_server(count: int) -> list[Row]:
    """The decision for cheroot: the same account under each server."""
    subjects = [servers.labkit(), servers.labkit("werkzeug"), servers.labkit("werkzeug-1.1")]
    with ExitStack() as stack:
        works = {subject.name: _lab(subject, stack).list_pools for subject in subjects}
        return [Row("one call, by the account's server", medians(works, count=3 * count, warm_up=3))]


def _lab(subject: servers.Subject, stack: ExitStack) -> chain.Lab:
    lab = chain.create(stack.enter_context(servers.running(subject)).client)
    lab.create_bucket()
    return lab


def starts(peers: Sequence[servers.Subject], count: int) -> list[Row]:
    """Fresh processes: a server until its first answer, and a kernel until its credentials."""
    answers: dict[str, Work] = {peer.name: partial(_first_answer, peer) for peer in peers}
    # MiniStack cannot run inside the process that uses it.
    fresh: dict[str, Work] = {p.name: partial(_fresh, p.name) for p in peers if p.name in ("labkit", "moto")}
    return [
        Row("start-up until the first answer", medians(answers, count=count)),
        Row("fresh process until credentials", medians(fresh, count=count)),
    ]


def _first_answer(subject: servers.Subject) -> None:
    with servers.running(subject) as server:
        server.client("cognito-idp").list_user_pools(MaxResults=1)


def _fresh(name: str) -> None:
    """Until the process says that it holds credentials; it is not waited for to end."""
    command = [sys.executable, "-m", "bench.fresh", name]
    with subprocess.Popen(
        command, cwd=servers.ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        process.kill()
    if not line:
        raise RuntimeError(f"`{' '.join(command)}` ended without credentials")


if __name__ == "__main__":
    sys.exit(main())
