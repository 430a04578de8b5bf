"""One training step: the discriminator's update, then the generator's.

Each network has its own tape, and every forward pass that a tape differentiates is inside it. The
generator runs once: its images, cut from the graph, train the discriminator, and then, through the
updated discriminator, the generator. Everything random is a function of (seed, step, purpose).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import keras
import tensorflow as tf

from gan_cli.objectives.losses import Loss
from gan_cli.objectives.penalties import Penalty
from gan_cli.training.ema import ema_decay, update_ema
from gan_cli.training.state import GanState

Report = dict[str, tf.Tensor]


@dataclass(frozen=True)
class LazyPenalty:
    """A penalty that is applied in every `every`-th step, `every` times as strong."""

    name: str
    penalty: Penalty
    gamma: float
    every: int


@dataclass(frozen=True)
class Objective:
    """What a step minimises, and how often the discriminator is updated for it."""

    loss: Loss
    penalties: Sequence[LazyPenalty] = ()
    real_target: float = 1.0
    n_critic: int = 1
    weight_clip: float | None = None


@dataclass(frozen=True)
class Averaging:
    """Of the generator's weights; see `ema.ema_decay`."""

    half_life_kimg: float
    ramp_up: float | None = 0.05


def to_model_range(images: tf.Tensor) -> tf.Tensor:
    """uint8 [0, 255] to float32 [-1, 1]; what is float32 is in that range already."""
    if images.dtype == tf.float32:
        return images
    return tf.cast(images, tf.float32) / 127.5 - 1.0


def fold(seed: tf.Tensor, *values) -> tf.Tensor:
    """Derives an independent stateless seed, int32 [2], from a seed and integers."""
    for value in values:
        seed = tf.random.experimental.stateless_fold_in(seed, value)
    return seed


def forward(
    model: keras.Model, inputs, labels: tf.Tensor | None, weights: keras.Model | None = None
) -> tf.Tensor:
    """A training-mode pass that leaves the model's buffers as they are.

    So a network is not changed while the other one learns: batch statistics that the pass would
    have moved are dropped.

    Args:
      weights: whose weights to compute with, a model of the same layers; by default its own.
    """
    weights = weights or model
    outputs, _ = model.stateless_call(
        [v.value for v in weights.trainable_variables],
        [v.value for v in weights.non_trainable_variables],
        inputs if labels is None else [inputs, labels],
        training=True,
    )
    return outputs


class TrainStep:
    """Calls as (images uint8 [batch, height, width, channels], labels int32 [batch]) -> report.

    Args:
      penalty_discriminator: a second discriminator whose layers compute in float32, evaluated with
        the weights of the first; None where the first one's precision serves. Squared
        half-precision gradients overflow.
      learning_rates: of the generator and the discriminator, before the factor. Not taken from the
        optimisers: in a restored one the rate has decayed already.
      learning_rate_factor: from images shown, int64 scalar, to a float32 factor.
    """

    def __init__(
        self,
        state: GanState,
        objective: Objective,
        averaging: Averaging,
        *,
        seed: int,
        batch_size: int,
        latents: Callable[[tf.Tensor], tf.Tensor],
        learning_rates: tuple[float, float],
        learning_rate_factor: Callable[[tf.Tensor], tf.Tensor],
        penalty_discriminator: keras.Model | None = None,
    ):
        self.state, self.objective, self.averaging = state, objective, averaging
        self.batch_size, self.latents = batch_size, latents
        self.learning_rates, self.learning_rate_factor = learning_rates, learning_rate_factor
        self.seed = tf.constant([seed, 0], tf.int32)
        self.conditional = len(state.discriminator.inputs) > 1
        self.penalty_discriminator = penalty_discriminator or state.discriminator

    @property
    def report_names(self) -> list[str]:
        """The keys of a report."""
        return [
            "discriminator_loss",
            "generator_loss",
            "discriminator_real",
            "discriminator_fake",
            "ranking_accuracy",
            *(f"penalty/{lazy.name}" for lazy in self.objective.penalties),
        ]

    def __call__(self, images: tf.Tensor, labels: tf.Tensor) -> Report:
        state = self.state
        step_labels = labels if self.conditional else None
        real = to_model_range(images)
        factor = self.learning_rate_factor(state.images_shown)
        optimizers = state.generator_optimizer, state.discriminator_optimizer
        for optimizer, learning_rate in zip(optimizers, self.learning_rates, strict=True):
            optimizer.learning_rate.assign(learning_rate * factor)
        seed = fold(self.seed, state.step)

        for extra in range(1, self.objective.n_critic):
            extra_seed = fold(seed, extra)
            fake = forward(state.generator, self.latents(fold(extra_seed, 0)), step_labels)
            self.update_discriminator(real, fake, step_labels, extra_seed)

        with tf.GradientTape() as tape:
            latents = self.latents(fold(seed, 0))
            fake = state.generator(
                latents if step_labels is None else [latents, step_labels], training=True
            )
            with tape.stop_recording():
                report = self.update_discriminator(real, tf.stop_gradient(fake), step_labels, seed)
            loss = self.generator_loss(real, fake, step_labels)
            scaled_loss = state.generator_optimizer.scale_loss(loss)
        self.apply(tape, scaled_loss, state.generator, state.generator_optimizer)

        state.step.assign_add(1)
        state.images_shown.assign_add(self.batch_size)
        decay = ema_decay(
            state.images_shown,
            self.batch_size,
            self.averaging.half_life_kimg,
            self.averaging.ramp_up,
        )
        update_ema(state.generator_ema, state.generator, decay)
        return report | {"generator_loss": loss}

    def generator_loss(self, real, fake, labels) -> tf.Tensor:
        """Mean loss of the generated images, in training mode: float32 scalar."""
        fake_logits = forward(self.state.discriminator, fake, labels)
        real_logits = fake_logits
        if self.objective.loss.generator_sees_real:
            real_logits = forward(self.state.discriminator, real, labels)
        return tf.reduce_mean(self.objective.loss.generator(real_logits, fake_logits))

    def update_discriminator(self, real, fake, labels, seed) -> Report:
        """One update on float32 images in [-1, 1]; `fake` is taken as constant."""
        state, objective = self.state, self.objective
        inputs = lambda images: images if labels is None else [images, labels]  # noqa: E731
        with tf.GradientTape() as tape:
            real_logits = state.discriminator(inputs(real), training=True)
            fake_logits = state.discriminator(inputs(fake), training=True)
            loss = tf.reduce_mean(
                objective.loss.discriminator(real_logits, fake_logits, objective.real_target)
            )
            penalties = {
                f"penalty/{lazy.name}": self.penalty(lazy, real, fake, labels, fold(seed, 1, index))
                for index, lazy in enumerate(objective.penalties)
            }
            total = tf.add_n([loss, *penalties.values()])
            scaled_loss = state.discriminator_optimizer.scale_loss(total)
        self.apply(tape, scaled_loss, state.discriminator, state.discriminator_optimizer)
        if objective.weight_clip is not None:
            for variable in state.discriminator.trainable_variables:
                variable.assign(
                    tf.clip_by_value(variable, -objective.weight_clip, objective.weight_clip)
                )
        return penalties | {
            "discriminator_loss": loss,
            "discriminator_real": tf.reduce_mean(tf.sigmoid(real_logits)),
            "discriminator_fake": tf.reduce_mean(tf.sigmoid(fake_logits)),
            "ranking_accuracy": tf.reduce_mean(tf.cast(real_logits > fake_logits, tf.float32)),
        }

    def penalty(self, lazy: LazyPenalty, real, fake, labels, seed) -> tf.Tensor:
        """The weighted mean penalty of this step, 0 in the steps between."""

        def value() -> tf.Tensor:
            def discriminate(images):
                discriminator = self.state.discriminator
                return forward(self.penalty_discriminator, images, labels, weights=discriminator)

            per_example = lazy.penalty.value(discriminate, real, fake, seed)
            return lazy.every * lazy.gamma * tf.reduce_mean(per_example)

        if lazy.every == 1:
            return value()
        return tf.cond(self.state.step % lazy.every == 0, value, lambda: tf.constant(0.0))

    @staticmethod
    def apply(tape, scaled_loss, model: keras.Model, optimizer) -> None:
        """One optimiser step. A loss-scaled optimiser unscales, and skips non-finite gradients."""
        variables = model.trainable_variables
        optimizer.apply(tape.gradient(scaled_loss, [v.value for v in variables]), variables)
