"""Features of a convolutional network with fixed random weights, for images without labels."""

from collections.abc import Callable

import keras
import numpy as np

from gan_cli.data.dataset import ImageDataset
from gan_cli.metrics.features.network import (
    FeatureNetwork,
    build_network,
    reduce_to_largest_side,
)

_WIDTHS = (32, 32, 64)


def build(
    train: ImageDataset,
    holdout: ImageDataset,
    progress: Callable[[int, int], None] | None = None,
) -> FeatureNetwork:
    """Builds the network for images of the data set's size, without training.

    There are three 3x3 convolutions with stride 2 and ReLU. NumPy draws their weights from
    N(0, 2 / fan-in) with a fixed seed, so that they are the same on every machine. The 128 features
    are the channel means after each convolution. Random features tell distributions apart, but not
    as people do: trust differences between figures, not single figures.
    """
    del holdout, progress
    images = keras.Input(train.images.shape[1:], dtype="float32")
    x = reduce_to_largest_side(images)
    x = keras.layers.Rescaling(1 / 127.5, offset=-1.0, dtype="float32")(x)
    rng = np.random.default_rng(0)
    pooled = []
    for width in _WIDTHS:
        layer = keras.layers.Conv2D(width, 3, 2, "same", activation="relu", dtype="float32")
        x = layer(x)
        shape = tuple(layer.kernel.shape)
        kernel = np.sqrt(2.0 / np.prod(shape[:3])) * rng.standard_normal(shape)
        layer.set_weights([kernel.astype(np.float32), np.zeros(width, np.float32)])
        pooled.append(keras.layers.GlobalAveragePooling2D(dtype="float32")(x))
    model = keras.Model(images, keras.layers.Concatenate(dtype="float32")(pooled))
    return build_network("random", model, train.images)
