"""From a data config to two sets of images of one size: one to train on, one held out."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from gan_cli.config.schema import DataConfig
from gan_cli.data.collection import Collection, CorruptImageError
from gan_cli.data.materialise import Preparation, materialise
from gan_cli.data.prepare import natural_channels, natural_size
from gan_cli.data.sources import source_of
from gan_cli.data.split import choose_evenly
from gan_cli.domains.domain import Domain
from gan_cli.domains.images import Images
from gan_cli.errors import UserError

# How many images are looked at to find the size and the number of channels.
_PROBED = 200
# Used where the images have no common size of their own that is fit to train on.
_DEFAULT_SIDE = 64
_OWN_SIDES = range(8, 257)
_IMAGE_CHANNELS = (1, 3, 4)
_PROBLEMS_SHOWN = 20


@dataclass(frozen=True)
class ImageDataset:
    """Prepared images, ready to be batched.

    Attributes:
      images: uint8 [count, height, width, channels], in memory or a read-only memory map; points
        are float32 [count, 1, 1, 2].
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
    """What is trained on, and what is kept for evaluation.

    Attributes:
      domain: the kind of sample that both hold.
      skipped: a line for each image that cannot be decoded.
    """

    train: ImageDataset
    holdout: ImageDataset
    domain: Domain
    skipped: tuple[str, ...] = ()

    @property
    def fingerprint(self) -> str:
        """Of both."""
        both = self.train.fingerprint + self.holdout.fingerprint
        return hashlib.sha256(both.encode()).hexdigest()


def open_splits(
    config: DataConfig, progress: Callable[[int, int], None] | None = None
) -> DataSplits:
    """Opens, prepares and splits the images that a config names.

    Without a test split of the source's own, `holdout_fraction` of the images is held out: the same
    ones in every run, whatever its seed, and the same share of every class.

    Args:
      progress: called now and then with the number of images prepared so far and in all.

    Raises:
      UserError: the source cannot be read, holds too few images, or holds corrupt ones.
    """
    source = source_of(config)
    domain = None if source.domain is None else source.domain(config)
    splits = source.open(config)
    train, holdout = splits.train, splits.holdout
    if train.count < 2:
        raise UserError(
            f"data: source '{config.source}' gives {train.count} images; at least 2 are needed"
        )
    # The first draw: `max_images` of all; the second: those held out of them.
    chosen = np.arange(train.count)
    if config.max_images is not None and config.max_images < train.count:
        chosen = choose_evenly(chosen, train.labels, config.max_images)
    if holdout is not None and holdout.count:
        parts = [(train, chosen), (holdout, np.arange(holdout.count))]
    else:
        if len(chosen) < 2:
            raise UserError("data.max_images: must be at least 2, so that one can be held out")
        count = round(len(chosen) * config.holdout_fraction)
        held = choose_evenly(chosen, train.labels, min(max(count, 1), len(chosen) - 1))
        parts = [(train, np.setdiff1d(chosen, held)), (train, held)]

    preparation = _preparation(config, train, domain)
    total = sum(len(indices) for _, indices in parts)
    datasets: list[ImageDataset] = []
    skipped: list[str] = []
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
    if not all(len(dataset.images) for dataset in datasets):
        raise UserError(
            f"data: too few images are left to train on some and hold out others:"
            f" {len(skipped)} of {total} are corrupt, such as {skipped[0]}"
        )
    domain = domain or Images(_shape(preparation))
    return DataSplits(datasets[0], datasets[1], domain, tuple(skipped))


def open_whole(
    config: DataConfig, progress: Callable[[int, int], None] | None = None
) -> ImageDataset:
    """Opens and prepares all images that a config names, without holding any out.

    Raises:
      UserError: as `open_splits`.
    """
    source = source_of(config)
    domain = None if source.domain is None else source.domain(config)
    collection: Collection = source.open(config).train
    if collection.count < 1:
        raise UserError(f"data: source '{config.source}' gives no image")
    chosen = np.arange(collection.count)
    if config.max_images is not None and config.max_images < len(chosen):
        chosen = choose_evenly(chosen, collection.labels, config.max_images)
    preparation = _preparation(config, collection, domain)
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


def _shape(preparation: Preparation) -> tuple[int, int, int]:
    return preparation.height, preparation.width, preparation.channels


def _preparation(config: DataConfig, collection: Collection, domain: Domain | None) -> Preparation:
    """Returns the domain's shape, or for images size and channels of the config or the data.

    Raises:
      UserError: the config asks for another shape than the domain has, or for one that images
        cannot have.
    """
    if domain is not None:
        height, width, channels = domain.model_shape
        for key, given, fixed in (
            ("image_size", config.image_size, (height, width)),
            ("channels", config.channels, channels),
        ):
            if given not in (None, fixed):
                raise UserError(f"data.{key}: is {fixed} for {domain.name}; leave it out")
        return Preparation(*domain.stored_shape, config.fit, config.background)
    if config.channels not in (None, *_IMAGE_CHANNELS):
        raise UserError(f"data.channels: must be 1, 3 or 4 for images, got {config.channels}")
    sizes, channels = set(), 1
    if config.image_size is None or config.channels is None:
        # Spread over all of them: a folder's first images may all be of one class.
        for index in np.unique(np.linspace(0, collection.count - 1, _PROBED).astype(np.int64)):
            try:
                image = collection.read(int(index))
            except CorruptImageError:
                continue
            sizes.add(natural_size(image))
            # Transparency is composed away unless it is asked for.
            channels = max(channels, min(natural_channels(image), 3))
    height = width = _DEFAULT_SIDE
    if config.image_size is not None:
        height, width = config.image_size
    elif len(sizes) == 1 and all(side in _OWN_SIDES for side in next(iter(sizes))):
        ((height, width),) = sizes
    return Preparation(height, width, config.channels or channels, config.fit, config.background)


def _labels(
    collection: Collection, kept: np.ndarray, class_names: tuple[str, ...]
) -> np.ndarray | None:
    # Labels of the held-out images alone are of no use: nothing could be learnt from them.
    if collection.labels is None or not class_names:
        return None
    labels = collection.labels[kept]
    if labels.size and not 0 <= labels.min() <= labels.max() < len(class_names):
        raise UserError(
            f"data: the labels of {collection.describe(0)} and so on run from {labels.min()} to"
            f" {labels.max()}; those of the images trained on run from 0 to {len(class_names) - 1}"
        )
    return labels


def _corrupt_problems(skipped: list[str]) -> list[str]:
    problems = [f"data: cannot decode {problem}" for problem in skipped[:_PROBLEMS_SHOWN]]
    more = len(skipped) - len(problems)
    problems.append(
        f"data.on_corrupt: {f'and {more} more; ' if more else ''}mend or remove them, or set it to"
        " 'skip'"
    )
    return problems


def fingerprint(images: np.ndarray, labels: np.ndarray | None, class_names: tuple[str, ...]) -> str:
    """SHA-256 over shape, pixels, labels and class names, in hexadecimal."""
    digest = hashlib.sha256(repr((images.shape, class_names)).encode())
    for start in range(0, len(images), 4096):
        digest.update(np.ascontiguousarray(images[start : start + 4096]).data)
    if labels is not None:
        digest.update(np.ascontiguousarray(labels, np.int32).data)
    return digest.hexdigest()
