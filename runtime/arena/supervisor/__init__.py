"""Makes the running world match the desired one, as data: observed → reconcile → plan → execute.

Terms: *observed* state is what runs, *desired* what arena.yaml asks for; `reconcile` compares them, purely, into a *plan*; the
*executor* carries a plan out and decides nothing. A *backend* starts and stops instances (as processes; as containers later);
a *launch* is what it is told, a *handle* what it gives back. A *keeper* keeps one instance running through ends and
ill health. A *run* is one life of an instance, from one start to its end; its id is in the environment of all its processes,
and finds those that left their process group. To *adopt* is to take over what an earlier supervisor started.
Only the daemon imports supervisor; supervisor imports health, telemetry, policy, model, clock, tasks and errors.
"""
