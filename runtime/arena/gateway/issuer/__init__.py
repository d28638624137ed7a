"""How the gateway comes by the keys of each issuer, while requests pass.

A *source* keeps one verifier's keys as they should be: read from the project's state folder, from a file, or fetched from where
the issuer publishes them. Keys that stand in arena.yaml itself need none. A token that names a key not known yet makes a source
look again, and waits for that one look.
"""
