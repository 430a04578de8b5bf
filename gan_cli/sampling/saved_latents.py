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


@dataclass(frozen=True)
class SavedLatents:
    """Latents, each with its class if there are classes.

    Attributes:
      latents: float32 [count, latent_dim].
      labels: int32 [count], None for an unconditional generator.
    """

    latents: np.ndarray
    labels: np.ndarray | None

    def to_recipe(self) -> dict[str, str | None]:
        """Returns every bit as text, for the record of a file."""
        content = np.ascontiguousarray(self.latents, "<f4").tobytes()
        labels = None if self.labels is None else ",".join(map(str, self.labels.tolist()))
        return {"latents": base64.b64encode(content).decode(), "labels": labels}


def from_recipe(recipe: Mapping[str, Any], latent_dim: int, num_classes: int) -> SavedLatents:
    """Returns the latents that `to_recipe` wrote.

    Raises:
      UserError: the record holds no latents of such a generator.
    """
    try:
        content = base64.b64decode(str(recipe["latents"]), validate=True)
        latents = np.frombuffer(content, "<f4").reshape(-1, latent_dim)
        labels = [int(label) for label in str(recipe.get("labels") or "").split(",") if label]
        return _checked("it", latents, np.array(labels, np.int64), latent_dim, num_classes)
    except (KeyError, ValueError, OverflowError) as error:
        raise UserError("it holds no latents of this run") from error


def write_latents(path: Path, saved: SavedLatents, provenance: Provenance | None) -> None:
    """Writes `latents`, `labels` and, where it is given, `provenance`: JSON.

    Raises:
      UserError: the file cannot be written.
    """
    labels = np.zeros([0], np.int32) if saved.labels is None else saved.labels
    arrays = {"latents": saved.latents, "labels": labels}
    if provenance is not None:
        arrays["provenance"] = np.array(provenance.to_json())
    write_arrays(path, arrays)


def read_latents(
    paths: Sequence[str | Path], latent_dim: int, num_classes: int, model_sha256: str
) -> SavedLatents:
    """Reads files that `write_latents` wrote, in their order.

    Args:
      model_sha256: hash of the weights of the generator that will draw the latents.

    Raises:
      UserError: a file cannot be read, or belongs to another generator.
    """
    read = [_read(Path(path), latent_dim, num_classes, model_sha256) for path in paths]
    latents = np.concatenate([each.latents for each in read])
    if latents.size > _MOST_NUMBERS:
        raise UserError(
            f"a picture's record holds at most {_MOST_NUMBERS // latent_dim} latents of"
            f" {latent_dim} numbers, got {len(latents)}",
            key="latents",
        )
    if not num_classes:
        return SavedLatents(latents, None)
    return SavedLatents(latents, np.concatenate([each.labels for each in read]))


def _read(path: Path, latent_dim: int, num_classes: int, model_sha256: str) -> SavedLatents:
    if not path.is_file():
        raise UserError(f"{path} is no file", key="latents")
    arrays = read_npz(path)
    if not {"latents", "labels"} <= arrays.keys():
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
        return _checked(str(path), arrays["latents"], arrays["labels"], latent_dim, num_classes)
    except UserError as error:
        raise UserError(*error.problems, key="latents") from error


def _checked(
    where: str, latents: np.ndarray, labels: np.ndarray, latent_dim: int, num_classes: int
) -> SavedLatents:
    """Checks arrays of a file that anyone may have written."""
    if latents.ndim != 2 or latents.shape[1] != latent_dim or not len(latents):
        raise UserError(f"{where} has latents of shape {latents.shape}, not (count, {latent_dim})")
    if latents.dtype.kind != "f" or not (np.abs(latents) <= np.finfo(np.float32).max).all():
        raise UserError(f"{where} has latents that are no finite numbers")
    if not num_classes:
        if labels.size:
            raise UserError(f"{where} has classes, and this run has none")
        return SavedLatents(latents.astype(np.float32), None)
    of_the_run = labels.dtype.kind in "iu" and ((labels >= 0) & (labels < num_classes)).all()
    if labels.shape != latents.shape[:1] or not of_the_run:
        raise UserError(f"{where} does not name one of this run's classes for each latent")
    return SavedLatents(latents.astype(np.float32), labels.astype(np.int32))
