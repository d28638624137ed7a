"""Who answers a request: routes × Snapshot, compiled.

Terms: a *route* is made ready once per swap, with its filters; a *match* is what one method, host and path came to; a
*condition* tells routes of one path apart; a *roster* is the live *targets* of one service, which outlive a swap; a
*gate* lets in only so many at a time. `assembly` and `view`, one floor up, put tables together and swap them in.
"""
