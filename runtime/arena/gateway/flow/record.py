"""The end of an exchange: counters and the access log."""

from __future__ import annotations

from typing import get_args

from arena.gateway.exchange import Exchange, Outcome
from arena.gateway.flow import attempt

_LINE = (
    b'{"time":"%b","level":"%b","event":"answered","request_id":"%b","trace_id":"%b",%b,"instance":%b,"status":%d,'
    b'"outcome":"%b","attempts":%d,"duration_ms":%.3f,"upstream_ms":%.3f,"bytes_in":%d,"bytes_out":%d,"principal":%b,'
    b'"client":"%b"%b}'
)
_NAMES: dict[Outcome, bytes] = {name: name.encode() for name in get_args(Outcome)}
_WRONG = frozenset({"failed", "cut"})


def finish(x: Exchange, outcome: Outcome, now: float) -> None:
    """Account for `x`, once. `now` is monotonic seconds."""
    if x.over:
        return
    x.over = True
    plane = x.client.plane
    took = now - x.began
    stats = plane.stats
    stats.in_flight -= 1
    stats.outcomes[outcome] += 1
    target = x.target  # None when the gateway answered by itself
    if target is not None:
        target.in_flight -= 1
        if not x.judged:
            attempt.forgotten(x, target)
    route = x.match.stats
    route.classes[x.status // 100] += 1
    route.latency.observe(took)
    if plane.log is not None and (target is not None or outcome != "served" or not x.match.quiet):
        plane.log.add(_line(x, outcome, now))
    if x.ends is not None:
        for end in x.ends:
            end(x, outcome, now)


def _line(x: Exchange, outcome: Outcome, now: float) -> bytes:
    client, target, status = x.client, x.target, x.status
    # What the client caused is no error of ours.
    wrong = outcome in _WRONG or (status >= 500 and outcome == "served")
    upstream = now - x.sent_at if target is not None and x.sent_at else 0.0
    return _LINE % (
        client.plane.stamp.now(), b"error" if wrong else b"info", x.request_id, x.trace_id, x.match.log_part,
        b"null" if target is None else target.log_name, status, _NAMES[outcome], x.attempts,
        (now - x.began) * 1000, upstream * 1000, x.bytes_in, x.bytes_out, x.log_caller, client.log_ip, x.log_more,
    )  # fmt: skip
