"""What is kept of a set of images of any size, to compare it with another set."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from gan_cli.metrics.features.network import FeatureNetwork
from gan_cli.metrics.maths.moments import Moments, MomentsAccumulator

# Feature vectors kept: as many as the usual protocols use; with 2048 features, 400 MB.
MOST_VECTORS = 50_000
# Images kept for the metrics that compare pixels, and their size in bytes at most.
MOST_IMAGES, MOST_IMAGE_BYTES = 10_000, 256 * 2**20


# Samples are equal only if they are the same object, so that results can be kept by sample.
@dataclass(frozen=True, eq=False)
class Sample:
    """What metrics need of a set of images.

    Of more than `MOST_VECTORS` vectors or `MOST_IMAGES` images, a random part is kept, chosen with
    equal chance for each image. The moments are always those of all images.

    Attributes:
      count: number of all images.
      moments: mean and covariance of the features of all images.
      features: float32 [kept, dimension].
      probabilities: float32 [kept, classes]; None: the network is no classifier.
      indices: int64 [kept], ascending: the number of each vector's image.
      labels: int32 [kept]: the class that each image was generated as or belongs to; None: unknown.
      images: uint8 [few, height, width, channels].
      image_indices: int64 [few], ascending: the number of each image in `images`.
      image_labels: int32 [few]; None: unknown.
    """

    count: int
    moments: Moments
    features: np.ndarray
    probabilities: np.ndarray | None
    indices: np.ndarray
    labels: np.ndarray | None
    images: np.ndarray
    image_indices: np.ndarray
    image_labels: np.ndarray | None

    def of(self, chosen: np.ndarray) -> "Sample":
        """Returns the sample of some of the images, from what is kept of them.

        Args:
          chosen: numbers of images, ascending.
        """
        rows, pictures = (np.isin(all_, chosen) for all_ in (self.indices, self.image_indices))
        moments = MomentsAccumulator(self.features.shape[1])
        moments.add(self.features[rows])
        return Sample(
            len(chosen),
            moments.result(),
            self.features[rows],
            None if self.probabilities is None else self.probabilities[rows],
            np.searchsorted(chosen, self.indices[rows]),
            None if self.labels is None else self.labels[rows],
            self.images[pictures],
            np.searchsorted(chosen, self.image_indices[pictures]),
            None if self.image_labels is None else self.image_labels[pictures],
        )

    def part(self, most: int, rng: np.random.Generator) -> np.ndarray:
        """Returns at most so many features, chosen at random: data sets may be sorted by class."""
        if len(self.features) <= most:
            return self.features
        return self.features[np.sort(rng.choice(len(self.features), most, replace=False))]


def gather(
    network: FeatureNetwork,
    batches: Iterable[np.ndarray],
    labels: np.ndarray | None = None,
    seed: int = 0,
) -> Sample:
    """Returns the sample of batches of uint8 images, of which one is in memory at a time.

    Args:
      labels: int32 [count], of all images in their order.
      seed: decides which images are kept where there are too many.

    Raises:
      ValueError: there are fewer than two images, or a feature is not finite.
    """
    moments = MomentsAccumulator(network.dimension)
    vectors = _Reservoir(MOST_VECTORS, np.random.default_rng([seed, 0]))
    image_bytes = int(np.prod(network.image_shape))
    most_images = max(min(MOST_IMAGES, MOST_IMAGE_BYTES // image_bytes), 1)
    pictures = _Reservoir(most_images, np.random.default_rng([seed, 1]))

    def seen() -> Iterator[np.ndarray]:
        for batch in batches:
            pictures.add(batch)
            yield batch

    for features, probabilities in network.blocks(seen()):
        moments.add(features)
        vectors.add(features, *([] if probabilities is None else [probabilities]))
    if vectors.count < 2:
        raise ValueError(f"at least 2 images are needed, got {vectors.count}")
    result = moments.result()
    indices, kept = vectors.result()
    image_indices, (images,) = pictures.result()
    return Sample(
        vectors.count,
        result,
        kept[0],
        kept[1] if len(kept) > 1 else None,
        indices,
        None if labels is None else labels[indices],
        images,
        image_indices,
        None if labels is None else labels[image_indices],
    )


class _Reservoir:
    """Keeps a fixed number of rows, each with equal chance (algorithm R: Vitter 1985)."""

    def __init__(self, size: int, rng: np.random.Generator):
        self.count = 0
        self._size, self._rng = size, rng
        self._parts: list[list[np.ndarray]] = []
        self._kept: list[np.ndarray] | None = None
        self._indices = np.empty(0, np.int64)

    def add(self, *rows: np.ndarray) -> None:
        """Adds a batch of rows of one or more arrays, whose rows belong together."""
        number = len(rows[0])
        room = min(max(self._size - self.count, 0), number)
        if room:
            self._parts.append([np.array(each[:room]) for each in rows])
            self._indices = np.append(self._indices, np.arange(self.count, self.count + room))
        if room < number:
            joined = self._join()
            ranks = np.arange(self.count + room, self.count + number)
            places = self._rng.integers(0, ranks + 1)
            for row, place in enumerate(places, start=room):
                if place < self._size:
                    for kept, each in zip(joined, rows, strict=True):
                        kept[place] = each[row]
                    self._indices[place] = self.count + row
        self.count += number

    def _join(self) -> list[np.ndarray]:
        if self._kept is None:
            self._kept = [np.concatenate(each) for each in zip(*self._parts, strict=True)]
            self._parts = []
        return self._kept

    def result(self) -> tuple[np.ndarray, list[np.ndarray]]:
        """Returns the numbers of the kept rows, ascending, and these rows of every array."""
        joined = self._join()
        order = np.argsort(self._indices)
        return self._indices[order], [each[order] for each in joined]
