"""Features of a small classifier, trained on the run's own labelled images and then frozen."""

import contextlib
import hashlib
import logging
import time
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from gan_cli.data.dataset import ImageDataset
from gan_cli.data.materialise import cached_file
from gan_cli.data.pipeline import training_batches
from gan_cli.errors import UserError
from gan_cli.io.cache import write_npz
from gan_cli.metrics.features.network import (
    FeatureNetwork,
    build_network,
    reduce_to_largest_side,
    with_accuracy,
)

# Part of the cache's key. Raise it with any change to the network or its training.
_RECIPE = 1
_WIDTHS = (32, 64, 128, 128)
_SMALLEST_MAP = 4
_DIMENSION = 64
_BATCH_SIZE = 128
_EPOCHS = 4
# Bounds of the number of steps: small data sets are shown more often, large ones less often.
_FEWEST_STEPS, _MOST_STEPS = 500, 2000
_LEARNING_RATE = 2e-3
_SECONDS_BETWEEN_SAVES = 5.0

_logger = logging.getLogger(__name__)


def build(
    train: ImageDataset,
    holdout: ImageDataset,
    progress: Callable[[int, int], None] | None = None,
    steps: int | None = None,
) -> FeatureNetwork:
    """Trains the classifier on `train`, or loads it if it was trained on the same images before.

    The network has 3x3 convolutions with stride 2, 32 to 128 channels wide, down to 4 pixels, then
    64 rectified linear units, whose activations are the features. Adam trains it for four epochs,
    but at least 500 and at most 2,000 steps, on batches of 128, with warm-up and cosine decay. On
    one machine the same images give the same weights, also where the process was ended and another
    one continued from what it had saved. Rounding may differ on another machine; the
    hash then differs, too. The cache is keyed by the fingerprint of the images and by the recipe.

    Args:
      holdout: the images that the accuracy is measured on.
      progress: called during training with the steps taken and the number of all steps.
      steps: number of training steps; None: four epochs, within the bounds above.

    Raises:
      UserError: the images do not have labels of at least two classes.
    """
    if train.labels is None or len(train.class_names) < 2:
        raise UserError(
            "evaluation.features: 'classifier' needs images with labels of at least two classes;"
            " use 'random' for these images"
        )
    model = untrained(train.images.shape[1:], len(train.class_names))
    recipe = f"{_RECIPE}" if steps is None else f"{_RECIPE} {steps}"
    key = hashlib.sha256(f"{train.fingerprint} {recipe}".encode()).hexdigest()
    path = cached_file("features", f"classifier-{key}.npz")
    if not _load(model, path):
        unfinished = None if path is None else path.with_suffix(".unfinished.npz")
        train_model(model, train, progress, steps, unfinished)
        _save(path, model.get_weights())
        if unfinished is not None:
            with contextlib.suppress(OSError):
                unfinished.unlink(missing_ok=True)
    network = build_network("classifier", model, train.images)
    return with_accuracy(network, holdout.images, holdout.labels)


def untrained(image_shape: tuple[int, ...], num_classes: int) -> keras.Model:
    """Returns the untrained network, from images to features and logits, with fixed weights."""

    # Fixed seeds, and float32 whatever the global policy: the features must not depend on what was
    # built before, or on the precision of the run.
    def initializer(seed: int) -> keras.initializers.Initializer:
        return keras.initializers.HeNormal(seed=seed)

    images = keras.Input(image_shape, dtype="float32")
    x = reduce_to_largest_side(images)
    x = keras.layers.Rescaling(1 / 127.5, offset=-1.0, dtype="float32")(x)
    for stage, width in enumerate(_WIDTHS):
        # At least two convolutions, so that they see digits of 8 pixels as a whole.
        if stage >= 2 and max(x.shape[1:3]) <= _SMALLEST_MAP:
            break
        x = keras.layers.Conv2D(
            width,
            kernel_size=3,
            strides=2,
            padding="same",
            activation="relu",
            kernel_initializer=initializer(stage),
            dtype="float32",
        )(x)
    x = keras.layers.Flatten(dtype="float32")(x)
    features = keras.layers.Dense(
        _DIMENSION, activation="relu", kernel_initializer=initializer(100), dtype="float32"
    )(x)
    logits = keras.layers.Dense(num_classes, kernel_initializer=initializer(101), dtype="float32")(
        features
    )
    return keras.Model(images, [features, logits])


def train_model(
    model: keras.Model,
    train: ImageDataset,
    progress: Callable[[int, int], None] | None = None,
    steps: int | None = None,
    unfinished: Path | None = None,
) -> None:
    """Trains the network as described in `build`.

    Args:
      unfinished: file in which the training is saved every few seconds, and from which it
        continues; None: it is not saved.
    """
    if steps is None:
        steps = min(max(_EPOCHS * len(train.images) // _BATCH_SIZE, _FEWEST_STEPS), _MOST_STEPS)
    # Without warm-up, some of the rectified units die in the first steps.
    warmup = steps // 8
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, steps - warmup, warmup_target=_LEARNING_RATE, warmup_steps=warmup
    )
    optimizer = keras.optimizers.Adam(schedule, beta_2=0.99)
    variables = model.trainable_variables
    optimizer.build(variables)

    @tf.function(autograph=False)
    def update(images: tf.Tensor, labels: tf.Tensor) -> None:
        with tf.GradientTape() as tape:
            _, logits = model(tf.cast(images, tf.float32), training=True)
            loss = tf.reduce_mean(
                tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
            )
        optimizer.apply(tape.gradient(loss, [v.value for v in variables]), variables)

    everything = [*model.weights, *optimizer.variables]
    if unfinished is not None:
        _load_values(everything, unfinished)
    first = int(optimizer.iterations.numpy())
    batches = training_batches(train, _BATCH_SIZE, seed=0, first_image=first * _BATCH_SIZE)
    saved_at = time.monotonic()
    for step, batch in enumerate(batches.take(steps - first), start=first + 1):
        update(batch["images"][0], batch["labels"][0])
        if progress is not None and (step % 10 == 0 or step in (first + 1, steps)):
            progress(step, steps)
        if unfinished is not None and time.monotonic() - saved_at >= _SECONDS_BETWEEN_SAVES:
            _save(unfinished, [variable.numpy() for variable in everything])
            saved_at = time.monotonic()


def _load(model: keras.Model, path: Path | None) -> bool:
    return path is not None and _load_values(model.weights, path)


def _load_values(variables: Sequence[keras.Variable], path: Path) -> bool:
    """Assigns what a file holds, if it holds exactly this; returns whether it does."""
    try:
        with np.load(path, allow_pickle=False) as file:
            values = [file[str(index)] for index in range(len(variables))]
        for variable, value in zip(variables, values, strict=True):
            if tuple(variable.shape) != value.shape:
                raise ValueError(f"a variable has shape {value.shape}")
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)
    except FileNotFoundError:
        return False
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        _logger.warning("%s: cannot be read, training it again: %s", path, error)
        return False
    return True


def _save(path: Path | None, values: Sequence[np.ndarray]) -> None:
    problem = write_npz(path, {str(index): each for index, each in enumerate(values)})
    if problem:
        # The network in memory is sound; only the next run has to train it again.
        _logger.warning("%s: cannot be saved in the cache: %s", path or "the classifier", problem)
