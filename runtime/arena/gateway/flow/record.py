"""The end of an exchange: counters and the access log."""

from __future__ import annotations

from arena.gateway.exchange import Exchange, Outcome
from arena.gateway.flow import attempt


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
        if x.sent_at:
            x.upstream_seconds = now - x.sent_at
    route = x.match.stats
    route.classes[x.status // 100] += 1
    route.latency.observe(took)
    if plane.log is not None and (target is not None or outcome != "served" or not x.match.quiet):
        plane.log.add(_line(x, outcome, took))
    if x.ends is not None:
        for end in x.ends:
            end(x, outcome, now)


def _line(x: Exchange, outcome: Outcome, took: float) -> str:
    target, status = x.target, x.status
    # What the client caused is no error of ours.
    level = "info" if (status < 500 and outcome != "cut") or outcome in ("refused", "left") else "error"
    return (
        f'{{"time":"{x.client.plane.stamp.now()}","level":"{level}","event":"answered","request_id":"{x.request_id}",'
        f'"trace_id":"{x.trace_id}",{x.match.log_part},'
        f'"instance":{target.log_name if target is not None else "null"},"status":{status},"outcome":"{outcome}",'
        f'"attempts":{x.attempts},"duration_ms":{took * 1000:.3f},"upstream_ms":{x.upstream_seconds * 1000:.3f},'
        f'"bytes_in":{x.bytes_in},"bytes_out":{x.bytes_out},'
        f'"principal":{x.log_caller},"client":"{x.client.ip}"{x.log_more}}}'
    )
