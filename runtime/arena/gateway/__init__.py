"""The data plane: bytes → Exchange → filters → route on the Snapshot → balance → upstream → the same way back →
Outcome.

    connection   where bytes come in and go out        wire     bytes to facts and back
    flow         what becomes of an exchange           table    who answers it
    filters      who may pass, and what is changed     lists    what changes while the gateway runs
    cache, idempotency, issuer, store                  page     what the gateway says of itself
    content      what bodies say

Terms: an *exchange* is one request and its reply; a *filter* is one step of a route's chain, which refuses, waits or
lets pass; a *refusal* is an answer the gateway gives itself; a *table* is the compiled routes on one Snapshot,
replaced whole by a *swap*; a *target* is one endpoint with what the gateway knows of it (idle connections, requests
in flight), which survives a swap; a *page* is what the gateway answers about itself. Only the daemon starts this
package, as a process.
"""
