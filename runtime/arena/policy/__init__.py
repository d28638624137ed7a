"""Pure decisions: who gets the next request, who is in or out, who must wait. Time is an argument, nothing here awaits.

Terms: a *threshold* turns single probe answers into a standing; a *balance* picks an endpoint; a *breaker* keeps
work from one that fails; a *limit* counts requests; a *backoff* says how long to wait before the next try. Rooms above
config may import policy; policy imports model and errors.
"""
