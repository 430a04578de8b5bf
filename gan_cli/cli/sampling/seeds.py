"""The flags that name seeds and lay pictures out."""

from collections.abc import Sequence

from gan_cli.cli.sampling.mode import Options
from gan_cli.errors import UserError

_MOST_SEEDS = 1_000_000
# Seeds have at most 18 digits, and fit into 64 bits with a million behind them.
SEEDS_END = 10**18


def seeds_and_columns(options: Options) -> tuple[list[int], int]:
    """The seeds, and how many of them make a row.

    Raises:
      UserError: a flag is malformed, or asks for no image.
    """
    rows, columns = parse_grid(options.grid) if options.grid else (None, 8)
    if options.seeds is None:
        count = (rows or 8) * columns
        return list(range(first_seed(options), options.seed + count)), columns
    seeds = parse_seeds(options.seeds)
    if rows is not None and rows * columns < len(seeds):
        raise UserError(
            f"--grid: {options.grid} has room for {rows * columns} images,"
            f" --seeds names {len(seeds)}"
        )
    return seeds, columns if rows is not None else min(columns, len(seeds))


def seeds_or_first(options: Options, count: int) -> list[int]:
    """--seeds, or `count` of them from --seed on.

    Raises:
      UserError: a flag is malformed.
    """
    if options.seeds is not None:
        return parse_seeds(options.seeds)
    return list(range(first_seed(options), options.seed + count))


def first_seed(options: Options) -> int:
    """--seed.

    Raises:
      UserError: it is negative, or longer than seeds may be.
    """
    if not 0 <= options.seed < SEEDS_END:
        raise UserError(f"--seed: must be from 0 to {SEEDS_END - 1}, got {options.seed}")
    return options.seed


def parse_grid(text: str) -> tuple[int, int]:
    """'8x10' to (8, 10): rows and columns.

    Raises:
      UserError: it is malformed or has no room.
    """
    sides = [_number(part) for part in text.lower().split("x")]
    if len(sides) != 2 or not all(sides):
        raise UserError(f"--grid: must be ROWSxCOLUMNS, such as 8x8, got '{text}'")
    rows, columns = sides
    if rows * columns > _MOST_SEEDS:
        raise UserError(f"--grid: '{text}' has more than {_MOST_SEEDS:,} images; use --until")
    return rows, columns


def parse_seeds(text: str) -> list[int]:
    """'0-3,9' to [0, 1, 2, 3, 9].

    Raises:
      UserError: it is malformed or names no seed.
    """
    seeds: list[int] = []
    for part in text.split(","):
        first_text, dash, last_text = part.strip().partition("-")
        first, last = _number(first_text), _number(last_text if dash else first_text)
        if first is None or last is None:
            raise UserError(f"--seeds: must be such as 0-63 or 1,5,10-12, got '{text}'")
        if len(seeds) + last - first >= _MOST_SEEDS:
            raise UserError(f"--seeds: '{text}' names more than {_MOST_SEEDS:,}; use --until")
        seeds += range(first, last + 1)
    if not seeds:
        raise UserError(f"--seeds: '{text}' names no seed")
    return seeds


def _number(text: str) -> int | None:
    """A whole number of a sensible length, or None."""
    return int(text) if text.isdecimal() and len(text) < 19 else None


def seeds_text(seeds: Sequence[int]) -> str:
    """[0, 1, 2, 3, 9] to '0-3,9': what `parse_seeds` takes."""
    parts: list[list[int]] = []
    for seed in seeds:
        if parts and seed == parts[-1][-1] + 1:
            parts[-1][1:] = [seed]
        else:
            parts.append([seed])
    return ",".join("-".join(map(str, part)) for part in parts)
