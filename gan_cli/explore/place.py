"""What the sliders of the page say, and the text that they say it by."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

_LARGEST_SEED = 10**15
_LARGEST_STEP = 10.0


@dataclass(frozen=True)
class Place:
    """What the sliders say.

    Attributes:
      seed, other: between whose latents it lies; `mix` of 0: at the former, 1: at the latter.
      truncation: of the latents; None: none.
      label: index of the class; None where there are none.
      shifts: of each latent, added to what the seeds give.
      steps: along each direction, in standard deviations.
    """

    seed: int
    other: int
    mix: float
    truncation: float | None
    label: int | None
    shifts: tuple[float, ...]
    steps: tuple[float, ...]


def parse_place(
    query: Mapping[str, str], num_classes: int, latent_dim: int, num_directions: int
) -> Place:
    """Reads a place from the page's query, or from what `place_text` made.

    Raises:
      ValueError: a value is missing, no number, or out of range.
    """
    label = _whole(query, "label", num_classes - 1) if num_classes else None
    truncation = _number(query, "truncation", 0.0, 100.0)
    return Place(
        _whole(query, "seed", _LARGEST_SEED),
        _whole(query, "other", _LARGEST_SEED),
        _number(query, "mix", 0.0, 1.0),
        truncation or None,
        label,
        *(
            tuple(_number(query, f"{name}{k}", -_LARGEST_STEP, _LARGEST_STEP) for k in range(count))
            for name, count in (("latent", latent_dim), ("step", num_directions))
        ),
    )


def place_text(place: Place) -> dict[str, str]:
    """The query of a place; latents and steps of 0 are left out."""
    moves = {
        f"{name}{k}": repr(value)
        for name, values in (("latent", place.shifts), ("step", place.steps))
        for k, value in enumerate(values)
        if value
    }
    label = {} if place.label is None else {"label": str(place.label)}
    return {
        "seed": str(place.seed),
        "other": str(place.other),
        "mix": repr(place.mix),
        "truncation": repr(place.truncation or 0.0),
        **label,
        **moves,
    }


def _whole(query: Mapping[str, str], name: str, largest: int) -> int:
    text = query.get(name) or "0"
    if not (text.isascii() and text.isdigit()) or len(text) > 16 or int(text) > largest:
        raise ValueError(f"{name}: must be a whole number of at most {largest}")
    return int(text)


def _number(query: Mapping[str, str], name: str, smallest: float, largest: float) -> float:
    try:
        value = float(query.get(name) or "0")
    except ValueError:
        value = math.nan
    if not smallest <= value <= largest:
        raise ValueError(f"{name}: must be a number from {smallest:g} to {largest:g}")
    return value
