"""One file for each product under load; `base` says what a contender is, `roster` lists them in the order of the table.

A contender is configured as its own documentation advises for speed, on one thread, with what it is compared for switched
on and nothing else. To add one, write its file and name it in the roster.
"""
