"""Whether a run makes the pixels of a file again."""

import itertools
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from gan_cli.domains.tokens import Strings
from gan_cli.errors import UserError
from gan_cli.io.npz import read_npz
from gan_cli.media.decode import decoded, file_content
from gan_cli.media.encode import encoded, encoded_animation
from gan_cli.media.formats import ANIMATIONS, LINES, PICTURES, SOUNDS
from gan_cli.media.provenance import Provenance
from gan_cli.media.sinks.lines import seeded_lines
from gan_cli.media.sound import encoded_sound
from gan_cli.media.soundfont import Soundfont, soundfont_of
from gan_cli.media.text_lines import encoded_lines
from gan_cli.sampling.bulk_export import CHUNK
from gan_cli.studio.checks import given_truncation
from gan_cli.studio.dispatch import RECORDED, draw
from gan_cli.studio.recipes import request_of
from gan_cli.studio.record import Comparison, Verification, read_record
from gan_cli.studio.studio import Studio
from gan_cli.studio.texts import parse_classes, parse_seeds, seeds_text

# Kinds of single images, whose seeds stand under other names.
_OWN_SIZE = ("image", "explored")


def verify(
    path: str | Path, run_dir: str | Path | None = None, soundfont: str | Path | None = None
) -> Verification:
    """Reads a file's record and credentials and, with a run, makes its pixels again.

    Nothing is drawn where credentials show that the file was changed.

    Args:
      run_dir: the run that the file is said to come from; None: nothing is compared.
      soundfont: the one that the file's music was played with; None: there is none.

    Raises:
      UserError: the file cannot be read, there is no such run or checkpoint, or the record names
        nothing that can be drawn.
    """
    path = Path(path)
    found = read_record(path)
    provenance = found.provenance
    if run_dir is None or provenance is None or not found.is_confirmed:
        return found
    return replace(found, comparison=_compare(path, provenance, run_dir, soundfont))


def _compare(
    path: Path, provenance: Provenance, run_dir: str | Path, soundfont: str | Path | None
) -> Comparison:
    studio = Studio.open(run_dir, provenance.checkpoint.removeprefix("ckpt-"))
    studio.reads_records = True
    if studio.loaded.weights_sha256 != provenance.model_sha256:
        return Comparison(False, other_weights=studio.loaded.weights_sha256)
    try:
        if provenance.recipe.get("kind") == "arrays":
            return _compare_arrays(path, studio, provenance.recipe)
        if provenance.recipe.get("kind") == "lines":
            return _compare_lines(path, studio, provenance)
        font = soundfont_of(provenance.recipe, soundfont)
        return _compare_pictures(path, studio, provenance, font)
    except UserError as error:
        raise UserError(f"{path}: its record cannot be followed: {error}") from error


def _compare_pictures(
    path: Path, studio: Studio, provenance: Provenance, soundfont: Soundfont | None
) -> Comparison:
    recipe = provenance.recipe
    request = request_of(recipe, RECORDED, studio.latent_sizes)
    speed = _speed(recipe)
    # Single images of folders, and of the page that explores, do not say that they are PNG files.
    ending: Any = recipe.get("format") or (".png" if recipe.get("kind") in _OWN_SIZE else None)
    if ending not in ((*PICTURES, *SOUNDS, *LINES) if speed is None else ANIMATIONS):
        raise UserError(f"unknown format '{ending}'")
    drawing = draw(studio, request)
    if recipe.get("kind") not in _OWN_SIZE and (
        (seeds_text(drawing.seeds) or None) != recipe.get("seeds")
    ):
        raise UserError("its seeds are not those that it names")
    if ending in SOUNDS:
        if drawing.draw_piece is None:
            raise UserError(f"'{ending}' is for music, which {studio.run.path} does not make")
        again = encoded_sound(drawing.draw_piece(), ending, provenance, soundfont)
        return Comparison(again == file_content(path), "every byte of the music")
    if ending in LINES:
        if drawing.draw_lines is None:
            raise UserError(f"'{ending}' is for text, which {studio.run.path} does not make")
        text = encoded_lines(drawing.draw_lines(), ending, provenance)
        return Comparison(text == file_content(path), "every line of the text")
    # Both sides go through the same encoder, which may lose something.
    if speed is None:
        again = encoded(drawing.image, ending, None)
    else:
        again = encoded_animation(drawing.frames, ending, speed, None)
    ours = list(decoded(again, ending))
    # A stranger's file may hold far more than ours: reading stops at the first difference.
    pairs = itertools.zip_longest(ours, decoded(file_content(path), ending))
    equal = all(one is not None and np.array_equal(one, other) for one, other in pairs)
    return Comparison(equal, f"all pixels of {len(ours)} {'frames' if speed else 'picture'}")


def _speed(recipe: Mapping[str, Any]) -> int | None:
    """Returns the frames per second of an animation; of a still picture, None."""
    speed = recipe.get("frames_per_second")
    return speed if type(speed) is int and 1 <= speed <= 100 else None


def _compare_arrays(path: Path, studio: Studio, recipe: Mapping[str, Any]) -> Comparison:
    domain, num_classes = studio.loaded.domain, studio.loaded.num_classes
    arrays = read_npz(path, [domain.name, "seeds", "labels"])
    if not {domain.name, "seeds"} <= set(arrays):
        raise UserError(f"it lacks '{domain.name}' or 'seeds'")
    kept, labels = arrays[domain.name], arrays.get("labels")
    if kept.ndim < 1 or kept.shape[1:] != domain.array_shape:
        expected = f"(count, {str(tuple(domain.array_shape))[1:]}"
        raise UserError(f"its {domain.name} have shape {kept.shape}, not {expected}")
    _check_numbers("seeds", arrays["seeds"], len(kept), 2**63 - 1)
    if (labels is None) != (not num_classes):
        raise UserError("it has classes and the run has none, or the other way round")
    if labels is not None:
        _check_numbers("labels", labels, len(kept), num_classes - 1)
    truncation = given_truncation(recipe.get("truncation"))
    seeds = arrays["seeds"].tolist()
    what = f"all values of {len(seeds)} {domain.name}"
    for start in range(0, len(seeds), CHUNK):
        part = slice(start, start + CHUNK)
        part_labels = None if labels is None else labels[part]
        again = studio.labelled_images(seeds[part], part_labels, truncation)
        # A stranger's file may hold far more than ours: drawing stops at the first difference.
        if not np.array_equal(again.reshape(len(again), *kept.shape[1:]), kept[part]):
            return Comparison(False, what)
    return Comparison(True, what)


def _compare_lines(path: Path, studio: Studio, provenance: Provenance) -> Comparison:
    domain, recipe = studio.loaded.domain, provenance.recipe
    if not isinstance(domain, Strings):
        raise UserError(f"it is of text, which {studio.run.path} does not make")
    seeds = parse_seeds(str(recipe.get("seeds")))
    classes = recipe.get("classes")
    labels = studio.labels(None if classes is None else parse_classes(str(classes)), len(seeds))
    truncation = given_truncation(recipe.get("truncation"))
    content, at = file_content(path), 0
    for start in range(0, len(seeds), CHUNK):
        part = slice(start, start + CHUNK)
        part_labels = None if labels is None else labels[part]
        samples = studio.labelled_images(seeds[part], part_labels, truncation)
        names = studio.loaded.class_names
        lines = seeded_lines(domain, samples, seeds[part], part_labels, names)
        again = encoded_lines(lines, path.suffix.lower(), provenance)
        if content[at : at + len(again)] != again:
            return Comparison(False, f"all {len(seeds)} strings")
        at += len(again)
    return Comparison(at == len(content), f"all {len(seeds)} strings")


def _check_numbers(name: str, values: np.ndarray, count: int, largest: int) -> None:
    """Refuses an array that is not of `count` whole numbers from 0 to `largest`."""
    whole = values.dtype.kind in "iu" and values.shape == (count,)
    if not whole or (count and not 0 <= values.min() <= values.max() <= largest):
        raise UserError(f"its {name} are not {count} whole numbers from 0 to {largest}")
