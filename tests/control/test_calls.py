from __future__ import annotations

import inspect

from arena.control.calls import CALLS
from arena.control.operator import Operator


def test_every_operator_call_is_in_the_table_with_its_arguments() -> None:
    methods = {name: method for name, method in vars(Operator).items() if not name.startswith("_")}
    assert set(CALLS) == set(methods)
    for name, method in methods.items():
        parameters = [parameter for parameter in inspect.signature(method).parameters if parameter != "self"]
        expected = [*CALLS[name].arguments, *(["on_event"] if "on_event" in parameters else [])]
        assert parameters == expected, name
