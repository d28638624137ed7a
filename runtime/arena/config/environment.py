"""The variables a service's processes get: its env files, then its `environment`, which wins."""

from __future__ import annotations

from arena.config import discovery, envfile
from arena.config.context import Reading
from arena.config.document.service import ServiceSection
from arena.config.interpolate import CHILD_VARIABLES


def environment(reading: Reading, name: str, section: ServiceSection, defaults: dict[str, str]) -> dict[str, str]:
    """`defaults` come first. A name without a value is passed through from Arena's own environment, if it is set there."""
    values = dict(defaults)
    for index in range(len(section.env_file)):
        values.update(_from_file(reading, name, section, index))
    for key, text in section.environment.items():
        path = ("services", name, "environment", key)
        if not _acceptable(reading, path, key, text):
            continue
        value = reading.env.get(key) if text is None else text
        if value is not None:
            values[key] = value
    return values


def _acceptable(reading: Reading, path: tuple[str, ...], key: str, text: str | None) -> bool:
    if key in CHILD_VARIABLES:
        hint = 'for a fixed port write ports: ["8101:8101"]' if key == "PORT" else "choose another name"
        reading.problem(path, "is set by Arena for each instance", hint, key=True)
        return False
    if not key or "=" in key or "\0" in key + (text or ""):
        reading.problem(path, "cannot be an environment variable", "a name holds no '=', a value no NUL byte", key=True)
        return False
    return True


def _from_file(reading: Reading, name: str, section: ServiceSection, index: int) -> dict[str, str]:
    entry = section.env_file[index]
    file = discovery.place(reading.directory, entry.path)
    path = ("services", name, "env_file", index)
    if not discovery.is_file(file):
        if entry.required:
            reading.problem(path, f"{entry.path} does not exist", "create it, or write {path: …, required: false}")
        return {}
    label = discovery.label(file, reading.base)
    text = discovery.read(file, label, reading.report)
    values = envfile.parse(label, text or "", reading.env, reading.report, CHILD_VARIABLES)
    for key in CHILD_VARIABLES & values.keys():
        del values[key]
        reading.note(path, f"{key} in {label} is not used: Arena sets it for each instance")
    return values
