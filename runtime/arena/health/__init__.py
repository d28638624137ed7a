"""Is it well? Probes ask, `policy.threshold` judges, a monitor does both again and again.

Terms: a *probe* (`model.service.Probe`) is one way of asking; a *result* is one answer; a *standing* is what many answers
together say; a *monitor* keeps asking one instance and reports when its standing changes. The supervisor (does it need a
restart?) and the registry (may it get traffic?) import health; health imports policy, model, clock and errors.
"""
