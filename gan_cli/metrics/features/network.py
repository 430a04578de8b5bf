"""A frozen network in whose features images are compared."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import keras
import numpy as np
import tensorflow as tf

from gan_cli.devices import in_order

# Larger images are first averaged down to at most this side: the networks stay small enough for a
# CPU, at the price of not seeing finer detail.
LARGEST_SIDE = 64
# Images of one pass; fewer where they are large, as the activations have to fit into memory.
_BATCH_SIZE, _LARGE_BATCH_SIZE = 256, 32
_LARGE_SIDE = 128
_IMAGES_FOR_SCALE = 5000


@dataclass(frozen=True)
class FeatureNetwork:
    """Maps images to features, and to class probabilities where it is a classifier.

    Attributes:
      name: as in the names of the metrics, such as `fd_classifier`.
      model: from float32 [batch, height, width, channels] in [0, 255] to features [batch,
        dimension], or to features and logits.
      scale: what the model's features are multiplied by; see `build_network`.
      accuracy: on held-out images, of a classifier.
      file_sha256: of the file that the model came from, where its weights are not Keras variables.
      batch_size: images of one pass.
      devices: that passes are spread over; empty: the one at hand.
    """

    name: str
    model: keras.Model
    scale: float = 1.0
    accuracy: float | None = None
    file_sha256: str | None = None
    batch_size: int = _BATCH_SIZE
    devices: tuple[str, ...] = ()

    @property
    def dimension(self) -> int:
        return int(self.model.outputs[0].shape[-1])

    @property
    def image_shape(self) -> tuple[int, ...]:
        """Height, width, channels of the images that it takes."""
        return tuple(self.model.inputs[0].shape[1:])

    @property
    def is_classifier(self) -> bool:
        return len(self.model.outputs) > 1

    @property
    def knows_own_classes(self) -> bool:
        """Whether its classes are the data's own: only then was its accuracy taken."""
        return self.is_classifier and self.accuracy is not None

    def metric_name(self, metric: str) -> str:
        """`fid`, `kid` or `is` for the one network that they are defined on, another for others."""
        if self.name == "inception":
            return metric
        return f"{metric.replace('id', 'd')}_{self.name}"

    @property
    def frechet_name(self) -> str:
        return self.metric_name("fid")

    @property
    def kernel_name(self) -> str:
        return self.metric_name("kid")

    @cached_property
    def sha256(self) -> str:
        """Of the weights and the scale, in hexadecimal: figures compare only where it is equal."""
        digest = hashlib.sha256(np.float64(self.scale).tobytes())
        digest.update((self.file_sha256 or "").encode())
        for weight in self.model.get_weights():
            digest.update(repr(weight.shape).encode())
            digest.update(np.asarray(weight, np.float32).tobytes())
        return digest.hexdigest()

    def features(self, images: np.ndarray | Iterable[np.ndarray]) -> np.ndarray:
        """Maps uint8 images, whole or in batches, to float32 [count, dimension].

        Raises:
          ValueError: images of another shape or type than the network was built for.
        """
        return self.features_and_probabilities(images)[0]

    def probabilities(self, images: np.ndarray | Iterable[np.ndarray]) -> np.ndarray | None:
        """Maps images to float32 [count, classes], of a classifier."""
        return self.features_and_probabilities(images)[1]

    def features_and_probabilities(
        self, images: np.ndarray | Iterable[np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Returns both, in one pass over the images.

        All batches are cut and filled up to one size, so that an image's features do not depend on
        how many come with it.
        """
        batches = [images] if isinstance(images, np.ndarray) else images
        blocks = list(self.blocks(batches))
        if not blocks:
            raise ValueError("no images were given")
        features, probabilities = zip(*blocks, strict=True)
        return np.concatenate(features), np.concatenate(
            probabilities
        ) if self.is_classifier else None

    def features_of_floats(self, images: np.ndarray) -> np.ndarray:
        """Maps float images in [0, 255], which no rounding has touched, to [count, dimension]."""
        features = []
        for block in _blocks([np.asarray(images, np.float32)], self.batch_size):
            missing = [(0, self.batch_size - len(block)), (0, 0), (0, 0), (0, 0)]
            outputs = self._forward(tf.constant(np.pad(block, missing)))
            features.append(outputs[0].numpy()[: len(block)] * np.float32(self.scale))
        return np.concatenate(features)

    def blocks(
        self, batches: Iterable[np.ndarray]
    ) -> Iterator[tuple[np.ndarray, np.ndarray | None]]:
        """Yields both, block by block: small batches are put together, so that passes are full."""
        forward = self._forward

        def outputs_of(block: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
            missing = [(0, self.batch_size - len(block)), (0, 0), (0, 0), (0, 0)]
            outputs = forward(tf.constant(np.pad(block, missing), tf.float32))
            features = outputs[0].numpy()[: len(block)] * np.float32(self.scale)
            return features, outputs[1].numpy()[: len(block)] if self.is_classifier else None

        blocks = _blocks(map(self._checked, batches), self.batch_size)
        return in_order(outputs_of, blocks, self.devices)

    def _checked(self, images: np.ndarray) -> np.ndarray:
        expected = self.image_shape
        if images.dtype != np.uint8 or images.shape[1:] != expected:
            raise ValueError(
                f"feature network '{self.name}' takes uint8 images of shape {expected},"
                f" got {images.dtype} {images.shape[1:]}"
            )
        return images

    @cached_property
    def _forward(self) -> Callable[[tf.Tensor], list[tf.Tensor]]:
        shape = [self.batch_size, *self.model.inputs[0].shape[1:]]

        @tf.function(input_signature=[tf.TensorSpec(shape, tf.float32)], autograph=False)
        def forward(images: tf.Tensor) -> list[tf.Tensor]:
            outputs = self.model(images, training=False)
            return [outputs[0], tf.nn.softmax(outputs[1])] if self.is_classifier else [outputs]

        return forward


def build_network(name: str, model: keras.Model, train: np.ndarray) -> FeatureNetwork:
    """Freezes a finished model.

    Its features are scaled so that on training images their variance is 1 on average over the
    dimensions: the distance from real images to one image repeated is then about the dimension or
    more, whatever the data set, and the kernel distance has a kernel that suits it.

    Args:
      train: uint8 [count, height, width, channels].
    """
    chosen = np.random.default_rng(0).permutation(len(train))[:_IMAGES_FOR_SCALE]
    unscaled = FeatureNetwork(name, model).features(train[np.sort(chosen)])
    variance = float(unscaled.astype(np.float64).var(axis=0).mean())
    return FeatureNetwork(name, model, scale=variance**-0.5 if variance > 0 else 1.0)


def with_accuracy(
    network: FeatureNetwork, images: np.ndarray, labels: np.ndarray | None
) -> FeatureNetwork:
    """Returns a classifier that knows how often it is right on held-out images."""
    probabilities = network.probabilities(images)
    if probabilities is None or labels is None:
        return network
    return replace(network, accuracy=float((probabilities.argmax(axis=1) == labels).mean()))


def as_rgb(images: keras.KerasTensor) -> keras.KerasTensor:
    """Three channels: a single one is repeated (as in StyleGAN 3), a fourth, alpha, is left out."""
    channels = images.shape[-1]
    if channels == 1:
        return keras.layers.Concatenate(dtype="float32")([images] * 3)
    return images if channels == 3 else images[..., :3]


def reduce_to_largest_side(images: keras.KerasTensor) -> keras.KerasTensor:
    """Averages blocks of pixels so that neither side is above `LARGEST_SIDE`."""
    factors = tuple(-(-side // LARGEST_SIDE) for side in images.shape[1:3])
    if factors == (1, 1):
        return images
    return keras.layers.AveragePooling2D(factors, padding="same", dtype="float32")(images)


def batch_size_for(side: int) -> int:
    """Images of one pass through a network that sees them `side` pixels large."""
    return _BATCH_SIZE if side <= _LARGE_SIDE else _LARGE_BATCH_SIZE


def _blocks(batches: Iterable[np.ndarray], size: int) -> Iterator[np.ndarray]:
    """Cuts batches of any sizes into blocks of one; the last may be smaller."""
    waiting: list[np.ndarray] = []
    room = size
    for batch in batches:
        start = 0
        while start < len(batch):
            part = np.asarray(batch[start : start + room])
            waiting.append(part)
            start, room = start + len(part), room - len(part)
            if not room:
                yield np.concatenate(waiting)
                waiting, room = [], size
    if waiting:
        yield np.concatenate(waiting)
