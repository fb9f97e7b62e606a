"""`python -m bench.serve SERVER PORT [ws|wss]`: the local account under one of the servers that are compared.

With `ws` or `wss` it has an IoT endpoint too, without or with TLS; DescribeEndpoint tells where.
"""

from __future__ import annotations

import json
import sys
import threading
from typing import Any


def main(server: str, port: int, iot: str = "") -> None:
    """Serve until the process is killed; the administrator's keys are the first line of output."""
    from labkit.cli.serve import share_one_heap
    from labkit.local.app import create_app

    share_one_heap()  # as `labkit serve` does
    app = create_app()
    serving = _cheroot(app, port) if server == "cheroot" else _werkzeug(app, port, server)
    if iot:
        _iot(app, tls=iot == "wss")
    print(json.dumps([app.administrator.access_key_id, app.administrator.secret_access_key.reveal()]))
    serving()


def _cheroot(app: Any, port: int) -> Any:
    from labkit.local.server import Server

    Server(app, port).start()
    return threading.Event().wait


def _iot(app: Any, *, tls: bool) -> None:
    from labkit.local.gateway import Gateway

    Gateway(app.state, tls=tls).start()


def _werkzeug(app: Any, port: int, server: str) -> Any:
    from werkzeug.serving import WSGIRequestHandler, make_server

    class Handler(WSGIRequestHandler):
        # Keep-alive needs HTTP/1.1; werkzeug's own default is to close after each answer.
        protocol_version = "HTTP/1.1" if server == "werkzeug-1.1" else "HTTP/1.0"

        def log_request(self, *_: object) -> None:
            """The other servers write no log either."""

    return make_server("127.0.0.1", port, app, threaded=True, request_handler=Handler).serve_forever


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), *sys.argv[3:])
