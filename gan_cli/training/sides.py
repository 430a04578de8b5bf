"""The two sides of a step that is taken in slices, and what of their losses compares images."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from gan_cli import replicas
from gan_cli.objectives.losses import Loss
from gan_cli.objectives.penalties.penalty import Penalty
from gan_cli.training.judge import Outputs
from gan_cli.training.objective import LazyPenalty
from gan_cli.training.step_losses import Batch, Choice, Report

# What terms of a loss read: generated images, packed, and the discriminator's outputs for real and
# for generated images.
Seen = tuple[tf.Tensor, Outputs, Outputs]
# For each weight; None where it has none.
Gradients = list[tf.Tensor | None]


def compares(term: Loss | Penalty) -> bool:
    """Returns whether a term is taken on the outputs for the whole batch."""
    return term.compares_images


def stands_alone(term: Loss | Penalty) -> bool:
    """Returns whether a slice can take a term by itself."""
    measures = isinstance(term, Penalty) and term.measure is not None
    return not compares(term) and not measures


@dataclass(frozen=True)
class Side:
    """One network's part of an update.

    Attributes:
      terms: from a packed batch, the outputs and a choice to the means of the terms, by name.
    """

    network: keras.Model
    optimizer: Any
    loss: Loss
    penalties: Sequence[LazyPenalty]
    terms: Callable[[Batch, Outputs, Outputs, Choice], Report]

    @property
    def weights(self) -> list[tf.Variable]:
        return [variable.value for variable in self.network.trainable_variables]

    @property
    def buffers(self) -> list[tf.Variable]:
        """What the network's own passes and its penalties change."""
        memory = [variable for lazy in self.penalties for variable in lazy.memory.values()]
        return [variable.value for variable in self.network.non_trainable_variables] + memory

    @property
    def compares(self) -> bool:
        """Whether any of its terms compares images."""
        return compares(self.loss) or any(compares(lazy.penalty) for lazy in self.penalties)

    def scaled(self, terms: Report) -> tf.Tensor:
        """Returns this part's share of the terms' sum, scaled for the optimiser."""
        return self.optimizer.scale_loss(replicas.share(tf.add_n(list(terms.values()))))


@dataclass(frozen=True)
class WholeTerms:
    """Terms of one side that are taken on the whole batch.

    Attributes:
      pulls: their gradients with respect to each tensor of `Seen`; None where there is none.
      gradients: their gradients with respect to the weights, other than through `Seen`.
    """

    terms: Report
    pulls: list[tf.Tensor | None]
    gradients: Gradients

    @classmethod
    def none(cls, side: Side) -> "WholeTerms":
        return cls({}, [], [None] * len(side.weights))

    def pulled(self, seen: Seen) -> list[tf.Tensor]:
        """Returns scalars whose gradients with respect to a slice's `seen` are `pulls`."""
        return [
            tf.reduce_sum(tf.cast(replicas.dealt(pull), tf.float32) * tf.cast(value, tf.float32))
            for pull, value in zip(self.pulls, tf.nest.flatten(seen), strict=False)
            if pull is not None
        ]


def compare(side: Side, batch: Batch, seen: Seen) -> WholeTerms:
    """Takes the terms of a side that compare images.

    Args:
      batch: all of this replica's images, packed.
      seen: what the terms read, for all of them.
    """
    if not side.compares:
        return WholeTerms.none(side)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(seen)
        terms = side.terms(batch, *seen[1:], compares)
        total = side.scaled(terms)
    pulls = tape.gradient(total, tf.nest.flatten(seen))
    return WholeTerms(terms, pulls, tape.gradient(total, side.weights))


def added(one: Any, other: Any) -> Any:
    """Returns the sum of two gradients of a weight, each of which may be sparse or None."""
    if one is None or other is None:
        return other if one is None else one
    if isinstance(one, tf.IndexedSlices) and isinstance(other, tf.IndexedSlices):
        return tf.IndexedSlices(
            tf.concat([one.values, other.values], 0),
            tf.concat([one.indices, other.indices], 0),
            one.dense_shape,
        )
    return tf.convert_to_tensor(one) + tf.convert_to_tensor(other)
