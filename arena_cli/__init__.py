"""The command line: words typed → one call → words printed.

Terms: a *command* is one file in `commands`: options in, one call on the daemon (or on config, auth), one render. A *render*
is a pure function from a value to something printable. The *context* holds what the options before the command said and the
two consoles. `main` is the only place that prints an error, and `exits` the only place that knows exit codes.

Doors to the rest of Arena: control.client, config, auth, daemon.launch, model, errors. All but `errors` are opened inside the
function that needs them, because `arena --help` must feel instant. Nothing imports this package.
"""
