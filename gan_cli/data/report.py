"""What became of the data: counts, classes, brightness, and everything that is left out."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np

from gan_cli.data.collection import Forms
from gan_cli.data.dataset import DataSplits, ImageDataset
from gan_cli.io.wording import counted

# Lines about classes; a set may have thousands.
_CLASSES_SHOWN = 20
# Of a larger set, this many samples, spread over it, give the brightness.
_MEASURED = 2_000
# Sizes of files in the JSON form; photographs may have as many as there are files.
_SIZES_KEPT = 100
# A set whose brightest value is below this share of white is told to be dark.
_DARK = 0.25
# More than this share of images of one colour is a mistake rather than a few blank pages.
_MANY_OF_ONE_COLOUR = 0.1


@dataclass(frozen=True)
class DataReport:
    """The facts about the data of a run, for people and for programs.

    Attributes:
      train_by_class, holdout_by_class: samples of each class, by name; empty without classes.
      shape: height, width and channels of each sample as stored.
      brightness: least, mean and greatest of the stored values of images, from 0 to 255; None for
        other kinds of samples.
      skipped: a line for each sample that cannot be decoded.
      passed_over: a line for each file that is no sample.
      copies, near_copies: files whose content another one has, and further images that show the
        same as another one; None: nobody has looked.
      forms: sizes and channels of the image files, where all were looked at.
      looked_at, of_one_colour: training images that were looked at for this, and how many of them
        are of one colour.
      notes: a sentence for each thing that happens to the data without being asked.
    """

    train_images: int
    holdout_images: int
    train_by_class: dict[str, int]
    holdout_by_class: dict[str, int]
    shape: tuple[int, ...]
    brightness: tuple[int, float, int] | None
    skipped: tuple[str, ...]
    passed_over: tuple[str, ...]
    notes: tuple[str, ...]
    copies: int | None = None
    near_copies: int | None = None
    forms: Forms | None = None
    looked_at: int = 0
    of_one_colour: int = 0

    def lines(self) -> list[str]:
        """Returns the report as text, a line for each fact, without notes and warnings."""
        shape = "x".join(map(str, self.shape))
        lines = [f"{self.train_images:,} to train on, {self.holdout_images:,} held out, of {shape}"]
        for name, count in list(self.train_by_class.items())[:_CLASSES_SHOWN]:
            held_out = self.holdout_by_class.get(name, 0)
            lines.append(f"class {name}: {count:,} to train on, {held_out:,} held out")
        if (more := len(self.train_by_class) - _CLASSES_SHOWN) > 0:
            lines.append(f"and {more:,} more classes")
        if self.brightness is not None:
            least, mean, greatest = self.brightness
            lines.append(f"values from {least} to {greatest} of 255, {mean:.0f} on average")
        if self.of_one_colour:
            lines.append(self._one_colour())
        if self.skipped:
            lines.append(f"{len(self.skipped):,} cannot be decoded, such as {self.skipped[0]}")
        if self.passed_over:
            over = counted(len(self.passed_over), "file or folder is", "files or folders are")
            lines.append(f"{over} passed over")
        return lines

    def warnings(self) -> list[str]:
        """Returns a sentence for each thing that is likely to be wrong with the data."""
        if self.brightness is None or not self.train_images:
            return []
        least, _, greatest = self.brightness
        if least == greatest:
            return [
                f"all images are of one colour, {least} of 255: nothing can be learnt from them"
            ]
        if greatest < 255 * _DARK:
            return [
                f"the brightest value is {greatest} of 255: the images are nearly black. Where they"
                " have more than 8 bits, set data.value_range to [least, greatest], the values of"
                " black and white; colours of 16 bits have to be converted to 8 first"
            ]
        if self.of_one_colour > self.looked_at * _MANY_OF_ONE_COLOUR:
            return [
                f"{self._one_colour()}: nothing can be learnt from them; where they are white on"
                " transparency, choose another data.background"
            ]
        return []

    def _one_colour(self) -> str:
        are = counted(self.of_one_colour, "image is", "images are")
        return f"of {self.looked_at:,} images looked at, {are} of one colour"

    def as_json(self) -> dict[str, Any]:
        """Returns the report as JSON can hold it."""
        return {
            "train_images": self.train_images,
            "holdout_images": self.holdout_images,
            "train_by_class": self.train_by_class,
            "holdout_by_class": self.holdout_by_class,
            "shape": list(self.shape),
            "of_one_colour": self.of_one_colour,
            "brightness": None if self.brightness is None else list(self.brightness),
            "skipped": len(self.skipped),
            "passed_over": len(self.passed_over),
            "sizes": self._sizes(),
            "channels": {} if self.forms is None else _as_text(self.forms.channels),
            "copies": self.copies,
            "near_copies": self.near_copies,
            "notes": list(self.notes),
            "warnings": self.warnings(),
        }

    def _sizes(self) -> dict[str, int]:
        if self.forms is None:
            return {}
        return {f"{h}x{w}": n for (h, w), n in self.forms.sizes.most_common(_SIZES_KEPT)}


def _as_text(counts: Counter[int]) -> dict[str, int]:
    return {str(value): count for value, count in sorted(counts.items())}


def report_on(data: DataSplits) -> DataReport:
    """Returns the facts about prepared data."""
    images = data.train.images
    brightness, looked_at, of_one_colour = None, 0, 0
    if data.domain.name == "images" and len(images):
        spread = np.linspace(0, len(images) - 1, min(len(images), _MEASURED)).astype(int)
        some = np.asarray(images[spread])
        brightness = int(some.min()), float(some.mean()), int(some.max())
        looked_at = len(some)
        of_one_colour = int((np.ptp(some, axis=(1, 2)) == 0).all(axis=-1).sum())
    return DataReport(
        len(images),
        len(data.holdout.images),
        _by_class(data.train),
        _by_class(data.holdout),
        tuple(images.shape[1:]),
        brightness,
        data.skipped,
        data.passed_over,
        data.notes,
        data.copies,
        data.near_copies,
        data.forms,
        looked_at,
        of_one_colour,
    )


def _by_class(dataset: ImageDataset) -> dict[str, int]:
    if dataset.labels is None:
        return {}
    counts = np.bincount(dataset.labels, minlength=len(dataset.class_names))
    return {name: int(n) for name, n in zip(dataset.class_names, counts, strict=False)}
