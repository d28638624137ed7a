"""Plans, compared as text; and the law that a plan applied leaves nothing to do."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.errors import UsageError
from arena.model.service import Dependency, Probe, Restart
from arena.supervisor.observed import Observed, Seen
from arena.supervisor.order import select
from arena.supervisor.reconcile import changes, reconcile

from .conftest import workload

DB = workload("db", environment={"SIZE": "1"})
WEB = workload("web", "db", replicas=2)
GATEWAY = workload("gateway", kind="gateway", reload_hash="a")


def running(*workloads):
    return Observed(
        tuple(Seen(w, index, "running") for w in workloads for index in range(1, w.replicas + 1)),
    )


def test_nothing_runs():
    assert str(reconcile((WEB, DB), Observed())) == (
        "start db-1 (not running)\nstart web-1 (not running)\nstart web-2 (not running)"
    )


def test_everything_runs():
    plan = reconcile((WEB, DB, GATEWAY), running(WEB, DB, GATEWAY))
    assert not plan
    assert str(plan) == "nothing to do"


def test_a_changed_service_alone_is_restarted():
    changed = replace(DB, command=("db", "--fast"), environment={"SIZE": "2", "NEW": "secret"})
    plan = reconcile((WEB, changed), running(WEB, DB))
    assert str(plan) == "restart db-1 (command and environment (NEW, SIZE) changed)"


def test_settings_are_reloaded():
    plan = reconcile((replace(GATEWAY, reload_hash="b"),), running(GATEWAY))
    assert str(plan) == "reload gateway-1 (settings changed)"


def test_what_needs_no_restart_gets_none():
    changed = replace(
        WEB,
        metadata={"version": "2"},
        restart=Restart("always"),
        stop_grace_period=1.0,
        depends_on=(Dependency("db", "service_healthy"),),
    )
    assert not reconcile((changed, DB), running(WEB, DB))


def test_scaling_up_and_down_takes_the_highest_index():
    assert str(reconcile((replace(WEB, replicas=4), DB), running(WEB, DB))) == (
        "start web-3 (scaled to 4)\nstart web-4 (scaled to 4)"
    )
    assert str(reconcile((replace(WEB, replicas=1), DB), running(WEB, DB))) == "stop web-2 (scaled to 1)"
    assert str(reconcile((replace(WEB, replicas=0), DB), running(WEB, DB))) == (
        "stop web-2 (scaled to 0)\nstop web-1 (scaled to 0)"
    )


def test_what_left_the_file_is_stopped_dependants_first():
    assert str(reconcile((), running(DB, WEB))) == (
        "stop web-2 (no longer in arena.yaml)\nstop web-1 (no longer in arena.yaml)\nstop db-1 (no longer in arena.yaml)"
    )


def test_a_selection_touches_nothing_else():
    old, other = workload("old"), workload("other")
    plan = reconcile((WEB, DB, other, GATEWAY), running(old), {"web"})
    assert [step.instance for step in plan.steps] == ["db-1", "gateway-1", "web-1", "web-2"]
    with pytest.raises(UsageError):
        reconcile((WEB, DB), Observed(), {"old"})


@pytest.mark.parametrize(
    ("status", "text"),
    [
        ("pending", "nothing to do"),
        ("restarting", "nothing to do"),
        ("completed", "nothing to do"),
        ("stopped", "start db-1 (not running)"),
        ("failed", "start db-1 (it had failed)"),
        ("stopping", "start db-1 (it was being stopped)"),
    ],
)
def test_each_state(status, text):
    assert str(reconcile((DB,), Observed((Seen(DB, 1, status),)))) == text


def test_a_job_that_is_done_is_done_again_only_when_it_changed():
    changed = replace(DB, command=("other",))
    assert str(reconcile((changed,), Observed((Seen(DB, 1, "completed"),)))) == "start db-1 (command changed)"


def test_every_part_of_the_definition_has_its_word():
    old = workload("a")
    assert changes(old, replace(old, port=1)) == "port changed"
    assert changes(old, replace(old, probe=Probe(http="/"), directory="/x")) == "working_dir and healthcheck changed"
    assert changes(old, replace(old, name="b")) == "definition changed"


workloads = st.lists(
    st.builds(
        lambda name, replicas, needs, words, port: workload(
            name, *(need for need in needs if need < name), replicas=replicas, command=(words,), port=port
        ),
        st.sampled_from("abcdef"),
        st.integers(0, 3),
        st.lists(st.sampled_from("abcdef"), max_size=3, unique=True),
        st.sampled_from(["x", "y"]),
        st.sampled_from([None, 1]),
    ),
    max_size=6,
    unique_by=lambda w: w.name,
)
worlds = workloads.flatmap(
    lambda found: st.tuples(
        *(
            st.builds(Seen, st.just(w), st.just(index), st.sampled_from(["running", "failed", "completed", "stopped"]))
            for w in found
            for index in range(1, w.replicas + 1)
        )
    ).map(Observed)
)


def apply(plan, desired, observed):
    """The world after a plan, as the supervisor would make it."""
    by_name = {w.name: w for w in desired}
    world = {seen.instance: seen for seen in observed.instances}
    for step in plan.steps:
        if step.verb == "stop":
            del world[step.instance]
        else:
            world[step.instance] = Seen(by_name[step.workload], int(step.instance.rpartition("-")[2]), "running")
    return Observed(tuple(world.values()))


@given(workloads, worlds, st.sets(st.sampled_from("abcdef")))
def test_applied_a_plan_leaves_nothing_to_do(desired, observed, only):
    only &= {w.name for w in desired}
    plan = reconcile(desired, observed, only)
    after = apply(plan, desired, observed)
    assert not reconcile(desired, after, only)
    for w in select(desired, only):
        running = {index for index, seen in after.of(w.name).items() if seen.present or seen.status == "completed"}
        assert set(range(1, w.replicas + 1)) <= running
    assert len({step.instance for step in plan.steps}) == len(plan.steps), "one step for an instance at most"


@given(workloads, worlds)
def test_steps_are_in_order_of_dependency(desired, observed):
    steps = reconcile(desired, observed).steps
    place = {step.workload: number for number, step in enumerate(steps) if step.verb != "stop"}
    for w in desired:
        for dependency in w.depends_on:
            if w.name in place and dependency.service in place:
                assert place[dependency.service] < place[w.name]
    verbs = [step.verb == "stop" for step in steps]
    assert verbs == sorted(verbs, reverse=True), "stops come first"
