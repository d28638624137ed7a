"""The composition root: one background process per project that owns the supervisor and answers the CLI.

Terms: the *daemon* is that process. *Components* are the workloads Arena itself brings. To *recover* is to start a daemon
for a project whose daemon died while its instances live on. `launch` is the door for the CLI and imports nothing heavy;
the rest may import every room.
"""
