"""Kept replies: given without asking the service again, asked about, and shared by those who ask for the same at once.

`policy.cache` decides; this room reads exchanges for it, keeps what it says may be kept, and writes what follows. Only routes
with `cache` have anything of it. Terms: a *volume* is all that is kept of one URI; a *fetch* watches a reply that may be kept;
a *flight* is a fetch that others wait for.
"""
