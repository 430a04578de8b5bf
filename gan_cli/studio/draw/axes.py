"""What the strongest directions of the latent space change, found without labels."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gan_cli.domains.grid import enlarged, to_pillow
from gan_cli.errors import UserError
from gan_cli.io.files import write_arrays
from gan_cli.media.named_sheet import named_sheet
from gan_cli.sampling.directions import Directions
from gan_cli.sampling.saved_latents import SavedLatents
from gan_cli.studio.drawing import Drawing, Written
from gan_cli.studio.picture_requests import Axes
from gan_cli.studio.studio import Studio

# From one end to the other; the middle is the image that the directions start from.
_COLUMNS = 7


@dataclass(frozen=True, kw_only=True)
class AxesDrawing(Drawing):
    """A row of images for each direction.

    Attributes:
      directions: the directions of the rows.
      space: `w` where they are directions of styles, `z` where they are directions of latents.
    """

    directions: Directions
    space: str

    def save(self, path: str | Path, **options: Any) -> tuple[Written, ...]:
        """Writes the picture, and the directions as an npz file beside it.

        The file holds `vectors`, `scales`, `shares` and `space`. Options as of `Drawing.save`.
        """
        written = super().save(path, **options)
        arrays = Path(path).with_suffix(".npz")
        found = self.directions
        write_arrays(
            arrays,
            {
                "vectors": found.vectors,
                "scales": found.scales,
                "shares": found.shares,
                "space": np.array(self.space),
            },
        )
        return (*written, Written(arrays, f"{len(found.vectors)} directions"))


def draw_axes(studio: Studio, request: Axes) -> Drawing:
    """Draws a row for each direction, from -`extent` to +`extent`, or the one image of `move`.

    Raises:
      UserError: there is no such class or direction, or the latents cannot be used.
    """
    begin, label, origin = _start(studio, request)
    move = request.move or {}
    count = max(request.axes, *move) if move else request.axes
    space, found = studio.directions(request.method, label, count)
    start = begin.latents[0] if begin.space == "w" else space.positions(begin.latents)[0]
    if move:
        moved = start + _shift(found, move)
        image = studio.images_at(space, moved[None])
        if request.scale is not None:
            image = enlarged(image, request.scale, request.resample)
        along = ", ".join(f"{steps:+g} along {axis}" for axis, steps in move.items())
        return Drawing(
            studio, request, lambda: to_pillow(image[0]), description=f"moved {along}", **origin
        )
    steps = np.linspace(-request.extent, request.extent, _COLUMNS)
    rows = [
        studio.images_at(space, start + np.outer(steps * scale, vector))
        for vector, scale in zip(found.vectors, found.scales, strict=True)
    ]
    names = [f"{number + 1} ({100 * share:.0f} %)" for number, share in enumerate(found.shares)]
    columns = [f"{step:+g}" if step else "0" for step in steps]
    tiles = request.tiles(len(rows) * _COLUMNS)
    sheet = named_sheet(np.stack(rows), names, columns, tiles, request.wraps)
    return AxesDrawing(
        studio,
        request,
        lambda: sheet,
        description=f"{len(rows)} directions ({request.method})",
        directions=found,
        space="w" if space.has_styles else "z",
        **origin,
    )


def _shift(found: Directions, move: Mapping[int, float]) -> np.ndarray:
    """Returns the sum of the steps along the axes: float64 [n].

    Raises:
      UserError: the space has fewer axes.
    """
    count = len(found.vectors)
    if max(move) > count:
        raise UserError(f"axis {max(move)}, and this latent space has {count}", key="move")
    along = np.zeros(count)
    for axis, steps in move.items():
        along[axis - 1] = steps
    return (along * found.scales) @ found.vectors


def _start(studio: Studio, request: Axes) -> tuple[SavedLatents, int | None, dict[str, Any]]:
    """Returns where the directions start.

    Returns:
      The latents of one image; its class, if any; and what a `Drawing` says of them.
    """
    numbers = studio.class_numbers(request.classes)
    if request.classes is not None and len(numbers or []) > 1:
        raise UserError("directions are of one class at a time", key="classes")
    label = None if numbers is None else numbers[0]
    saved = studio.saved_latents(request.latents)
    if saved is None:
        seeds = request.seeds_or_first(1)
        return SavedLatents(studio.latents(seeds), None), label, {"seeds": seeds}
    if len(saved.latents) > 1:
        raise UserError(f"directions start from one, got {len(saved.latents)}", key="latents")
    if saved.labels is not None and request.classes is None:
        label = int(saved.labels[0])
    return saved, label, {"saved": saved}
