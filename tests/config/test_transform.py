from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from arena.config import Loaded
from arena.config.present import render
from arena.config.secrecy import MASK
from arena.model.transform import BodyEdit, Edit, Pair, PathRewrite, StatusChange, Transform

Load = Callable[..., Loaded]
Problems = Callable[..., list[str]]
TEXT = """
services:
  a:
    command: a
    routes:
      - path: /a
        request:
          headers:
            set: {X-User: "$$ ${principal.sub}", Authorization: "Bearer ${SECRET}", X-Token: "${principal.sub}"}
            add: {X-A: 1}
            remove: Cookie
            rename: {X-Old: X-New}
        response: {headers: {remove: [Server]}, status: {404: 410}}
        rewrite: {path: {match: "/a/{id}", to: "/b/{id}"}, query: {set: {u: "${principal.sub}"}, remove: [x], rename: {p: q}}}
      - {path: /p, rewrite: {prefix: /q}, upgrade: websocket}
"""


def test_a_whole_transformation(load: Load) -> None:
    first, second = load(TEXT, env={"SECRET": "s3cr3t"}).project.services[0].routes
    assert first.transform == Transform(
        Edit(
            (Pair("X-User", "$ ${principal.sub}"), Pair("Authorization", "Bearer s3cr3t"), Pair("X-Token", "${principal.sub}")),
            (Pair("X-A", "1"),),
            ("Cookie",),
            (Pair("X-Old", "X-New"),),
        ),
        Edit(remove=("Server",)),
        (StatusChange(404, 410),),
        PathRewrite("/b/{id}", "/a/{id}"),
        Edit((Pair("u", "${principal.sub}"),), (), ("x",), (Pair("p", "q"),)),
    )  # fmt: skip
    assert (second.transform, second.upgrade) == (Transform(path=PathRewrite("/q")), "websocket")


def test_it_reads_back_and_is_masked(load: Load) -> None:
    project = load(TEXT, env={"SECRET": "s3cr3t"}).project
    text = render(project, "yaml", show_secrets=True)
    assert load(text).project == project
    hidden = render(project, "yaml")
    assert "s3cr3t" not in hidden
    assert hidden.count(MASK) == 1


@pytest.mark.parametrize(
    ("route", "problem"),
    [
        ('{path: "/${principal.sub}"}', "the fact principal.sub of a request has no value here"),
        (
            '{path: /, request: {headers: {set: {A: "${principal.role}"}}}}',
            "the fact principal.role of a request is not",
        ),
        ("{path: /a, strip_path: true, rewrite: {prefix: /b}}", "and rewrite both change the path"),
        ("{path: /a, request: {headers: {set: {Host: b}}}}", "the gateway reads and writes this header itself"),
    ],
)
def test_mistakes(problems: Problems, route: str, problem: str) -> None:
    (found,) = problems(f"services: {{a: {{command: a, routes: [{route}]}}}}")
    assert problem in found


BODIES = """
services:
  a:
    command: a
    routes:
      - path: /a
        request:
          body:
            set: {/user: "${principal.sub}", /n: 5, /t: "true", /q: '"5"', /z: null, /m: {x: [1, a$$b], y: },
              /api_key: "${KEY}"}
            remove: /debug
            rename: {/a~1b: /c}
            max_bytes: 10k
        response: {body: {remove: [/secret, /list/0]}}
"""


def test_bodies(load: Load) -> None:
    project = load(BODIES, env={"KEY": "s3cr3t"}).project
    transform = project.services[0].routes[0].transform
    values = {pair.name: json.loads(pair.value) for pair in transform.request_body.set}
    assert values == {
        "/user": "${principal.sub}", "/n": 5, "/t": True, "/q": "5", "/z": None, "/m": {"x": [1, "a$b"], "y": None},
        "/api_key": "s3cr3t",
    }  # fmt: skip
    assert transform.request_body.remove == ("/debug",)
    assert transform.request_body.rename == (Pair("/a~1b", "/c"),)
    assert transform.request_body.max_bytes == 10240
    assert transform.response_body == BodyEdit(remove=("/secret", "/list/0"))
    assert load(render(project, "yaml", show_secrets=True)).project == project
    assert "s3cr3t" not in render(project, "yaml")


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("{set: {user: 1}}", "should be a JSON pointer such as /user/name"),
        ("{set: {'': 1}}", "should be a JSON pointer"),
        ("{remove: [/a~2]}", "should be a JSON pointer"),
        ("{set: {/a: 1}, remove: [/a]}", "names /a more than once"),
        ("{set: {/a: 1}, remove: [/a/b]}", "names /a and, inside it, /a/b"),
        ("{rename: {/a: /b}, set: {/b: 1}}", "names /b more than once"),
        ("{max_bytes: 0}", "max_bytes"),
        ("{sets: {/a: 1}}", "sets"),
    ],
)
def test_mistakes_in_bodies(problems: Problems, body: str, problem: str) -> None:
    (found,) = problems(f"services: {{a: {{command: a, routes: [{{path: /a, request: {{body: {body}}}}}]}}}}")
    assert problem in found
