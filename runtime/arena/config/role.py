"""The roles of a project as values, and what cannot be right about them."""

from __future__ import annotations

from arena.config.context import Reading
from arena.config.suggest import suggest
from arena.model.access import Role, Rule


def roles(reading: Reading) -> tuple[Role, ...]:
    """Every role of the file, in its order. Reports what leads nowhere."""
    sections = reading.document.roles
    found = tuple(
        Role(name, tuple(each.inherits), tuple(map(Rule.parse, each.allow)), tuple(map(Rule.parse, each.deny)))
        for name, each in sections.items()
    )
    for role in found:
        if not role.name or any(letter.isspace() for letter in role.name):
            reading.problem(("roles", role.name), "is not a name for a role", "use a word without spaces", key=True)
        _check_inherits(reading, role)
        _check_services(reading, role)
    _check_routes(reading)
    return found


def _check_inherits(reading: Reading, role: Role) -> None:
    for index, name in enumerate(role.inherits):
        where = ("roles", role.name, "inherits", index)
        if name not in reading.document.roles:
            reading.problem(where, f"there is no role {name!r:.60}", suggest(name, reading.document.roles))
        elif role.name in _ancestors(reading, name):
            reading.problem(where, f"{role.name} would inherit from itself", "take one of the two out")


def _ancestors(reading: Reading, name: str) -> set[str]:
    found: set[str] = set()
    waiting = [name]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            section = reading.document.roles.get(one)
            waiting += section.inherits if section else ()
    return found


def _check_services(reading: Reading, role: Role) -> None:
    services = reading.document.services
    for key, rules in (("allow", role.allow), ("deny", role.deny)):
        for index, rule in enumerate(rules):
            if rule.service != "*" and rule.service not in services:
                message = f"there is no service {rule.service!r:.60}"
                reading.problem(("roles", role.name, key, index), message, suggest(rule.service, services))


def _check_routes(reading: Reading) -> None:
    for name, service in reading.document.services.items():
        for index, route in enumerate(service.routes):
            where = ("services", name, "routes", index, "permissions")
            if route.permissions and route.auth == "none":
                reading.problem(where, "makes no sense on a public route", "remove it, or auth: none")
            elif route.permissions and not reading.document.roles and reading.checked.is_sound(("roles",)):
                reading.problem(
                    where, "would refuse everybody: no role is declared", "add roles: at the top of the file"
                )
