"""Builds the training step of a resolved config."""

import functools

import keras
import tensorflow as tf

from gan_cli.assembly.networks import build_network
from gan_cli.assembly.objective import build_augmentation, build_objective
from gan_cli.assembly.ramps import end_of_schedules, ramp_of, setting_of
from gan_cli.assembly.slicing import check_slices
from gan_cli.config.resolved import ResolvedConfig
from gan_cli.data.dataset import ImageDataset
from gan_cli.data.sources import domain_of
from gan_cli.errors import UserError
from gan_cli.models.contract import MAPPING, has_styles
from gan_cli.models.weight_places import finest_weights
from gan_cli.training.distribution import ONE_DEVICE, Distribution
from gan_cli.training.precision import dtype_policy
from gan_cli.training.remedies import Remedies
from gan_cli.training.schedule import learning_rate_factor
from gan_cli.training.sliced_step import SlicedStep
from gan_cli.training.state import GanState
from gan_cli.training.step import Averaging, Frozen, TrainStep
from gan_cli.training.step_losses import StepLosses


def build_step(
    config: ResolvedConfig,
    state: GanState,
    num_classes: int,
    held_out: ImageDataset,
    distribution: Distribution = ONE_DEVICE,
) -> TrainStep:
    """Builds the training step of a resolved config.

    Args:
      held_out: images that are not trained on; an adaptive augmentation may look at them.
      distribution: the devices that `state` was built for.
    """
    _check_batch(config, distribution.replicas)
    training, model = config.training, config.model
    shape = [training.batch_size, model.latent_dim]

    def latents(seed: tf.Tensor) -> tf.Tensor:
        if model.latent_distribution == "uniform":
            return tf.random.stateless_uniform(shape, seed, minval=-1.0, maxval=1.0)
        return tf.random.stateless_normal(shape, seed)

    def uniform_labels(seed: tf.Tensor) -> tf.Tensor:
        return tf.random.stateless_uniform(shape[:1], seed, 0, num_classes, tf.int32)

    schedule = training.learning_rate_schedule

    def factor(images_shown: tf.Tensor) -> tf.Tensor:
        return learning_rate_factor(
            schedule.name,
            images_shown,
            end_kimg if schedule.until_kimg is None else schedule.until_kimg,
            schedule.warmup_kimg,
            schedule.final_factor,
        )

    # Penalties and augmentation make the variables that they keep between steps.
    with distribution.scope():
        end_kimg = end_of_schedules(config)
        objective = build_objective(config, state, end_kimg)
        augmentation = build_augmentation(config, state, held_out, end_kimg)
        remedies = build_remedies(config, state)
    check_slices(config, objective, distribution.replicas)
    float32_copies: list[keras.Model | None] = [None, None]
    if training.precision == "mixed_float16":
        with dtype_policy("float32"), distribution.scope():
            if objective.penalties:
                float32_copies[0] = build_network(config, "discriminator", num_classes)
                distribution.synchronise(float32_copies[0])
            if any(lazy.penalty.needs_styles for lazy in objective.generator_penalties):
                float32_copies[1] = build_network(config, "generator", num_classes)
                distribution.synchronise(float32_copies[1])
    losses = StepLosses(
        state,
        objective,
        batch_size=training.batch_size,
        latents=latents,
        to_model=domain_of(config.data).to_model,
        gradient_models=(float32_copies[0], float32_copies[1]),
        augmentation=augmentation,
        remedies=remedies,
        recompute=training.recompute,
    )
    slices = training.gradient_accumulation
    make = TrainStep if slices == 1 else functools.partial(SlicedStep, slices=slices)
    return make(
        losses,
        Averaging(setting_of(training.ema_half_life_kimg, end_kimg), training.ema_ramp_up),
        seed=config.seed,
        learning_rates=(
            training.generator_optimizer.learning_rate,
            training.discriminator_optimizer.learning_rate,
        ),
        learning_rate_factor=factor,
        second_betas=(
            ramp_of(training.generator_optimizer.beta_2, end_kimg),
            ramp_of(training.discriminator_optimizer.beta_2, end_kimg),
        ),
        fake_labels=uniform_labels if model.label_sampling == "uniform" else None,
        skip_non_finite=config.guard.on_non_finite == "skip",
        frozen=frozen_weights(config, state),
        end_kimg=end_kimg,
    )


def frozen_weights(config: ResolvedConfig, state: GanState) -> Frozen | None:
    """Returns the weights that `training.freeze` names; None: none.

    Raises:
      UserError: a network has no such weights.
    """
    freeze = config.training.freeze
    if freeze is None:
        return None
    discriminator: tuple[keras.Variable, ...] = ()
    if freeze.discriminator:
        discriminator = tuple(finest_weights(state.discriminator, freeze.discriminator))
        if not discriminator:
            raise UserError(
                "training.freeze.discriminator: this discriminator has no layers of several"
                " resolutions; it must be 0"
            )
    generator: tuple[keras.Variable, ...] = ()
    if freeze.mapping:
        if not has_styles(state.generator):
            raise UserError(
                "training.freeze.mapping: this generator has no mapping network; it must be false"
            )
        generator = tuple(state.generator.get_layer(MAPPING).trainable_variables)
    until = None if freeze.until_kimg is None else round(1000 * freeze.until_kimg)
    return Frozen(generator, discriminator, until)


def build_remedies(config: ResolvedConfig, state: GanState) -> Remedies | None:
    """Builds the factors that the guard may change, or returns None; they are added to `state`."""
    if not (config.guard.rolls_back or config.guard.strengthens):
        return None
    remedies = Remedies()
    state.memory.update(remedies.variables())
    return remedies


def _check_batch(config: ResolvedConfig, replicas: int) -> None:
    if replicas == 1:
        return
    training, pack = config.training, config.model.pack
    if training.batch_size % (replicas * pack):
        among = f"{replicas} replicas" + (f" in packs of {pack}" if pack > 1 else "")
        raise UserError(
            f"training.batch_size: is the global batch, and must divide evenly among {among};"
            f" got {training.batch_size}"
        )
    if training.xla:
        raise UserError("training.xla: is for one device; it must be false with several replicas")
