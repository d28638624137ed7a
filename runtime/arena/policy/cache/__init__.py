"""What a cache may keep and whom it may give it to: RFC 9111, with RFC 9110 for validators and RFC 5861 for stale replies.

Terms: a reply is *kept* in a *place*: the shared one, for everybody, or that of one set of *credentials*, where the cache acts
as a private one. Of one URI there may be several *variants* (Vary). A kept reply is *fresh* while younger than its lifetime.
Header lines are `name: value` without their ends; moments are Unix seconds, and always told, never asked for.
"""
