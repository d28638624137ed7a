"""Arena's import package: everything behind the `arena` command.

Read `docs/architecture.md` for the rooms of this house and who may import whom.
"""

__version__ = "0.1.0"
