"""Options of losses and penalties: the keyword arguments of the functions that compute them.

A function's keyword-only parameters are its options; their defaults are the values that hold where
the config gives none, and set the types that a config must keep to.
"""

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

# bool, int, float or str.
Option = Any


def options_of(*functions: Callable) -> dict[str, Option]:
    """Returns the options of all functions, by name, with their defaults."""
    return {
        name: parameter.default
        for function in functions
        for name, parameter in inspect.signature(function).parameters.items()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY
    }


def with_options(function: Callable, options: Mapping[str, Option]) -> Callable:
    """Returns the function with those of the options that it has fixed to the values given."""
    own = {name: options[name] for name in options_of(function) if name in options}
    return functools.partial(function, **own) if own else function
