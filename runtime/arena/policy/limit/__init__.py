"""How often a caller may ask: one file for each algorithm, the theory above the code.

Terms: a *limit* is what was asked for (model.route.RateLimit); a *limiter* counts against one limit in memory; a *key* is who
is counted; to *ask* is to learn whether a request would be admitted, to *take* is to count it; the *quota* is how many
requests a key has in a *window*.

| algorithm | memory per key | at most in any span as long as the window | character |
|---|---|---|---|
| token_bucket | one number | twice the quota | smooth: comes back one request at a time |
| fixed_window | two numbers | twice the quota (at the seam of two windows) | cheap, easy to explain, bursts at the seam |
| sliding_counter | three numbers | twice the quota, in the worst case alone | no bursts at the seam under steady load |
| sliding_log | one number per request | the quota, exactly | exact, and the largest |

Whoever makes limiters calls `limiter.make`; the gateway is the one room that does.
"""
