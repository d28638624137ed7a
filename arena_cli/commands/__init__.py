"""One file per command: options in, one call, one render. `arena_cli.catalogue` names them; `lazy` imports the invoked one.

A command's function is named like the command; its docstring is its help, and the first line the catalogue's summary.
"""
