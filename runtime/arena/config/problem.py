"""What is wrong with a file: one located, explained value per mistake."""

from __future__ import annotations

from dataclasses import dataclass

from arena.errors import ConfigError

_WIDTH = 160  # characters of a source line that are quoted, so that a minified file does not flood the terminal


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake. `where` is the dotted key ("services.web.port"), `file` the path as people read it; `line` and
    `column` count from 1 and are 0 when there is no place in a file; `source` is the line itself."""

    where: str
    message: str
    hint: str = ""
    file: str = ""
    line: int = 0
    column: int = 0
    source: str = ""

    def __str__(self) -> str:
        """`arena.yaml:14:9 services.web.port: message`, then the source line with a caret, then the hint."""
        lines = [f"{self._place()}{self.where}: {self.message}" if self.where else f"{self._place()}{self.message}"]
        if self.source:
            lines += self._quote()
        if self.hint:
            lines.append(f"       hint: {self.hint}")
        return "\n".join(lines)

    def _place(self) -> str:
        if not self.file:
            return ""
        return f"{self.file}:{self.line}:{self.column} " if self.line else f"{self.file} "

    def _quote(self) -> list[str]:
        start = max(0, self.column - _WIDTH // 2) if len(self.source) > _WIDTH else 0
        text = self.source[start : start + _WIDTH]
        caret = " " * (self.column - 1 - start) + "^"
        return [f"{self.line:>5} | {_printable(text)}", f"      | {caret}"]


class ConfigInvalid(ConfigError):
    """A ConfigError with its evidence as values: `problems`, in the order of their places in the files."""

    def __init__(self, message: str, *, hint: str = "", detail: str = "", problems: tuple[Problem, ...] = ()) -> None:
        super().__init__(message, hint=hint, detail=detail)
        self.problems = problems

    @classmethod
    def of(cls, problems: tuple[Problem, ...]) -> ConfigInvalid:
        """The error that reports all of `problems` (at least one) at once."""
        files = sorted({problem.file for problem in problems if problem.file})
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        subject = " and ".join(files) or "The configuration"
        verb = "have" if len(files) > 1 else "has"
        return cls(f"{subject} {verb} {count}", detail="\n\n".join(map(str, problems)), problems=problems)


def _printable(text: str) -> str:
    """One column per character, whatever the character, so that the caret stays under its place."""
    return "".join(char if char.isprintable() else " " for char in text)
