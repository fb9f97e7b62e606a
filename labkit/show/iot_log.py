"""What the account decided about each packet, and why."""

from __future__ import annotations

from collections.abc import Iterable

from labkit.show.blocks import Cell, Mark, Note, Table, row
from labkit.show.names import shorten
from labkit.show.view import View
from labkit.things import LogEntry

_PAGE = "https://docs.aws.amazon.com/iot/latest/developerguide/cloud-watch-logs.html"

#: Verdicts as the account writes them, in words and with a mark; others are shown as they are.
_MARKS = {"ALLOWED": Mark.ALLOW, "IMPLICIT_DENY": Mark.NEITHER, "EXPLICIT_DENY": Mark.DENY}


def iot_log(entries: Iterable[LogEntry], *, title: str = "What AWS IoT decided") -> View:
    """Packet by packet, oldest first: who asked for what, the verdict, and its reason.

    Long ids are cut; of a single client the name stands in the caption.
    """
    found = tuple(entries)
    if not found:
        return View(title, (Note("Nothing was noted."),))
    clients = shorten([entry.client_id for entry in found]).short
    several = len(set(clients)) > 1
    lines = tuple(
        row(str(number), *((Cell(client, code=True),) if several else ()), *_cells(entry))
        for number, (client, entry) in enumerate(zip(clients, found, strict=True), 1)
    )
    head = ("#", *(("client",) if several else ()), "packet", "topic", "verdict", "reason")
    caption = f"{len(found)} decisions" + ("" if several else f" about the client `{found[0].client_id}`")
    note = Note("A real account writes such a log to CloudWatch, where it is switched on.", source=_PAGE)
    return View(title, (Table(caption, head, lines), note))


def _cells(entry: LogEntry) -> tuple[Cell, ...]:
    verdict = entry.verdict.upper().replace(" ", "_")
    words = entry.verdict.replace("_", " ").lower()
    mark = _MARKS.get(verdict, Mark.DENY)
    (topic,) = shorten([entry.topic]).short
    return Cell(entry.event), Cell(topic, code=True), Cell(words, mark=mark), Cell(entry.reason)
