"""What `up`, `restart` and `down` did: a line per part, the addresses, and a request to try."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence

from rich.text import Text

from arena.control.messages import DownReport, PartReport, UpReport
from arena.model.plan import Plan, Step
from arena.model.project import Project
from arena_cli.example import Example
from arena_cli.render import unit
from arena_cli.render.palette import ACCENT, BAD, FAINT, GOOD, STRONG
from arena_cli.render.row import in_order, state, state_text
from arena_cli.render.table import columns

_VERB_COLOURS = {"start": GOOD, "restart": "yellow", "reload": "yellow", "stop": BAD}


def plan(value: Plan) -> Text:
    """The steps of `--dry-run`, each with its cause."""
    if not value:
        return Text("nothing to do")
    width = max(len(f"{step.verb} {step.instance}") for step in value.steps)
    return Text("\n").join(_step(step, width) for step in value.steps)


def parts(reports: Sequence[PartReport]) -> Text:
    """A line per instance: how it is, how long it took to get there, and where it is."""
    rows = [
        (
            Text.assemble(" ", _mark(report), f" {report.instance}"),
            state_text(report.status, report.health),
            unit.seconds(report.seconds),
            Text(report.endpoint, FAINT),
        )
        for report in in_order(reports)
    ]
    return columns(rows, ("left", "left", "right", "left"))


def summary(project: Project, report: UpReport) -> Text:
    """The sentence below the parts, and where to knock."""
    ready = f"{project.name} is up" if report.plan else f"{project.name} was already up, and there was nothing to do"
    text = Text.assemble((ready, STRONG), (f"  {unit.seconds(report.seconds)}" if report.plan else "", FAINT))
    for label, url in addresses(project):
        text.append(f"\n  {label:<9} ").append(url, ACCENT)
    return text


def addresses(project: Project) -> list[tuple[str, str]]:
    """What a person may want to open, with a name a browser understands."""
    gateway, registry = project.gateway, project.registry
    return [
        ("gateway", f"{'https' if gateway.tls else 'http'}://{reachable(gateway.host)}:{gateway.port}"),
        ("registry", f"http://{reachable(registry.host)}:{registry.port}"),
    ]


def reachable(host: str) -> str:
    """The host to use from this machine for a server bound to `host`."""
    if host in ("127.0.0.1", "0.0.0.0", "::", "::1", ""):  # compared, not bound
        return "localhost"
    return f"[{host}]" if ":" in host else host


def curl(example: Example, base: str, token: str) -> str:
    """A command to copy and paste. It goes out as it is: no colour, no wrapping."""
    # To this machine's own gateway, whose certificate is for another name than localhost, or signed by nobody.
    options = "-sSk" if base.startswith("https:") else "-sS"
    lines = [f"curl {options} {base}{example.path}"]
    if example.method not in ("GET", "POST") or (example.method == "POST" and example.body is None):
        lines[0] = f"curl {options} -X {example.method} {base}{example.path}"
    if example.host:
        lines.append(f"  -H 'Host: {example.host}'")
    if token:
        lines.append(f"  -H 'Authorization: Bearer {token}'")
    if example.body is not None:
        lines.append("  -H 'Content-Type: application/json'")
        lines.append(f"  -d {shlex.quote(json.dumps(example.body))}")
    return " \\\n".join(lines)


def stopped(report: DownReport) -> Text:
    """What `down` stopped, and what would not go by itself."""
    if not report.stopped and not report.killed:
        return Text("nothing was running")
    killed, count = len(report.killed), len(report.stopped) + len(report.killed)
    text = Text(f"stopped {unit.plural(count, 'instance')}", STRONG)
    if killed:
        which = "" if count == 1 else "all of them " if killed == count else f"{killed} of them "
        whose = "their" if killed > 1 else "its"
        text.append(f", {which}killed after {whose} grace period: {', '.join(report.killed)}", BAD)
    return text.append(f"  {unit.seconds(report.seconds)}", FAINT)


def _step(step: Step, width: int) -> Text:
    space = " " * (width - len(step.verb) - len(step.instance) - 1)
    return Text.assemble(
        (step.verb, _VERB_COLOURS[step.verb]), f" {step.instance}{space}  ", (f"({step.cause})", FAINT)
    )


def _mark(report: PartReport) -> Text:
    word = state(report.status, report.health)
    if word in ("failed", "unhealthy"):
        return Text("✗", BAD)
    return Text("✓", GOOD) if word in ("healthy", "running", "completed") else Text("·", FAINT)
