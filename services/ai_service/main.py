"""`uvicorn main:app`: the text generation service."""

from ai_service.app import build
from ai_service.settings import Settings

from arena.errors import ArenaError

try:
    app = build(Settings.read())
except ArenaError as error:
    # uvicorn would show a traceback of twenty lines, and not the hint.
    raise SystemExit(f"ai_service cannot start: {error}. {error.hint}") from None
