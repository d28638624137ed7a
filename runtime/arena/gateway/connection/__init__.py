"""Sockets: who calls us, whom we call, and how bytes get in and out.

Terms: a *client* connection carries exchanges one after another, an *upstream* connection one at a time; a *tunnel* is
what both become when a protocol is switched; the *outbox* holds the writes of one turn of the event loop; a *door*
listens, in clear text or with a *certificate*. Each is a state machine written out above its code. What to do about an
exchange is decided in `flow`.
"""
