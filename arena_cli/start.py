"""Brings a project up and says how to use it."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace

from arena.control.messages import UpReport, UpRequest
from arena.control.operator import Operator
from arena.errors import ArenaError, NothingRunning, UsageError
from arena.model.layout import StateLayout
from arena.model.project import Project
from arena_cli.context import Context
from arena_cli.example import first_request
from arena_cli.progress import watching
from arena_cli.render import startup

_TOKEN_LIFE = 3600.0  # seconds
_ENDING_DAEMONS = 2  # as another command's `up` that failed leaves one
_ITS_LAST_MOMENT = 0.1  # seconds


def scaled(project: Project, counts: dict[str, int]) -> Project:
    """The project with other numbers of replicas. Raises UsageError for a service that cannot have that many."""
    for name, count in counts.items():
        service = project.service(name)
        if service is None:
            raise _unknown_service(name, project)
        if service.external:
            raise UsageError(f"{name} runs elsewhere, so Arena cannot scale it")
        if count > 1 and service.port is not None:
            raise UsageError(
                f"{name} has the fixed port {service.port}, so only one instance of it can run",
                hint="leave out its port in arena.yaml, and each instance gets a free one in $PORT",
            )
    services = tuple(replace(s, replicas=counts.get(s.name, s.replicas)) for s in project.services)
    return replace(project, services=services)


def known(project: Project, names: list[str]) -> tuple[str, ...]:
    """The names, each of which is a service of the project. Raises UsageError."""
    for name in names:
        if project.service(name) is None:
            raise _unknown_service(name, project)
    return tuple(names)


async def show_plan(context: Context, request: UpRequest) -> None:
    """Print what `up` would do, asking the daemon unless nothing of the project runs."""
    from arena.daemon import launch

    try:
        async with context.client(_layout(request.project)) as arena:
            plan = (await arena.up(request, lambda _: None)).plan
    except NothingRunning:
        plan = await launch.preview(request.project, request.services)
    context.show(startup.plan(plan))


async def start_daemon(project: Project) -> None:
    """Return when the project's daemon answers; one is started if none does."""
    from arena.daemon import launch

    await launch.ensure(_layout(project), project.directory)


async def bring_up(context: Context, request: UpRequest) -> UpReport:
    """Start what is not running, wait until it is ready, and print parts, addresses and a request to try."""
    for _ in range(_ENDING_DAEMONS):
        with contextlib.suppress(NothingRunning):  # it ended in the moment between its answer and this request
            return await _bring_up(context, request)
        await asyncio.sleep(_ITS_LAST_MOMENT)
    return await _bring_up(context, request)


async def _bring_up(context: Context, request: UpRequest) -> UpReport:
    from arena.control import client

    project = request.project
    unprobed = [service.name for service in project.services if service.probe is None]
    await start_daemon(project)
    async with client.connect(_layout(project)) as arena:
        try:
            with watching(context, unprobed) as on_event:
                report = await arena.up(request, on_event)
        except ArenaError:
            await _tell_what_stays(context, arena)
            raise
    context.show(startup.parts(report.parts), "", startup.summary(project, report))
    _show_example(context, project)
    return report


def _show_example(context: Context, project: Project) -> None:
    example = first_request(project)
    if example is None:
        return
    base = dict(startup.addresses(project))["gateway"]
    issuer = "" if project.gateway.signer else project.gateway.issuers[0].issuer
    if example.public:
        token, how = "", ""
    elif issuer:
        token, how = "TOKEN", f", with a token from {issuer} in place of TOKEN"
    else:
        token, how = _mint(project, example.roles), ", with a token that lasts an hour"
    context.show("", f"Try it{how}:", "")
    context.write(startup.curl(example, base, token))


def _mint(project: Project, roles: tuple[str, ...]) -> str:
    from arena_cli.credential import issue

    return issue(project, subject="developer", roles=roles, ttl=_TOKEN_LIFE).token


async def _tell_what_stays(context: Context, arena: Operator) -> None:
    """A failed start is left as it is, so that it can be looked at; when nothing was started, the daemon has gone."""
    try:
        rows = await arena.rows(False)
    except ArenaError:
        return
    running = [row.instance for row in rows if row.status in ("running", "restarting", "pending")]
    if running:
        context.note(f"still up: {', '.join(running)}; see `arena logs`, and end it with `arena down`\n")


def _unknown_service(name: str, project: Project) -> UsageError:
    from arena.config.suggest import suggest

    return UsageError(
        f"there is no service {name!r}", hint=suggest(name, [service.name for service in project.services])
    )


def _layout(project: Project) -> StateLayout:
    return StateLayout.of(project.directory, project.name)
