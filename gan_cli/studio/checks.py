"""Checks of the values in requests. Each returns the value in the form that requests keep."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from gan_cli.errors import UserError
from gan_cli.io.request_values import real_number, whole_number

# Seeds have at most 18 digits, and fit into 64 bits with a million seeds behind them.
SEEDS_END = 10**18

Seeds = Sequence[int]
# Names or numbers of classes; "all": every class.
Classes = str | tuple[str | int, ...]


def given_truncation(value: Any) -> float | None:
    """Returns a number or None. Which numbers are in range depends on the generator.

    Raises:
      UserError: the value is neither.
    """
    return None if value is None else real_number(value, "truncation")


def flag(value: Any, key: str) -> bool:
    """Returns True or False.

    Raises:
      UserError: the value is neither.
    """
    if not isinstance(value, bool):
        raise UserError(f"must be true or false, got {value}", key=key)
    return value


def choice(value: Any, key: str, known: Sequence[str]) -> str:
    """Returns one of the known names.

    Raises:
      UserError: the value is none of them.
    """
    if not isinstance(value, str) or value not in known:
        raise UserError(f"must be one of {', '.join(known)}, got '{value}'", key=key)
    return value


def first_seed(value: Any) -> int:
    """Returns a seed.

    Raises:
      UserError: it is no whole number from 0 to 10**18 - 1.
    """
    return whole_number(value, "seed", 0, SEEDS_END - 1)


def given_seeds(value: Any) -> range | tuple[int, ...] | None:
    """Returns seeds as a range or a tuple; one number stands for itself.

    Raises:
      UserError: there are none, or one is no whole number from 0 to 10**18 - 1.
    """
    if value is None:
        return None
    if isinstance(value, range):
        seeds: range | tuple[int, ...] = value
        ends = (value[0], value[-1]) if value else ()
    else:
        several = [value] if isinstance(value, str) or not isinstance(value, Iterable) else value
        seeds = ends = tuple(several)
    checked = tuple(whole_number(seed, "seeds", 0, SEEDS_END - 1) for seed in ends)
    if not checked:
        raise UserError("must name at least one seed", key="seeds")
    return seeds if isinstance(seeds, range) else checked


def given_classes(value: Any) -> Classes | None:
    """Returns "all", or names and numbers of classes as a tuple; one alone stands for itself.

    Raises:
      UserError: there are none, or one is neither text nor a whole number.
    """
    if value is None or (isinstance(value, str) and value == "all"):
        return value
    single = isinstance(value, str) or not isinstance(value, Iterable)
    classes = (value,) if single else tuple(value)
    if not classes:
        raise UserError("must name at least one class", key="classes")
    return tuple(
        each if isinstance(each, str) else whole_number(each, "classes", 0) for each in classes
    )


def given_latents(value: Any) -> Any:
    """Returns paths of files as a tuple, or saved latents as they are.

    Raises:
      UserError: no file is named, or the value is neither.
    """
    if value is None or hasattr(value, "latents"):
        return value
    single = isinstance(value, str) or not isinstance(value, Iterable)
    paths = (value,) if single else tuple(value)
    if not paths:
        raise UserError("names no file", key="latents")
    for path in paths:
        if not isinstance(path, str | Path):
            raise UserError(f"must be the path of an .npz file, got {path}", key="latents")
    return tuple(Path(path) for path in paths)
