"""A connection over which the next request is awaited for a moment by the thread that answered the last one.

cheroot hands a connection back to its selector after each answer, and the next request from there to another
thread: two changes of thread, which take as long as many an answer. Who asked once mostly asks again at once.
"""

from __future__ import annotations

import socket

from cheroot.server import HTTPConnection

#: Seconds: more than an SDK or a browser needs from an answer to its next request on this machine.
MOMENT = 0.005


class KeptOpen(HTTPConnection):
    def communicate(self) -> bool:
        """Answer requests until none comes at once, or others wait for a thread. True: keep it open."""
        while super().communicate():  # type: ignore[no-untyped-call]
            if self.server.requests.qsize or not self._asks():
                return True
        return False

    def _asks(self) -> bool:
        """Whether something is there to be read, be it the end."""
        if self.rfile.has_data():
            return True
        patience = self.socket.gettimeout()
        self.socket.settimeout(MOMENT)
        try:
            self.socket.recv(1, socket.MSG_PEEK)
        except TimeoutError:
            return False
        except OSError:
            return True
        finally:
            self.socket.settimeout(patience)
        return True
