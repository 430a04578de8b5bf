"""A frozen network in whose features images are compared."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import keras
import numpy as np
import tensorflow as tf

from gan_cli.devices import in_order

# Larger images are first averaged down to at most this side. Networks then stay small enough for a
# CPU, but do not see finer detail.
LARGEST_SIDE = 64
# Images in one pass. Of large images there are fewer, so that the activations fit into memory.
_BATCH_SIZE, _LARGE_BATCH_SIZE = 256, 32
_LARGE_SIDE = 128
_IMAGES_FOR_SCALE = 5000


@dataclass(frozen=True)
class FeatureNetwork:
    """Maps images to features, and to class probabilities where it is a classifier.

    Attributes:
      name: as in the names of the figures, such as `fd_classifier`.
      model: maps float32 images [batch, height, width, channels] in [0, 255] to features [batch,
        dimension], or to features and logits.
      scale: factor of the model's features; see `build_network`.
      accuracy: of a classifier of the data's own classes, on held-out images; else None.
      file_sha256: hash of the model's file, where its weights are not Keras variables; else None.
      batch_size: images in one pass.
      devices: names of the devices that share the passes; empty: TensorFlow's default device.
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
        """Number of features of an image."""
        return int(self.model.outputs[0].shape[-1])

    @property
    def image_shape(self) -> tuple[int, ...]:
        """Height, width and channels of the images that the network takes."""
        return tuple(self.model.inputs[0].shape[1:])

    @property
    def is_classifier(self) -> bool:
        """Whether the model gives logits, too."""
        return len(self.model.outputs) > 1

    @property
    def knows_own_classes(self) -> bool:
        """Whether the classes are the data's own; only then the accuracy is known."""
        return self.is_classifier and self.accuracy is not None

    def metric_name(self, metric: str) -> str:
        """Returns `fid`, `kid` or `is` for `inception`, on which they are defined.

        For other networks, returns `fd_<name>`, `kd_<name>` or `is_<name>`.
        """
        if self.name == "inception":
            return metric
        return f"{metric.replace('id', 'd')}_{self.name}"

    @property
    def frechet_name(self) -> str:
        """Name of the Fréchet distance in these features."""
        return self.metric_name("fid")

    @property
    def kernel_name(self) -> str:
        """Name of the kernel distance in these features."""
        return self.metric_name("kid")

    @cached_property
    def sha256(self) -> str:
        """Hash of weights and scale, in hexadecimal. Figures compare only where it is equal."""
        digest = hashlib.sha256(np.float64(self.scale).tobytes())
        digest.update((self.file_sha256 or "").encode())
        for weight in self.model.get_weights():
            digest.update(repr(weight.shape).encode())
            digest.update(np.asarray(weight, np.float32).tobytes())
        return digest.hexdigest()

    def features(self, images: np.ndarray | Iterable[np.ndarray]) -> np.ndarray:
        """Maps uint8 images, whole or in batches, to float32 [count, dimension].

        Raises:
          ValueError: the network was built for images of another shape or type.
        """
        return self.features_and_probabilities(images)[0]

    def probabilities(self, images: np.ndarray | Iterable[np.ndarray]) -> np.ndarray | None:
        """Maps images to class probabilities, float32 [count, classes]; None: no classifier."""
        return self.features_and_probabilities(images)[1]

    def features_and_probabilities(
        self, images: np.ndarray | Iterable[np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Maps images to features and to class probabilities, in one pass.

        All batches are cut and padded to one size, so that the features of an image do not depend
        on the other images.
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
        """Maps float images in [0, 255], which need not be whole numbers, to [count, dimension]."""
        features = []
        for block in _blocks([np.asarray(images, np.float32)], self.batch_size):
            missing = [(0, self.batch_size - len(block)), (0, 0), (0, 0), (0, 0)]
            outputs = self._forward(tf.constant(np.pad(block, missing)))
            features.append(outputs[0].numpy()[: len(block)] * np.float32(self.scale))
        return np.concatenate(features)

    def blocks(
        self, batches: Iterable[np.ndarray]
    ) -> Iterator[tuple[np.ndarray, np.ndarray | None]]:
        """Yields features and probabilities by blocks, into which small batches are joined."""
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
    """Makes a feature network of a finished model, with a scale that suits the data.

    On training images the scaled features have a variance of 1, averaged over the dimensions. On
    any data set, the distance between real images and copies of one image is then about the
    dimension or more, and the kernel distance has a kernel of the right width.

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
    """Returns a classifier with its accuracy on held-out images."""
    probabilities = network.probabilities(images)
    if probabilities is None or labels is None:
        return network
    return replace(network, accuracy=float((probabilities.argmax(axis=1) == labels).mean()))


def as_rgb(images: keras.KerasTensor) -> keras.KerasTensor:
    """Returns three channels: one channel is repeated (as in StyleGAN 3), alpha is dropped."""
    channels = images.shape[-1]
    if channels == 1:
        return keras.layers.Concatenate(dtype="float32")([images] * 3)
    return images if channels == 3 else images[..., :3]


def reduce_to_largest_side(images: keras.KerasTensor) -> keras.KerasTensor:
    """Averages blocks of pixels, so that no side is longer than `LARGEST_SIDE`."""
    factors = tuple(-(-side // LARGEST_SIDE) for side in images.shape[1:3])
    if factors == (1, 1):
        return images
    return keras.layers.AveragePooling2D(factors, padding="same", dtype="float32")(images)


def batch_size_for(side: int) -> int:
    """Returns the number of images in one pass through a network that sees `side` pixels a side."""
    return _BATCH_SIZE if side <= _LARGE_SIDE else _LARGE_BATCH_SIZE


def _blocks(batches: Iterable[np.ndarray], size: int) -> Iterator[np.ndarray]:
    """Cuts and joins batches of any size into blocks of `size`; the last one may be smaller."""
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
