"""What a route changes: sections to the model, and the model as sections again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from arena.config.secrecy import MASK, is_secret
from arena.model.transform import FACTS, REFERENCE, Edit, Pair, PathRewrite, StatusChange, Transform

if TYPE_CHECKING:
    from arena.config.document.route import RouteSection
    from arena.config.document.transform import HeadersSection, QuerySection, RewriteSection

_CREDENTIALS = ("authorization", "cookie", "set-cookie")


def transform(section: RouteSection) -> Transform:
    """What the route's `request`, `response` and `rewrite` say."""
    return Transform(
        request=_headers(section.request.headers),
        response=_headers(section.response.headers),
        statuses=tuple(StatusChange(of, to) for of, to in section.response.status.items()),
        path=_path(section.rewrite),
        query=_query(section.rewrite.query),
    )


def _headers(section: HeadersSection) -> Edit:
    return Edit(_pairs(section.set), _pairs(section.add), tuple(section.remove), _pairs(section.rename))


def _query(section: QuerySection) -> Edit:
    return Edit(_pairs(section.set), (), tuple(section.remove), _pairs(section.rename))


def _path(section: RewriteSection) -> PathRewrite | None:
    if section.path is not None:
        return PathRewrite(section.path.to, section.path.match)
    return None if section.prefix is None else PathRewrite(section.prefix)


def _pairs(table: dict[str, str]) -> tuple[Pair, ...]:
    return tuple(Pair(name, value) for name, value in table.items())


def shown(transform: Transform) -> dict[str, Any]:
    """The keys of a route that say `transform`; what says nothing is left out."""
    response = _shown_edit(transform.response, "headers")
    if transform.statuses:
        response["status"] = {change.of: change.to for change in transform.statuses}
    rewrite = _shown_edit(transform.query, "query")
    if transform.path is not None:
        rewrite |= _shown_path(transform.path)
    keys = {"request": _shown_edit(transform.request, "headers"), "response": response, "rewrite": rewrite}
    return {key: value for key, value in keys.items() if value}


def masked(transform: Transform) -> Transform:
    """`transform` without the credentials that its values hold."""
    from dataclasses import replace

    return replace(
        transform,
        request=_masked(transform.request),
        response=_masked(transform.response),
        query=_masked(transform.query),
    )


def _masked(edit: Edit) -> Edit:
    return Edit(_masked_pairs(edit.set), _masked_pairs(edit.add), edit.remove, edit.rename)


def _masked_pairs(pairs: tuple[Pair, ...]) -> tuple[Pair, ...]:
    return tuple(Pair(pair.name, MASK) if _holds_credential(pair) else pair for pair in pairs)


def _holds_credential(pair: Pair) -> bool:
    plain = REFERENCE.sub("", pair.value)  # a reference alone gives nothing away
    return bool(plain) and (is_secret(pair.name) or pair.name.lower() in _CREDENTIALS)


def _shown_edit(edit: Edit, key: str) -> dict[str, Any]:
    tables = {"set": edit.set, "add": edit.add, "rename": edit.rename}
    shown: dict[str, Any] = {
        name: {pair.name: _literal(pair.value) for pair in pairs} for name, pairs in tables.items() if pairs
    }
    if edit.remove:
        shown["remove"] = [_literal(name) for name in edit.remove]
    return {key: shown} if shown else {}


def _shown_path(path: PathRewrite) -> dict[str, Any]:
    if not path.match:
        return {"prefix": _literal(path.to)}
    return {"path": {"match": _literal(path.match), "to": _literal(path.to)}}


def _literal(text: str) -> str:
    """`$` doubled, except in a reference to a fact."""
    out, end = "", 0
    for found in REFERENCE.finditer(text):
        if found[1] in FACTS:
            out += text[end : found.start()].replace("$", "$$") + found[0]
            end = found.end()
    return out + text[end:].replace("$", "$$")
