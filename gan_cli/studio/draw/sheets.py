"""Sheets: pictures that answer one question about a generator each."""

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

from gan_cli.domains.grid import split_grid
from gan_cli.domains.text_sheet import text_table
from gan_cli.domains.tokens import Strings
from gan_cli.errors import UserError, first_line
from gan_cli.io.records import read_content
from gan_cli.media.formats import refuse_too_many
from gan_cli.media.named_sheet import named_sheet
from gan_cli.media.provenance import COMPOSITE
from gan_cli.models.contract import has_styles, synthesis_of
from gan_cli.models.truncation import towards_mean
from gan_cli.run.data_place import splits_of
from gan_cli.sampling.style_mixing import mixed_images, styles_of
from gan_cli.studio.drawing import Drawing
from gan_cli.studio.picture_requests import UNCONDITIONAL_PAIRS, Sheet
from gan_cli.studio.studio import Studio

_TRUNCATIONS = (0.1, 0.25, 0.5, 0.75, 1.0, 1.5, None)
_COLUMNS = 10
_MOST_STAGES = 12
# Rows, and columns, of the sheet of mixed styles.
_MIXED = 5


def draw_sheet(studio: Studio, request: Sheet) -> Drawing:
    """Draws a sheet.

    Raises:
      UserError: the run lacks what the sheet shows: classes, its data, styles, or pictures of its
        training.
    """
    return _SHEETS[request.kind](studio, request)


def _truncation(studio: Studio, request: Sheet) -> Drawing:
    seeds = request.seeds_or_first(8)
    refuse_too_many(len(seeds) * len(_TRUNCATIONS))
    labels = studio.labels(request.classes, len(seeds))
    columns = [studio.labelled_images(seeds, labels, truncation) for truncation in _TRUNCATIONS]
    names = [f"{truncation:g}" if truncation else "none" for truncation in _TRUNCATIONS]
    sheet = _sheet(studio, request, np.stack(columns, 1), _row_names(studio, seeds, labels), names)
    return Drawing(studio, request, lambda: sheet, seeds=seeds)


def _classes(studio: Studio, request: Sheet) -> Drawing:
    numbers = studio.class_numbers(request.classes)
    if numbers is None:
        raise UserError(
            f"'classes' is for conditional runs; {studio.run.path} was trained without classes",
            key="kind",
        )
    saved = studio.saved_latents(request.latents)
    if saved is not None and saved.space == "w":
        raise UserError(
            "are styles, which hold their class already; project with --project_space z",
            key="latents",
        )
    seeds: Sequence[int] = () if saved else request.seeds_or_first(_COLUMNS)
    refuse_too_many(len(numbers) * len(saved.latents if saved else seeds))
    latents = saved.latents if saved else studio.latents(seeds, request.truncation)
    sampler = studio.sampler_for(request.truncation)
    rows = [sampler.images(latents, np.full(len(latents), number, np.int32)) for number in numbers]
    names = [studio.loaded.class_names[number] for number in numbers]
    sheet = _sheet(studio, request, np.stack(rows), names)
    return Drawing(studio, request, lambda: sheet, seeds=seeds, saved=saved)


def _real(studio: Studio, request: Sheet) -> Drawing:
    """Draws two rows for each class: training images, and below them generated ones."""
    numbers = studio.class_numbers(request.classes)
    count = UNCONDITIONAL_PAIRS if numbers is None else len(numbers)
    seeds = request.seeds_or_first(_COLUMNS)
    refuse_too_many(2 * count * len(seeds))
    data = splits_of(studio.run, studio.loaded.config)
    if data.fingerprint != studio.run.read_environment()["dataset"]["fingerprint"]:
        raise UserError(
            "'real' needs the data that the run was trained on, and they have changed", key="kind"
        )
    train = data.train
    rng = np.random.default_rng(seeds[0])
    rows, names = [], []
    drawn = list(seeds) if numbers is not None else []
    for index in range(count):
        chosen: np.ndarray = np.arange(len(train.images))
        labels = None
        if numbers is not None and train.labels is not None:
            chosen = np.flatnonzero(train.labels == numbers[index])
            labels = np.full(len(seeds), numbers[index], np.int32)
            if not len(chosen):
                name = studio.loaded.class_names[numbers[index]]
                raise UserError(f"class '{name}' has no training images to show", key="classes")
        own = seeds
        if numbers is None:
            own = [seed + index * len(seeds) for seed in seeds]
            drawn += own
        rows.append(train.images[np.sort(rng.choice(chosen, len(seeds)))])
        rows.append(studio.labelled_images(own, labels, request.truncation))
        name = "" if numbers is None else f"{studio.loaded.class_names[numbers[index]]}, "
        names += [f"{name}real", f"{name}generated"]
    sheet = _sheet(studio, request, np.stack(rows), names)
    return Drawing(studio, request, lambda: sheet, seeds=drawn, digital_source_type=COMPOSITE)


def _training(studio: Studio, request: Sheet) -> Drawing:
    """Draws a row for each of some stages of training, from the pictures that training drew."""
    stages = studio.run.saved_grids(_MOST_STAGES)
    if not stages:
        raise UserError(f"'training' shows grids, and {studio.run.samples} holds none", key="kind")
    height, width, channels = studio.loaded.domain.stored_shape
    rows = []
    for _, path in stages:
        try:
            with Image.open(io.BytesIO(read_content(path))) as picture:
                images = split_grid(picture, height, width, channels)
        except UserError:
            raise
        except Exception as error:  # Pillow lets through whatever a damaged file leads to.
            raise UserError(f"{path} cannot be read: {first_line(error)}", key="kind") from error
        rows.append(images[:_COLUMNS])
    sheet = _sheet(studio, request, np.stack(rows), [f"{kimg:,} kimg" for kimg, _ in stages])
    return Drawing(studio, request, lambda: sheet, seeds=range(_COLUMNS))


def _mix(studio: Studio, request: Sheet) -> Drawing:
    """Draws coarse styles by row with fine styles by column; the seeds' own images stand around."""
    generator = studio.loaded.generator
    if not has_styles(generator):
        raise UserError(
            f"'mix' is for stylegan2; the generator of {studio.run.path} has no styles", key="kind"
        )
    seeds = request.seeds_or_first(2 * _MIXED)
    refuse_too_many((len(seeds) // 2 + 1) ** 2)
    styles = styles_of(generator, studio.latents(seeds), studio.labels(request.classes, len(seeds)))
    if request.truncation is not None:
        styles = towards_mean(generator, styles, request.truncation)
    half = len(seeds) // 2
    layers = synthesis_of(generator).inputs[0].shape[1]

    def drawn(coarse: np.ndarray, fine: np.ndarray) -> np.ndarray:
        mixed = mixed_images(generator, coarse, fine, layers // 2)
        return np.asarray(studio.loaded.domain.from_model(mixed))

    rows, columns = styles[:half], styles[half:]
    blank = np.full_like(drawn(rows[:1], rows[:1]), 255)
    sheet = [np.concatenate([blank, drawn(columns, columns)])]
    for row in rows:
        coarse = np.broadcast_to(row, columns.shape)
        sheet.append(np.concatenate([drawn(row[None], row[None]), drawn(coarse, columns)]))
    names = ["", *(f"seed {seed}" for seed in seeds[:half])]
    column_names = ["", *(f"seed {seed}" for seed in seeds[half:])]
    picture = _sheet(studio, request, np.stack(sheet), names, column_names)
    return Drawing(studio, request, lambda: picture, seeds=seeds)


def _sheet(
    studio: Studio,
    request: Sheet,
    images: np.ndarray,
    row_names: Sequence[str],
    column_names: Sequence[str] = (),
) -> Image.Image:
    domain = studio.loaded.domain
    if isinstance(domain, Strings):
        return text_table([domain.decoded(row) for row in images], row_names, column_names)
    tiles = request.tiles(images.shape[0] * images.shape[1])
    return named_sheet(images, row_names, column_names, tiles, request.wraps)


def _row_names(studio: Studio, seeds: Sequence[int], labels: np.ndarray | None) -> list[str]:
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
