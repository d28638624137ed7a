"""arena.yaml → Project: the only room that reads YAML, and the sole home of pydantic.

Terms: a *Problem* is one located mistake; every one is found before any is told, in one ConfigInvalid. A *note* is a Problem
that does not stop the load. A *tree* is a YAML document whose values remember where they stand. A *section* is a mapping
with known keys; `document/` holds their models. The way of a file: discovery → parse → expansion (`${VAR}`) → merge →
validate → build (component, service, own_file) → check.

The CLI may import this room; the daemon, and what it runs, never do. Importing it loads neither pydantic nor yaml.
"""

from arena.config.loading import Loaded, load, load_with_notes
from arena.config.problem import ConfigInvalid, Problem

__all__ = ["ConfigInvalid", "Loaded", "Problem", "load", "load_with_notes"]
