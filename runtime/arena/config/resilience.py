"""Retries, hedges, fallbacks and faults: the sections to the model, and the model as sections again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from arena.config.document.resilience import CAUSES, FALLBACK_CAUSES, REPLY_KEYS
from arena.config.suggest import suggest
from arena.model.resilience import Cause, Fallback, FallbackCause, Fault, Hedge, Retries

if TYPE_CHECKING:
    from arena.config.context import Reading
    from arena.config.document.resilience import FallbackSection, FaultSection, HedgeSection, RouteRetriesSection
    from arena.config.tree import Path
    from arena.model.project import Project
    from arena.model.route import Route

_GROWTH = 10.0
_BODILESS = (204, 205, 304)  # RFC 9110 sections 15.3.5, 15.3.6 and 15.4.5


def retries(section: RouteRetriesSection | None, base: Retries) -> Retries:
    """What the section says, and `base` for the rest."""
    if section is None:
        return base
    backoff = base.backoff if section.backoff is None else section.backoff
    longest = base.max_backoff if section.backoff is None else backoff * _GROWTH
    timeout = base.per_try_timeout if section.per_try_timeout is None else section.per_try_timeout
    return Retries(
        attempts=base.attempts if section.attempts is None else section.attempts,
        per_try_timeout=timeout,
        backoff=backoff,
        max_backoff=max(backoff, longest) if section.max_backoff is None else section.max_backoff,
        on=_causes(section, base, timeout),
        statuses=base.statuses
        if section.on is None
        else tuple(dict.fromkeys(int(i) for i in section.on if i.isdigit())),
    )


def shown(rule: Retries) -> dict[str, Any]:
    """The rule as the section that reads back as it."""
    section: dict[str, Any] = {
        "attempts": rule.attempts,
        "backoff": f"{rule.backoff!r}s",
        "max_backoff": f"{rule.max_backoff!r}s",
        "on": [*rule.on, *rule.statuses],
    }
    if rule.per_try_timeout is not None:
        section["per_try_timeout"] = f"{rule.per_try_timeout!r}s"
    return section


def _causes(section: RouteRetriesSection, base: Retries, timeout: float | None) -> tuple[Cause, ...]:
    if section.on is not None:
        return tuple(cast("Cause", one) for one in CAUSES if one in section.on)
    if timeout is not None and "timeout" not in base.on:
        return (*base.on, "timeout")
    return base.on


def fallback(section: FallbackSection | None) -> Fallback | None:
    """The fallback, None where the file names none."""
    if section is None:
        return None
    plain = Fallback()
    return Fallback(
        service=section.service or "",
        status=plain.status if section.status is None else section.status,
        body=section.body or "",
        content_type=section.content_type or plain.content_type,
        headers=tuple(f"{name}: {value}" for name, value in section.headers.items()),
        on=tuple(cast("FallbackCause", one) for one in FALLBACK_CAUSES if one in section.on),
        statuses=tuple(dict.fromkeys(int(one) for one in section.on if one.isdigit())),
    )


def shown_fallback(rule: Fallback) -> dict[str, Any]:
    """The fallback as the section that reads back as it."""
    on = {"on": [*rule.on, *rule.statuses]}
    if rule.service:
        return {"service": rule.service, **on}
    headers = {name: _literal(value) for name, _, value in (line.partition(": ") for line in rule.headers)}
    reply = {"status": rule.status, "body": _literal(rule.body), "content_type": rule.content_type, "headers": headers}
    return {**reply, **on}


def hedge(section: HedgeSection | None) -> Hedge | None:
    """The hedge, None where the file asks for none."""
    if section is None:
        return None
    kind, value = section.after
    return Hedge(after=value) if kind == "after" else Hedge(percentile=int(value))


def shown_hedge(rule: Hedge) -> dict[str, Any]:
    """The hedge as the section that reads back as it."""
    return {"after": f"p{rule.percentile}" if rule.after is None else f"{rule.after!r}s"}


def fault(section: FaultSection | None) -> Fault | None:
    """The fault, None where the file asks for none."""
    if section is None:
        return None
    name, _, value = (section.header or "").partition(":")
    return Fault(
        delay=section.delay.time if section.delay else 0.0,
        delay_percent=section.delay.percent if section.delay else 100.0,
        abort=section.abort.status if section.abort else 0,
        abort_percent=section.abort.percent if section.abort else 100.0,
        header=f"{name.lower()}: {value.strip()}" if value else name.lower(),
    )


def shown_fault(rule: Fault) -> dict[str, Any]:
    """The fault as the section that reads back as it."""
    shown: dict[str, Any] = {}
    if rule.delay:
        shown["delay"] = {"time": f"{rule.delay!r}s", "percent": f"{rule.delay_percent!r}%"}
    if rule.abort:
        shown["abort"] = {"status": rule.abort, "percent": f"{rule.abort_percent!r}%"}
    if rule.header:
        shown["header"] = _literal(rule.header)
    return shown


def check(reading: Reading, project: Project) -> None:
    """A fallback must be another service of the file, or a reply; a fault and a hedge must do something."""
    names = {service.name for service in project.services}
    for service in project.services:
        for index, route in enumerate(service.routes):
            path = ("services", service.name, "routes", index)
            section = reading.document.services[service.name].routes[index].fallback
            if route.fallback is not None:
                _check_fallback(reading, service.name, route.fallback, names, (*path, "fallback"))
            if section is not None and not section.model_fields_set.intersection(("service", *REPLY_KEYS)):
                _empty(reading, (*path, "fallback"), "should name a service, or a status and body to reply with")
            if route.fault is not None and not route.fault.delay and not route.fault.abort:
                _empty(reading, (*path, "fault"), "should have a delay or an abort")
            if route.hedge is not None and (why := _hedges_nothing(route, service.traffic.retries)):
                reading.problem(
                    (*path, "hedge"), f"would do nothing: {why}", "remove it, or change the other", key=True
                )


def _check_fallback(reading: Reading, name: str, rule: Fallback, names: set[str], path: Path) -> None:
    if rule.service == name:
        reading.problem((*path, "service"), f"is {name} itself", "name another service, or a reply")
    elif rule.body and rule.status in _BODILESS:
        reading.problem((*path, "body"), f"cannot be sent with {rule.status}, which has none", "remove it", key=True)
    elif rule.service and rule.service not in names:
        inactive = rule.service in reading.document.services
        message = "is not active: see its profiles" if inactive else f"there is no service {rule.service!r}"
        reading.problem((*path, "service"), message, suggest(rule.service, names - {name}))


def _hedges_nothing(route: Route, base: Retries) -> str:
    """Why a hedge never goes out, '' if it does."""
    assert route.hedge is not None
    if route.methods and not {"GET", "HEAD"} & set(route.methods):
        return "it is for GET and HEAD, which the route does not take"
    if (route.retries or base).attempts == 1:
        return "retries.attempts is 1, and a hedge counts as one"
    if route.timeout is not None and route.hedge.after is not None and route.hedge.after >= route.timeout:
        return "the route's timeout ends the request before"
    return ""


def _empty(reading: Reading, path: Path, message: str) -> None:
    if reading.checked.is_sound(path):
        reading.problem(path, message)


def _literal(text: str) -> str:
    return text.replace("$", "$$")
