"""What `/openapi.json` says about the body of a registration; `payload` is what reads it, and the contract tests hold the two
against each other."""

from __future__ import annotations

from typing import Any

_TEXT = {"type": "string", "minLength": 1, "maxLength": 2048}
_CHECK = {
    "type": ["object", "null"],
    "additionalProperties": False,
    "description": "How `health_url` is asked; times in seconds.",
    "properties": {
        "interval_s": {"type": "number", "minimum": 0.1, "maximum": 3600},
        "timeout_s": {"type": "number", "minimum": 0.1, "maximum": 60},
        "retries": {"type": "integer", "minimum": 1, "maximum": 100},
        "successes": {"type": "integer", "minimum": 1, "maximum": 100},
        "start_period_s": {"type": "number", "minimum": 0, "maximum": 3600},
    },
}
_PROPERTIES = {
    "service_name": {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$"},
    "url": {**_TEXT, "description": "Where the instance listens: scheme, host and port."},
    "health_url": {"type": ["string", "null"], "maxLength": 2048, "description": "On the same host as `url`."},
    "metadata": {"type": ["object", "null"], "description": "Up to 16 kB, 8 levels deep."},
    "instance_id": {"type": ["string", "null"], "pattern": r"^[A-Za-z0-9][A-Za-z0-9_.:@\[\]-]{0,127}$"},
    "ttl_seconds": {
        "type": ["number", "null"],
        "maximum": 86400,
        "description": "At least 1. Null or 0, for the operator alone: without end.",
    },
    "check": _CHECK,
}

REGISTRATION: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["service_name", "url"],
                    "additionalProperties": False,
                    "properties": _PROPERTIES,
                }
            }
        },
    }
}
