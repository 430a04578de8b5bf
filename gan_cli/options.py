"""Options: settings that only one component has, such as a loss, a penalty or an architecture.

A component made of functions takes its options as their keyword-only parameters: each has a
default, which sets the type that a config must keep to.
"""

import difflib
import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from gan_cli.errors import UserError

# bool, int, float or str; which one, the default tells.
Option = Any

_KINDS = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}


def options_of(*functions: Callable) -> dict[str, Option]:
    """Returns the options of all functions, by name, with their defaults.

    Raises:
      UserError: an option has no default, or one of another type than options have.
    """
    options = {
        name: parameter.default
        for function in functions
        for name, parameter in inspect.signature(function).parameters.items()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY
    }
    wrong = [name for name, default in options.items() if type(default) not in _KINDS]
    if wrong:
        raise UserError(
            *(f"option '{name}' needs a default: true or false, a number or text" for name in wrong)
        )
    return options


def with_options(function: Callable, options: Mapping[str, Option]) -> Callable:
    """Returns the function with those of the options that it has set to the values given."""
    own = {name: options[name] for name in options_of(function) if name in options}
    return functools.partial(function, **own) if own else function


def fill_options(
    key: str, given: Mapping[str, Option], defaults: Mapping[str, Option]
) -> dict[str, Option]:
    """Returns every option of a component, with the value given or the default.

    Args:
      key: where the config holds `given`, such as `model.options`.
      defaults: every option that the component has; a value must have its default's type.

    Raises:
      UserError: with a line for each option that the component does not have, and for each value of
        a wrong type.
    """
    options = dict(defaults)
    problems = []
    for name, value in given.items():
        if name not in defaults:
            near = difflib.get_close_matches(name, defaults, n=1)
            hint = f"; did you mean '{near[0]}'?" if near else ""
            known = ", ".join(defaults) or "none"
            problems.append(f"{key}: unknown option '{name}'{hint} (known: {known})")
            continue
        kind = type(defaults[name])
        if kind is float and type(value) is int:
            value = float(value)
        if type(value) is not kind:
            problems.append(f"{key}.{name}: must be {_KINDS[kind]}, got {_as_written(value)}")
        options[name] = value
    if problems:
        raise UserError(*problems)
    return options


def _as_written(value: Option) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value)
