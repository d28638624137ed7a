"""The nouns: frozen values that every other room passes around. Standard library only, no I/O, no clock.

Terms: a *Project* is one arena.yaml. A *Component* is what Arena brings (gateway, registry); a *Service* is what the user
brings. An *Instance* is one running copy, an *Endpoint* its address. A *Route* maps host + path to a service. A *Snapshot* is
an immutable view of who is alive. A *Plan* is what up/down/scale will do and why. Anyone may import model; model imports
only `arena.errors`.
"""
