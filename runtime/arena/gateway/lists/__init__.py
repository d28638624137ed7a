"""What changes while the gateway runs, besides its spec: the registry's Snapshots (`watch`), and lists in files of the state
folder, read again within a fifth of a second of a change (`followed`): who may come in, and what an operator ordered.
"""
