"""One training step: the discriminator's update, then the generator's.

Each network has its own tape, and every forward pass that a tape differentiates is inside it. The
generator runs once: its images, cut from the graph, train the discriminator, and then, through the
updated discriminator, the generator; or, for one more pass, each update has images of its own.
Everything random is a function of (seed, step, purpose). Replicas take the step together, each on
its slice of the batch; see `gan_cli.replicas`.
"""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import keras
import tensorflow as tf

from gan_cli import replicas
from gan_cli.objectives.penalties.penalty import DISCRIMINATOR, GENERATOR, Update
from gan_cli.training.augment import AugmentationControl
from gan_cli.training.ema import ema_decay, update_ema
from gan_cli.training.judge import Judge, before_update, forward, view_of_reals
from gan_cli.training.objective import LazyPenalty, Objective
from gan_cli.training.remedies import Remedies
from gan_cli.training.schedule import Setting, value_at
from gan_cli.training.state import GanState

Report = dict[str, tf.Tensor]

# Purposes of a step's random numbers.
LATENTS, PENALTY, REAL_VIEW, FAKE_VIEW, GENERATOR_VIEW, LABELS, GENERATOR_PENALTY = range(7)


@dataclass(frozen=True)
class Averaging:
    """Of the generator's weights; see `ema.ema_decay`."""

    half_life_kimg: Setting
    ramp_up: float | None = 0.05


def to_model_range(images: tf.Tensor) -> tf.Tensor:
    """uint8 [0, 255] to float32 [-1, 1]; float32, such as points, as it is."""
    if images.dtype == tf.float32:
        return images
    return tf.cast(images, tf.float32) / 127.5 - 1.0


def fold(seed: tf.Tensor, *values) -> tf.Tensor:
    """Derives an independent stateless seed, int32 [2], from a seed and integers."""
    for value in values:
        seed = tf.random.experimental.stateless_fold_in(seed, value)
    return seed


class TrainStep:
    """Calls as (images, labels) -> report, with this replica's share of `reals_per_step` of each.

    Of those, `images_per_step` train the discriminator, and are counted.

    Args:
      batch_size: of one update, on all replicas together; a step takes `objective.real_batches`
        times as many real images.
      latents: from a seed to float32 [batch_size, latent_dim].
      learning_rates: of the generator and the discriminator, before the factor. Not taken from the
        optimisers: in a restored one the rate has decayed already.
      learning_rate_factor: from images shown, int64 scalar, to a float32 factor.
      second_betas: the same for Adam's beta 2, of the generator and the discriminator; None: as
        the optimiser has it.
      gradient_models: float32 twins of the discriminator and the generator, evaluated with the
        weights of the originals, for penalties of gradients; None where the originals serve.
      augmentation: what the discriminator sees all images through.
      fake_labels: from a seed to int32 labels [batch_size] for the generated images; by default
        they have those of the real batch, and so the data's own frequencies.
      skip_non_finite: leave a network as it is where its gradient is not finite.
      remedies: factors on learning rates and gammas that change while training.
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
        second_betas: tuple[Setting | None, Setting | None] = (None, None),
        gradient_models: tuple[keras.Model | None, keras.Model | None] = (None, None),
        augmentation: AugmentationControl | None = None,
        fake_labels: Callable[[tf.Tensor], tf.Tensor] | None = None,
        skip_non_finite: bool = False,
        remedies: Remedies | None = None,
    ):
        self.state, self.objective, self.averaging = state, objective, averaging
        self.batch_size, self.latents = batch_size, latents
        self.images_per_step = batch_size * objective.n_critic
        self.reals_per_step = batch_size * objective.real_batches
        self.learning_rates, self.learning_rate_factor = learning_rates, learning_rate_factor
        self.second_betas = second_betas
        self.seed = tf.constant([seed, 0], tf.int32)
        self.conditional = len(state.generator.inputs) > 1
        self.augmentation, self.fake_labels = augmentation, fake_labels
        self.skip_non_finite, self.remedies = skip_non_finite, remedies
        self.style_generator = gradient_models[1] or state.generator
        seen_changed = augmentation is not None or objective.instance_noise is not None
        self.judge = Judge(
            state.discriminator,
            objective.outputs,
            self.transform if seen_changed else None,
            objective.pack,
            gradient_models[0],
        )

    def reals_taken(self, images_shown: int) -> int:
        """The position in the stream of real images after `images_shown`."""
        return images_shown * self.reals_per_step // self.images_per_step

    @property
    def report_names(self) -> list[str]:
        """The keys of a report."""
        return [
            "discriminator_loss",
            "generator_loss",
            "discriminator_real",
            "discriminator_fake",
            "ranking_accuracy",
            "discriminator_gradient_norm",
            "generator_gradient_norm",
            *(f"penalty/{lazy.name}" for lazy in self.objective.penalties),
            *(f"generator_penalty/{lazy.name}" for lazy in self.objective.generator_penalties),
            *(["augmentation_probability"] if self.augmentation else []),
        ]

    @property
    def turns(self) -> set[tuple[int, int]]:
        """What is done in some steps only, as (every, phase): see `replicas.when`."""
        lazies = (*self.objective.penalties, *self.objective.generator_penalties)
        turns = {(lazy.every, 0) for lazy in lazies if lazy.every > 1}
        return turns | (self.augmentation.turns if self.augmentation else set())

    def __call__(self, images: tf.Tensor, labels: tf.Tensor) -> Report:
        state, objective = self.state, self.objective
        count, fresh = objective.real_batches, objective.fresh_generator_batch
        reals = tf.split(to_model_range(images), count)
        real_labels = tf.split(labels, count) if self.conditional else [None] * count
        self.keep_to_schedules()
        seed = fold(self.seed, state.step)
        before_update(state.generator, state.images_shown)

        # The first batch is the generator's, which may share it with the discriminator.
        first = 0 if fresh and not objective.generator_has_reals else 1
        for number, index in enumerate(range(first, count), start=1):
            own_seed = fold(seed, GENERATOR_PENALTY + number)
            fake_labels = self.labels_for_fakes(real_labels[index], own_seed)
            latents = replicas.slice_of(self.latents(fold(own_seed, LATENTS)))
            fake = forward(state.generator, with_labels(latents, fake_labels))
            report = self.update_discriminator(
                reals[index], fake, real_labels[index], fake_labels, own_seed
            )

        fake_labels = self.labels_for_fakes(real_labels[0], seed)
        with tf.GradientTape() as tape:
            latents = replicas.slice_of(self.latents(fold(seed, LATENTS)))
            fake = state.generator(with_labels(latents, fake_labels), training=True)
            if not fresh:
                with tape.stop_recording():
                    report = self.update_discriminator(
                        reals[0], tf.stop_gradient(fake), real_labels[0], fake_labels, seed
                    )
            loss, penalties = self.generator_loss(reals[0], fake, real_labels[0], fake_labels, seed)
            total = tf.add_n([loss, *penalties.values()])
            scaled_loss = state.generator_optimizer.scale_loss(replicas.share(total))
        norm = self.apply(tape, scaled_loss, state.generator, state.generator_optimizer)

        state.step.assign_add(1)
        state.images_shown.assign_add(self.images_per_step)
        decay = ema_decay(
            state.images_shown,
            self.images_per_step,
            value_at(self.averaging.half_life_kimg, state.images_shown),
            self.averaging.ramp_up,
        )
        update_ema(state.generator_ema, state.generator, decay)
        report |= penalties | {"generator_loss": loss, "generator_gradient_norm": norm}
        return replicas.mean(report)

    def update_discriminator(self, real, fake, real_labels, fake_labels, seed) -> Report:
        """One update on float32 images in [-1, 1]; `fake` is taken as constant."""
        state, objective, judge = self.state, self.objective, self.judge
        before_update(state.discriminator, state.images_shown)
        real, fake = judge.pack(view_of_reals(state.discriminator, real)), judge.pack(fake)
        real_seed, fake_seed = fold(seed, REAL_VIEW), fold(seed, FAKE_VIEW)
        with tf.GradientTape() as tape:
            real_outputs = judge.learn(real, real_labels, real_seed)
            fake_outputs = judge.learn(fake, fake_labels, fake_seed)
            real_logits, fake_logits = real_outputs["logits"], fake_outputs["logits"]
            loss = tf.reduce_mean(
                objective.loss.discriminator(real_logits, fake_logits, objective.real_target)
            )
            update = Update(
                network=DISCRIMINATOR,
                seed=seed,
                real=real,
                fake=fake,
                real_labels=real_labels,
                fake_labels=fake_labels,
                real_outputs=real_outputs,
                fake_outputs=fake_outputs,
                discriminate=lambda images: judge.logits_for_gradients(
                    images, real_labels, real_seed
                ),
                discriminate_fake=lambda images: judge.logits_for_gradients(
                    images, fake_labels, fake_seed
                ),
                weights=state.discriminator.trainable_variables,
            )
            penalties = self.penalties("penalty", objective.penalties, update, PENALTY)
            total = tf.add_n([loss, *penalties.values()])
            scaled_loss = state.discriminator_optimizer.scale_loss(replicas.share(total))
        norm = self.apply(tape, scaled_loss, state.discriminator, state.discriminator_optimizer)
        if objective.weight_clip is not None:
            for variable in state.discriminator.trainable_variables:
                variable.assign(
                    tf.clip_by_value(variable, -objective.weight_clip, objective.weight_clip)
                )
        report = penalties | {
            "discriminator_loss": loss,
            "discriminator_real": tf.reduce_mean(tf.sigmoid(real_logits)),
            "discriminator_fake": tf.reduce_mean(tf.sigmoid(fake_logits)),
            "ranking_accuracy": tf.reduce_mean(tf.cast(real_logits > fake_logits, tf.float32)),
            "discriminator_gradient_norm": norm,
        }
        if self.augmentation is not None:
            self.augmentation.follow(
                state.step,
                self.batch_size,
                real_logits,
                fake_logits,
                lambda: self.judge_held_out(seed),
            )
            report["augmentation_probability"] = tf.convert_to_tensor(self.augmentation.probability)
        return report

    def generator_loss(
        self, real, fake, real_labels, fake_labels, seed
    ) -> tuple[tf.Tensor, Report]:
        """Mean loss of the generated images, and the penalties: float32 scalars."""
        objective, judge = self.objective, self.judge
        real = judge.pack(view_of_reals(self.state.discriminator, real))
        fake = judge.pack(fake)
        view_seed = fold(seed, GENERATOR_VIEW)
        fake_outputs = judge.judge(fake, fake_labels, fold(view_seed, FAKE_VIEW))
        real_outputs = fake_outputs
        if objective.generator_sees_real:
            real_outputs = judge.judge(real, real_labels, fold(view_seed, REAL_VIEW))
        loss = objective.loss.generator(real_outputs["logits"], fake_outputs["logits"])
        update = Update(
            network=GENERATOR,
            seed=seed,
            real=real,
            fake=fake,
            real_labels=real_labels,
            fake_labels=fake_labels,
            real_outputs=real_outputs,
            fake_outputs=fake_outputs,
            generate=lambda penalty_seed, tape: self.generate(penalty_seed, fake_labels, tape),
            weights=self.state.generator.trainable_variables,
        )
        lazies = objective.generator_penalties
        penalties = self.penalties("generator_penalty", lazies, update, GENERATOR_PENALTY)
        return tf.reduce_mean(loss), penalties

    def penalties(self, prefix: str, lazies, update: Update, purpose: int) -> Report:
        """Every penalty's weighted mean in this step, 0 in the steps between."""
        found = {}
        for index, lazy in enumerate(lazies):
            own = replace_seed(update, fold(update.seed, purpose, index), lazy)

            def value(lazy: LazyPenalty = lazy, own: Update = own) -> tf.Tensor:
                strength = lazy.every * value_at(lazy.gamma, self.state.images_shown)
                # Those that read other outputs teach D something; they do not bound it.
                if self.remedies and prefix == "penalty" and not lazy.penalty.needs_outputs:
                    strength = strength * self.remedies.gamma_factor
                return strength * tf.reduce_mean(lazy.penalty.value(own))

            if lazy.every > 1:
                found[f"{prefix}/{lazy.name}"] = replicas.when(
                    self.state.step, lazy.every, 0, value, lambda: tf.constant(0.0)
                )
            else:
                found[f"{prefix}/{lazy.name}"] = value()
        return found

    def transform(self, images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """What the discriminator sees in place of float32 images in [-1, 1]."""
        if self.augmentation is not None:
            images = self.augmentation(images, seed)
        noise = self.objective.instance_noise
        if noise is not None:
            kimg = tf.cast(self.state.images_shown, tf.float32) / 1000.0
            std = noise.std * tf.maximum(1.0 - kimg / noise.until_kimg, 0.0)
            images += std * replicas.normal(tf.shape(images), fold(seed, 1))
        return images

    def generate(self, seed: tf.Tensor, labels: tf.Tensor | None, tape: tf.GradientTape):
        """Styles of new latents, watched by `tape`, and their images, for half a batch.

        Half: as in Karras et al. 2020, appendix B, since the Jacobian takes memory. Every other
        one, so that the halves of the replicas make up the half of the whole.
        """
        latents = replicas.slice_of(self.latents(seed))
        half = max(latents.shape[0] // 2, 1)
        inputs = with_labels(latents[::2][:half], None if labels is None else labels[::2][:half])
        parts = [
            (self.style_generator.get_layer(name), self.state.generator.get_layer(name))
            for name in ("mapping", "synthesis")
        ]
        styles = tf.cast(forward(parts[0][0], inputs, weights=parts[0][1]), tf.float32)
        tape.watch(styles)
        return styles, forward(parts[1][0], styles, weights=parts[1][1])

    def judge_held_out(self, seed: tf.Tensor) -> tf.Tensor:
        """Logits of a batch of held-out images, seen as real ones are."""
        images, labels = self.augmentation.held_out
        chosen = replicas.uniform(
            [self.batch_size // replicas.count()],
            fold(seed, LABELS, 1),
            0,
            images.shape[0],
            tf.int32,
        )
        images = to_model_range(tf.gather(images, chosen))
        images = self.judge.pack(view_of_reals(self.state.discriminator, images))
        labels = tf.gather(labels, chosen) if self.conditional else None
        return self.judge.judge(images, labels, fold(seed, REAL_VIEW))["logits"]

    def labels_for_fakes(self, labels: tf.Tensor | None, seed: tf.Tensor) -> tf.Tensor | None:
        if labels is None or self.fake_labels is None:
            return labels
        return replicas.slice_of(self.fake_labels(fold(seed, LABELS)))

    def keep_to_schedules(self) -> None:
        """Sets learning rates, and whatever else moves over the run, for a step that begins."""
        state = self.state
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

    def apply(self, tape, scaled_loss, model: keras.Model, optimizer) -> tf.Tensor:
        """One optimiser step; returns the gradient's global norm.

        A loss-scaled optimiser unscales, and skips gradients that are not finite. The gradient is
        that of the global batch's mean loss.
        """
        variables = model.trainable_variables
        gradients = replicas.total(tape.gradient(scaled_loss, [v.value for v in variables]))
        norm = tf.linalg.global_norm(gradients)
        wanted = tf.math.is_finite(norm) if self.skip_non_finite else None
        replicas.apply(optimizer, gradients, variables, wanted)
        return norm / getattr(optimizer, "dynamic_scale", 1.0)


def with_labels(inputs: tf.Tensor, labels: tf.Tensor | None):
    """A network's inputs: alone, or with labels where it is conditional."""
    return inputs if labels is None else [inputs, labels]


def replace_seed(update: Update, seed: tf.Tensor, lazy: LazyPenalty) -> Update:
    """The update as one penalty sees it: with random numbers and memory of its own."""
    return dataclasses.replace(update, seed=seed, memory=lazy.memory)
