"""Runs the training step on one device, or on several by `tf.distribute`.

Each replica holds all variables and takes the step on its slice of the global batch; replicas share
values through `gan_cli.replicas`. Weights are mirrored. All other variables that a step changes
exist once in each replica and need no communication: every replica computes the same values from
what they share, so the copies stay equal, and checkpoints save the first one.
"""

import contextlib
import functools
import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from gan_cli import replicas
from gan_cli.errors import UserError
from gan_cli.models.contract import layers_within
from gan_cli.training.state import GanState
from gan_cli.training.step import TrainStep
from gan_cli.training.step_losses import Report

# Up to this many steps, the combinations of due work are enumerated; beyond, all may occur.
_LONGEST_CYCLE = 100_000


class Distribution:
    """One device, in one process.

    Attributes:
      replicas: number of devices that take a step together.
      workers: number of processes.
      worker: number of this process. Worker 0 is the chief; only the chief writes files.
    """

    replicas, workers, worker = 1, 1, 0

    @property
    def is_chief(self) -> bool:
        return self.worker == 0

    def scope(self, averaged: bool = False) -> contextlib.AbstractContextManager:
        """Returns the context in which variables are created.

        Args:
          averaged: whether they belong to the averaged generator, which no optimiser updates.
        """
        return contextlib.nullcontext()

    def join(self, state: GanState) -> None:
        """Prepares the optimisers of a state for use by all replicas."""

    def synchronise(self, model: keras.Model) -> keras.Model:
        """Makes batch normalisation use the global batch, and returns the model."""
        return model

    def run(self, step: TrainStep, images: tf.Tensor, labels: tf.Tensor) -> Report:
        """Takes a step on this worker's share of the images, within a `tf.function`."""
        return step(images, labels)

    def any(self, wish: bool) -> bool:
        """Returns whether `wish` is true on any worker; all workers must call it."""
        return wish

    def alive(self) -> contextlib.AbstractContextManager:
        """Returns a context that turns the loss of another worker into a `UserError`."""
        return contextlib.nullcontext()

    def of_chief(self, value: float) -> float:
        """Returns the chief's value on every worker; all workers must call it."""
        return value

    def share(self, variables: Mapping[str, tf.Variable]) -> None:
        """Copies the chief's values to all workers; all workers must call it."""


ONE_DEVICE = Distribution()


class Replicated(Distribution):
    """Several devices, of one or several processes, under a strategy of `tf.distribute`.

    Args:
      strategy: with at least two replicas.
      worker, workers: see `Distribution`.
    """

    def __init__(self, strategy: tf.distribute.Strategy, worker: int = 0, workers: int = 1):
        self.strategy, self.worker, self.workers = strategy, worker, workers
        self.replicas = strategy.num_replicas_in_sync
        self._sum = tf.function(self._sum_over_workers, autograph=False)

    @contextlib.contextmanager
    def scope(self, averaged: bool = False) -> Iterator[None]:
        def make(next_creator: Callable, **arguments: Any) -> Any:
            if averaged or not arguments.get("trainable"):
                arguments["trainable"] = False
                arguments["synchronization"] = tf.VariableSynchronization.ON_READ
            arguments["aggregation"] = tf.VariableAggregation.ONLY_FIRST_REPLICA
            return next_creator(**arguments)

        with self.strategy.scope(), tf.variable_creator_scope(make):
            yield

    def join(self, state: GanState) -> None:
        for optimizer in (state.generator_optimizer, state.discriminator_optimizer):
            # Keras would sum gradients after clipping them. The step sums them first, because
            # clipping and the reported norm concern the global gradient.
            inner = getattr(optimizer, "inner_optimizer", optimizer)
            inner._all_reduce_sum_gradients = list

    def synchronise(self, model: keras.Model) -> keras.Model:
        for layer in layers_within(model):
            if isinstance(layer, keras.layers.BatchNormalization):
                # Not by Keras' `synchronized`, which subtracts the square of the mean from the mean
                # of squares: that rounds differently and has other second derivatives.
                layer._moments = functools.partial(_global_moments, layer)
        return model

    def run(self, step: TrainStep, images: tf.Tensor, labels: tf.Tensor) -> Report:
        turns = sorted(step.turns)
        patterns = _patterns(turns)
        parts = step.objective.real_batches

        def take(images: tf.Tensor, labels: tf.Tensor) -> Report:
            return step(self._own(images, parts), self._own(labels, parts))

        def trace(pattern: Sequence[bool]) -> Report:
            with replicas.tracing(dict(zip(turns, pattern, strict=True))):
                reports = self.strategy.run(take, args=(images, labels))
            return {
                # The values are equal on all replicas.
                name: self.strategy.experimental_local_results(value)[0]
                for name, value in reports.items()
            }

        if len(patterns) == 1:
            return trace(patterns[0])
        now = tf.stack([step.state.step % every == phase for every, phase in turns])
        index = tf.argmax(tf.reduce_all(tf.equal(patterns, now), axis=1), output_type=tf.int32)
        return tf.switch_case(index, [lambda p=p: trace(p) for p in patterns])

    def _own(self, batch: tf.Tensor, updates: int) -> tf.Tensor:
        """Returns this replica's part of a step: a slice of each update's batch."""
        local = self.replicas // self.workers
        index = tf.distribute.get_replica_context().replica_id_in_sync_group % local
        size = batch.shape[0] // updates // local
        parts = tf.reshape(batch, [updates, local, size, *batch.shape[1:]])
        return tf.reshape(parts[:, index], [updates * size, *batch.shape[1:]])

    def any(self, wish: bool) -> bool:
        if self.workers == 1:
            return wish
        return float(self._sum(tf.constant(float(wish)))) > 0

    @contextlib.contextmanager
    def alive(self) -> Iterator[None]:
        try:
            yield
        except tf.errors.OpError as error:
            if self.workers == 1:
                raise
            raise UserError(
                f"worker {self.worker}: another worker of the job has ended; start all workers"
                " again to resume from the last checkpoint"
            ) from error

    def of_chief(self, value: float) -> float:
        if self.workers == 1:
            return value
        return float(self._sum(tf.constant(value if self.is_chief else 0.0, tf.float64)))

    def share(self, variables: Mapping[str, tf.Variable]) -> None:
        if self.workers == 1:
            return
        for name in sorted(variables):
            variable = variables[name]
            # float64 represents every counter and weight exactly.
            value = tf.cast(variable.read_value(), tf.float64)
            value = value if self.is_chief else tf.zeros_like(value)
            variable.assign(tf.cast(self._sum(value), variable.dtype))

    def _sum_over_workers(self, value: tf.Tensor) -> tf.Tensor:
        local = self.replicas // self.workers

        def own(value: tf.Tensor) -> tf.Tensor:
            context = tf.distribute.get_replica_context()
            is_first = context.replica_id_in_sync_group % local == 0
            value = tf.where(is_first, value, tf.zeros_like(value))
            return context.all_reduce(tf.distribute.ReduceOp.SUM, value)

        return self.strategy.experimental_local_results(self.strategy.run(own, args=(value,)))[0]


def _global_moments(
    layer: keras.layers.BatchNormalization, inputs: tf.Tensor, mask: None
) -> tuple[tf.Tensor, tf.Tensor]:
    return replicas.moments(inputs, layer._reduction_axes)


def _patterns(turns: Sequence[tuple[int, int]]) -> list[tuple[bool, ...]]:
    """Returns every combination of due work that occurs in a step: one bool for each of `turns`."""
    cycle = math.lcm(*(every for every, _ in turns))
    if cycle > _LONGEST_CYCLE:
        return list(itertools.product((False, True), repeat=len(turns)))
    steps = np.arange(cycle)
    due = np.stack([steps % every == phase for every, phase in turns], axis=1) if turns else [()]
    return sorted({tuple(map(bool, row)) for row in due})
