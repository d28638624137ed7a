"""What a Python service imports: `attach(app)` turns a FastAPI app into an Arena service.

Terms: the *environment* is what Arena tells a child process (name, instance, port, registry, token); a service that was
started without it *runs alone*. The *registrar* keeps the registry informed. A *request context* is the trace and request
id that one request carries through logs and outgoing calls. The sdk imports telemetry, model, tasks and errors; nothing of
Arena imports it.
"""

from arena.sdk.attachment import Attachment, attach
from arena.sdk.environment import Environment
from arena.sdk.health import Health
from arena.sdk.outgoing import client
from arena.sdk.request import RequestContext, current

__all__ = ["Attachment", "Environment", "Health", "RequestContext", "attach", "client", "current"]
