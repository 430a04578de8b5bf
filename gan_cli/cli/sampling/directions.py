"""--directions: what the strongest directions of the latent space change, found without labels."""

import math
from typing import TYPE_CHECKING

from absl import flags

from gan_cli.cli.sampling.deliver import check_still, deliver
from gan_cli.cli.sampling.mode import (
    MARKED,
    Composer,
    Mode,
    Options,
    Work,
    open_studio,
    refuse_points,
)
from gan_cli.cli.sampling.saved import check_latents, saved_latents
from gan_cli.cli.sampling.seeds import seeds_or_first
from gan_cli.errors import UserError

if TYPE_CHECKING:
    import numpy as np

    from gan_cli.cli.sampling.studio import Studio
    from gan_cli.sampling.directions import Directions

flags.DEFINE_enum(
    "directions",
    None,
    ["sefa", "pca"],
    "A row to each of the strongest directions from the latents of --seed or --latents, found from"
    " the weights (sefa) or from samples (pca). Writes the vectors as .npz beside the picture.",
)
flags.DEFINE_integer("axes", 6, "How many directions.", lower_bound=1, upper_bound=64)
flags.DEFINE_float("extent", 3.0, "How far to go, in standard deviations.", lower_bound=0.0)
flags.DEFINE_string(
    "move",
    None,
    "AXIS:STEPS, several with commas, such as 1:2,3:-0.5: instead of the rows the one image that"
    " lies so many standard deviations along these directions.",
)

# From one end to the other; the middle is the image that it starts from.
_COLUMNS = 7
_MOST_AXES = 64


def run(options: Options) -> None:
    out = check_still(options)
    check_latents(options)
    if options.latents is None:
        _seed(options)
    if options.move is not None:
        parse_move(options.move)
    studio = open_studio(options)
    refuse_points(studio, "--directions")
    deliver(studio, options, COMPOSER, animated=False)
    if options.move is not None:
        return

    import numpy as np

    from gan_cli.io.files import write_arrays

    _, label, _ = _start(studio, options)
    space, found = studio.directions(options.directions, label, options.axes)
    write_arrays(
        out.with_suffix(".npz"),
        {
            "vectors": found.vectors,
            "scales": found.scales,
            "shares": found.shares,
            "space": np.array("w" if space.has_styles else "z"),
        },
    )
    print(f"{out.with_suffix('.npz')}: {len(found.vectors)} directions")


def compose(studio: "Studio", options: Options, animated: bool) -> Work:
    """Draws a row to each direction, from -`extent` to +`extent`, or the one image of `move`.

    Raises:
      UserError: there is no such class or direction, or the latents cannot be had.
    """
    import numpy as np

    from gan_cli.domains.grid import to_pillow
    from gan_cli.media.sheets import named_sheet

    latents, label, origin = _start(studio, options)
    move = parse_move(options.move) if options.move else {}
    count = max(options.axes, *move) if move else options.axes
    space, found = studio.directions(options.directions, label, count)
    point = space.points(latents[None])[0]
    if move:
        moved = point + _shift(found, move)
        image = studio.images_at(space, moved[None])[0]
        what = "moved " + ", ".join(f"{steps:+g} along {axis}" for axis, steps in move.items())
        return Work([to_pillow(image)], **origin, what=what)
    steps = np.linspace(-options.extent, options.extent, _COLUMNS)
    rows = [
        studio.images_at(space, point + np.outer(steps * scale, vector))
        for vector, scale in zip(found.vectors, found.scales, strict=True)
    ]
    names = [f"{number + 1} ({100 * share:.0f} %)" for number, share in enumerate(found.shares)]
    columns = [f"{step:+g}" if step else "0" for step in steps]
    sheet = named_sheet(np.stack(rows), names, columns)
    return Work([sheet], **origin, what=f"{len(rows)} directions ({options.directions})")


def parse_move(text: str) -> dict[int, float]:
    """'1:2,3:-0.5' to {1: 2.0, 3: -0.5}: axes, counted from 1, and standard deviations.

    Raises:
      UserError: it is malformed.
    """
    move: dict[int, float] = {}
    for part in text.split(","):
        axis_text, _, steps_text = part.partition(":")
        try:
            axis, steps = int(axis_text), float(steps_text)
        except ValueError:
            axis, steps = 0, math.nan
        if not 1 <= axis <= _MOST_AXES or not math.isfinite(steps) or axis in move:
            raise UserError(
                f"--move: must be such as 1:2,3:-0.5, each axis once, 1 to {_MOST_AXES}, got"
                f" '{text}'"
            )
        move[axis] = steps
    return move


def _shift(found: "Directions", move: dict[int, float]) -> "np.ndarray":
    """float64 [n].

    Raises:
      UserError: the space has fewer axes.
    """
    import numpy as np

    count = len(found.vectors)
    if max(move) > count:
        raise UserError(f"--move: axis {max(move)}, and this latent space has {count}")
    along = np.zeros(count)
    for axis, steps in move.items():
        along[axis - 1] = steps
    return (along * found.scales) @ found.vectors


def _seed(options: Options) -> int:
    seeds = seeds_or_first(options, 1)
    if len(seeds) > 1:
        raise UserError(f"--seeds: --directions starts from one, got {len(seeds)}")
    return seeds[0]


def _start(studio: "Studio", options: Options):
    """Where it starts: latents, float32 [latent_dim]; their class; what `Work` says of them."""
    numbers = studio.class_numbers(options.classes)
    if options.classes and len(numbers or []) > 1:
        raise UserError("--classes: --directions is of one class at a time")
    label = None if numbers is None else numbers[0]
    saved = saved_latents(studio, options)
    if saved is None:
        seed = _seed(options)
        return studio.latents([seed])[0], label, {"seeds": [seed]}
    if len(saved.latents) > 1:
        raise UserError(f"--latents: --directions starts from one, got {len(saved.latents)}")
    if saved.labels is not None and not options.classes:
        label = int(saved.labels[0])
    return saved.latents[0], label, {"seeds": (), "saved": saved}


COMPOSER = Composer("directions", compose, ("directions", "axes", "extent", "move", "classes"))
MODE = Mode(
    "directions",
    run,
    takes=("checkpoint", "seed", "seeds", "latents", "classes", *MARKED),
    composer=COMPOSER,
)
