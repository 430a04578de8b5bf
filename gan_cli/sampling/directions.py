"""Directions in a latent space along which images change most, found without labels."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from gan_cli.models.contract import has_styles, synthesis_of
from gan_cli.sampling.style_mixing import mixed_images, styles_of

# Number of latents that directions are found from.
SAMPLE = 4096
# Number of latents over which the slope of a first layer is averaged.
_SLOPES = 32
_BATCH = 64


@dataclass(frozen=True)
class Directions:
    """Unit vectors in a latent space, the strongest first.

    Attributes:
      vectors: float32 [count, n].
      scales: length of one step along each vector: the latents' standard deviation along it.
      shares: part of all change that each vector accounts for (its eigenvalue over the sum of all).
    """

    vectors: np.ndarray
    scales: np.ndarray
    shares: np.ndarray


class LatentSpace:
    """The space of a generator's directions: styles w where it has them, else latents z.

    Args:
      labels: int32 [1], the class, if the generator is conditional, else None.
    """

    def __init__(self, generator: keras.Model, labels: np.ndarray | None):
        self.generator, self.labels = generator, labels
        self.has_styles = has_styles(generator)

    def positions(self, latents: np.ndarray) -> np.ndarray:
        """Returns where latents lie in the space: float32 [count, n]."""
        if not self.has_styles:
            return latents
        labels = None if self.labels is None else np.repeat(self.labels, len(latents))
        return styles_of(self.generator, latents, labels)

    def images(self, positions: np.ndarray) -> np.ndarray:
        """Returns the images at positions: float32 [count, height, width, channels]."""
        if not self.has_styles:
            return self._in_batches(
                lambda z: self.generator(self._with_label(z), training=False), positions
            )
        return self._in_batches(lambda w: mixed_images(self.generator, w, w, 0), positions)

    def slope(self, latents: np.ndarray) -> np.ndarray:
        """Returns the mean of A^T A, float64 [n, n], A being the slope of the first layers.

        With styles, A holds the affine maps of all modulated convolutions, one above the other.
        Otherwise A belongs to the first layer with weights behind the latents; where that layer is
        not linear, its slopes at some of the latents are averaged. Parts of the latents that enter
        later blocks, as in biggan, are left out.
        """
        if self.has_styles:
            kernels = [
                np.asarray(weight, np.float64)
                for weight in synthesis_of(self.generator).weights
                if "/affine/" in f"/{weight.path}" and weight.path.endswith("kernel")
            ]
            return np.sum([kernel @ kernel.T for kernel in kernels], axis=0)
        first = keras.Model(self.generator.inputs, self._first_layer().output)

        def slopes(z: tf.Tensor) -> tf.Tensor:
            with tf.GradientTape() as tape:
                tape.watch(z)
                out = first(self._with_label(z), training=False)
                flat = tf.reshape(out, [len(z), -1])
            jacobian = tape.batch_jacobian(flat, z)
            return tf.einsum("bon,bom->bnm", jacobian, jacobian)

        found = slopes(tf.constant(latents[:_SLOPES]))
        return np.asarray(found, np.float64).mean(axis=0)

    def features(self, latents: np.ndarray) -> np.ndarray:
        """Returns what the first block makes of latents: float32 [count, anything]."""
        block = keras.Model(self.generator.inputs, self._first_block().output)
        out = self._in_batches(lambda z: block(self._with_label(z), training=False), latents)
        return out.reshape(len(latents), -1)

    def _first_layer(self) -> keras.Layer:
        """Finds the first layer with a matrix that latents reach, through layers without one."""
        reached = {id(self.generator.inputs[0])}
        # Layers, and between them plain operations such as cutting the latents in parts.
        for operation in self.generator.operations:
            taken, made = _tensors(operation.input), _tensors(operation.output)
            if not reached & set(map(id, taken)):
                continue
            weights = getattr(operation, "trainable_weights", [])
            if any(len(weight.shape) >= 2 for weight in weights):
                return operation
            reached |= set(map(id, made))
        raise ValueError("the generator has no layer with weights behind its latents")

    def _first_block(self) -> keras.Layer:
        """Finds the last layer at the coarsest resolution; without such, the first with weights."""
        maps = [layer for layer in self.generator.layers if len(_shape(layer)) == 4]
        images = self.generator.outputs[0].shape[1:3]
        coarse = [layer for layer in maps if tuple(_shape(layer)[1:3]) < tuple(images)]
        if not coarse:
            return self._first_layer()
        smallest = min(_shape(layer)[1] * _shape(layer)[2] for layer in coarse)
        return [x for x in coarse if _shape(x)[1] * _shape(x)[2] == smallest][-1]

    def _with_label(self, latents: tf.Tensor) -> Any:
        """Returns the generator's inputs."""
        if self.labels is None:
            return latents
        return [latents, tf.repeat(tf.constant(self.labels, tf.int32), len(latents))]

    def _in_batches(self, function: Callable[[tf.Tensor], Any], values: np.ndarray) -> np.ndarray:
        parts = [
            np.asarray(function(tf.constant(values[at : at + _BATCH])))
            for at in range(0, len(values), _BATCH)
        ]
        return np.concatenate(parts)


def sefa(space: LatentSpace, latents: np.ndarray, count: int) -> Directions:
    """Finds the directions that the first layer stretches most: closed-form factorisation.

    Shen and Zhou 2021, equation 6: eigenvectors of A^T A.
    """
    values, vectors = np.linalg.eigh(space.slope(latents))
    order = np.argsort(values)[::-1][:count]
    return _directions(space, latents, vectors[:, order].T, values[order] / values.sum())


def pca(space: LatentSpace, latents: np.ndarray, count: int) -> Directions:
    """Finds the principal components of styles or, without styles, of the first block: GANSpace.

    Harkonen et al. 2020, section 2: components of features are carried over to latents by linear
    regression of the latents on the components' coordinates.
    """
    positions = space.positions(latents).astype(np.float64)
    features = positions if space.has_styles else space.features(latents).astype(np.float64)
    centred = features - features.mean(axis=0)
    left, values, right = np.linalg.svd(centred, full_matrices=False)
    shares = values**2 / np.sum(values**2)
    if space.has_styles:
        vectors = right[:count]
    else:
        coordinates = left[:, :count] * values[:count]
        vectors, *_ = np.linalg.lstsq(coordinates, positions - positions.mean(axis=0), rcond=None)
    return _directions(space, latents, vectors, shares[:count])


DIRECTIONS = {"sefa": sefa, "pca": pca}


def _directions(
    space: LatentSpace, latents: np.ndarray, vectors: np.ndarray, shares: np.ndarray
) -> Directions:
    vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    # Of two opposite vectors, the one whose largest part is positive.
    largest = np.abs(vectors).argmax(axis=1)
    vectors *= np.sign(vectors[np.arange(len(vectors)), largest])[:, None]
    scales = (space.positions(latents).astype(np.float64) @ vectors.T).std(axis=0)
    return Directions(vectors.astype(np.float32), scales, shares)


def _tensors(ends: Any) -> list:
    return list(ends) if isinstance(ends, list | tuple) else [ends]


def _shape(layer: keras.Layer) -> tuple:
    output = getattr(layer, "output", None)
    return tuple(getattr(output, "shape", ()))
