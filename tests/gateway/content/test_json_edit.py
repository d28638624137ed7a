from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from arena.gateway.content.json_edit import NoPlace, compile_json_edit, parse_pointer
from arena.model.principal import Principal
from arena.model.transform import BodyEdit, Pair


def edited(value: Any, *, set: dict[str, Any] | None = None, remove: tuple[str, ...] = (), rename: dict[str, str] | None = None,
           sub: str | None = "ana") -> Any:  # fmt: skip
    principal = None if sub is None else Principal(sub)
    change = compile_json_edit(
        BodyEdit(
            tuple(Pair(name, json.dumps(each)) for name, each in (set or {}).items()),
            remove,
            tuple(Pair(*each) for each in (rename or {}).items()),
        )
    )
    assert change is not None
    return change(SimpleNamespace(principal=principal, request_id=b"r-1"), value)  # type: ignore[arg-type]  # what it reads


@pytest.mark.parametrize(
    ("before", "edit", "after"),
    [
        ({}, {"set": {"/a": 1}}, {"a": 1}),
        ({"a": 0}, {"set": {"/a": {"b": [1, None]}}}, {"a": {"b": [1, None]}}),
        ({}, {"set": {"/a/b/c": True}}, {"a": {"b": {"c": True}}}),
        ({"a": [1, 2]}, {"set": {"/a/1": 9}}, {"a": [1, 9]}),
        ({"a": [1]}, {"set": {"/a/-": 9}}, {"a": [1, 9]}),
        ({}, {"set": {"/a/b/-": 9}}, {"a": {"b": [9]}}),
        ({"a/b": 1, "m~n": 2}, {"set": {"/a~1b": 3}, "remove": ("/m~0n",)}, {"a/b": 3}),
        ({"": 1}, {"remove": ("/",)}, {}),
        ({"a": {"b": 1, "c": 2}}, {"remove": ("/a/b", "/x/y", "/a/c/d")}, {"a": {"c": 2}}),
        ([1, 2, 3, 4], {"remove": ("/1", "/3")}, [1, 3]),
        (list(range(12)), {"remove": ("/2", "/10", "/1")}, [0, 3, 4, 5, 6, 7, 8, 9, 11]),
        ([1], {"remove": ("/-", "/1", "/01", "/x")}, [1]),
        ({"a": 1, "b": 2}, {"rename": {"/a": "/b"}}, {"b": 1}),
        ({"b": 2}, {"rename": {"/a": "/b"}}, {}),
        ({"a": 1}, {"rename": {"/a": "/x/y"}}, {"x": {"y": 1}}),
        ("text", {"remove": ("/a",)}, "text"),
        ({}, {"set": {"/a": "${principal.sub}", "/b": "x-${request.id}", "/c": "${nothing}"}},
         {"a": "ana", "b": "x-r-1", "c": "${nothing}"}),
    ],
)  # fmt: skip
def test_edits(before: Any, edit: dict[str, Any], after: Any) -> None:
    assert edited(before, **edit) == after


@pytest.mark.parametrize(
    ("before", "pointer"),
    [("text", "/a"), ([], "/a"), ([1], "/1"), ([1], "/01"), ({"a": 1}, "/a/b"), ({"a": None}, "/a/b"), (None, "/a"),
     ({"a": [1]}, "/a/5/b")],
)  # fmt: skip
def test_where_there_is_no_place_it_says_so(before: Any, pointer: str) -> None:
    with pytest.raises(NoPlace, match="there is no place for"):
        edited(before, set={pointer: 1})


def test_an_absent_fact_leaves_nothing_of_the_senders_own() -> None:
    assert edited({"user": "forged", "b": 1}, set={"/user": "${principal.sub}"}, sub=None) == {"b": 1}
    assert edited({}, set={"/u": {"sub": "${principal.sub}"}, "/l": ["${principal.sub}"]}, sub=None) == {
        "u": {"sub": None}, "l": [None],
    }  # fmt: skip


def test_a_fact_is_text_whatever_it_holds() -> None:
    assert edited({}, set={"/a": "${principal.sub}"}, sub='","admin":true,"x":"') == {"a": '","admin":true,"x":"'}


def test_two_exchanges_do_not_share_what_is_set() -> None:
    change = compile_json_edit(BodyEdit((Pair("/a", '{"l": []}'),)))
    assert change is not None
    first, second = change(None, {}), change(None, {})  # type: ignore[arg-type]  # it names no fact
    first["a"]["l"].append(1)
    assert second == {"a": {"l": []}}


def test_nothing_to_change_is_no_function() -> None:
    assert compile_json_edit(BodyEdit()) is None


@pytest.mark.parametrize("text", ["", "a", "a/b", "/~", "/~2"])
def test_no_pointers(text: str) -> None:
    with pytest.raises(ValueError, match="no JSON pointer"):
        parse_pointer(text)
