"""What a phone's authenticator app scans, and what stands in it."""

from __future__ import annotations

import io
from urllib.parse import parse_qsl, unquote, urlsplit

from labkit.errors import LabError
from labkit.record import Secret, reveal
from labkit.show.blocks import Cell, Drawing, Table, row
from labkit.show.values import plain
from labkit.show.view import Drawn

#: Pixels of a module, the smallest square; four modules of white around it belong to the code.
_SCALE, _QUIET = 4, 4


def qr_code(uri: str | Secret) -> Drawn:
    """An `otpauth://` URI as a QR code, dark on white on any page, and its parts as a table.

    The picture holds the secret, and whoever sees it can make the user's codes; words mask it.
    Raises LabError for another kind of URI.

    https://github.com/google/google-authenticator/wiki/Key-Uri-Format
    """
    scheme, kind, path, query, _ = urlsplit(reveal(uri))
    if scheme != "otpauth":
        raise LabError(f"a QR code is drawn of an `otpauth://` URI: got one that begins `{scheme}:`")
    # The colon between issuer and account may be written `%3A`.
    named = {"type": kind, "label": unquote(path).removeprefix("/"), **dict(parse_qsl(query))}
    title = f"QR code for {named['label']}"
    parts = tuple(row(name, Cell(_shown(name, value), code=True)) for name, value in named.items())
    drawing = Drawing(
        _svg(reveal(uri), title),
        "\n".join(f"{name}: {_shown(name, value)}" for name, value in named.items()),
        Table("What the code says, its secret masked", ("part", "value"), parts),
    )
    return Drawn(title, (drawing,))


def _shown(name: str, value: str) -> str:
    return plain(Secret(value) if name == "secret" else value, name=name)


def _svg(text: str, title: str) -> str:
    import segno

    from labkit.show.blocks import clean

    code, svg = segno.make_qr(text), io.BytesIO()
    description = f"A QR code of {code.designator}, for an authenticator app."
    code.save(
        svg, kind="svg", border=_QUIET, dark="#000", light="#fff", title=clean(title), desc=description,
        xmldecl=False, nl=False, omitsize=True, svgclass=None, lineclass=None,
    )  # fmt: skip
    width, height = code.symbol_size(_SCALE, _QUIET)
    size = f'<svg role="img" width="{width}" height="{height}" '
    return svg.getvalue().decode().replace("<svg ", size, 1)
