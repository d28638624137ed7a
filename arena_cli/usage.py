"""How a command's own `--help` looks: usage, arguments and options, with no Python types in it."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand


class Command(TyperCommand):
    """A command whose arguments are shown by their metavar as it is written: "SERVICE", "[SERVICE...]"."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        params: list[Any] = self.get_params(ctx)
        return ["[OPTIONS]", *(param.metavar for param in params if _is_argument(param))]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        params: list[Any] = self.get_params(ctx)
        arguments = [(param.metavar, param.help) for param in params if _is_argument(param)]
        options = [param.get_help_record(ctx) for param in params if not _is_argument(param)]
        for title, rows in (("Arguments", arguments), ("Options", options)):
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)


def _is_argument(param: Any) -> bool:
    return bool(param.param_type_name == "argument")
