"""Options: settings that only one component has, such as an architecture, a loss or a penalty."""

import difflib
from collections.abc import Mapping

from gan_cli.config.problems import show_value
from gan_cli.errors import UserError

OptionValue = bool | int | float | str

_KINDS = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}


def fill_options(
    key: str, given: Mapping[str, OptionValue], defaults: Mapping[str, OptionValue]
) -> dict[str, OptionValue]:
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
            problems.append(f"{key}.{name}: must be {_KINDS[kind]}, got {show_value(value)}")
        options[name] = value
    if problems:
        raise UserError(*problems)
    return options
