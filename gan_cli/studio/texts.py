"""Values of requests as text, in the form that flags and the records of pictures use."""

import math
import re
from collections.abc import Mapping, Sequence

from gan_cli.errors import UserError

# Bounds what a short text such as 0-99999999 can ask for.
_MOST_SEEDS = 1_000_000
ALL_CLASSES = "all"
# A name in double quotes, or one without commas; and the comma after it.
_CLASS = re.compile(r'\s*(?:("(?:[^"]|"")*")\s*|([^,]*)),')


def parse_seeds(text: str) -> range | tuple[int, ...]:
    """Reads seeds: '0-3,9' becomes (0, 1, 2, 3, 9), and '0-3' becomes range(4).

    Raises:
      UserError: the text is malformed, or names no seed or more than a million.
    """
    parts: list[range] = []
    count = 0
    for part in text.split(","):
        first_text, dash, last_text = part.strip().partition("-")
        first, last = _number(first_text), _number(last_text if dash else first_text)
        if first is None or last is None:
            raise UserError(f"must be such as 0-63 or 1,5,10-12, got '{text}'", key="seeds")
        parts.append(range(first, last + 1))
        count += len(parts[-1])
        if count > _MOST_SEEDS:
            raise UserError(f"'{text}' names more than {_MOST_SEEDS:,} seeds", key="seeds")
    if not count:
        raise UserError(f"'{text}' names no seed", key="seeds")
    if len(parts) == 1 and count > 1:
        return parts[0]
    return tuple(seed for part in parts for seed in part)


def seeds_text(seeds: Sequence[int]) -> str:
    """Writes seeds as `parse_seeds` reads them: [0, 1, 2, 3, 9] becomes '0-3,9'."""
    if isinstance(seeds, range) and seeds.step == 1 and len(seeds) > 1:
        # However many there are.
        return f"{seeds[0]}-{seeds[-1]}"
    parts: list[list[int]] = []
    for seed in seeds:
        if parts and seed == parts[-1][-1] + 1:
            parts[-1][1:] = [seed]
        else:
            parts.append([seed])
    return ",".join("-".join(map(str, part)) for part in parts)


def parse_shape(text: str) -> tuple[int, int]:
    """Reads rows and columns: '8x10' becomes (8, 10).

    Raises:
      UserError: the text is malformed, or one of them is 0.
    """
    sides = [_number(part) for part in text.lower().split("x")]
    if len(sides) != 2 or not all(sides):
        raise UserError(f"must be ROWSxCOLUMNS, such as 8x8, got '{text}'", key="shape")
    return sides[0] or 0, sides[1] or 0


def shape_text(shape: tuple[int, int]) -> str:
    """Writes rows and columns as `parse_shape` reads them."""
    return f"{shape[0]}x{shape[1]}"


def parse_classes(text: str) -> str | tuple[str, ...]:
    """Reads the names or numbers of classes, such as '0,cat'; 'all' stays as it is.

    A name in double quotes is taken as it stands: it may hold commas and outer spaces, or be `all`.
    A double quote within it is doubled.
    """
    if text == ALL_CLASSES:
        return text
    found = _CLASS.findall(f"{text},")
    return tuple(
        quoted[1:-1].replace('""', '"') if quoted else plain.strip() for quoted, plain in found
    )


def quoted_class(name: str) -> str:
    """Writes the name of a class as `parse_classes` reads it, in double quotes where need be."""
    is_plain = '"' not in name and parse_classes(name) == (name,)
    return name if is_plain else '"' + name.replace('"', '""') + '"'


def parse_move(text: str) -> dict[int, float]:
    """Reads steps along axes: '1:2,3:-0.5' becomes {1: 2.0, 3: -0.5}.

    Raises:
      UserError: the text is malformed, or names an axis twice.
    """
    move: dict[int, float] = {}
    for part in text.split(","):
        axis_text, _, steps_text = part.partition(":")
        try:
            axis, steps = int(axis_text), float(steps_text)
        except ValueError:
            axis, steps = 0, math.nan
        if axis < 1 or not math.isfinite(steps) or axis in move:
            raise UserError(
                f"must be such as 1:2,3:-0.5, each axis once, counted from 1, got '{text}'",
                key="move",
            )
        move[axis] = steps
    return move


def move_text(move: Mapping[int, float]) -> str:
    """Writes steps along axes as `parse_move` reads them."""
    return ",".join(f"{axis}:{repr(steps).removesuffix('.0')}" for axis, steps in move.items())


def _number(text: str) -> int | None:
    """Returns a whole number of at most 18 digits, or None."""
    return int(text) if text.isdecimal() and len(text) < 19 else None
