"""Which services take part."""

from __future__ import annotations

from collections.abc import Sequence

from arena.config.context import Reading
from arena.config.document.service import ServiceSection
from arena.config.suggest import suggest

EVERY = "*"


def active(reading: Reading, profiles: Sequence[str]) -> dict[str, ServiceSection]:
    """The services without profiles and those that have an active one; `*` activates all."""
    services = reading.document.services
    known = {profile for section in services.values() for profile in section.profiles}
    for profile in profiles:
        if profile != EVERY and profile not in known:
            reading.report.note(None, (), f"no service has the profile {profile!r}", suggest(profile, known))
    wanted = set(profiles)
    return {
        name: section
        for name, section in services.items()
        if not section.profiles or EVERY in wanted or wanted & set(section.profiles)
    }
