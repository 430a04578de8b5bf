"""On which devices the step runs: one, or several by `tf.distribute`.

Each replica holds all variables and takes the step on its slice of the global batch; what they
share goes through `gan_cli.replicas`. Weights are mirrored; everything else that a step changes is
a variable of each replica's own, which needs no communication: all compute the same from what they
share, so the copies stay equal, and the first is the one that is saved.
"""

import contextlib
import functools
import itertools
import math
from collections.abc import Iterator, Mapping, Sequence

import keras
import numpy as np
import tensorflow as tf

from gan_cli import replicas
from gan_cli.errors import UserError
from gan_cli.models.contract import layers_within
from gan_cli.training.state import GanState
from gan_cli.training.step import TrainStep
from gan_cli.training.step_losses import Report

# Beyond so many steps no pattern of what is due is looked for; all are taken to occur.
_LONGEST_CYCLE = 100_000


class Distribution:
    """One device, in one process.

    Attributes:
      replicas: number of devices that take a step together.
      workers: number of processes.
      worker: of them, which this is; worker 0 is the chief, who alone writes files.
    """

    replicas, workers, worker = 1, 1, 0

    @property
    def is_chief(self) -> bool:
        return self.worker == 0

    def scope(self, averaged: bool = False) -> contextlib.AbstractContextManager:
        """Where variables have to be made.

        Args:
          averaged: whether they are those of the averaged generator, which no optimiser moves.
        """
        return contextlib.nullcontext()

    def join(self, state: GanState) -> None:
        """Prepares the optimisers to be used by all replicas."""

    def synchronise(self, model: keras.Model) -> keras.Model:
        """Lets batch normalisation see the global batch; returns the model."""
        return model

    def run(self, step: TrainStep, images: tf.Tensor, labels: tf.Tensor) -> Report:
        """Takes a step, within a `tf.function`, on this worker's share of its images."""
        return step(images, labels)

    def any(self, wish: bool) -> bool:
        """Whether any worker wishes something; all must ask."""
        return wish

    def alive(self) -> contextlib.AbstractContextManager:
        """Turns the loss of another worker, while it is entered, into a `UserError`."""
        return contextlib.nullcontext()

    def of_chief(self, value: float) -> float:
        """The chief's value; all must ask."""
        return value

    def share(self, variables: Mapping[str, tf.Variable]) -> None:
        """Gives the chief's values to all workers; all must call it."""


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
        def make(next_creator, **arguments):
            if averaged or not arguments.get("trainable"):
                arguments["trainable"] = False
                arguments["synchronization"] = tf.VariableSynchronization.ON_READ
            arguments["aggregation"] = tf.VariableAggregation.ONLY_FIRST_REPLICA
            return next_creator(**arguments)

        with self.strategy.scope(), tf.variable_creator_scope(make):
            yield

    def join(self, state: GanState) -> None:
        for optimizer in (state.generator_optimizer, state.discriminator_optimizer):
            # Keras would sum gradients itself, after it has clipped them. The step reduces them
            # first, since clipping, and the norm in the report, are of the global gradient.
            inner = getattr(optimizer, "inner_optimizer", optimizer)
            inner._all_reduce_sum_gradients = list

    def synchronise(self, model: keras.Model) -> keras.Model:
        for layer in layers_within(model):
            if isinstance(layer, keras.layers.BatchNormalization):
                # Not by Keras' `synchronized`: it takes the mean of squares less the square of the
                # mean, which rounds otherwise, and whose second derivatives are others.
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
                # The same on all replicas.
                name: self.strategy.experimental_local_results(value)[0]
                for name, value in reports.items()
            }

        if len(patterns) == 1:
            return trace(patterns[0])
        now = tf.stack([step.state.step % every == phase for every, phase in turns])
        index = tf.argmax(tf.reduce_all(tf.equal(patterns, now), axis=1), output_type=tf.int32)
        return tf.switch_case(index, [lambda p=p: trace(p) for p in patterns])

    def _own(self, batch: tf.Tensor, updates: int) -> tf.Tensor:
        """This replica's part of the worker's share of a step: of each update's batch a slice."""
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
                f"worker {self.worker}: another worker of the job has ended; start them all again,"
                " to go on from the last checkpoint"
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
            # float64 holds all that counters and weights can be.
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


def _global_moments(layer: keras.layers.BatchNormalization, inputs: tf.Tensor, mask: None):
    return replicas.moments(inputs, layer._reduction_axes)


def _patterns(turns: Sequence[tuple[int, int]]) -> list[tuple[bool, ...]]:
    """Every combination of what is due in one step that occurs, of as many bools as `turns`."""
    cycle = math.lcm(*(every for every, _ in turns))
    if cycle > _LONGEST_CYCLE:
        return list(itertools.product((False, True), repeat=len(turns)))
    steps = np.arange(cycle)
    due = np.stack([steps % every == phase for every, phase in turns], axis=1) if turns else [()]
    return sorted({tuple(map(bool, row)) for row in due})
