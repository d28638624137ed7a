"""The state store: Valkey or Redis, where the workers and replicas of a gateway count together.

Terms: the *store* is one server, reached over one pipelined connection; it is *up* while that connection answers; a *call* is
one command and its reply. Only `filters.limit` asks it, `assembly` makes it and `pages` tells how it is. Without `state:` in
arena.yaml nothing of this is imported, and neither is hiredis.
"""
