"""`python -m arena_cli` is `arena`."""

from arena_cli.main import main

main()
