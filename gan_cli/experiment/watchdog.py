"""Measures a run for the guard, reports its alarms, and applies the remedies of the config."""

import dataclasses
from pathlib import Path

import numpy as np
import tensorflow as tf

from gan_cli.config.resolved import ResolvedConfig
from gan_cli.data.dataset import DataSplits, ImageDataset
from gan_cli.domains.domain import AUGMENTATION
from gan_cli.experiment.advice import advice_for
from gan_cli.listener import Listener
from gan_cli.objectives import LOSSES
from gan_cli.objectives.augment.controller import held_out_ratio, pair_sign
from gan_cli.run.checkpoint import Checkpoint, CheckpointStore, restore
from gan_cli.run.directory import RunDirectory
from gan_cli.run.guard_log import GuardLog
from gan_cli.run.metrics_log import MetricsLog
from gan_cli.run.post_mortem import write_post_mortem
from gan_cli.sampling.generate import Sampler
from gan_cli.sampling.latents import latents_for_seeds
from gan_cli.sampling.seed_ranges import GUARD
from gan_cli.training.guard import LEAST_RANKING, Alarm, Guard, is_skipped
from gan_cli.training.inputs import LATENTS, fold, with_labels
from gan_cli.training.loop import NonFinite, RollBackError
from gan_cli.training.remedies import GUARD_MEMORY, interventions_of
from gan_cli.training.singular_values import largest_singular_values
from gan_cli.training.state import GanState, model_variables
from gan_cli.training.step import TrainStep

# Real, held-out and generated images that a look compares; the same images and latents each time.
NUM_COMPARED = 128
_REMEDY_KEYS = {
    "non_finite": "on_non_finite",
    "diverging": "on_diverging",
    "discriminator_won": "on_strong_discriminator",
    "overfitting": "on_strong_discriminator",
    "collapse": "on_collapse",
}


class Watchdog:
    """Runs the guard on one run: as an action of the loop, and where a value is not finite."""

    def __init__(
        self,
        config: ResolvedConfig,
        data: DataSplits,
        run: RunDirectory,
        state: GanState,
        step: TrainStep,
        store: CheckpointStore,
        listener: Listener,
    ):
        self.config, self.data, self.run = config, data, run
        self.state, self.step, self.store, self.listener = state, step, store, listener
        self.metrics, self.log = MetricsLog(run.metrics), GuardLog(run.guard)
        self._rows_seen = 0
        self.guard = self._new_guard()
        self._sampler = Sampler(state.generator_ema, data.domain)
        self._train = _spread_out(data.train)
        self._held_out = _spread_out(data.holdout)
        self._judged = tf.function(self._overfitting, autograph=False)

    def _new_guard(self) -> Guard:
        config = self.config
        guard = Guard(
            bounded_loss=LOSSES.load(config.objective.loss).bounded,
            num_modes=self.data.domain.num_modes,
            grace_images=round(1000 * config.guard.grace_kimg),
            advice=advice_for(config, AUGMENTATION in self.data.domain.supports),
        )
        # A resumed run's guard has seen the rows of earlier processes.
        rows = self.metrics.read()
        for row in rows:
            guard.observe(row)
        self._rows_seen = len(rows)
        if rows:
            self.listener.judgement(guard.judgement(rows[-1]["images_shown"]))
        return guard

    def look(self, images_shown: int) -> None:
        """Measures, judges all rows since the last look, warns, and applies remedies.

        Raises:
          RollBackError: training is to continue from an older checkpoint.
        """
        self.metrics.append(images_shown, self.measure())
        rows = self.metrics.read()
        alarms = [a for row in rows[self._rows_seen :] for a in self.guard.observe(row)]
        self._rows_seen = len(rows)
        self.listener.judgement(self.guard.judgement(images_shown))
        for alarm in alarms:
            self._answer(images_shown, alarm)

    def measure(self) -> dict[str, float]:
        """Returns the guard's own figures; those that are not finite are left out.

        `diversity`, where the domain defines it; `overfitting`, where samples are held out and D
        separates real from generated ones; and the largest singular value of each weight and of
        each network.
        """
        config, images = self.config.model, self._train.images
        count = len(images)
        latents = latents_for_seeds(
            range(GUARD, GUARD + count), config.latent_dim, config.latent_distribution
        )
        labels = self._train.labels if self._train.labels is not None else np.zeros(count, int)
        values = {}
        # Where modes can be counted, evaluations tell more, and no samples are needed here.
        if self.data.domain.num_modes is None:
            generated = self._sampler.images(latents, labels.astype(np.int32))
            diversity = self.data.domain.diversity(generated, images)
            if diversity is not None:
                values["diversity"] = diversity
        if len(self._held_out.images):
            ratio, ranking = self._judged(tf.constant(latents), tf.constant(labels, tf.int32))
            if float(ranking) >= 2 * LEAST_RANKING - 1:
                values["overfitting"] = float(ratio)
        for network in ("generator", "discriminator"):
            found = largest_singular_values(getattr(self.state, network))
            values[f"{network}_singular_value"] = max(found.values())
            values |= {f"singular_value/{network}/{name}": v for name, v in found.items()}
        return {name: value for name, value in values.items() if np.isfinite(value)}

    def _overfitting(self, latents: tf.Tensor, labels: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns r_v, and the mean sign of D(real) - D(generated)."""
        step, losses, state = self.step, self.step.losses, self.state
        seed = fold(step.seed, LATENTS)
        given_labels = labels if losses.conditional else None
        generated = state.generator(with_labels(latents, given_labels), training=False)
        groups = [(losses.judge.pack(generated), given_labels)]
        for part in (self._train, self._held_out):
            images = losses.packed_reals(losses.to_model(tf.constant(part.images)))
            part_labels = tf.constant(part.labels, tf.int32) if losses.conditional else None
            groups.append((images, part_labels))
        fake, train, held_out = (
            losses.judge.judge(images, its_labels, seed)["logits"] for images, its_labels in groups
        )
        return held_out_ratio(train, held_out, fake), pair_sign(train, fake)

    def tolerates(self, found: NonFinite) -> bool:
        """Records values that are not finite; returns whether training may continue."""
        if is_skipped(found.names, self.state, self.step.skip_non_finite):
            # Without skip_non_finite it is loss scaling, which finds its scale by overflows.
            if self.step.skip_non_finite:
                self._record(found.images_shown, "non_finite", "skipped", ", ".join(found.names))
            return True
        path = self._write_post_mortem(found)
        self._record(found.images_shown, "non_finite", "noted", found.text)
        self.listener.message(f"the batches of these steps are in {path}")
        return False

    def roll_back(self, images_shown: int, reason: str) -> int | None:
        """Restores an older checkpoint, and lowers the learning rates.

        Returns:
          The images shown up to that checkpoint; None where no intervention is left, or no
          checkpoint.

        Raises:
          UserError: the checkpoint cannot be read.
        """
        guard, remedies = self.config.guard, self.step.remedies
        target = self._target(reason)
        if not self._may_intervene(images_shown, reason) or target is None:
            return None
        assert remedies is not None  # The config lets the guard intervene.
        kept = {name: v.numpy() for name, v in remedies.variables().items()}
        restore(target, self.state.variables(), may_lack=GUARD_MEMORY)
        # The checkpoint is older than some interventions, which must stay counted.
        for name, variable in remedies.variables().items():
            variable.assign(kept[name])
        remedies.lower_learning_rates(guard.learning_rate_factor)
        remedies.intervened()
        self.store.forget_after(target.images_shown)
        self.metrics.truncate_after(target.images_shown)
        self.guard = self._new_guard()
        factor = float(remedies.learning_rate_factor.numpy())
        self._record(images_shown, reason, "rolled back", f"to {target.name}, rates x {factor:g}")
        self.listener.message(
            f"guard: back to {target.kimg:g} kimg, learning rates now {factor:g} times the config's"
        )
        return target.images_shown

    def _target(self, reason: str) -> Checkpoint | None:
        """Returns the best checkpoint; without scores the newest, or the oldest for slow faults."""
        checkpoints = self.store.all()
        if not checkpoints:
            return None
        self.store.mend_best(self.listener.message)
        return self.store.best() or checkpoints[-1 if reason == "non_finite" else 0]

    def _answer(self, images_shown: int, alarm: Alarm) -> None:
        remedy = getattr(self.config.guard, _REMEDY_KEYS.get(alarm.signal, ""), "warn")
        if alarm.is_new:
            self.listener.message(f"warning: at {images_shown / 1000:g} kimg {alarm.text}")
            self._record(images_shown, alarm.signal, "warned", alarm.text)
        if remedy == "rollback":
            raise RollBackError(alarm.signal, images_shown)
        if remedy == "strengthen" and self._may_intervene(images_shown, alarm.signal):
            remedies = self.step.remedies
            assert remedies is not None  # The config lets the guard intervene.
            remedies.strengthen(self.config.guard.gamma_factor)
            remedies.intervened()
            factor = float(remedies.gamma_factor.numpy())
            self._record(images_shown, alarm.signal, "strengthened", f"gamma x {factor:g}")
            self.listener.message(f"guard: gamma is now {factor:g} times the config's")

    def _may_intervene(self, images_shown: int, reason: str) -> bool:
        most = self.config.guard.most_interventions
        if interventions_of(self.step.remedies) < most:
            return True
        self._record(images_shown, reason, "gave up", f"after {most} interventions")
        return False

    def _record(self, images_shown: int, signal: str, what: str, detail: str) -> None:
        self.log.append(images_shown, signal, what, detail, interventions_of(self.step.remedies))

    def _write_post_mortem(self, found: NonFinite) -> Path:
        step = self.step
        first = int(self.state.step.numpy()) - len(found.images)
        seeds = [
            fold(fold(step.seed, tf.constant(first + i, tf.int64)), LATENTS)
            for i in range(len(found.images))
        ]
        latents = [step.losses.latents(seed).numpy() for seed in seeds]
        arrays = {"images": found.images, "labels": found.labels, "latents": np.stack(latents)}
        not_finite = {
            name: int(np.sum(~np.isfinite(variable.numpy())))
            for part in ("generator", "discriminator")
            for name, variable in model_variables(part, getattr(self.state, part)).items()
        }
        facts = {
            "images_shown": found.images_shown,
            "first_step": first,
            "not_finite": found.names,
            "weights_not_finite": {name: count for name, count in not_finite.items() if count},
            "last_rows": self.metrics.read()[-20:],
        }
        return write_post_mortem(self.run.post_mortem, found.images_shown, arrays, facts)


def _spread_out(dataset: ImageDataset) -> ImageDataset:
    """Returns at most `NUM_COMPARED` samples, drawn from all parts of the data."""
    count = min(NUM_COMPARED, len(dataset.images))
    chosen = np.sort(np.random.default_rng(0).permutation(len(dataset.images))[:count])
    labels = None if dataset.labels is None else dataset.labels[chosen]
    images = np.asarray(dataset.images[chosen])
    return dataclasses.replace(dataset, images=images, labels=labels)
