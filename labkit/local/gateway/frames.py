"""A client's WebSocket frames, RFC 6455, 5.2: where each begins and ends, and what the usual ones carry."""

from __future__ import annotations

from collections.abc import Callable

try:
    from websockets.speedups import apply_mask
except ImportError:  # no wheel for this machine
    from websockets.utils import apply_mask

#: A masked binary frame that is a whole message: nearly every frame of nearly every client.
_WHOLE = 0x82


class Frames:
    """Reads whole binary messages itself, in a fifth of the time that `websockets` takes for them; every
    other frame goes there, complete, to be checked and answered."""

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self._begun = bytearray()
        self._wanted = 0
        self._fragmented = False

    def feed(self, data: bytes, payloads: list[bytes], other: Callable[[bytes], bool]) -> bool:
        """Add the payloads of whole messages; `other` gets every other frame and says whether to go on, as
        does this."""
        if self._begun:
            self._begun += data
            if len(self._begun) < self._wanted:
                return True
            data = bytes(self._begun)
            self._begun.clear()
        at, available, self._wanted = 0, len(data), 0
        while at + 2 <= available:
            first, length, mask = data[at], data[at + 1] - 0x80, at + 2
            if length > 125:
                mask += 2 if length == 126 else 8
                length = int.from_bytes(data[at + 2 : mask], "big")
            if not 0 <= length <= self._largest:  # unmasked, or too long
                return other(data[at:])
            body, end = mask + 4, mask + 4 + length
            if end > available:
                self._wanted = end - at if body <= available else body - at
                break
            if first == _WHOLE and not self._fragmented:
                payloads.append(apply_mask(data[body:end], data[mask:body]))
            elif not self._pass_on(first, data[at:end], other):
                return False
            at = end
        self._begun += data[at:] if at else data
        return True

    def _pass_on(self, first: int, frame: bytes, other: Callable[[bytes], bool]) -> bool:
        opcode = first & 0x0F
        if opcode <= 2:  # a control frame may come between a message's fragments
            self._fragmented = not first & 0x80
        return other(frame)
