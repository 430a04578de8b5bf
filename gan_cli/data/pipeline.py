"""Training batches, whose order depends on the seed and the position alone."""

import functools
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from gan_cli.data.dataset import ImageDataset


def training_batches(
    dataset: ImageDataset,
    batch_size: int,
    seed: int,
    first_image: int = 0,
    mirror: bool = False,
    flip: bool = False,
    quarter_turns: bool = False,
    vary: Callable[[np.ndarray, np.ndarray], np.ndarray] | None = None,
    steps_per_call: int = 1,
    updates_per_step: int = 1,
    worker: int = 0,
    workers: int = 1,
    even_classes: bool = False,
) -> tf.data.Dataset:
    """Returns an endless stream of stacked batches.

    Every epoch shows every image once, in an order of its own. Batches continue across the border
    between two epochs, so that no image is left out and every batch is full. Position p of the
    stream holds the same image whatever `first_image` is: training can resume anywhere, and no
    iterator is saved.

    Args:
      first_image: position to start from: the number of images shown so far.
      mirror: whether to flip a random half of every epoch's images from left to right.
      flip: whether to flip a random half of every epoch's images from top to bottom.
      quarter_turns: whether to turn each image, which is square, by 0, 90, 180 or 270 degrees.
      vary: changes samples, [count, height, width, channels], by float64 [count] in [0, 1), drawn
        for each sample in each epoch; see `Domain.varied`. None: samples stay as they are.
      updates_per_step: number of parts of a batch that are used one after another.
      worker, workers: index of this process, and number of processes. Each process loads only its
        own slice of every part of the batches that a single process would get.

      even_classes: whether an epoch shows every class equally often, and not every image once; the
        images of a class take turns.

    Yields:
      {"images": [steps_per_call, batch_size / workers, height, width, channels] of the stored type,
      "labels": int32 [steps_per_call, batch_size / workers], zeros where there are no labels}.
    """
    count = len(dataset.images)
    labels = np.zeros(count, np.int32) if dataset.labels is None else dataset.labels
    per_element = steps_per_call * batch_size
    own = np.arange(per_element).reshape([steps_per_call * updates_per_step, workers, -1])
    own = own[:, worker].ravel()

    # Two epochs are in use at once where a batch runs across their border.
    @functools.lru_cache(maxsize=2)
    def epoch_order(epoch: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        rng = np.random.default_rng([seed, epoch])
        order = _even_order(rng, labels) if even_classes else rng.permutation(count)
        return order, rng.permutation(count) < count // 2, rng.random(count)

    # Draws of their own: the other ones stay the same with and without them.
    @functools.lru_cache(maxsize=2)
    def epoch_positions(epoch: int) -> tuple[np.ndarray, np.ndarray]:
        rng = np.random.default_rng([seed, epoch, 1])
        return rng.permutation(count) < count // 2, rng.integers(0, 4, count)

    def positions(epochs: np.ndarray, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        used, which = np.unique(epochs, return_inverse=True)
        drawn = [epoch_positions(int(epoch)) for epoch in used]
        offsets = which * count + places
        flips, turns = (np.concatenate(each)[offsets] for each in zip(*drawn, strict=True))
        return flips, turns

    def gather(element: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        epochs, places = np.divmod(first_image + element * per_element + own, count)
        used, which = np.unique(epochs, return_inverse=True)
        orders = [epoch_order(int(epoch)) for epoch in used]
        offsets = which * count + places
        indices = np.concatenate([order for order, _, _ in orders])[offsets]
        images = dataset.images[indices]
        if mirror:
            mirrored = np.concatenate([flipped for _, flipped, _ in orders])[offsets]
            images[mirrored] = images[mirrored, :, ::-1]
        if flip or quarter_turns:
            images = _turned(images, *positions(epochs, places), flip, quarter_turns)
        if vary is not None:
            images = vary(images, np.concatenate([draws for _, _, draws in orders])[offsets])
        return images, labels[indices]

    def load(element: tf.Tensor) -> dict[str, tf.Tensor]:
        images, drawn = tf.numpy_function(gather, [element], (dataset.images.dtype, tf.int32))
        shape = [steps_per_call, batch_size // workers]
        return {
            "images": tf.reshape(images, shape + list(dataset.images.shape[1:])),
            "labels": tf.reshape(drawn, shape),
        }

    # In order, and two elements ahead: gathering one takes about a millisecond.
    return tf.data.Dataset.range(np.iinfo(np.int64).max).map(load).prefetch(2)


def _turned(
    images: np.ndarray, flips: np.ndarray, turns: np.ndarray, flip: bool, quarter_turns: bool
) -> np.ndarray:
    """Flips and turns a batch of images as was drawn for each."""
    images = images.copy()
    if flip:
        images[flips] = images[flips, ::-1]
    if quarter_turns:
        for turn in (1, 2, 3):
            images[turns == turn] = np.rot90(images[turns == turn], turn, axes=(1, 2))
    return images


def _even_order(rng: np.random.Generator, labels: np.ndarray) -> np.ndarray:
    """Returns as many indices as there are labels, of each class equally many, give or take one.

    Within a class, an image comes at most once more often than another.
    """
    classes = rng.permutation(np.unique(labels))
    parts = []
    for number, label in enumerate(classes):
        members = np.flatnonzero(labels == label)
        wanted = len(labels) // len(classes) + (number < len(labels) % len(classes))
        rounds = -(-wanted // len(members))
        turns = np.concatenate([rng.permutation(members) for _ in range(rounds)])
        parts.append(turns[:wanted])
    return rng.permutation(np.concatenate(parts))
