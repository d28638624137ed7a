"""What counts as being there."""

import pytest

from arena.supervisor.observed import Observed, Seen

from .conftest import workload

WEB = workload("web")


@pytest.mark.parametrize(
    ("status", "present"),
    [
        ("pending", True), ("running", True), ("restarting", True),
        ("stopping", False), ("stopped", False), ("completed", False), ("failed", False),
    ],
)  # fmt: skip
def test_presence(status, present):
    assert Seen(WEB, 1, status).present is present


def test_by_workload_and_index():
    one, two, other = Seen(WEB, 1, "running"), Seen(WEB, 2, "failed"), Seen(workload("db"), 1, "running")
    assert Observed((two, other, one)).of("web") == {1: one, 2: two}
    assert two.instance == "web-2"
