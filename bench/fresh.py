"""`python -m bench.fresh labkit|moto`: what a fresh kernel does until it holds temporary credentials.

It prints a line then, and nothing before; the time until that line is measured.
"""

from __future__ import annotations

import sys
from typing import Any


def labkit() -> None:
    """The account in this process, as a notebook without `labkit start` opens it."""
    from bench import chain
    from labkit import open_account

    with open_account() as account:
        chain.create(account.client).credentials()
        print("credentials", flush=True)


def moto() -> None:
    """moto's own server in this process."""
    from moto.server import ThreadedMotoServer

    from bench import chain, servers

    server: Any = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    chain.create(lambda service: servers.client(service, endpoint, ("test", "test"))).credentials()
    print("credentials", flush=True)
    server.stop()


if __name__ == "__main__":
    {"labkit": labkit, "moto": moto}[sys.argv[1]]()
