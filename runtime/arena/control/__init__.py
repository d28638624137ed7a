"""How the CLI and the daemon talk: one JSON line per message over a unix socket of mode 0600.

Terms: an *operator* is who may command a running project (`operator.Operator`). `server` offers one on the socket, `client`
is one at the other end. A connection carries one call: a request line, any number of `event` lines, then one `result` or
`error` line. Closing the connection cancels the call. `client` imports only messages, model and errors, so that the CLI
starts at once.
"""
