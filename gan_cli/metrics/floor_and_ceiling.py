"""The floor and the ceiling of every metric, measured on other images than generated ones."""

from collections.abc import Callable, Iterator
from functools import cached_property

import numpy as np

from gan_cli.metrics.comparison import Comparison
from gan_cli.metrics.metric import Figure, Measurement, UnavailableError
from gan_cli.metrics.sample import Sample

_BATCH_SIZE = 256


class FloorAndCeiling:
    """Measures metrics on training images, held-out images and noise.

    There are as many images as generated ones, if the data has so many. Samples and figures are
    computed when they are first needed, and serve every set of generated images of the same number,
    labels and seed, such as those of a run's other checkpoints.
    """

    def __init__(self, comparison: Comparison, sample: Sample, seed: int):
        self._comparison, self._seed = comparison, seed
        self._count, self._kept = sample.count, len(sample.indices)
        self._labels = sample.labels
        self._samples: dict[str, Sample] = {}
        self._figures: dict[tuple[str, str], dict[str, Figure]] = {}

    def fits(self, sample: Sample, seed: int) -> bool:
        """Whether the figures hold for these generated images, too."""
        if (self._seed, self._count) != (seed, sample.count):
            return False
        if self._labels is None or sample.labels is None:
            return self._labels is sample.labels
        return np.array_equal(self._labels, sample.labels)

    def figures(
        self, name: str, kind: str | None, measure: Callable[[Sample, Comparison], Measurement]
    ) -> dict[str, Figure]:
        """Returns the figures of the metric called `name`, or none where it cannot be measured.

        Args:
          kind: `train`, `holdout` or `noise`; None: the metric has no such bound. Where no training
            images are known, one half of the real images stands for them, against the other half.
        """
        comparison = self._comparison
        if kind == "train" and comparison.train is None:
            kind = "half"
            if self.halves is None:
                return {}
            comparison = self.halves[1]
        if kind is None:
            return {}
        if kind not in self._samples:
            self._samples[kind] = getattr(self, f"_{kind}")()
        if (name, kind) not in self._figures:
            try:
                self._figures[name, kind] = measure(self._samples[kind], comparison).figures
            except UnavailableError:
                self._figures[name, kind] = {}
        return self._figures[name, kind]

    @cached_property
    def halves(self) -> tuple[Sample, Comparison] | None:
        """See `Comparison.halves`."""
        return self._comparison.halves(self._count, self._seed)

    @property
    def num_floor(self) -> int:
        """Real images that stand for those of a perfect generator; 0: there are none."""
        if self._comparison.train is not None:
            return min(self._count, len(self._comparison.train.images))
        return 0 if self.halves is None else self.halves[0].count

    def _half(self) -> Sample:
        assert self.halves is not None  # `figures` asks for this sample only where there is one.
        return self.halves[0]

    def _train(self) -> Sample:
        train = self._comparison.train
        assert train is not None  # `figures` asks for this sample only where it is known.
        images = train.images
        chosen = np.random.default_rng([self._seed, 2]).permutation(len(images))
        return self._comparison.part_of_training(np.sort(chosen[: self._count]))

    def _holdout(self) -> Sample:
        return self._comparison.reference

    def _noise(self) -> Sample:
        rng = np.random.default_rng([self._seed, 3])
        shape = self._comparison.holdout.images.shape[1:]
        noise = _noise(self._kept, shape, rng)
        return self._comparison.gather("noise", noise, self._labels)


def _noise(
    count: int, image_shape: tuple[int, ...], rng: np.random.Generator
) -> Iterator[np.ndarray]:
    for start in range(0, count, _BATCH_SIZE):
        size = min(_BATCH_SIZE, count - start)
        yield rng.integers(0, 256, (size, *image_shape), dtype=np.uint8)
