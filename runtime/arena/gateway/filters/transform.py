"""A route's transformation as the pieces that its requests and replies go through."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from arena.gateway.exchange import Exchange
from arena.gateway.filters.body import compile_reply_body, compile_request_body
from arena.gateway.filters.header import compile_edit
from arena.gateway.filters.query import compile_query
from arena.gateway.table.route import Filter
from arena.gateway.wire.reply import ReplyDraft
from arena.model.transform import Transform
from arena.policy.rewrite import Rewriter, compile_rewrite

ReplyEdit = Callable[[Exchange, ReplyDraft], None]


@dataclass(frozen=True, slots=True)
class Change:
    """What a request goes through once it has been let in, what the head of a reply goes through, and what becomes of the
    path; None for nothing."""

    filters: tuple[Filter, ...] = ()
    edit_reply: ReplyEdit | None = None
    rewrite: Rewriter | None = None


@lru_cache(maxsize=4096)  # a table is made with every snapshot, of routes that seldom change
def compile_transform(transform: Transform) -> Change:
    """Make `transform` ready. Raises ValueError for what cannot be."""
    rewrite = None if transform.path is None else compile_rewrite(transform.path)
    return Change(_request_filters(transform), _reply_edit(transform), rewrite)


def _request_filters(transform: Transform) -> tuple[Filter, ...]:
    edit, query = compile_edit(transform.request), compile_query(transform.query)
    filters: list[Filter] = []
    if edit is not None:

        def change(x: Exchange) -> None:
            x.fields = tuple(edit(x, x.fields))

        filters.append(change)
    if query is not None:
        filters.append(query)
    bodies = (compile_reply_body(transform.response_body), compile_request_body(transform.request_body))
    filters += [each for each in bodies if each is not None]
    return tuple(filters)


def _reply_edit(transform: Transform) -> ReplyEdit | None:
    edit = compile_edit(transform.response)
    statuses = {change.of: change.to for change in transform.statuses}
    if edit is None and not statuses:
        return None

    def change(x: Exchange, head: ReplyDraft) -> None:
        head.status = statuses.get(head.status, head.status)
        if edit is not None:
            head.fields = list(edit(x, head.fields))

    return change
