from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from arena.config.document.route import RouteSection


def route(**keys: Any) -> RouteSection:
    return RouteSection.model_validate({"path": "/", **keys})


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        ({"request": {"headers": {"set": {name: "x"}}}}, "reads and writes this header itself")
        for name in ("Host", "connection", "Content-Length", "transfer-encoding", "TE", "Upgrade", "x-request-id")
    ]
    + [
        ({"response": {"headers": {"remove": "Content-Length"}}}, "reads and writes this header itself"),
        ({"response": {"headers": {"rename": {"A": "Trailer"}}}}, "reads and writes this header itself"),
        ({"request": {"headers": {"remove": ["X_A"]}}}, "should be the name of a header"),
        ({"request": {"headers": {"set": {"a b": "x"}}}}, "should be the name of a header"),
        ({"request": {"headers": {"set": {"A": "s3cr3t\r\nB: 1"}}}}, "should be printable ASCII"),
        ({"request": {"headers": {"set": {"A": " x"}}}}, "should be printable ASCII"),
        ({"request": {"headers": {"set": {"A": "é"}}}}, "should be printable ASCII"),
        ({"request": {"headers": {"set": {"A": "1"}, "remove": "a"}}}, "names a more than once"),
        ({"request": {"headers": {"set": {"A": "1"}, "rename": {"B": "a"}}}}, "names a more than once"),
        ({"request": {"headers": {"add": {"A": "1", "a": "2"}}}}, "names a more than once"),
        ({"rewrite": {"query": {"set": {"a": "1"}, "remove": ["a"]}}}, "names a more than once"),
        ({"rewrite": {"prefix": "/a", "path": {"match": "/a", "to": "/b"}}}, "both a prefix and a path"),
        ({"rewrite": {"path": {"match": "/{a}/{a}", "to": "/b"}}}, "names a segment twice"),
        ({"rewrite": {"path": {"match": "/{a}", "to": "/{b}"}}}, r"names \{b\} in to"),
        ({"rewrite": {"path": {"match": "/a{b}", "to": "/b"}}}, "should be a path such as"),
        ({"rewrite": {"path": {"match": "/(a+)+", "to": "/?b"}}}, "should be a path such as"),
        ({"rewrite": {"prefix": "a"}}, "should be a path such as"),
        ({"response": {"status": {"204": "200"}}}, "has no body"),
        ({"response": {"status": {"200": "304"}}}, "has no body"),
        ({"response": {"status": {"200": "101"}}}, "greater than or equal to 200"),
    ],
)
def test_what_cannot_be(keys: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem) as caught:
        route(**keys)
    assert "s3cr3t" not in str([error["msg"] for error in caught.value.errors()])


def test_short_forms() -> None:
    section = route(request={"headers": {"remove": "A"}}, response={"status": {"404": "410"}})
    assert (section.request.headers.remove, section.response.status) == (["A"], {404: 410})
