"""JupyterLab that ends with `labkit start`: `python -m labkit.cli.lab PARENT_PID [arguments …]`.

A parent that is killed cannot stop its children, and neither POSIX nor Windows does so for it.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

import psutil

#: How often to look for the parent, and how long JupyterLab may take to end its kernels. Seconds.
_INTERVAL, _PATIENCE = 1.0, 10.0


def main() -> None:
    """Run JupyterLab with the arguments that follow the parent's process id."""
    parent = int(sys.argv.pop(1))
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    import zmq
    from jupyterlab.labapp import main as jupyterlab  # type: ignore[import-untyped]

    if zmq.has("curve"):  # a kernel that cannot encrypt warns the learner at every start
        sys.argv.append("--KernelManager.transport_encryption=auto")
    jupyterlab()


def _end_with(parent: int) -> None:
    _outlive(parent)
    myself = psutil.Process()
    kernels = myself.children(recursive=True)
    if sys.platform != "win32":  # where it is no request, but the end at once
        os.kill(os.getpid(), signal.SIGTERM)  # JupyterLab ends its kernels, then itself
        time.sleep(_PATIENCE)
    for process in {*kernels, *myself.children(recursive=True)}:
        _kill(process)
    os._exit(1)


def _outlive(parent: int) -> None:
    """Wait until the process has ended; a later one with the same id is another process."""
    try:
        process = psutil.Process(parent)
        while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
            time.sleep(_INTERVAL)
    except psutil.NoSuchProcess:
        return


def _kill(process: psutil.Process) -> None:
    try:
        process.kill()
    except psutil.Error:  # it ended by itself
        return


if __name__ == "__main__":
    main()
