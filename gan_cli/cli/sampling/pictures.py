"""Without a mode: images by seed, as a grid, arrays, TFRecord or a folder of single images."""

from pathlib import Path
from typing import TYPE_CHECKING

from absl import flags

from gan_cli.cli.sampling.bulk_export import export_images
from gan_cli.cli.sampling.deliver import STILLS, deliver
from gan_cli.cli.sampling.mode import Composer, Mode, Options, Work, open_studio
from gan_cli.cli.sampling.seeds import first_seed, seeds_and_columns
from gan_cli.errors import UserError

if TYPE_CHECKING:
    from gan_cli.cli.sampling.studio import Studio

flags.DEFINE_string(
    "grid", None, "ROWSxCOLUMNS of the picture; default: 8x8, or what the seeds fill."
)
flags.DEFINE_integer(
    "until",
    None,
    "Write so many images, of --seed and those that follow, to a folder, .npz or .tfrecord. What"
    " was cut off goes on by the same command.",
    lower_bound=1,
)

_ARRAYS, _RECORDS = ".npz", ".tfrecord"
_SCATTERED_POINTS = 2500


def run(options: Options) -> None:
    ending = Path(options.out).suffix.lower()
    if ending not in (*STILLS, _ARRAYS, _RECORDS, ""):
        known = ", ".join((*STILLS, _ARRAYS, _RECORDS))
        raise UserError(f"--out: unknown ending '{ending}' (known: {known}, or a folder without)")
    if options.until is not None:
        if ending in STILLS:
            raise UserError(f"--until: many images go to a folder, .npz or .tfrecord, not {ending}")
        if options.seeds is not None or options.grid is not None:
            raise UserError("--until: counts from --seed; leave out --seeds and --grid")
        first_seed(options)
    else:
        seeds_and_columns(options)
    studio = open_studio(options)
    if studio.points and ending not in (*STILLS, _ARRAYS):
        raise UserError(
            f"--out: points are written as one of {', '.join((*STILLS, _ARRAYS))},"
            f" got '{options.out}'"
        )
    if ending in STILLS:
        deliver(studio, options, COMPOSER, animated=False)
    else:
        seeds = _seeds(studio, options)
        if options.until is not None:
            seeds = range(options.seed, options.seed + options.until)
        export_images(studio, options, seeds)


def compose(studio: "Studio", options: Options, animated: bool) -> Work:
    """Draws a grid or, of points, a scatter plot over points of the mixture itself.

    Raises:
      UserError: there are too many images for one picture.
    """
    from gan_cli.media.sheets import refuse_too_many

    _, columns = seeds_and_columns(options)
    seeds = _seeds(studio, options)
    # Also the room of images that are not there.
    refuse_too_many(len(seeds) if studio.points else -(-len(seeds) // columns) * columns)
    labels = studio.labels(options.classes, len(seeds))
    images = studio.images(seeds, labels, options.truncation)
    return Work([studio.loaded.domain.picture(images, columns, None)], seeds)


def _seeds(studio: "Studio", options: Options):
    if studio.points and options.seeds is None and options.grid is None:
        return range(options.seed, options.seed + _SCATTERED_POINTS)
    return seeds_and_columns(options)[0]


COMPOSER = Composer("grid", compose, ("grid", "classes", "truncation"))
MODE = Mode(None, run, composer=COMPOSER)
