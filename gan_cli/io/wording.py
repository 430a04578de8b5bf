"""Words for values of a wrong type or size, in a config or in a file."""

import reprlib
from collections.abc import Mapping
from typing import Any

_short = reprlib.Repr()
_short.maxstring = 80

# What the value must be, by pydantic's name of the problem, with the problem's own figures.
_WANTED = {
    "greater_than_equal": "at least {ge}",
    "greater_than": "more than {gt}",
    "less_than_equal": "at most {le}",
    "less_than": "less than {lt}",
    "literal_error": "{expected}",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "string_type": "text",
    "model_type": "a section of 'key: value' lines",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "a map of names to values",
    "string_pattern_mismatch": "text of the form {pattern}",
}


def counted(number: int, one: str, many: str) -> str:
    """Returns a number of things in words, such as `1 file is` and `2 files are`."""
    return f"1 {one}" if number == 1 else f"{number:,} {many}"


def some_of(number: int, total: int, things: str, does: str, do: str) -> str:
    """Returns how many of all do what, such as `1 of 5 files is gray` and `2 of 5 files are gray`.

    Args:
      things: all of them, such as `files`.
      does: what a single one does, such as `is gray`.
      do: what several do.
    """
    return f"{number:,} of {total:,} {things} {does if number == 1 else do}"


def show_value(value: Any) -> str:
    """Returns a value as a config would write it, shortened if it is long."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return _short.repr(value)


def what_is_wrong(item: Mapping[str, Any]) -> str:
    """Returns what a value must be and what it is, from one of pydantic's problems."""
    kind, value = item["type"], item["input"]
    if kind == "missing":
        return "is required"
    if kind == "value_error":
        return str(item["ctx"]["error"])
    if kind not in _WANTED:
        return f"{item['msg'][0].lower()}{item['msg'][1:]}, got {show_value(value)}"
    figures = {
        name: int(figure) if isinstance(figure, float) and figure.is_integer() else figure
        for name, figure in item.get("ctx", {}).items()
    }
    return f"must be {_WANTED[kind].format(**figures)}, got {show_value(value)}"
