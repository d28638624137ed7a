"""What is measured beside the throughput of the contenders: each file makes Figures of one theme; `roster` lists them.

A measure never raises for what this machine lacks: its figures then have no value, and say why.
"""
