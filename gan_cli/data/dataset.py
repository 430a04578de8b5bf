"""Opens the data of a config: prepared samples to train on, and others held out."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from gan_cli.config.schema import DataConfig
from gan_cli.data.classes import without_gaps
from gan_cli.data.collection import Collection, Forms, SourceSplits
from gan_cli.data.duplicates import (
    Duplicates,
    Part,
    find_duplicates,
    note_on_labels,
    note_on_split,
)
from gan_cli.data.form import choose_form
from gan_cli.data.held_out import NOTHING_KNOWN, KnownSplit, choose_held_out, split_of
from gan_cli.data.materialise import materialise
from gan_cli.data.sources import open_source, source_of
from gan_cli.data.split import choose_evenly
from gan_cli.domains.domain import Domain
from gan_cli.domains.images import Images
from gan_cli.errors import UserError
from gan_cli.io.wording import counted

_PROBLEMS_SHOWN = 20


@dataclass(frozen=True)
class ImageDataset:
    """Prepared samples, ready to be batched.

    Attributes:
      images: [count, height, width, channels] in the stored form of their domain, uint8 for images,
        in memory or in a read-only memory map.
      labels: int32 [count], or None.
      class_names: names of the labels, empty where there are none.
      fingerprint: SHA-256 of pixels, labels and class names, in hexadecimal.
    """

    images: np.ndarray
    labels: np.ndarray | None
    class_names: tuple[str, ...]
    fingerprint: str


@dataclass(frozen=True)
class DataSplits:
    """Samples to train on, and samples held out for evaluation.

    Attributes:
      domain: the kind of sample that both hold.
      skipped: a line for each image that cannot be decoded.
      notes: a sentence for each thing that preparation does to the images without being asked.
      passed_over: a line for each file that is no sample.
      value_range: the values of black and white in images of more than 8 bits; None: there are
        none, or they span the range of their type.
      copies, near_copies: files whose content another one has, and further images that show the
        same as another one; None: nobody has looked.
      forms: sizes and channels of the files of training images, where all were looked at.
      split: returns which samples are where, for `open_splits` when the run continues with other
        data, and what it has trained on before; nothing else where the source holds out samples.
    """

    train: ImageDataset
    holdout: ImageDataset
    domain: Domain
    skipped: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    passed_over: tuple[str, ...] = ()
    value_range: tuple[float, float] | None = None
    copies: int | None = None
    near_copies: int | None = None
    forms: Forms | None = None
    split: Callable[[], KnownSplit] = KnownSplit

    @property
    def fingerprint(self) -> str:
        """SHA-256 over the fingerprints of both parts, in hexadecimal."""
        both = self.train.fingerprint + self.holdout.fingerprint
        return hashlib.sha256(both.encode()).hexdigest()


def open_splits(
    config: DataConfig,
    progress: Callable[[int, int], None] | None = None,
    known: KnownSplit = NOTHING_KNOWN,
) -> DataSplits:
    """Opens, prepares and splits the images that a config names.

    Where the source has no test split of its own, about `holdout_fraction` of the images are held
    out: the same images in every run, whatever its seed; see `choose_held_out`.

    Args:
      progress: called now and then with the numbers of images prepared so far and in total.
      known: the split of the run that continues, or nothing.

    Raises:
      UserError: the source cannot be read, holds too few images, or holds corrupt ones.
    """
    source = source_of(config)
    domain = None if source.domain is None else source.domain(config)
    splits = open_source(config, source)
    if config.holdout_by != "order":
        # Earlier runs keep the numbers of their classes.
        splits = without_gaps(splits)
    train, holdout = splits.train, splits.holdout
    unread = [*train.corrupt, *(holdout.corrupt if holdout else ())]
    if unread and config.on_corrupt == "fail":
        raise UserError(*_corrupt_problems(unread))
    if train.count < 2:
        raise UserError(
            f"data: source '{config.source}' gives {counted(train.count, 'image', 'images')};"
            " at least 2 are needed"
        )
    # The first draw takes `max_images` of all; the second draws the held-out ones from these.
    chosen = np.arange(train.count)
    if config.max_images is not None and config.max_images < train.count:
        chosen = choose_evenly(chosen, train.labels, config.max_images)
    own_notes = train.notes
    copies: Duplicates | None = None
    known_split: Callable[[], KnownSplit] = partial(KnownSplit, known.trained)
    parts: list[Part]
    if holdout is not None and train.labels is not None and holdout.labels is None:
        own_notes += (
            "the test images have no labels, unlike the training images: they are left out, and"
            " training images are held out instead (data.holdout_fraction)",
        )
        holdout = None
    if holdout is not None and holdout.count:
        parts = [(train, chosen), (holdout, np.arange(holdout.count))]
        if config.holdout_by != "order" and train.content and holdout.content:
            copies = find_duplicates(parts, domain is None)
            own_notes += note_on_split(copies, len(chosen), parts)
    else:
        if len(chosen) < 2:
            raise UserError("data.max_images: must be at least 2, so that one can be held out")
        held_out = choose_held_out(config, train, chosen, domain is None, known)
        held, copies = held_out.indices, held_out.copies
        if held_out.trained:
            own_notes += (
                f"{counted(held_out.trained, 'sample stays', 'samples stay')} in training that"
                " would be held out (data.holdout_fraction) had the run not trained on them before",
            )
        known_split = partial(split_of, train, chosen, held, copies, known)
        parts = [(train, np.setdiff1d(chosen, held)), (train, held)]
        if copies is not None:
            labels = None if train.labels is None else train.labels[chosen]
            own_notes += note_on_labels(copies, labels)
    if copies is not None:
        own_notes += copies.notes

    preparation, notes = choose_form(config, train, domain)
    total = sum(len(indices) for _, indices in parts)
    datasets: list[ImageDataset] = []
    skipped: list[str] = unread
    notes = (*own_notes, *notes)
    done = 0
    for collection, indices in parts:
        prepared = materialise(
            collection,
            indices,
            preparation,
            cache=config.cache,
            progress=partial(_report, progress, done, total) if progress else None,
        )
        skipped += prepared.corrupt
        done += len(indices)
        labels = _labels(collection, prepared.kept, train.class_names)
        datasets.append(
            ImageDataset(
                prepared.images,
                labels,
                train.class_names,
                fingerprint(prepared.images, labels, train.class_names),
            )
        )
    if skipped and config.on_corrupt == "fail":
        raise UserError(*_corrupt_problems(skipped))
    if not len(datasets[0].images):
        raise UserError(
            f"data: no images are left to train on:"
            f" {len(skipped)} of {total} are corrupt, such as {skipped[0]}"
        )
    shape = (preparation.height, preparation.width, preparation.channels)
    kind = domain or Images(shape)
    return DataSplits(
        datasets[0],
        datasets[1],
        kind,
        tuple(skipped),
        (*notes, *kind.notes_on_parts(datasets[0].images, datasets[1].images)),
        train.passed_over,
        train.value_range,
        None if copies is None else copies.copies,
        None if copies is None else copies.near,
        train.forms,
        known_split,
    )


def open_whole(
    config: DataConfig,
    progress: Callable[[int, int], None] | None = None,
    opened: SourceSplits | None = None,
) -> ImageDataset:
    """Opens and prepares all images that a config names to train on, and holds none out.

    Args:
      opened: the source, where it is open already.

    Raises:
      UserError: as `open_splits`.
    """
    source = source_of(config)
    domain = None if source.domain is None else source.domain(config)
    collection: Collection = (opened or open_source(config, source)).train
    if collection.count < 1:
        raise UserError(f"data: source '{config.source}' gives no image")
    chosen = np.arange(collection.count)
    if config.max_images is not None and config.max_images < len(chosen):
        chosen = choose_evenly(chosen, collection.labels, config.max_images)
    preparation, _ = choose_form(config, collection, domain)
    if collection.corrupt and config.on_corrupt == "fail":
        raise UserError(*_corrupt_problems(list(collection.corrupt)))
    prepared = materialise(
        collection,
        chosen,
        preparation,
        cache=config.cache,
        progress=partial(_report, progress, 0, len(chosen)) if progress else None,
    )
    if prepared.corrupt and config.on_corrupt == "fail":
        raise UserError(*_corrupt_problems(list(prepared.corrupt)))
    names = collection.class_names
    labels = _labels(collection, prepared.kept, names)
    return ImageDataset(prepared.images, labels, names, fingerprint(prepared.images, labels, names))


def _report(progress: Callable[[int, int], None], before: int, total: int, count: int) -> None:
    progress(before + count, total)


def _labels(
    collection: Collection, kept: np.ndarray, class_names: tuple[str, ...]
) -> np.ndarray | None:
    # Labels of the held-out images alone are useless: no network could learn them.
    if collection.labels is None or not class_names:
        return None
    labels = collection.labels[kept]
    if labels.size and not 0 <= labels.min() <= labels.max() < len(class_names):
        raise UserError(
            f"data: the labels of {collection.describe(0)} and so on run from {labels.min()} to"
            f" {labels.max()}; those of the training images run from 0 to {len(class_names) - 1}"
        )
    return labels


def _corrupt_problems(skipped: list[str]) -> list[str]:
    problems = [f"data: cannot decode {problem}" for problem in skipped[:_PROBLEMS_SHOWN]]
    more = len(skipped) - len(problems)
    others = f"and {more} more; " if more else ""
    problems.append(f"data.on_corrupt: {others}repair or remove them, or set it to 'skip'")
    return problems


def fingerprint(images: np.ndarray, labels: np.ndarray | None, class_names: tuple[str, ...]) -> str:
    """Returns the SHA-256 of shape, pixels, labels and class names, in hexadecimal."""
    digest = hashlib.sha256(repr((images.shape, class_names)).encode())
    for start in range(0, len(images), 4096):
        digest.update(np.ascontiguousarray(images[start : start + 4096]).data)
    if labels is not None:
        digest.update(np.ascontiguousarray(labels, np.int32).data)
    return digest.hexdigest()
