from __future__ import annotations

from arena.model.plan import Plan, Step


def test_a_plan_reads_as_text_with_a_cause_per_step() -> None:
    plan = Plan((Step("start", "web", "web-1", "not running"), Step("stop", "old", "old-1", "no longer in arena.yaml")))
    assert str(plan) == "start web-1 (not running)\nstop old-1 (no longer in arena.yaml)"
    assert plan


def test_an_empty_plan_says_so_and_is_false() -> None:
    assert str(Plan()) == "nothing to do"
    assert not Plan()
