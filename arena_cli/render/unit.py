"""Amounts as people read them."""

from __future__ import annotations

from datetime import datetime


def seconds(value: float | None) -> str:
    """A duration of a start or a probe: "0.42 s", "12.3 s", "2m 05s"; "" for None."""
    if value is None:
        return ""
    if value < 10:
        return f"{value:.2f} s"
    return f"{value:.1f} s" if value < 60 else uptime(value)


def uptime(value: float | None) -> str:
    """How long something has run, in at most two units: "42s", "3m 20s", "5h 02m", "12d 4h"; "-" for None."""
    if value is None:
        return "-"
    whole = int(value)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m {whole % 60:02d}s"
    if whole < 86400:
        return f"{whole // 3600}h {whole % 3600 // 60:02d}m"
    return f"{whole // 86400}d {whole % 86400 // 3600}h"


def ago(at: float | None, now: float) -> str:
    """How long something is past: "3m 20s ago"; "never" for None."""
    return "never" if at is None else f"{uptime(max(0.0, now - at))} ago"


def moment(at: float) -> str:
    """A Unix time as local date and time, to the second; the bare number where no calendar reaches."""
    try:
        return datetime.fromtimestamp(at).astimezone().isoformat(sep=" ", timespec="seconds")
    except (ValueError, OverflowError, OSError):
        return str(at)


def size(value: int | None) -> str:
    """Bytes in decimal units, three digits: "834 kB", "21.5 MB", "1.20 GB"; "-" for None."""
    if value is None:
        return "-"
    amount = float(value)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 999.5:
            return f"{amount:.0f} {unit}" if unit == "B" or amount >= 99.95 else f"{amount:.3g} {unit}"
        amount /= 1000
    return f"{amount:.2f} TB"


def percent(value: float | None) -> str:
    """A share of one core: "0.3%", "142%"; "-" for None."""
    if value is None:
        return "-"
    return f"{value:.1f}%" if value < 10 else f"{value:.0f}%"


def plural(count: int, noun: str) -> str:
    """ "1 service", "3 services"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
