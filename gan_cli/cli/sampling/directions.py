"""--directions: what the strongest directions of the latent space change, found without labels."""

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
from gan_cli.cli.sampling.seeds import seeds_or_first
from gan_cli.errors import UserError

if TYPE_CHECKING:
    from gan_cli.cli.sampling.studio import Studio

flags.DEFINE_enum(
    "directions",
    None,
    ["sefa", "pca"],
    "A row to each of the strongest directions from the latents of --seed, found from the weights"
    " (sefa) or from samples (pca). Writes the vectors as .npz beside the picture.",
)
flags.DEFINE_integer("axes", 6, "How many directions.", lower_bound=1, upper_bound=64)
flags.DEFINE_float("extent", 3.0, "How far to go, in standard deviations.", lower_bound=0.0)

# From one end to the other; the middle is the seed's own image.
_COLUMNS = 7


def run(options: Options) -> None:
    out = check_still(options)
    _seed(options)
    studio = open_studio(options)
    refuse_points(studio, "--directions")
    deliver(studio, options, COMPOSER, animated=False)

    import numpy as np

    from gan_cli.run.files import write_arrays

    space, found = _find(studio, options)
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
    """Draws a row to each direction, from -`extent` to +`extent`.

    Raises:
      UserError: there is no such class.
    """
    import numpy as np

    from gan_cli.sampling.generate import to_uint8
    from gan_cli.sampling.sheets import named_sheet

    space, found = _find(studio, options)
    seed = _seed(options)
    point = space.points(studio.latents([seed]))[0]
    steps = np.linspace(-options.extent, options.extent, _COLUMNS)
    rows = [
        np.asarray(
            to_uint8(space.images(point + np.outer(steps * scale, vector).astype(np.float32)))
        )
        for vector, scale in zip(found.vectors, found.scales, strict=True)
    ]
    names = [f"{number + 1} ({100 * share:.0f} %)" for number, share in enumerate(found.shares)]
    columns = [f"{step:+g}" if step else "0" for step in steps]
    return Work([named_sheet(np.stack(rows), names, columns)], [seed])


def _seed(options: Options) -> int:
    seeds = seeds_or_first(options, 1)
    if len(seeds) > 1:
        raise UserError(f"--seeds: --directions starts from one, got {len(seeds)}")
    return seeds[0]


def _find(studio: "Studio", options: Options):
    numbers = studio.class_numbers(options.classes)
    if options.classes and len(numbers or []) > 1:
        raise UserError("--classes: --directions is of one class at a time")
    label = None if numbers is None else numbers[0]
    return studio.directions(options.directions, label, options.axes)


COMPOSER = Composer("directions", compose, ("directions", "axes", "extent", "classes"))
MODE = Mode(
    "directions",
    run,
    takes=("checkpoint", "seed", "seeds", "classes", *MARKED),
    composer=COMPOSER,
)
