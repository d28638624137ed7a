"""Collects what is wrong while a project is read, so that everything can be told at once."""

from __future__ import annotations

from dataclasses import dataclass, field

from arena.config.problem import ConfigInvalid, Problem
from arena.config.secrecy import conceal
from arena.config.tree import Mark, Path, dotted


@dataclass(slots=True)
class Report:
    """`problems` stop the load; `notes` are warnings that the caller shows."""

    problems: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)

    def problem(self, mark: Mark | None, path: Path, message: str, hint: str = "") -> None:
        """Record a mistake at `mark` (None when it stands in no file)."""
        _add(self.problems, _located(mark, dotted(path), message, hint))

    def note(self, mark: Mark | None, path: Path, message: str, hint: str = "") -> None:
        """Record something the user should know that does not stop the load."""
        _add(self.notes, _located(mark, dotted(path), message, hint))

    def settle(self) -> None:
        """Raise ConfigInvalid if there are problems."""
        if self.problems:
            raise ConfigInvalid.of(tuple(sorted(self.problems, key=lambda each: (each.file, each.line, each.column))))


def _add(into: list[Problem], problem: Problem) -> None:
    """An alias brings the same mistake once per use; once is enough."""
    if problem not in into:
        into.append(problem)


def _located(mark: Mark | None, where: str, message: str, hint: str) -> Problem:
    if mark is None:
        return Problem(where, message, hint)
    return Problem(where, message, hint, mark.source.label, mark.line, mark.column, conceal(mark.text, where))
