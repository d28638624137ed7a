"""The query changed as a route says. Names are compared decoded; what is not named stays byte for byte."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote, unquote_to_bytes

from arena.gateway.exchange import Exchange
from arena.gateway.filters.template import compile_template
from arena.model.transform import Edit


def compile_query(edit: Edit) -> Callable[[Exchange], None] | None:
    """A filter that edits the query; None when nothing is to be done. A template without its fact sets nothing."""
    if edit == Edit():
        return None
    gone = frozenset(name.encode() for name in (*edit.remove, *(pair.name for pair in edit.set)))
    renamed = {pair.name.encode(): quote(pair.value, safe="").encode() for pair in edit.rename}
    made = [(quote(pair.name, safe="") + "=", compile_template(pair.value)) for pair in edit.set]

    def change(x: Exchange) -> None:
        pieces = [renamed_piece for piece in x.query[1:].split(b"&") if (renamed_piece := _kept(piece, gone, renamed))]
        for start, template in made:
            value = template(x)
            if value is not None:
                pieces.append((start + quote(value, safe="", errors="replace")).encode())
        x.query = b"?" + b"&".join(pieces) if pieces else b""

    return change


def _kept(piece: bytes, gone: frozenset[bytes], renamed: dict[bytes, bytes]) -> bytes:
    """The pair under its new name, b'' when it goes."""
    name, equals, value = piece.partition(b"=")
    decoded = unquote_to_bytes(name.replace(b"+", b" "))
    if decoded in gone:
        return b""
    return renamed[decoded] + equals + value if decoded in renamed else piece
