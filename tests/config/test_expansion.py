from __future__ import annotations

from arena.config.expansion import fill
from arena.config.parse import parse
from arena.config.report import Report
from arena.config.tree import plain


def filled(text: str, report: Report | None = None, **env: str) -> object:
    report = report or Report()
    node = parse("arena.yaml", text, report)
    assert node is not None
    return plain(fill(node, env, report))


def test_values_are_filled_and_keys_and_extensions_are_not() -> None:
    assert filled("{a: '${A}', '${A}': 1, l: [$A], x-note: '${A', n: ~}", A="v") == {
        "a": "v", "${A}": "1", "l": ["v"], "x-note": "${A", "n": None,
    }  # fmt: skip


def test_what_an_instance_will_know_stays_only_where_an_instance_will_see_it() -> None:
    text = (
        "gateway: {port: '${PORT}'}\nservices: {w: {command: 'run ${PORT:-1}', environment: {P: $PORT},"
        " healthcheck: {test: 'x $PORT', http: '/${PORT}'}, path: '${PORT}'}}"
    )
    result = filled(text, PORT="80")
    assert result == {
        "gateway": {"port": "80"},
        "services": {
            "w": {
                "command": "run ${PORT}",
                "environment": {"P": "${PORT}"},
                "healthcheck": {"test": "x ${PORT}", "http": "/80"},
                "path": "80",
            }
        },
    }


def test_an_unset_secret_is_a_problem_and_anything_else_a_note() -> None:
    report = Report()
    filled("{name: '${X}', secret: 'a${Y}', m: '${API_KEY}', ok: '${TOKEN:-}'}", report)
    assert [(each.where, each.column, each.message) for each in report.problems] == [
        ("secret", 26, "Y is not set"),
        ("m", 37, "API_KEY is not set"),
    ]
    assert [each.message for each in report.notes] == ["X is not set; '' is used"]


def test_a_bad_reference_points_at_itself() -> None:
    report = Report()
    filled("command: run ${A:?say it} now", report)
    assert [(each.line, each.column, each.message) for each in report.problems] == [(1, 14, "A is not set: say it")]


def test_the_name_of_a_header_is_no_key_of_the_users_own() -> None:
    text = (
        "services: {a: {routes: [{request: {headers: {set: {x-a: '$$ $A'}}}, match: {headers: {x-a: $A}}, x-a: $A}]}}"
    )
    assert filled(text, A="1") == {
        "services": {
            "a": {
                "routes": [
                    {"request": {"headers": {"set": {"x-a": "$ 1"}}}, "match": {"headers": {"x-a": "1"}}, "x-a": "$A"}
                ]
            }
        }
    }
