"""What becomes of one exchange, from its head to its line in the log.

    forward (filters) → dispatch (an instance, a connection) → respond (the reply) → record (the end)

What goes wrong on the way comes back as a `failure`: another attempt (`retry`, `hedge`), another answer (`fallback`,
`answer`) or a cut. `tries` remembers attempts for those few exchanges that make more than one; `errand` is an exchange
of the gateway's own; `gather` and `recast` hold a body back until it is whole. Decided without waiting wherever that is
possible.
"""
