"""What a Python service imports: `attach(app)` turns a FastAPI app into an Arena service.

Terms: the *environment* is what Arena tells a child process (name, instance, port, registry, token); a service that was
started without it *runs alone*. The *registrar* keeps the registry informed. A *request context* is the trace and request
id that one request carries through logs and outgoing calls. A *caller* is who sent it, by the gateway's word or by a service
token; the *identity file* holds the keys to verify both. The sdk imports telemetry, auth, model, tasks and errors; nothing of
Arena imports it.
"""

from arena.sdk.attachment import Attachment, attach
from arena.sdk.caller import Principal
from arena.sdk.deadline import time_left
from arena.sdk.environment import Environment
from arena.sdk.guard import principal, principal_or_none, require_roles
from arena.sdk.health import Health
from arena.sdk.outgoing import auth, client
from arena.sdk.refusal import CallerRefused
from arena.sdk.request import RequestContext, current

__all__ = [
    "Attachment", "CallerRefused", "Environment", "Health", "Principal", "RequestContext", "attach", "auth", "client",
    "current", "principal", "principal_or_none", "require_roles", "time_left",
]  # fmt: skip
