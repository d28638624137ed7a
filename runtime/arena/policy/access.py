"""May these roles do this? Roles are looked up with all they inherit; a deny wins over every allow; what no rule allows is
not allowed. Source: role hierarchies of ANSI INCITS 359 (RBAC), "explicit deny overrides" as in AWS IAM.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from arena.model.access import Role, Rule, split


@dataclass(frozen=True, slots=True)
class Decision:
    """`role` and `rule` are what decided; both empty when no rule speaks of the request."""

    allowed: bool
    role: str = ""
    rule: Rule | None = None


class Access:
    """The roles of a project. A role that is not among them has no rules and inherits nothing."""

    def __init__(self, roles: Iterable[Role] = ()) -> None:
        self._roles = {role.name: role for role in roles}

    def __bool__(self) -> bool:
        return bool(self._roles)

    def closure(self, names: Iterable[str]) -> frozenset[str]:
        """These roles and all they inherit, however deep; circles do no harm."""
        found: set[str] = set()
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting += self._roles[name].inherits if name in self._roles else ()
        return frozenset(found)

    def decide(self, names: Iterable[str], service: str, method: str, path: str) -> Decision:
        """Whether one of the roles may ask `service` for `method` on `path` (unescaped). A denial is found first."""
        denial = self.denial(names, service, method, path)
        if denial.rule is not None:
            return denial
        asked = split(path)
        for role in self._known(names):
            for rule in role.allow:
                if fits(rule, service, method, asked):
                    return Decision(True, role.name, rule)
        return denial

    def denial(self, names: Iterable[str], service: str, method: str, path: str) -> Decision:
        """The denial that speaks of this; without a rule when none does."""
        asked = split(path)
        for role in self._known(names):
            for rule in role.deny:
                if fits(rule, service, method, asked):
                    return Decision(False, role.name, rule)
        return Decision(False)

    def weigh(
        self, names: Iterable[str], services: Sequence[str], method: str, paths: Sequence[str]
    ) -> tuple[Decision, str]:
        """What speaks most against a request that may be read as any of `paths`, and as which: a denial, then that no rule
        speaks of it. The first of `services` is the one that it is for; the others may be asked in its place, and only denials
        of them count."""
        first, *others = services
        found = [(self.decide(names, first, method, path), path) for path in paths]
        denials = [(self.denial(names, name, method, path), path) for name in others for path in paths]
        found += [each for each in denials if each[0].rule is not None]
        return min(found, key=lambda each: (each[0].allowed, each[0].rule is None))

    def names(self, service: str) -> bool:
        """Whether a denial names this service, and not merely every one."""
        return any(rule.service == service for role in self._roles.values() for rule in role.deny)

    def _known(self, names: Iterable[str]) -> list[Role]:
        return [self._roles[name] for name in sorted(self.closure(names)) if name in self._roles]


def fits(rule: Rule, service: str, method: str, segments: tuple[str, ...]) -> bool:
    """Whether the rule speaks of this request."""
    if rule.service not in ("*", service):
        return False
    # RFC 9110 section 9.3.2: HEAD is GET without its body.
    if rule.method not in ("*", method) and (rule.method, method) != ("GET", "HEAD"):
        return False
    wanted = rule.segments
    if wanted and wanted[-1] == "**":
        wanted, segments = wanted[:-1], segments[: len(wanted) - 1]
    return len(wanted) == len(segments) and all(a in ("*", b) for a, b in zip(wanted, segments, strict=True))
