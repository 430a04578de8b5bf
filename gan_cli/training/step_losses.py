"""The losses of a step: the adversarial loss and the penalties of each network's update.

Nothing here changes a weight. The discriminator sees real and generated images through a `Judge`,
which adds augmentation, noise, packing and labels.
"""

import dataclasses
import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import keras
import tensorflow as tf

from gan_cli import replicas
from gan_cli.domains.images import to_model_range
from gan_cli.models.contract import mapping_of, synthesis_of, view_of_reals
from gan_cli.objectives.losses import Loss
from gan_cli.objectives.penalties.penalty import DISCRIMINATOR, GENERATOR, Penalty, Update
from gan_cli.training.augment import AugmentationControl
from gan_cli.training.inputs import (
    FAKE_VIEW,
    GENERATOR_PENALTY,
    GENERATOR_VIEW,
    LABELS,
    PENALTY,
    REAL_VIEW,
    fold,
    with_labels,
)
from gan_cli.training.judge import Judge, Outputs
from gan_cli.training.objective import LazyPenalty, Objective
from gan_cli.training.passes import Passes
from gan_cli.training.remedies import Remedies
from gan_cli.training.schedule import value_at
from gan_cli.training.state import GanState

# Names of a report: the losses, and how those of the penalties begin.
DISCRIMINATOR_LOSS, GENERATOR_LOSS = "discriminator_loss", "generator_loss"
DISCRIMINATOR_TERM, GENERATOR_TERM = "penalty", "generator_penalty"

Report = dict[str, tf.Tensor]
# Chooses terms of a loss: takes the adversarial loss, or a penalty.
Choice = Callable[[Loss | Penalty], bool]


def _all(term: Loss | Penalty) -> bool:
    return True


@dataclass(frozen=True)
class Batch:
    """The images of one update.

    Attributes:
      real, fake: float32 [batch, height, width, channels] in [-1, 1].
      real_labels, fake_labels: int32 [batch], or None where nothing is conditional.
      seed: seed of all random numbers of the update, int32 [2].
      real_deviation: see `Update`.
    """

    real: tf.Tensor
    fake: tf.Tensor
    real_labels: tf.Tensor | None
    fake_labels: tf.Tensor | None
    seed: tf.Tensor
    real_deviation: tf.Tensor | None = None


@dataclass(frozen=True)
class Verdict:
    """The discriminator's outputs for a batch, and its loss.

    Attributes:
      real, fake: outputs for real and generated images: `logits`, and the others that penalties
        read.
      loss: mean adversarial loss, float32 scalar.
      penalties: weighted mean of each penalty, float32 scalars.
    """

    real: Outputs
    fake: Outputs
    loss: tf.Tensor
    penalties: Report

    @property
    def total(self) -> tf.Tensor:
        return tf.add_n([self.loss, *self.penalties.values()])

    @property
    def report(self) -> Report:
        real, fake = self.real["logits"], self.fake["logits"]
        return self.penalties | {
            DISCRIMINATOR_LOSS: self.loss,
            "discriminator_real": tf.reduce_mean(tf.sigmoid(real)),
            "discriminator_fake": tf.reduce_mean(tf.sigmoid(fake)),
            "ranking_accuracy": tf.reduce_mean(tf.cast(real > fake, tf.float32)),
        }


class StepLosses:
    """The losses of a run's two networks.

    Args:
      batch_size: batch size of one update, on all replicas together.
      latents: from a seed to float32 [batch_size, latent_dim].
      to_model: from stored real samples to what the discriminator sees; see `Domain.to_model`.
      gradient_models: float32 copies of the discriminator and the generator, evaluated with the
        weights of the originals, for penalties on gradients; None: use the originals.
      augmentation: augmentation of all images that the discriminator sees.
      remedies: factors on gammas, and for the step on learning rates, which the guard changes.
      recompute: whether the passes of both networks keep few activations; see `Passes`.
    """

    def __init__(
        self,
        state: GanState,
        objective: Objective,
        *,
        batch_size: int,
        latents: Callable[[tf.Tensor], tf.Tensor],
        to_model: Callable[[tf.Tensor], tf.Tensor] = to_model_range,
        gradient_models: tuple[keras.Model | None, keras.Model | None] = (None, None),
        augmentation: AugmentationControl | None = None,
        remedies: Remedies | None = None,
        recompute: bool = False,
    ):
        self.state, self.objective = state, objective
        self.batch_size, self.latents, self.to_model = batch_size, latents, to_model
        self.augmentation, self.remedies = augmentation, remedies
        self.conditional = len(state.generator.inputs) > 1
        self.generator_passes, self._recompute = Passes(state.generator, recompute), recompute
        self._style_generator = gradient_models[1] or state.generator
        seen_changed = augmentation is not None or objective.instance_noise is not None
        self.judge = Judge(
            state.discriminator,
            objective.outputs,
            self.transform if seen_changed else None,
            objective.pack,
            gradient_models[0],
            recompute,
        )

    @property
    def report_names(self) -> list[str]:
        """The keys of both networks' reports."""
        return [
            DISCRIMINATOR_LOSS,
            GENERATOR_LOSS,
            "discriminator_real",
            "discriminator_fake",
            "ranking_accuracy",
            *(f"{DISCRIMINATOR_TERM}/{lazy.name}" for lazy in self.objective.penalties),
            *(f"{GENERATOR_TERM}/{lazy.name}" for lazy in self.objective.generator_penalties),
        ]

    def discriminator(self, batch: Batch) -> Verdict:
        """Runs the pass of the discriminator's own update, which updates its batch statistics."""
        batch = self.packed(batch)
        real, fake = self.learned(batch)
        terms = self.discriminator_terms(batch, real, fake)
        return Verdict(real, fake, terms.pop(DISCRIMINATOR_LOSS), terms)

    def learned(self, batch: Batch) -> tuple[Outputs, Outputs]:
        """Returns the outputs for a packed batch of the discriminator's own update."""
        real_seed, fake_seed = fold(batch.seed, REAL_VIEW), fold(batch.seed, FAKE_VIEW)
        return (
            self.judge.learn(batch.real, batch.real_labels, real_seed),
            self.judge.learn(batch.fake, batch.fake_labels, fake_seed),
        )

    def discriminator_terms(
        self, batch: Batch, real_outputs: Outputs, fake_outputs: Outputs, chosen: Choice = _all
    ) -> Report:
        """Returns the mean loss and the weighted mean of each penalty: float32 scalars, by name.

        Args:
          batch: packed.
          chosen: says which terms; by default all.
        """
        objective, judge = self.objective, self.judge
        real_seed, fake_seed = fold(batch.seed, REAL_VIEW), fold(batch.seed, FAKE_VIEW)
        terms = {}
        if chosen(objective.loss):
            terms[DISCRIMINATOR_LOSS] = tf.reduce_mean(
                objective.loss.discriminator(
                    real_outputs["logits"], fake_outputs["logits"], objective.real_target
                )
            )
        update = Update(
            network=DISCRIMINATOR,
            **vars(batch),
            real_outputs=real_outputs,
            fake_outputs=fake_outputs,
            discriminate=lambda images: judge.logits_for_gradients(
                images, batch.real_labels, real_seed
            ),
            discriminate_fake=lambda images: judge.logits_for_gradients(
                images, batch.fake_labels, fake_seed
            ),
            weights=self.state.discriminator.trainable_variables,
        )
        return terms | self.penalties(
            DISCRIMINATOR_TERM, objective.penalties, update, PENALTY, chosen
        )

    def generator(self, batch: Batch, verdict: Verdict | None = None) -> tuple[tf.Tensor, Report]:
        """Returns the generator's loss with its penalties, and each of them by name.

        All are float32 scalars.

        Args:
          verdict: outputs of the discriminator for this batch; by default the discriminator judges
            the images again, with new augmentation and without any change to itself.
        """
        batch = self.packed(batch)
        real, fake = (verdict.real, verdict.fake) if verdict else self.judged(batch)
        terms = self.generator_terms(batch, real, fake)
        return tf.add_n(list(terms.values())), terms

    def judged(self, batch: Batch) -> tuple[Outputs, Outputs]:
        """Returns the outputs for a packed batch of the generator's update, from new views."""
        view_seed = fold(batch.seed, GENERATOR_VIEW)
        fake_seed, real_seed = fold(view_seed, FAKE_VIEW), fold(view_seed, REAL_VIEW)
        fake = self.judge.judge(batch.fake, batch.fake_labels, fake_seed)
        if not self.objective.generator_sees_real:
            return fake, fake
        return self.judge.judge(batch.real, batch.real_labels, real_seed), fake

    def generator_terms(
        self, batch: Batch, real_outputs: Outputs, fake_outputs: Outputs, chosen: Choice = _all
    ) -> Report:
        """Returns the same as `discriminator_terms` for the generator's update."""
        loss, terms = self.objective.loss, {}
        if chosen(loss):
            terms[GENERATOR_LOSS] = tf.reduce_mean(
                loss.generator(real_outputs["logits"], fake_outputs["logits"])
            )
        update = dataclasses.replace(
            self.generator_update(batch.seed, batch.fake_labels),
            **vars(batch),
            real_outputs=real_outputs,
            fake_outputs=fake_outputs,
        )
        lazies = self.objective.generator_penalties
        return terms | self.penalties(GENERATOR_TERM, lazies, update, GENERATOR_PENALTY, chosen)

    def generator_update(self, seed: tf.Tensor, labels: tf.Tensor | None) -> Update:
        """Returns what penalties may see of the generator's update, without images and outputs."""
        return Update(
            network=GENERATOR,
            seed=seed,
            fake_labels=labels,
            generate=lambda seed, tape: self.generate(seed, labels, tape),
            weights=self.state.generator.trainable_variables,
        )

    def packed(self, batch: Batch) -> Batch:
        """Returns the batch in the form in which the discriminator takes it in this step."""
        return dataclasses.replace(
            batch, real=self.packed_reals(batch.real), fake=self.judge.pack(batch.fake)
        )

    def packed_reals(self, images: tf.Tensor) -> tf.Tensor:
        return self.judge.pack(view_of_reals(self.state.discriminator, images))

    def penalties(
        self,
        prefix: str,
        lazies: Sequence[LazyPenalty],
        update: Update,
        purpose: int,
        chosen: Choice = _all,
    ) -> Report:
        """Returns every chosen penalty's weighted mean in this step; 0 where it is not due."""
        found = {}
        for index, lazy in enumerate(lazies):
            if not chosen(lazy.penalty):
                continue
            # Each penalty has its own random numbers and memory.
            own_seed = fold(update.seed, purpose, index)
            own = dataclasses.replace(update, seed=own_seed, memory=lazy.memory)

            value = functools.partial(self.weighted, prefix, lazy, own)
            if lazy.every > 1:
                found[f"{prefix}/{lazy.name}"] = replicas.when(
                    self.state.step, lazy.every, 0, value, lambda: tf.constant(0.0)
                )
            else:
                found[f"{prefix}/{lazy.name}"] = value()
        return found

    def weighted(self, prefix: str, lazy: LazyPenalty, update: Update) -> tf.Tensor:
        """Returns a penalty's mean times its strength in a step where it is due."""
        strength = lazy.every * value_at(lazy.gamma, self.state.images_shown)
        # Penalties that read other outputs give D another task; they do not bound it.
        bounds = prefix == DISCRIMINATOR_TERM and not lazy.penalty.needs_outputs
        if self.remedies and bounds:
            strength = strength * self.remedies.gamma_factor
        return strength * tf.reduce_mean(lazy.penalty.value(update))

    def transform(self, images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """Returns images, float32 in [-1, 1], with augmentation and instance noise."""
        if self.augmentation is not None:
            images = self.augmentation(images, seed)
        noise = self.objective.instance_noise
        if noise is not None:
            kimg = tf.cast(self.state.images_shown, tf.float32) / 1000.0
            std = noise.std * tf.maximum(1.0 - kimg / noise.until_kimg, 0.0)
            images += std * replicas.normal(tf.shape(images), fold(seed, 1))
        return images

    def generate(
        self, seed: tf.Tensor, labels: tf.Tensor | None, tape: tf.GradientTape
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns styles of new latents, watched by `tape`, and their images, for half a batch.

        Half a batch, as in Karras et al. 2020, appendix B, because the Jacobian takes memory. Every
        other latent, so that the halves of all replicas together are half of the global batch.
        """
        latents = replicas.slice_of(self.latents(seed))
        half = max(latents.shape[0] // 2, 1)
        inputs = with_labels(latents[::2][:half], None if labels is None else labels[::2][:half])
        model, original = self._style_generator, self.state.generator
        mapping, synthesis = (
            Passes(part, self._recompute) for part in (mapping_of(model), synthesis_of(model))
        )
        mapped = mapping.forward(inputs, weights=mapping_of(original))
        styles = tf.cast(mapped, tf.float32)
        tape.watch(styles)
        return styles, synthesis.forward(styles, weights=synthesis_of(original))

    def judge_held_out(self, seed: tf.Tensor) -> tf.Tensor:
        """Returns the logits of a batch of held-out images, shown like real ones."""
        # Only an augmentation that follows held-out images asks for them.
        assert self.augmentation is not None
        assert self.augmentation.held_out is not None
        images, labels = self.augmentation.held_out
        chosen = replicas.uniform(
            [self.batch_size // replicas.parts()],
            fold(seed, LABELS, 1),
            0,
            images.shape[0],
            tf.int32,
        )
        images = self.packed_reals(self.to_model(tf.gather(images, chosen)))
        labels = tf.gather(labels, chosen) if self.conditional else None
        return self.judge.judge(images, labels, fold(seed, REAL_VIEW))["logits"]
