"""One image anywhere in the latent space, and the text that names its place."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from urllib.parse import parse_qsl, urlencode

from gan_cli.errors import UserError
from gan_cli.io.request_values import keep, real_number, whole_number
from gan_cli.studio.picture_requests import Request

# Directions that a place has steps along, where the latent space has as many.
MOST_DIRECTIONS = 5
_LARGEST_SEED = 10**15
_LARGEST_STEP = 10.0
_LARGEST_TRUNCATION = 100.0


@dataclass(frozen=True, kw_only=True)
class Place(Request):
    """One image between two seeds, moved along latents and directions.

    Attributes:
      seed, other: the seeds, at most 10**15 each.
      mix: from 0, at `seed`, to 1, at `other`.
      truncation: bound of the latents or, with styles, factor of their distance from the mean.
      label: number of the class; None: the generator is unconditional.
      shifts: added to each of the seeds' latents, -10 to 10; empty: nothing.
      steps: standard deviations along each of the strongest directions (SeFa), -10 to 10.
    """

    seed: int = 0
    other: int = 0
    mix: float = 0.0
    truncation: float | None = None
    label: int | None = None
    shifts: tuple[float, ...] = ()
    steps: tuple[float, ...] = ()

    record_kind = "explored"
    recorded = MappingProxyType({"place": "text"})

    def __post_init__(self) -> None:
        keep(
            self,
            seed=whole_number(self.seed, "seed", 0, _LARGEST_SEED),
            other=whole_number(self.other, "other", 0, _LARGEST_SEED),
            mix=real_number(self.mix, "mix", 0.0, 1.0),
        )
        if self.truncation is not None:
            most = _LARGEST_TRUNCATION
            keep(self, truncation=real_number(self.truncation, "truncation", 0.0, most))
        if self.label is not None:
            keep(self, label=whole_number(self.label, "label", 0))
        for name in ("shifts", "steps"):
            values = tuple(
                real_number(value, name, -_LARGEST_STEP, _LARGEST_STEP)
                for value in getattr(self, name)
            )
            keep(self, **{name: values})

    @property
    def is_seed(self) -> bool:
        """Whether the place is that of `seed` itself."""
        return self.mix == 0 and not any(self.shifts) and not any(self.steps)

    @property
    def text(self) -> str:
        """The place as a query, which `parse_place` reads."""
        return urlencode(place_query(self))


def parse_place(
    query: Mapping[str, str], num_classes: int, latent_dim: int, num_directions: int
) -> Place:
    """Reads a place from a query such as `place_query` makes. What is missing is 0.

    Raises:
      UserError: a value is no number, or out of range.
    """
    label = _whole(query, "label") if num_classes else None
    if label is not None and label >= num_classes:
        raise UserError(f"must be a whole number of at most {num_classes - 1}", key="label")
    return Place(
        seed=_whole(query, "seed"),
        other=_whole(query, "other"),
        mix=_number(query, "mix"),
        truncation=_number(query, "truncation") or None,
        label=label,
        shifts=tuple(_number(query, f"latent{k}") for k in range(latent_dim)),
        steps=tuple(_number(query, f"step{k}") for k in range(num_directions)),
    )


def parse_place_text(text: str, num_classes: int, latent_dim: int) -> Place:
    """Reads a place from `Place.text`.

    Raises:
      UserError: the text names no place.
    """
    num_directions = min(MOST_DIRECTIONS, latent_dim)
    most_fields = len(fields(Place)) + latent_dim + num_directions
    try:
        query = dict(parse_qsl(text, max_num_fields=most_fields))
    except ValueError as error:
        raise UserError(str(error), key="place") from error
    return parse_place(query, num_classes, latent_dim, num_directions)


def place_query(place: Place) -> dict[str, str]:
    """Returns the query of a place; shifts and steps of 0 are left out."""
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


def _whole(query: Mapping[str, str], name: str) -> int:
    text = query.get(name) or "0"
    if not (text.isascii() and text.isdigit()) or len(text) > 16:
        raise UserError("must be a whole number of at most 16 digits", key=name)
    return int(text)


def _number(query: Mapping[str, str], name: str) -> float:
    try:
        return float(query.get(name) or "0")
    except ValueError:
        return math.nan
