"""Requests with an idempotency key: carried out once, however often they come.

Terms: a *record* is what is remembered of one key; it is *claimed* by the first request, and *settled* with its reply or
*released*. A *ledger* holds records, in memory or in the state store. `guard` is the filter.
"""
