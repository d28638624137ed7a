"""Who is alive: services register and heartbeat, the registry asks after their health, and whoever watches gets Snapshots.

Terms. A *registration* says that an instance of a service listens at an address. An *entry* is a registration and what is
known of it. A *heartbeat* says "still here"; without one an entry *expires* after its *time to live* (TTL),
unless its check still passes. A *static* entry
has no TTL: it stands for a service that runs elsewhere, and only the operator may make one. A *check* is an http probe of an
entry. A *watcher* receives each new Snapshot.

Life of an entry:

    registered ──heartbeat──► registered          health: unknown ─► passing ◄─► failing   (a check, judged by a threshold)
        │   └──register again─► merged                    unknown   (no check: nobody asks it)
        └──deregistered, or no heartbeat for a TTL and no check that passes─► gone

Registering again (an *upsert*, by instance id) at the same address adds to what is known: metadata keys and a check that the
later registration leaves out stay, and a check whose terms were spelt out (the daemon's, from arena.yaml) is not replaced by
one whose terms were not. At another address it starts afresh. After a restart of the registry every entry comes back
with the health last known and a whole TTL to heartbeat in, so that a restart takes no traffic from anyone.

Gateway and daemon import `registry.follow` and `registry.client`; the rest is the registry's own process (`python -m
arena.registry`). registry imports health, auth, telemetry, policy, model.
"""
