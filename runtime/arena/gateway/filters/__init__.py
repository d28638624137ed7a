"""The steps of a route's chain, each a callable made once per route.

A filter takes an Exchange and returns None to let it pass, a Refusal to answer it, or an awaitable of either when it
must wait. Filters run in this order: the mark of CORS, limits per address, credential, roles, further limits (on a public
route: all limits, together), and then, on what was let in, the changes to headers and query.
"""
