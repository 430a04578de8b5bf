"""The real images that generated ones are compared with, and the networks of the generator."""

import dataclasses
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from gan_cli.data.dataset import ImageDataset
from gan_cli.data.split import FEWEST_HELD_OUT
from gan_cli.errors import UserError
from gan_cli.metrics.features.network import FeatureNetwork
from gan_cli.metrics.maths.manifold import Neighbourhoods, RealManifold
from gan_cli.metrics.maths.moments import Moments
from gan_cli.metrics.sample import MOST_IMAGE_BYTES, Sample, gather
from gan_cli.metrics.statistics import cached_moments, cached_sample

# Most images of a set for the neighbourhood metrics, whose time grows with the square.
MOST_NEIGHBOURS = 10_000
_BATCH_SIZE = 256


@dataclass(frozen=True)
class GanAccess:
    """The trained networks, for metrics that call them instead of judging their images.

    Each is None where there is no such network.

    Attributes:
      draw_latents: (count, rng) -> float32 [count, latent_dim].
      draw_labels: (count, rng) -> int32 [count]; None for an unconditional generator.
      synthesize: (latents, labels or None) -> float32 [count, height, width, channels] in [-1, 1].
      spherical: paths between latents follow great circles, as suits normal latents.
      map_latents: (latents, labels or None) -> styles w, float32 [count, ...], for a generator with
        a mapping network.
      synthesize_styles: (w, labels or None) -> images as `synthesize` gives them.
      discriminate: (images float32 in [-1, 1], labels or None) -> float32 logits [count].
    """

    draw_latents: Callable[[int, np.random.Generator], np.ndarray] | None = None
    draw_labels: Callable[[int, np.random.Generator], np.ndarray] | None = None
    synthesize: Callable[[np.ndarray, np.ndarray | None], np.ndarray] | None = None
    spherical: bool = True
    map_latents: Callable[[np.ndarray, np.ndarray | None], np.ndarray] | None = None
    synthesize_styles: Callable[[np.ndarray, np.ndarray | None], np.ndarray] | None = None
    discriminate: Callable[[np.ndarray, np.ndarray | None], np.ndarray] | None = None


class Comparison:
    """Holds the real images' features and what follows from them, each computed once, on demand.

    Attributes:
      train: the images that the generator learnt from; None: unknown.
      holdout: the reference.
      gan: the trained networks.
      statistics: moments that take the place of those of `holdout`, as from a file.
    """

    def __init__(
        self,
        network: FeatureNetwork,
        train: ImageDataset | None,
        holdout: ImageDataset,
        gan: GanAccess | None = None,
        statistics: Moments | None = None,
    ):
        self.statistics = statistics
        self.network, self.train, self.holdout = network, train, holdout
        self.gan = gan or GanAccess()
        self._derived: dict[Hashable, Any] = {}
        self._near: tuple[Sample, Neighbourhoods] | None = None

    @cached_property
    def reference(self) -> Sample:
        """The held-out images' sample."""
        return self._whole(self.holdout)

    @cached_property
    def reference_moments(self) -> Moments:
        """Mean and covariance of the reference: from a file, or of the held-out images."""
        if self.statistics is not None:
            return self.statistics
        if "reference" in self.__dict__:
            return self.reference.moments
        return cached_moments(self.network, self.holdout, lambda: self.reference)

    @cached_property
    def training(self) -> Sample:
        """The training images' sample."""
        assert self.train is not None  # The metrics that call this list `train` in their needs.
        return self._whole(self.train)

    @cached_property
    def manifold(self) -> RealManifold:
        """The neighbourhoods of at most `MOST_NEIGHBOURS` held-out images."""
        return RealManifold(self.reference.part(MOST_NEIGHBOURS, np.random.default_rng(0)))

    def halves(self, count: int, seed: int) -> tuple[Sample, "Comparison"] | None:
        """Splits the reference at random, to compare real images with other real ones.

        Args:
          count: most images of the first half.

        Returns:
          the sample of one half, and the comparison with the other; None: there are too few images,
          or the reference are statistics.
        """
        number = len(self.holdout.images)
        if self.statistics is not None or number < 2 * FEWEST_HELD_OUT:
            return None
        order = np.random.default_rng([seed, 4]).permutation(number)
        one, other = np.sort(order[: number // 2][:count]), np.sort(order[number // 2 :])
        # The images themselves are for few metrics, and may be too many for the memory.
        image_bytes = int(np.prod(self.holdout.images.shape[1:]))
        few = other[:: -(-len(other) * image_bytes // MOST_IMAGE_BYTES)]
        labels = self.holdout.labels
        dataset = dataclasses.replace(
            self.holdout,
            images=self.holdout.images[few],
            labels=None if labels is None else labels[few],
            # Nothing of the whole is in a cache under the half's name.
            fingerprint=f"{self.holdout.fingerprint}-half-{seed}",
        )
        comparison = Comparison(self.network, None, dataset, self.gan)
        # Takes the place of the cached property: the features are known.
        comparison.__dict__["reference"] = self.reference.of(other)
        return self.reference.of(one), comparison

    def neighbourhoods(self, sample: Sample) -> Neighbourhoods:
        """Compares a sample's neighbourhoods with `manifold`; computed once for several metrics."""
        if self._near is None or self._near[0] is not sample:
            part = sample.part(MOST_NEIGHBOURS, np.random.default_rng(0))
            self._near = (sample, self.manifold.compare(part))
        return self._near[1]

    def derived(self, key: Hashable, compute: Callable[[], Any]) -> Any:
        """Returns what `compute` gives, computed once for a key.

        For what metrics derive from the real images alone.
        """
        if key not in self._derived:
            self._derived[key] = compute()
        return self._derived[key]

    def part_of_training(self, indices: np.ndarray) -> Sample:
        """Returns the sample of the training images at `indices`, which ascend."""
        assert self.train is not None  # The metrics that call this list `train` in their needs.
        labels = None if self.train.labels is None else self.train.labels[indices]
        return self.gather("real images", batches_of(self.train.images, indices), labels)

    def gather(
        self, what: str, batches: Iterable[np.ndarray], labels: np.ndarray | None = None
    ) -> Sample:
        """Returns the sample of batches of uint8 images.

        Args:
          what: name of the images in messages.

        Raises:
          UserError: there are too few images, or a feature is not finite.
        """
        try:
            return gather(self.network, batches, labels)
        except ValueError as error:
            raise UserError(f"{what}: {error}") from error

    def _whole(self, dataset: ImageDataset) -> Sample:
        def compute() -> Sample:
            return self.gather("real images", batches_of(dataset.images), dataset.labels)

        return cached_sample(self.network, dataset, compute)


def batches_of(images: np.ndarray, indices: np.ndarray | None = None) -> Iterator[np.ndarray]:
    """Yields the images at `indices`, or all images, in small batches.

    The images may be a memory map, which is never read as a whole.
    """
    chosen = np.arange(len(images)) if indices is None else indices
    for start in range(0, len(chosen), _BATCH_SIZE):
        yield images[chosen[start : start + _BATCH_SIZE]]
