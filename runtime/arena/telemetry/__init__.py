"""What happened, made visible: trace context, metrics, log lines.

Terms: a *trace* is one request's journey through every process (W3C Trace Context); a *span* is one process's share of it.
A *spool* is the raw output file of one instance, a *journal* the timed lines kept of it. Rooms above (auth, health,
registry, gateway, supervisor, daemon, sdk) may import telemetry; telemetry imports model, policy, clock and errors.
"""
