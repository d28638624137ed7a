"""`arena chaos`: what is about to go wrong, and what came of it."""

from __future__ import annotations

import json

from rich.text import Text

from arena.model import codec
from arena_cli.chaos import Plan, Report
from arena_cli.render.palette import BAD, FAINT, GOOD


def intent(plan: Plan) -> str:
    """What the plan does, in one line."""
    parts = []
    fault = plan.fault
    if fault is not None and fault.delay:
        parts.append(f"{_share(fault.delay_percent)} wait {fault.delay:g} s")
    if fault is not None and fault.abort:
        parts.append(f"{_share(fault.abort_percent)} fail with {fault.abort}")
    who = plan.instance or "an instance"
    if plan.pause:
        parts.append(f"{who} stands still")
    if plan.kill:
        parts.append(f"{who} is killed")
    return f"{plan.service}: {', '.join(parts)}, for {plan.seconds:g} s"


def as_json(report: Report) -> str:
    """One object."""
    traffic = report.traffic
    told = {
        "service": report.plan.service,
        "instance": report.instance or None,
        "seconds": round(report.seconds, 3),
        "back_after_seconds": None if report.back_after is None else round(report.back_after, 3),
        "traffic": None
        if traffic is None
        else {**codec.encode(traffic), "total": traffic.total, "failed": traffic.failed},
    }
    return json.dumps(told, indent=2)


def report(report: Report) -> Text:
    """A few lines for people."""
    text = Text(f"put right after {report.seconds:.1f} s", FAINT)
    if report.plan.kill:
        if report.back_after is None:
            text.append(f"\n{report.instance} was not there again by then", BAD)
        else:
            text.append(f"\n{report.instance} was there again after {report.back_after:.1f} s", GOOD)
    traffic = report.traffic
    if traffic is None:
        text.append("\nno gateway could be asked what it counted", BAD)
    elif not traffic.total:
        text.append("\nnobody asked for anything meanwhile")
    else:
        text.append(f"\n{traffic.total} requests, ")
        text.append(f"{traffic.failed} of them answered with 5xx", BAD if traffic.failed else GOOD)
        text.append(f" ({', '.join(f'{count} {status}' for status, count in traffic.requests.items())})")
        text.append(f"\n{traffic.faults} met a fault on purpose, {traffic.fallbacks} were answered by a fallback;")
        text.append(f" {traffic.retries} retries (of all services)")
    return text


def _share(percent: float) -> str:
    return "all requests" if percent == 100.0 else f"{percent:g}% of the requests"
