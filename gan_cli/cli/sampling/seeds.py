"""The flags that name seeds and lay pictures out."""

from collections.abc import Sequence

from gan_cli.cli.sampling.mode import Options
from gan_cli.errors import UserError

_MOST_SEEDS = 1_000_000


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
      UserError: it is negative.
    """
    if options.seed < 0:
        raise UserError(f"--seed: must be at least 0, got {options.seed}")
    return options.seed


def parse_grid(text: str) -> tuple[int, int]:
    """'8x10' to (8, 10): rows and columns.

    Raises:
      UserError: it is malformed or has no room.
    """
    parts = text.lower().split("x")
    if len(parts) != 2 or not all(part.isdigit() and int(part) > 0 for part in parts):
        raise UserError(f"--grid: must be ROWSxCOLUMNS, such as 8x8, got '{text}'")
    return int(parts[0]), int(parts[1])


def parse_seeds(text: str) -> list[int]:
    """'0-3,9' to [0, 1, 2, 3, 9].

    Raises:
      UserError: it is malformed or names no seed.
    """
    seeds: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not first.isdigit() or (dash and not last.isdigit()):
            raise UserError(f"--seeds: must be such as 0-63 or 1,5,10-12, got '{text}'")
        added = range(int(first), int(last if dash else first) + 1)
        if len(seeds) + len(added) > _MOST_SEEDS:
            raise UserError(f"--seeds: '{text}' names more than {_MOST_SEEDS:,}; use --until")
        seeds += added
    if not seeds:
        raise UserError(f"--seeds: '{text}' names no seed")
    return seeds


def seeds_text(seeds: Sequence[int]) -> str:
    """[0, 1, 2, 3, 9] to '0-3,9': what `parse_seeds` takes."""
    parts: list[list[int]] = []
    for seed in seeds:
        if parts and seed == parts[-1][-1] + 1:
            parts[-1][1:] = [seed]
        else:
            parts.append([seed])
    return ",".join("-".join(map(str, part)) for part in parts)
