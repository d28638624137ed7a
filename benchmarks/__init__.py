"""`make bench`: how fast Arena's gateway is, as ratios against its peers from one run on this machine.

Terms: a *contender* is a proxy (or the origin alone) under load. The *origin* is the cheap nginx reply behind every proxy.
A *site* is where one contender runs: its folder, port, origin, key. A *sample* is one wrk run against one contender; a
*round* is one sample of each, so that noise on the machine hits all alike. A *bar* is a figure Arena promises to reach. Only
ratios and bars are judged, by a reader: nothing here is a test, and a slow machine fails nothing.

Each contender is checked before it is timed, and its log is counted afterwards: a peer that is handicapped, or does not do
the work it is compared for, is an error in the report, and a peer that is not installed is named as missing.
"""
