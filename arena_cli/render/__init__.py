"""Value → something printable: pure functions, no reading of files, clocks or sockets.

Terms: *text* is a Rich renderable for people, *rows* or *json* is for programs. Every colour is named in `palette`. Only
`arena_cli.commands` and `arena_cli.main` import this room; it imports model, control.messages and errors.
"""
