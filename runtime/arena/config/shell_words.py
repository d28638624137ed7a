"""Tells a command that was written for a shell: no shell runs it, and its && would be an argument like any other."""

from __future__ import annotations

import re
import shlex

# Unquoted words only: && || | & ; (or a word that ends in one), redirections, and $NAME, which `$$NAME` became.
_SHELL = re.compile(r"&&|\|\|?|&|\d*(?:>>?|<<?)(?:&\d|[\w./~-].*)?|\$[A-Za-z_]\w*|[^'\"\\]*;")


def shell_word(command: str) -> str:
    """The first word that only a shell would understand, "" when there is none."""
    try:
        words = shlex.split(command, posix=False)  # which keeps the quotes
    except ValueError:
        return ""
    return next((word for word in words if _SHELL.fullmatch(word)), "")
