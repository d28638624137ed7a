from __future__ import annotations

import time

import pytest

from arena.model.transform import PathRewrite
from arena.policy.path import BadPath
from arena.policy.rewrite import compile_rewrite


@pytest.mark.parametrize(
    ("rewrite", "prefix", "path", "new"),
    [
        (PathRewrite("/v2"), b"/api", b"/api/x", b"/v2/x"),
        (PathRewrite("/v2/"), b"/api", b"/api", b"/v2"),
        (PathRewrite("/"), b"/api", b"/api", b"/"),
        (PathRewrite("/"), b"/api", b"/api/x", b"/x"),
        (PathRewrite("/v2"), b"", b"/x", b"/v2/x"),
        (PathRewrite("/b/{id}", "/a/{id}"), b"/a", b"/a/1%2F2", b"/b/1%2F2"),
        (PathRewrite("/b/{id}", "/a/{id}"), b"/a", b"/a/1/2", b"/a/1/2"),
        (PathRewrite("/{y}.{x}", "/{x}/{y}"), b"", b"/1/2", b"/2.1"),
        (PathRewrite("/b/{rest}/of/{id}", "/a/{id}/{rest*}"), b"/a", b"/a/7/x/y", b"/b/x/y/of/7"),
        (PathRewrite("/b/{rest}", "/a/{rest*}"), b"/a", b"/a", b"/b/"),
        (PathRewrite("/b", "/a.c"), b"/a", b"/abc", b"/abc"),
    ],
)
def test_rewrites(rewrite: PathRewrite, prefix: bytes, path: bytes, new: bytes) -> None:
    assert compile_rewrite(rewrite)(path, prefix) == new


@pytest.mark.parametrize(
    ("rewrite", "path"),
    [
        (PathRewrite("/b/.{x}", "/a/{x}"), b"/a/."),
        (PathRewrite("/b/.{x}/c", "/a/{x}"), b"/a/.%2Fq"),
        (PathRewrite("/v2"), b"/api%2Fx"),
        (PathRewrite("/v2"), b"/%61pi/x"),
    ],
)
def test_what_would_have_two_meanings_is_refused(rewrite: PathRewrite, path: bytes) -> None:
    with pytest.raises(BadPath):
        compile_rewrite(rewrite)(path, b"/api")


@pytest.mark.parametrize(("match", "to"), [("/a/{x}", "/{y}"), ("/a{x}", "/"), ("/{x*}/b", "/"), ("/{}", "/")])
def test_patterns_that_make_no_sense(match: str, to: str) -> None:
    with pytest.raises(ValueError, match=r"\{"):
        compile_rewrite(PathRewrite(to, match))


def test_no_path_makes_matching_slow() -> None:
    rewrite = compile_rewrite(PathRewrite("/{a}", "/{a}/{b}/{c}/{d}/{e}/end/{f*}"))
    began = time.process_time()
    rewrite(b"/aaaa" * 12_000, b"")
    assert time.process_time() - began < 0.5
