"""Latents that a search found, as npz files and, in a picture's record, as text."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gan_cli.errors import UserError
from gan_cli.io.files import write_arrays
from gan_cli.io.npz import read_npz
from gan_cli.media.decode import arrays_provenance
from gan_cli.media.provenance import Provenance

# Of all latents together, so that their text fits into the XMP of a JPEG, which holds 64 KiB.
_MOST_NUMBERS = 8192
# What files and records call the points of a space. Versions that know no styles refuse them.
_NAMES = {"z": "latents", "w": "styles"}


@dataclass(frozen=True)
class SavedLatents:
    """Latents, each with its class if there are classes.

    Attributes:
      latents: float32 [count, latent_dim]; in `w`, styles, of which all layers get the same.
      labels: int32 [count], None for an unconditional generator.
      space: `z`, or `w` of generators with styles.
    """

    latents: np.ndarray
    labels: np.ndarray | None
    space: str = "z"

    def to_recipe(self) -> dict[str, str | None]:
        """Returns every bit as text, for the record of a file."""
        content = np.ascontiguousarray(self.latents, "<f4").tobytes()
        labels = None if self.labels is None else ",".join(map(str, self.labels.tolist()))
        return {_NAMES[self.space]: base64.b64encode(content).decode(), "labels": labels}


@dataclass(frozen=True)
class LatentSizes:
    """How many numbers a point of each space of a generator has, and how many classes there are.

    Attributes:
      latents: of `z`.
      styles: of `w`; None: the generator has no styles.
      classes: 0: unconditional.
    """

    latents: int
    styles: int | None
    classes: int

    def of(self, space: str) -> int | None:
        """Returns the numbers of a point; None where there is no such space."""
        return self.latents if space == "z" else self.styles


def names_latents(recipe: Mapping[str, Any]) -> bool:
    """Returns whether a record holds what `to_recipe` wrote."""
    return any(recipe.get(name) is not None for name in _NAMES.values())


def from_recipe(recipe: Mapping[str, Any], sizes: LatentSizes) -> SavedLatents:
    """Returns the latents that `to_recipe` wrote.

    Raises:
      UserError: the record holds no latents of such a generator.
    """
    try:
        space = next(each for each, name in _NAMES.items() if recipe.get(name) is not None)
        content = base64.b64decode(str(recipe[_NAMES[space]]), validate=True)
        latents = np.frombuffer(content, "<f4").reshape(-1, sizes.of(space) or 1)
        labels = [int(label) for label in str(recipe.get("labels") or "").split(",") if label]
        return _checked("it", latents, np.array(labels, np.int64), space, sizes)
    except (StopIteration, KeyError, ValueError, OverflowError) as error:
        raise UserError("it holds no latents of this run") from error


def write_latents(path: Path, saved: SavedLatents, provenance: Provenance | None) -> None:
    """Writes `latents` or `styles`, `labels` and, where it is given, `provenance`: JSON.

    Raises:
      UserError: the file cannot be written.
    """
    labels = np.zeros([0], np.int32) if saved.labels is None else saved.labels
    arrays = {_NAMES[saved.space]: saved.latents, "labels": labels}
    if provenance is not None:
        arrays["provenance"] = np.array(provenance.to_json())
    write_arrays(path, arrays)


def read_latents(
    paths: Sequence[str | Path], sizes: LatentSizes, model_sha256: str
) -> SavedLatents:
    """Reads files that `write_latents` wrote, in their order.

    Args:
      model_sha256: hash of the weights of the generator that will draw the latents.

    Raises:
      UserError: a file cannot be read, or belongs to another generator; or one holds latents and
        another styles.
    """
    read = [_read(Path(path), sizes, model_sha256) for path in paths]
    space = read[0].space
    other = next((at for at, each in enumerate(read) if each.space != space), None)
    if other is not None:
        raise UserError(
            f"{paths[0]} holds {_NAMES[space]} ({space}), {paths[other]}"
            f" {_NAMES[read[other].space]} ({read[other].space}); project both with the same"
            " --project_space",
            key="latents",
        )
    latents = np.concatenate([each.latents for each in read])
    size = latents.shape[1]
    if latents.size > _MOST_NUMBERS:
        raise UserError(
            f"a picture's record holds at most {_MOST_NUMBERS // size} {_NAMES[space]} of"
            f" {size} numbers, got {len(latents)}",
            key="latents",
        )
    if not sizes.classes:
        return SavedLatents(latents, None, space)
    return SavedLatents(latents, np.concatenate([each.labels for each in read]), space)


def _read(path: Path, sizes: LatentSizes, model_sha256: str) -> SavedLatents:
    if not path.is_file():
        raise UserError(f"{path} is no file", key="latents")
    arrays = read_npz(path)
    space = next((each for each, name in _NAMES.items() if name in arrays), None)
    if space is None or "labels" not in arrays:
        raise UserError(
            f"{path} holds no 'latents' and 'labels', as a projection writes them", key="latents"
        )
    origin = arrays_provenance(arrays)
    if origin is not None and origin.model_sha256 != model_sha256:
        raise UserError(
            f"{path} was found with {origin.checkpoint} of '{origin.config_name}', and these are"
            " other weights; choose that run and checkpoint",
            key="latents",
        )
    try:
        return _checked(str(path), arrays[_NAMES[space]], arrays["labels"], space, sizes)
    except UserError as error:
        raise UserError(*error.problems, key="latents") from error


def _checked(
    where: str, latents: np.ndarray, labels: np.ndarray, space: str, sizes: LatentSizes
) -> SavedLatents:
    """Checks arrays of a file that anyone may have written."""
    name, size = _NAMES[space], sizes.of(space)
    if size is None:
        raise UserError(f"{where} has styles, and the generator of this run has none")
    if latents.ndim != 2 or latents.shape[1] != size or not len(latents):
        raise UserError(f"{where} has {name} of shape {latents.shape}, not (count, {size})")
    if latents.dtype.kind != "f" or not (np.abs(latents) <= np.finfo(np.float32).max).all():
        raise UserError(f"{where} has {name} that are no finite numbers")
    if not sizes.classes:
        if labels.size:
            raise UserError(f"{where} has classes, and this run has none")
        return SavedLatents(latents.astype(np.float32), None, space)
    of_the_run = labels.dtype.kind in "iu" and ((labels >= 0) & (labels < sizes.classes)).all()
    if labels.shape != latents.shape[:1] or not of_the_run:
        raise UserError(f"{where} does not name one of this run's classes for each latent")
    return SavedLatents(latents.astype(np.float32), labels.astype(np.int32), space)
