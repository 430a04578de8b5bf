"""--sheet: pictures that answer one question about a generator each."""

from typing import TYPE_CHECKING

from absl import flags

from gan_cli.cli.sampling.deliver import check_still, deliver
from gan_cli.cli.sampling.mode import (
    SEEDED,
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

flags.DEFINE_enum(
    "sheet",
    None,
    ["truncation", "classes", "real", "training", "mix"],
    "What truncation does to some seeds; a row to each class; generated images beside real ones of"
    " the training data; how the first images became what they are; or, of stylegan2, rows' coarse"
    " styles with columns' fine ones.",
)

_TRUNCATIONS = (0.1, 0.25, 0.5, 0.75, 1.0, 1.5, None)
_COLUMNS = 10
_MOST_STAGES = 12
# Rows, and columns, of --sheet=mix.
_MIXED = 5


def run(options: Options) -> None:
    check_still(options)
    check_latents(options)
    if options.latents is not None and options.sheet != "classes":
        raise UserError(f"--latents: is for --sheet=classes, not {options.sheet}")
    if options.sheet in ("truncation", "training") and options.truncation is not None:
        raise UserError(f"--truncation: is not for --sheet={options.sheet}")
    if options.sheet == "training" and (options.seeds or options.classes):
        raise UserError("--sheet=training: shows what training drew; it takes no seeds or classes")
    studio = open_studio(options)
    refuse_points(studio, "--sheet")
    deliver(studio, options, COMPOSER, animated=False)


def compose(studio: "Studio", options: Options, animated: bool) -> Work:
    """Draws the sheet.

    Raises:
      UserError: the run lacks what it needs: classes, its data, or pictures of its training.
    """
    return _SHEETS[options.sheet](studio, options)


def _truncation(studio: "Studio", options: Options) -> Work:
    import numpy as np

    from gan_cli.media.sheets import named_sheet, refuse_too_many

    seeds = seeds_or_first(options, 8)
    refuse_too_many(len(seeds) * len(_TRUNCATIONS))
    labels = studio.labels(options.classes, len(seeds))
    columns = [studio.images(seeds, labels, truncation) for truncation in _TRUNCATIONS]
    names = [f"{truncation:g}" if truncation else "none" for truncation in _TRUNCATIONS]
    return Work([named_sheet(np.stack(columns, 1), _names(studio, seeds, labels), names)], seeds)


def _classes(studio: "Studio", options: Options) -> Work:
    import numpy as np

    from gan_cli.media.sheets import named_sheet, refuse_too_many

    numbers = studio.class_numbers(options.classes)
    if numbers is None:
        raise UserError(f"--sheet=classes: {studio.run.path} was trained without classes")
    saved = saved_latents(studio, options)
    seeds = [] if saved else seeds_or_first(options, _COLUMNS)
    refuse_too_many(len(numbers) * len(saved.latents if saved else seeds))
    latents = saved.latents if saved else studio.latents(seeds, options.truncation)
    sampler = studio.sampler_for(options.truncation)
    rows = [sampler.images(latents, np.full(len(latents), number, np.int32)) for number in numbers]
    names = [studio.loaded.class_names[number] for number in numbers]
    return Work([named_sheet(np.stack(rows), names)], seeds, saved=saved)


def _real(studio: "Studio", options: Options) -> Work:
    import numpy as np

    from gan_cli.data.dataset import open_splits
    from gan_cli.media.provenance import COMPOSITE
    from gan_cli.media.sheets import named_sheet, refuse_too_many

    numbers = studio.class_numbers(options.classes)
    count = 4 if numbers is None else len(numbers)
    seeds = seeds_or_first(options, _COLUMNS)
    refuse_too_many(2 * count * len(seeds))
    data = open_splits(studio.loaded.config.data)
    if data.fingerprint != studio.run.read_environment()["dataset"]["fingerprint"]:
        raise UserError("--sheet=real: the data are no longer those that the run was trained on")
    train = data.train
    rng = np.random.default_rng(seeds[0])
    rows, names = [], []
    for index in range(count):
        chosen: np.ndarray = np.arange(len(train.images))
        labels = None
        if numbers is not None and train.labels is not None:
            chosen = np.flatnonzero(train.labels == numbers[index])
            labels = np.full(len(seeds), numbers[index], np.int32)
        own = seeds if numbers is not None else [seed + index * len(seeds) for seed in seeds]
        rows.append(train.images[np.sort(rng.choice(chosen, len(seeds)))])
        rows.append(studio.images(own, labels, options.truncation))
        name = "" if numbers is None else f"{studio.loaded.class_names[numbers[index]]}, "
        names += [f"{name}real", f"{name}generated"]
    drawn = seeds if numbers is not None else range(seeds[0], seeds[0] + count * len(seeds))
    return Work([named_sheet(np.stack(rows), names)], list(drawn), COMPOSITE)


def _training(studio: "Studio", options: Options) -> Work:
    import numpy as np
    from PIL import Image

    from gan_cli.domains.grid import split_grid
    from gan_cli.media.sheets import named_sheet

    stages = studio.run.saved_grids(_MOST_STAGES)
    if not stages:
        raise UserError(f"--sheet=training: {studio.run.samples} holds no grids")
    height, width, channels = studio.loaded.generator.outputs[0].shape[1:]
    rows = []
    for _, path in stages:
        try:
            with Image.open(path) as picture:
                images = split_grid(picture, height, width, channels)
        except (OSError, ValueError) as error:
            raise UserError(f"--sheet=training: {path} cannot be read: {error}") from error
        rows.append(images[:_COLUMNS])
    names = [f"{kimg:,} kimg" for kimg, _ in stages]
    return Work([named_sheet(np.stack(rows), names)], range(_COLUMNS))


def _mix(studio: "Studio", options: Options) -> Work:
    import numpy as np

    from gan_cli.domains.images import to_uint8
    from gan_cli.media.sheets import named_sheet, refuse_too_many
    from gan_cli.models.truncation import has_styles, towards_mean
    from gan_cli.sampling.style_mixing import mixed_images, styles_of

    generator = studio.loaded.generator
    if not has_styles(generator):
        raise UserError(f"--sheet=mix: {studio.run.path} has no styles; it is for stylegan2")
    seeds = seeds_or_first(options, 2 * _MIXED)
    if len(seeds) < 2:
        raise UserError("--seeds: --sheet=mix needs at least two, rows first, then columns")
    refuse_too_many((len(seeds) // 2 + 1) ** 2)
    styles = styles_of(generator, studio.latents(seeds), studio.labels(options.classes, len(seeds)))
    if options.truncation is not None:
        styles = towards_mean(generator, styles, options.truncation)
    half = len(seeds) // 2
    layers = generator.get_layer("synthesis").inputs[0].shape[1]

    def drawn(coarse: "np.ndarray", fine: "np.ndarray") -> "np.ndarray":
        return np.asarray(to_uint8(mixed_images(generator, coarse, fine, layers // 2)))

    rows, columns = styles[:half], styles[half:]
    blank = np.full_like(drawn(rows[:1], rows[:1]), 255)
    sheet = [np.concatenate([blank, drawn(columns, columns)])]
    for row in rows:
        coarse = np.broadcast_to(row, columns.shape)
        sheet.append(np.concatenate([drawn(row[None], row[None]), drawn(coarse, columns)]))
    names = ["", *(f"seed {seed}" for seed in seeds[:half])]
    column_names = ["", *(f"seed {seed}" for seed in seeds[half:])]
    return Work([named_sheet(np.stack(sheet), names, column_names)], seeds)


def _names(studio: "Studio", seeds: list[int], labels: "np.ndarray | None") -> list[str]:
    if labels is None:
        return [f"seed {seed}" for seed in seeds]
    names = studio.loaded.class_names
    return [f"{names[label]}, seed {seed}" for seed, label in zip(seeds, labels, strict=True)]


_SHEETS = {
    "truncation": _truncation,
    "classes": _classes,
    "real": _real,
    "training": _training,
    "mix": _mix,
}
COMPOSER = Composer("sheet", compose, ("sheet", "classes", "truncation"))
MODE = Mode("sheet", run, takes=(*SEEDED, "latents"), composer=COMPOSER)
