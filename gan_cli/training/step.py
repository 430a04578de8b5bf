"""One training step: the discriminator's update and the generator's update.

By default they alternate: the discriminator is updated first, and the generator learns from the
updated discriminator; they can also be simultaneous. Each network has its own tape, and every
forward pass that a tape differentiates is inside that tape. The generator runs once per step: its
images train the discriminator, as constants, and then the generator. At the cost of one more pass,
each update can have images of its own. All random numbers are functions of (seed, step, purpose).
Replicas take the step together, each on its slice of the batch; see `gan_cli.replicas`.
"""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from gan_cli import replicas
from gan_cli.models.contract import before_update, begins_stage, draw_anew
from gan_cli.training.ema import ema_decay, update_ema
from gan_cli.training.inputs import (
    GENERATOR_PENALTY,
    LABELS,
    LATENTS,
    fold,
    with_labels,
)
from gan_cli.training.schedule import Kimg, Setting, value_at
from gan_cli.training.step_losses import Batch, Report, StepLosses, Verdict

# Real images, float32 in [-1, 1], and their labels.
Reals = tuple[tf.Tensor, tf.Tensor | None]


@dataclass(frozen=True)
class Frozen:
    """Weights that updates leave as they are.

    Attributes:
      generator, discriminator: trainable weights of each network.
      until_images: from so many images shown on, they are trained; None: never.
    """

    generator: tuple[keras.Variable, ...] = ()
    discriminator: tuple[keras.Variable, ...] = ()
    until_images: int | None = None


@dataclass(frozen=True)
class Averaging:
    """Settings of the running average of the generator's weights; see `ema.ema_decay`."""

    half_life_kimg: Setting
    ramp_up: float | None = 0.05


class TrainStep:
    """The training step of a run: call it with (images, labels) to get a report.

    A call takes this replica's share of `reals_per_step` real images and labels. Of those images,
    `images_per_step` train the discriminator and count as shown.

    Args:
      losses: losses of the run's networks. Their batch size is that of one update; a step takes
        `objective.real_batches` times as many real images.
      averaging: settings of the averaged generator.
      seed: seed of all random numbers.
      learning_rates: learning rates of the generator and the discriminator before the factor. The
        rate of a restored optimiser has already decayed, so it is not read from the optimisers.
      learning_rate_factor: from images shown, int64 scalar, to a float32 factor.
      second_betas: schedules of Adam's beta 2 for the generator and the discriminator; None: it
        stays constant.
      fake_labels: from a seed to int32 labels [batch_size] for the generated images. By default
        generated images get the labels of the real batch, and so the frequencies of the data.
      skip_non_finite: leave a network unchanged if its gradient is not finite.
      frozen: weights that stay as they are. Optimisers go on observing their gradients, so that
        the first update of a weight that is released is of the usual size.
      end_kimg: where those schedules end that name no end of their own; None: there are none.
    """

    def __init__(
        self,
        losses: StepLosses,
        averaging: Averaging,
        *,
        seed: int,
        learning_rates: tuple[float, float],
        learning_rate_factor: Callable[[tf.Tensor], tf.Tensor],
        second_betas: tuple[Setting | None, Setting | None] = (None, None),
        fake_labels: Callable[[tf.Tensor], tf.Tensor] | None = None,
        skip_non_finite: bool = False,
        frozen: Frozen | None = None,
        end_kimg: Kimg | None = None,
    ):
        self.losses, self.averaging = losses, averaging
        self.state, self.objective = losses.state, losses.objective
        self.augmentation, self.remedies = losses.augmentation, losses.remedies
        self.images_per_step = losses.batch_size * self.objective.n_critic
        self.reals_per_step = losses.batch_size * self.objective.real_batches
        self.learning_rates, self.learning_rate_factor = learning_rates, learning_rate_factor
        self.second_betas = second_betas
        self.seed = tf.constant([seed, 0], tf.int32)
        self.fake_labels, self.skip_non_finite = fake_labels, skip_non_finite
        self.frozen = frozen or Frozen()
        self.end_kimg = end_kimg

    def reals_taken(self, images_shown: int) -> int:
        """Returns the position in the stream of real images after `images_shown`."""
        return images_shown * self.reals_per_step // self.images_per_step

    @property
    def report_names(self) -> list[str]:
        """The keys of a report."""
        return [
            *self.losses.report_names,
            "discriminator_gradient_norm",
            "generator_gradient_norm",
            *(["augmentation_probability"] if self.augmentation else []),
        ]

    @property
    def turns(self) -> set[tuple[int, int]]:
        """The work that is due in some steps only, as (every, phase): see `replicas.when`."""
        lazies = (*self.objective.penalties, *self.objective.generator_penalties)
        turns = {(lazy.every, 0) for lazy in lazies if lazy.every > 1}
        return turns | (self.augmentation.turns if self.augmentation else set())

    def __call__(self, images: tf.Tensor, labels: tf.Tensor) -> Report:
        state, count = self.state, self.objective.real_batches
        reals = tf.split(self.losses.to_model(images), count)
        real_labels = tf.split(labels, count) if self.losses.conditional else [None] * count
        batches = list(zip(reals, real_labels, strict=True))
        self.keep_to_schedules()
        seed = fold(self.seed, state.step)
        before_update(state.generator, state.images_shown)

        if self.objective.simultaneous:
            report = self.update_simultaneously(*batches[0], seed)
        else:
            report = self.update_alternately(batches, seed)

        state.step.assign_add(1)
        state.images_shown.assign_add(self.images_per_step)
        decay = ema_decay(
            state.images_shown,
            self.images_per_step,
            value_at(self.averaging.half_life_kimg, state.images_shown),
            self.averaging.ramp_up,
        )
        update_ema(state.generator_ema, state.generator, decay)
        return replicas.mean(report)

    def update_alternately(self, batches: list[Reals], seed: tf.Tensor) -> Report:
        """Updates the discriminator, then the generator through the updated discriminator."""
        state, fresh = self.state, self.objective.fresh_generator_batch
        # The generator learns from the first batch, which it may share with the discriminator.
        own = batches if fresh and not self.objective.generator_has_reals else batches[1:]
        for number, (real, real_labels) in enumerate(own, start=1):
            own_seed = fold(seed, GENERATOR_PENALTY + number)
            latents, fake_labels = self.generator_inputs(real_labels, own_seed)
            fake = self.losses.generator_passes.forward(with_labels(latents, fake_labels))
            # The step's last update of the discriminator moves the augmentation.
            report = self.update_discriminator(
                Batch(real, fake, real_labels, fake_labels, own_seed),
                adapts=fresh and number == len(own),
            )
            draw_anew(state.generator)

        real, real_labels = batches[0]
        latents, fake_labels = self.generator_inputs(real_labels, seed)
        with tf.GradientTape() as tape:
            fake = self.losses.generator_passes.learn(with_labels(latents, fake_labels))
            batch = Batch(real, fake, real_labels, fake_labels, seed)
            if not fresh:
                with tape.stop_recording():
                    constant = dataclasses.replace(batch, fake=tf.stop_gradient(fake))
                    report = self.update_discriminator(constant)
            total, generator_report = self.losses.generator(batch)
            scaled_loss = state.generator_optimizer.scale_loss(replicas.share(total))
        gradients = gradients_of(tape, scaled_loss, state.generator)
        return report | generator_report | self.move_generator(gradients)

    def update_simultaneously(
        self, real: tf.Tensor, real_labels: tf.Tensor | None, seed: tf.Tensor
    ) -> Report:
        """Updates both networks by gradients at the same weights, from one pass of each network."""
        state, losses = self.state, self.losses
        latents, fake_labels = self.generator_inputs(real_labels, seed)
        before_update(state.discriminator, state.images_shown)
        with tf.GradientTape() as generator_tape:
            fake = self.losses.generator_passes.learn(with_labels(latents, fake_labels))
            batch = Batch(real, fake, real_labels, fake_labels, seed)
            with tf.GradientTape() as tape:
                verdict = losses.discriminator(batch)
                scaled_loss = self.scaled_for_discriminator(verdict)
            total, generator_report = losses.generator(batch, verdict)
            generator_loss = state.generator_optimizer.scale_loss(replicas.share(total))
        gradients = gradients_of(tape, scaled_loss, state.discriminator)
        generator_gradients = gradients_of(generator_tape, generator_loss, state.generator)
        report = self.move_discriminator(gradients, verdict, seed, adapts=True)
        return report | generator_report | self.move_generator(generator_gradients)

    def update_discriminator(self, batch: Batch, adapts: bool = True) -> Report:
        """Makes one update of the discriminator; the generated images are constant.

        Args:
          adapts: whether the augmentation follows this update's logits.
        """
        before_update(self.state.discriminator, self.state.images_shown)
        with tf.GradientTape() as tape:
            verdict = self.losses.discriminator(batch)
            scaled_loss = self.scaled_for_discriminator(verdict)
        gradients = gradients_of(tape, scaled_loss, self.state.discriminator)
        return self.move_discriminator(gradients, verdict, batch.seed, adapts)

    def scaled_for_discriminator(self, verdict: Verdict) -> tf.Tensor:
        return self.state.discriminator_optimizer.scale_loss(replicas.share(verdict.total))

    def move_discriminator(
        self, gradients: list[tf.Tensor], verdict: Verdict, seed: tf.Tensor, adapts: bool
    ) -> Report:
        """Updates the discriminator, and the augmentation if it follows this update's logits."""
        state, clip = self.state, self.objective.weight_clip
        norm = self.apply(
            gradients,
            state.discriminator,
            state.discriminator_optimizer,
            self.frozen.discriminator,
        )
        if clip is not None:
            for variable in state.discriminator.trainable_variables:
                variable.assign(tf.clip_by_value(variable, -clip, clip))
        report = verdict.report | {"discriminator_gradient_norm": norm}
        if self.augmentation is not None:
            if adapts:
                self.augmentation.adapt(
                    state.step,
                    self.images_per_step,
                    verdict.real["logits"],
                    verdict.fake["logits"],
                    lambda: self.judge_held_out(seed),
                )
            report["augmentation_probability"] = tf.convert_to_tensor(self.augmentation.probability)
        return report

    def judge_held_out(self, seed: tf.Tensor) -> tf.Tensor:
        """Returns the logits of a batch of held-out images, shown like real ones."""
        return self.losses.judge_held_out(seed)

    def move_generator(self, gradients: list[tf.Tensor]) -> Report:
        state = self.state
        norm = self.apply(
            gradients, state.generator, state.generator_optimizer, self.frozen.generator
        )
        return {"generator_gradient_norm": norm}

    def generator_inputs(
        self, real_labels: tf.Tensor | None, seed: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor | None]:
        """Returns this replica's latents, and its labels if the generator is conditional."""
        labels = real_labels
        if labels is not None and self.fake_labels is not None:
            labels = replicas.slice_of(self.fake_labels(fold(seed, LABELS)))
        return replicas.slice_of(self.losses.latents(fold(seed, LATENTS))), labels

    def keep_to_schedules(self) -> None:
        """Sets learning rates and all other scheduled values at the start of a step.

        Where a stage of a growing network begins, its optimiser restarts: with moments of 0 and the
        bias correction of a late step, new blocks would move at up to ten times the learning rate.
        """
        state = self.state
        images_before = state.images_shown - self.images_per_step
        for model, optimizer in (
            (state.generator, state.generator_optimizer),
            (state.discriminator, state.discriminator_optimizer),
        ):
            begins = begins_stage(model, images_before, state.images_shown)
            if begins is not None:
                replicas.restart(optimizer, begins)
        factor = self.learning_rate_factor(state.images_shown)
        if self.remedies:
            factor = factor * self.remedies.learning_rate_factor
        optimizers = state.generator_optimizer, state.discriminator_optimizer
        for optimizer, learning_rate in zip(optimizers, self.learning_rates, strict=True):
            optimizer.learning_rate.assign(learning_rate * factor)
        for optimizer, beta_2 in zip(optimizers, self.second_betas, strict=True):
            if beta_2 is not None:
                inner = getattr(optimizer, "inner_optimizer", optimizer)
                inner.beta_2.assign(value_at(beta_2, state.images_shown))
        if self.augmentation is not None:
            self.augmentation.keep_to_schedule(state.images_shown)

    def apply(
        self,
        gradients: list[tf.Tensor],
        model: keras.Model,
        optimizer: Any,
        frozen: tuple[keras.Variable, ...] = (),
    ) -> tf.Tensor:
        """Takes one optimiser step, and returns the gradient's global norm.

        A loss-scaled optimiser unscales gradients, and skips those that are not finite.

        Args:
          frozen: weights of the model that keep their values.
        """
        before = [tf.identity(variable.value) for variable in frozen]
        norm = tf.linalg.global_norm(gradients)
        wanted = tf.math.is_finite(norm) if self.skip_non_finite else None
        replicas.apply(optimizer, gradients, model.trainable_variables, wanted)
        for variable, value in zip(frozen, before, strict=True):
            kept = value
            if self.frozen.until_images is not None:
                is_frozen = self.state.images_shown < self.frozen.until_images
                kept = tf.where(is_frozen, value, variable.value)
            variable.assign(kept)
        return norm / getattr(optimizer, "dynamic_scale", 1.0)


def gradients_of(
    tape: tf.GradientTape, scaled_loss: tf.Tensor, model: keras.Model
) -> list[tf.Tensor]:
    """Returns the gradients of the global batch's mean loss for a model's trainable weights."""
    variables = [variable.value for variable in model.trainable_variables]
    return replicas.total(tape.gradient(scaled_loss, variables))
