"""A service folder's service.yaml, in the shape of Arena's founding document. arena.yaml wins where both speak."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from arena.config import discovery
from arena.config.context import Reading
from arena.config.document.service_file import ServiceFile
from arena.config.expansion import fill
from arena.config.parse import parse
from arena.config.tree import Mapping, locate
from arena.config.validate import validate
from arena.model.route import RateLimit

NAMES = ("service.yaml", "service.yml")


Note = Callable[[str, str], None]


def _unheard(_key: str, _message: str) -> None:
    """Where there is no file, there is nothing to say about it."""


@dataclass(frozen=True, slots=True)
class OwnFile:
    """The defaults it gives. `interval` in seconds; `note` records a warning at a dotted key of the file."""

    port: int | None = None
    interval: float | None = None
    rate_limits: tuple[RateLimit, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    note: Note = _unheard


def own_file(reading: Reading, name: str, folder: Path) -> OwnFile:
    """What the file in `folder` says of service `name`; nothing when there is none, or it is about another service."""
    file = next((folder / each for each in NAMES if discovery.is_file(folder / each)), None)
    if file is None:
        return OwnFile()
    label = discovery.label(file, reading.base)
    text = discovery.read(file, label, reading.report)
    root = parse(label, text, reading.report) if text else None
    if root is None:
        return OwnFile()
    if not isinstance(root, Mapping):
        reading.report.problem(root.mark, (), "should be a mapping (key: value lines)")
        return OwnFile()
    filled = fill(root, reading.env, reading.report)
    assert isinstance(filled, Mapping)
    return _read(reading, name, filled)


def _read(reading: Reading, name: str, root: Mapping) -> OwnFile:
    document = validate(ServiceFile, root, reading.report).document

    def note(key: str, message: str) -> None:
        path = tuple(key.split("."))
        reading.report.note(locate(root, path), path, message)

    about = document.service.name
    if about is not None and about != name:
        note("service.name", f"this file is about {about!r}, so it is not used for {name!r}")
        return OwnFile()
    _say_what_is_not_done(document, note)
    limits = document.service.rate_limits
    requests, tokens = limits.requests_per_minute, limits.tokens_per_minute
    return OwnFile(
        port=document.service.port,
        interval=document.service.health_check_interval,
        rate_limits=(
            *((RateLimit(requests / 60, requests),) if requests else ()),
            *((_tokens(tokens),) if tokens else ()),
        ),
        environment=tuple(_environment(document).items()),
        note=note,
    )


def _tokens(per_minute: int) -> RateLimit:
    return RateLimit(per_minute / 60, per_minute, unit="tokens", default_max_tokens=RateLimit.answer_tokens(per_minute))


def _environment(document: ServiceFile) -> dict[str, str]:
    values = {"ARENA_AI_MODEL": document.ai.model, "ARENA_AI_MAX_INPUT_LENGTH": document.ai.max_input_length}
    return {key: str(value) for key, value in values.items() if value is not None}


def _say_what_is_not_done(document: ServiceFile, note: Note) -> None:
    """A limit or a check that is asked for and not made must never look as if it were."""
    if document.ai.safety_enabled:
        note("ai.safety_enabled", "is not enforced by this version yet: nothing is checked for safety")
