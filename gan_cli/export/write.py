"""Writes a generator in several formats and reads each back through its own runtime."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from gan_cli.errors import UserError
from gan_cli.export import FORMATS
from gan_cli.export.format import About, Format, is_conditional
from gan_cli.models.contract import fix_for_export


@dataclass(frozen=True)
class Exported:
    """One written format, and the deviation of its images from the generator's own.

    Attributes:
      size_bytes: size of the file, or of all files in the folder.
      largest_error: largest deviation of any value of any image, nominally in [-1, 1]; of strings,
        the share of tokens that differ.
      psnr_db: PSNR over all images, for a peak of 2; infinite if they are equal; NaN of strings
        that are not.
    """

    name: str
    format: Format
    size_bytes: int
    largest_error: float
    psnr_db: float


def export_generator(
    generator: keras.Model,
    about: About,
    formats: Sequence[str],
    folder: Path,
    latents: np.ndarray,
    labels: np.ndarray | None,
) -> list[Exported]:
    """Writes the formats into `folder`, and compares their images with the generator's.

    Args:
      about: what the files say about the generator.
      latents: latents of the images to compare, float32 [count, latent_dim].
      labels: int32 [count], or None if the generator is unconditional.

    Raises:
      UserError: a format needs a library that is not installed, a file cannot be written, or its
        images deviate from the generator's.
    """
    fix_for_export(generator)
    inputs = [latents, labels] if is_conditional(generator) else latents
    expected = generator(inputs, training=False).numpy()
    exported = []
    for name in formats:
        chosen: Format = FORMATS.load(name)
        path = folder / chosen.file_name
        try:
            chosen.write(generator, about, path)
        except OSError as error:
            raise UserError(f"{path}: cannot be written: {error.strerror}") from error
        images = chosen.load(path)(latents, labels)
        largest, psnr_db = compare(images, expected)
        if not largest <= (np.inf if chosen.tolerance is None else chosen.tolerance):
            raise UserError(
                f"the images of '{name}' are off by up to {largest:.2g}, more than"
                f" {chosen.tolerance:g}; please report this, with the run's config.yaml",
                key="formats",
            )
        exported.append(Exported(name, chosen, _size_bytes(path), largest, psnr_db))
    return exported


def compare(images: np.ndarray, expected: np.ndarray) -> tuple[float, float]:
    """Returns the largest absolute difference, and the PSNR in decibels for a peak of 2.

    Of tokens, which are whole numbers: the share of those that differ, and NaN where any do.
    """
    if expected.dtype.kind == "i":
        share = float(np.mean(images != expected))
        return share, np.inf if share == 0.0 else np.nan
    difference = images.astype(np.float64) - expected
    squared = float(np.mean(difference**2))
    psnr_db = np.inf if squared == 0.0 else 10.0 * np.log10(4.0 / squared)
    return float(np.abs(difference).max()), float(psnr_db)


def _size_bytes(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())
