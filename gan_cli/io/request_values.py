"""Checks of numbers in requests, and how a frozen request keeps them."""

import math
import operator
from typing import Any

from gan_cli.errors import UserError


def keep(request: Any, **values: Any) -> None:
    """Sets fields of a frozen request to their checked values."""
    for name, value in values.items():
        object.__setattr__(request, name, value)


def whole_number(value: Any, key: str, least: int, most: int | None = None) -> int:
    """Returns a whole number of the range.

    Raises:
      UserError: the value is no whole number, or lies outside.
    """
    try:
        number = None if isinstance(value, bool) else operator.index(value)
    except TypeError:
        number = None
    if number is None or number < least or (most is not None and number > most):
        bounds = f"of at least {least}" if most is None else f"from {least} to {most}"
        raise UserError(f"must be a whole number {bounds}, got {value!r}", key=key)
    return number


def real_number(value: Any, key: str, least: float = -math.inf, most: float = math.inf) -> float:
    """Returns a finite number of the range.

    Raises:
      UserError: the value is no such number.
    """
    try:
        number = math.nan if isinstance(value, bool | str | bytes) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number) or not least <= number <= most:
        bound = f" of at least {least:g}" if math.isfinite(least) else ""
        bound = f" from {least:g} to {most:g}" if math.isfinite(most) else bound
        raise UserError(f"must be a number{bound}, got {value!r}", key=key)
    return number
