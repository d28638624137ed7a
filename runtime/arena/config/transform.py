"""What a route changes: sections to the model, and the model as sections again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from arena.config.secrecy import MASK, is_secret
from arena.model.transform import FACTS, REFERENCE, BodyEdit, Edit, Pair, PathRewrite, StatusChange, Transform

if TYPE_CHECKING:
    from arena.config.document.route import RouteSection
    from arena.config.document.transform import BodySection, HeadersSection, QuerySection, RewriteSection

_CREDENTIALS = ("authorization", "cookie", "set-cookie")


def transform(section: RouteSection) -> Transform:
    """What the route's `request`, `response` and `rewrite` say."""
    return Transform(
        request=_headers(section.request.headers),
        response=_headers(section.response.headers),
        statuses=tuple(StatusChange(of, to) for of, to in section.response.status.items()),
        path=_path(section.rewrite),
        query=_query(section.rewrite.query),
        request_body=_body(section.request.body),
        response_body=_body(section.response.body),
    )


def _body(section: BodySection) -> BodyEdit:
    values = tuple(Pair(pointer, json.dumps(_value(value))) for pointer, value in section.set.items())
    return BodyEdit(values, tuple(section.remove), _pairs(section.rename), section.max_bytes)


def _value(value: Any) -> Any:
    """A value as the file's scalars mean it: JSON where they read as JSON, else text."""
    if isinstance(value, dict):
        return {key: _value(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_value(each) for each in value]
    try:
        return json.loads(value, parse_constant=str) if isinstance(value, str) else value
    except ValueError:
        return value


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
    request = _shown_edit(transform.request, "headers") | _shown_body(transform.request_body)
    response |= _shown_body(transform.response_body)
    keys = {"request": request, "response": response, "rewrite": rewrite}
    return {key: value for key, value in keys.items() if value}


def masked(transform: Transform) -> Transform:
    """`transform` without the credentials that its values hold."""
    from dataclasses import replace

    return replace(
        transform,
        request=_masked(transform.request),
        response=_masked(transform.response),
        query=_masked(transform.query),
        request_body=replace(transform.request_body, set=_masked_values(transform.request_body.set)),
        response_body=replace(transform.response_body, set=_masked_values(transform.response_body.set)),
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


def _masked_values(pairs: tuple[Pair, ...]) -> tuple[Pair, ...]:
    return tuple(
        Pair(pair.name, json.dumps(MASK)) if is_secret(pair.name) and REFERENCE.sub("", pair.value) != '""' else pair
        for pair in pairs
    )


def _shown_body(edit: BodyEdit) -> dict[str, Any]:
    """Every value as JSON text, which reads back as itself; text, in quotes, is JSON too."""
    if edit == BodyEdit():
        return {}
    shown: dict[str, Any] = {"max_bytes": edit.max_bytes}
    if edit.set:
        shown["set"] = {_literal(pair.name): _shown_value(json.loads(pair.value)) for pair in edit.set}
    if edit.remove:
        shown["remove"] = [_literal(pointer) for pointer in edit.remove]
    if edit.rename:
        shown["rename"] = {_literal(pair.name): _literal(pair.value) for pair in edit.rename}
    return {"body": shown}


def _shown_value(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _shown_value(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_shown_value(each) for each in value]
    return _literal(json.dumps(value))
