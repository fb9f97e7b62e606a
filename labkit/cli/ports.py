"""TCP ports on 127.0.0.1."""

from __future__ import annotations

import argparse
import socket
import sys

from labkit.errors import LabError

#: Where the local account listens if nothing else was asked for.
ACCOUNT_PORT = 4577
#: Where MQTT over WebSocket does; AWS's 443 is not for everybody to take.
IOT_PORT = 4578
#: MQTT with client certificates, as at AWS: https://docs.aws.amazon.com/iot/latest/developerguide/protocols.html
IOT_TLS_PORT = 8883
#: JupyterLab's own default.
LAB_PORT = 8888


def port(text: str) -> int:
    """A port as given on the command line; 0 means any free one."""
    if text.isascii() and text.isdigit() and int(text) <= 65535:
        return int(text)
    raise argparse.ArgumentTypeError(f"`{text}` is no port, expected a number from 0 to 65535")


def is_free(number: int) -> bool:
    """Whether a server could listen on 127.0.0.1:`number` now; also false for want of permission."""
    with socket.socket() as probe:
        if sys.platform != "win32":  # there, SO_REUSEADDR would share a port that is in use
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", number))
        except OSError:
            return False
    return True


def require_free(wanted: int) -> None:
    """Raises `LabError` where something listens on `wanted` already."""
    if wanted and not is_free(wanted):
        raise LabError(
            f"port `{wanted}` is in use or not allowed: stop what listens there, or name another port"
        )


def choose(wanted: int | None, default: int) -> int:
    """The port to use: `wanted` if free (else `LabError`), without it `default` or any free one."""
    if wanted is None:
        return default if is_free(default) else any_free()
    require_free(wanted)
    return wanted or any_free()


def any_free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
    return number
