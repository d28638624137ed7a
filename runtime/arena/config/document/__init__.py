"""The shape of arena.yaml as pydantic models: one module per section, one field per key, its description for editors.

Terms: a *Section* is a mapping with known keys. Values arrive as text (see `arena.config.tree`), short forms are brought to
their long form before they are checked. Only `arena.config` may import this package: it is pydantic's sole home.
"""
