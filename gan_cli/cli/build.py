"""The composition root: a resolved config becomes the objects that train, and a run a generator."""

from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from gan_cli.cli.ramps import first_value, ramp_of, setting_of
from gan_cli.config.schema import (
    ArchitecturePair,
    AugmentationConfig,
    Config,
    OptimizerConfig,
    PenaltyConfig,
)
from gan_cli.data.dataset import ImageDataset
from gan_cli.errors import UserError
from gan_cli.models import ARCHITECTURES
from gan_cli.models.architecture import Architecture, ModelSpec
from gan_cli.models.digest import weights_sha256
from gan_cli.models.styles import has_styles
from gan_cli.objectives import LOSSES, PENALTIES
from gan_cli.objectives.augment import AUGMENTATIONS
from gan_cli.objectives.augment.augmentation import Augmentation
from gan_cli.objectives.penalties.penalty import DISCRIMINATOR, GENERATOR, Penalty
from gan_cli.run.directory import RunDirectory
from gan_cli.training.augment import AugmentationControl
from gan_cli.training.checkpoint import CheckpointStore, restore
from gan_cli.training.distribution import ONE_DEVICE, Distribution
from gan_cli.training.objective import InstanceNoise, LazyPenalty, Objective
from gan_cli.training.optimizer import FusedAdam
from gan_cli.training.precision import dtype_policy
from gan_cli.training.remedies import Remedies
from gan_cli.training.schedule import learning_rate_factor
from gan_cli.training.state import GanState, model_variables
from gan_cli.training.step import Averaging, TrainStep
from gan_cli.training.step_losses import StepLosses

# Held-out images that an adaptive augmentation looks at, in memory beside the networks.
MOST_HELD_OUT = 2048


def architecture_names(config: Config) -> tuple[str, str]:
    """Names of the generator's and the discriminator's architecture."""
    architecture = config.model.architecture
    if isinstance(architecture, ArchitecturePair):
        return architecture.generator, architecture.discriminator
    return architecture, architecture


def check_image_size(config: Config) -> None:
    """Raises a `UserError` where an architecture cannot be had at the config's image size."""
    height, width = config.data.image_size
    for name in architecture_names(config):
        architecture: Architecture = ARCHITECTURES.load(name)
        if min(height, width) < architecture.smallest or max(height, width) > architecture.largest:
            raise UserError(
                f"data.image_size: architecture '{name}' builds sides of"
                f" {architecture.smallest} to {architecture.largest} pixels, got {height}x{width}"
                + ("; points are for 'points_mlp'" if (height, width) == (1, 1) else "")
            )


def build_network(config: Config, network: str, num_classes: int) -> keras.Model:
    """Builds the `generator` or the `discriminator` of a resolved config.

    Raises:
      UserError: the architecture cannot be had at this image size.
    """
    check_image_size(config)
    names = dict(zip(("generator", "discriminator"), architecture_names(config), strict=True))
    architecture: Architecture = ARCHITECTURES.load(names[network])
    height, width = config.data.image_size
    conditioning = getattr(config.model, f"{network}_conditioning")
    offered = getattr(architecture, f"{network}_conditionings")
    if config.model.conditional and conditioning not in offered:
        raise UserError(
            f"model.{network}_conditioning: architecture '{names[network]}' has"
            f" {' or '.join(offered)}, got '{conditioning}'"
        )
    spec = ModelSpec(
        height=height,
        width=width,
        channels=config.data.channels * (config.model.pack if network == "discriminator" else 1),
        latent_dim=config.model.latent_dim,
        num_classes=num_classes if config.model.conditional else 0,
        base_channels=getattr(config.model, f"{network}_channels"),
        conditioning=conditioning,
        max_channels=config.model.max_channels,
        # A run of before an architecture had an option is one with its default.
        options={k: config.model.options.get(k, v) for k, v in architecture.options.items()},
    )
    return getattr(architecture, f"build_{network}")(spec)


def build_optimizer(config: OptimizerConfig, loss_scaling: bool) -> keras.optimizers.Optimizer:
    """Builds a Keras optimiser, wrapped for dynamic loss scaling where asked."""
    shared = {"learning_rate": config.learning_rate, "global_clipnorm": config.gradient_clip_norm}
    optimizer: keras.optimizers.Optimizer
    beta_2 = first_value(config.beta_2)
    if config.name == "adam":
        optimizer = FusedAdam(beta_1=config.beta_1, beta_2=beta_2, epsilon=config.epsilon, **shared)
        if not isinstance(config.beta_2, float):
            optimizer.let_beta_2_move(beta_2)
    elif config.name == "rmsprop":
        optimizer = keras.optimizers.RMSprop(
            rho=beta_2, momentum=config.beta_1, epsilon=config.epsilon, **shared
        )
    else:
        optimizer = keras.optimizers.SGD(momentum=config.beta_1, **shared)
    return keras.optimizers.LossScaleOptimizer(optimizer) if loss_scaling else optimizer


def build_state(
    config: Config, num_classes: int, distribution: Distribution = ONE_DEVICE
) -> GanState:
    """Builds both networks, the averaged generator and the optimisers, from the config's seed."""
    # Initialisers take their seeds from the process's generator.
    keras.utils.set_random_seed(config.seed)
    loss_scaling = config.training.precision == "mixed_float16"
    with distribution.scope():
        with dtype_policy(config.training.precision):
            generator = build_network(config, "generator", num_classes)
            discriminator = build_network(config, "discriminator", num_classes)
            with distribution.scope(averaged=True):
                generator_ema = build_network(config, "generator", num_classes)
        state = GanState(
            distribution.synchronise(generator),
            distribution.synchronise(discriminator),
            generator_ema,
            build_optimizer(config.training.generator_optimizer, loss_scaling),
            build_optimizer(config.training.discriminator_optimizer, loss_scaling),
        )
    distribution.join(state)
    return state


def build_objective(config: Config, state: GanState) -> Objective:
    """Looks up the loss and the penalties, with the strengths that the config holds.

    What the penalties remember joins `state`.

    Raises:
      UserError: parts that cannot be had together.
    """
    objective, model, kimg = config.objective, config.model, config.training.kimg
    loss = LOSSES.load(objective.loss)
    if objective.label_smoothing and not loss.has_real_target:
        smoothable = [name for name in LOSSES.names if LOSSES.load(name).has_real_target]
        raise UserError(
            f"objective.label_smoothing: loss '{objective.loss}' has no target to smooth; it must"
            f" be 0, or the loss one of {', '.join(smoothable)}"
        )
    if model.pack > 1 and model.conditional:
        raise UserError("model.pack: images of several labels cannot be packed; it must be 1")
    if config.training.batch_size % model.pack:
        raise UserError(
            f"model.pack: must divide training.batch_size ({config.training.batch_size}),"
            f" got {model.pack}"
        )
    noise = objective.instance_noise
    return Objective(
        loss,
        [build_penalty(entry, state, DISCRIMINATOR, kimg) for entry in objective.penalties],
        [build_penalty(entry, state, GENERATOR, kimg) for entry in objective.generator_penalties],
        real_target=1.0 - objective.label_smoothing,
        n_critic=objective.n_critic,
        fresh_generator_batch=objective.generator_batch == "fresh",
        simultaneous=objective.updates == "simultaneous",
        weight_clip=objective.weight_clip,
        pack=model.pack,
        instance_noise=None if noise is None else InstanceNoise(noise.std, noise.until_kimg),
    )


def build_penalty(entry: PenaltyConfig, state: GanState, network: str, kimg: float) -> LazyPenalty:
    """Looks up one penalty of one network's update, in a run of `kimg`.

    Raises:
      UserError: it is not for this network, or needs what the networks do not have.
    """
    penalty: Penalty = PENALTIES.load(entry.name)
    key = "generator_penalties" if network == GENERATOR else "penalties"
    if network not in penalty.networks:
        raise UserError(
            f"objective.{key}: '{entry.name}' is for the {penalty.networks[0]}'s update"
        )
    outputs = state.discriminator.output
    offered = set(outputs) if isinstance(outputs, dict) else set()
    offered |= {layer.name for layer in state.discriminator.layers}
    for output in penalty.needs_outputs:
        if output not in offered:
            raise UserError(
                f"objective.{key}: '{entry.name}' needs a discriminator with '{output}', which this"
                " one does not have"
            )
    if penalty.needs_styles and not has_styles(state.generator):
        raise UserError(f"objective.{key}: '{entry.name}' needs a generator with styles")
    memory = penalty.memory(getattr(state, network).trainable_variables)
    state.memory.update({f"{network}/{entry.name}/{name}": v for name, v in memory.items()})
    return LazyPenalty(entry.name, penalty, setting_of(entry.gamma, kimg), entry.every, memory)


def build_augmentation(
    config: Config, state: GanState, held_out: ImageDataset
) -> AugmentationControl | None:
    """Looks up the augmentation; its probability joins `state`.

    Raises:
      UserError: its policies are unknown, or the images cannot be augmented.
    """
    entry = config.objective.augmentation
    if not isinstance(entry, AugmentationConfig):
        return None
    if config.data.channels == 2:
        raise UserError("objective.augmentation: is for images, not for points")
    augmentation: Augmentation = AUGMENTATIONS.load(entry.name)
    if entry.policies is not None:
        augmentation = augmentation.only(entry.policies)
    relativistic = LOSSES.load(config.objective.loss).generator_sees_real
    signal = entry.signal
    if signal is None and augmentation.adaptive and entry.probability is None:
        # The offset of relativistic logits is arbitrary, and with it their sign.
        signal = "held_out_ratio" if relativistic else "real_sign"
    if signal == "real_sign" and relativistic:
        raise UserError(
            "objective.augmentation.signal: 'real_sign' means nothing under a relativistic loss;"
            " use 'held_out_ratio' or 'pair_sign'"
        )
    images = None
    if signal == "held_out_ratio":
        chosen = np.random.default_rng(0).permutation(len(held_out.images))[:MOST_HELD_OUT]
        chosen.sort()
        labels = np.zeros(len(chosen)) if held_out.labels is None else held_out.labels[chosen]
        images = tf.constant(held_out.images[chosen]), tf.constant(labels, tf.int32)
    probability = entry.probability
    if probability is None:
        probability = augmentation.default_probability
    control = AugmentationControl(
        augmentation,
        tf.Variable(first_value(probability), dtype=tf.float32, trainable=False),
        None if signal == "none" else signal,
        entry.target,
        entry.adjustment_kimg,
        images,
        ramp_of(probability, config.training.kimg),
    )
    state.memory.update(control.variables())
    return control


def build_step(
    config: Config,
    state: GanState,
    num_classes: int,
    held_out: ImageDataset,
    distribution: Distribution = ONE_DEVICE,
) -> TrainStep:
    """Builds the training step of a resolved config.

    Args:
      held_out: images that are not trained on, by which an augmentation may be steered.
      distribution: that `state` was built for.
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
            schedule.until_kimg or training.kimg,
            schedule.warmup_kimg,
            schedule.final_factor,
        )

    # What penalties and augmentation remember is made with them.
    with distribution.scope():
        objective = build_objective(config, state)
        augmentation = build_augmentation(config, state, held_out)
        remedies = build_remedies(config, state)
    twins: list[keras.Model | None] = [None, None]
    if training.precision == "mixed_float16":
        with dtype_policy("float32"), distribution.scope():
            if objective.penalties:
                twins[0] = build_network(config, "discriminator", num_classes)
                distribution.synchronise(twins[0])
            if any(lazy.penalty.needs_styles for lazy in objective.generator_penalties):
                twins[1] = build_network(config, "generator", num_classes)
                distribution.synchronise(twins[1])
    losses = StepLosses(
        state,
        objective,
        batch_size=training.batch_size,
        latents=latents,
        gradient_models=(twins[0], twins[1]),
        augmentation=augmentation,
        remedies=remedies,
    )
    return TrainStep(
        losses,
        Averaging(setting_of(training.ema_half_life_kimg, training.kimg), training.ema_ramp_up),
        seed=config.seed,
        learning_rates=(
            training.generator_optimizer.learning_rate,
            training.discriminator_optimizer.learning_rate,
        ),
        learning_rate_factor=factor,
        second_betas=(
            ramp_of(training.generator_optimizer.beta_2, training.kimg),
            ramp_of(training.discriminator_optimizer.beta_2, training.kimg),
        ),
        fake_labels=uniform_labels if model.label_sampling == "uniform" else None,
        skip_non_finite=config.guard.on_non_finite == "skip",
    )


def build_remedies(config: Config, state: GanState) -> Remedies | None:
    """What the guard may change, if it may change anything; it joins `state`."""
    if not (config.guard.rolls_back or config.guard.strengthens):
        return None
    remedies = Remedies()
    state.memory.update(remedies.variables())
    return remedies


def _check_batch(config: Config, replicas: int) -> None:
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


@dataclass(frozen=True)
class LoadedGenerator:
    """The averaged generator of a checkpoint, with what is needed to call and describe it.

    Attributes:
      num_classes: of the labels it is conditioned on; 0: unconditional.
      class_names: of the data set, empty where it has no labels.
      weights_sha256: of all its weights, in the order of `generator.weights`.
    """

    generator: keras.Model
    config: Config
    num_classes: int
    class_names: tuple[str, ...]
    checkpoint_name: str
    kimg: float
    weights_sha256: str


def load_generator(run: RunDirectory, which: str) -> LoadedGenerator:
    """Loads the averaged generator of the checkpoint called `which`: best, latest or a number.

    It computes in float32 whatever precision it was trained in, so that its images are the same on
    every machine up to rounding.

    Raises:
      UserError: the folder is no run, or has no such checkpoint, or the checkpoint is damaged.
    """
    config = run.read_config()
    class_names = tuple(run.read_environment()["dataset"]["class_names"])
    checkpoint = CheckpointStore(run.checkpoints).find(which)
    num_classes = len(class_names) if config.model.conditional else 0
    with dtype_policy("float32"):
        generator = build_network(config, "generator", num_classes)
    restore(checkpoint, model_variables("generator_ema", generator))
    return LoadedGenerator(
        generator,
        config,
        num_classes,
        class_names,
        checkpoint.name,
        checkpoint.kimg,
        weights_sha256(generator),
    )


def load_discriminator(run: RunDirectory, loaded: LoadedGenerator) -> keras.Model:
    """Loads the discriminator of the checkpoint that a generator came from, in float32.

    Raises:
      UserError: the checkpoint is gone or damaged.
    """
    with dtype_policy("float32"):
        discriminator = build_network(loaded.config, "discriminator", loaded.num_classes)
    checkpoint = CheckpointStore(run.checkpoints).find(loaded.checkpoint_name)
    restore(checkpoint, model_variables("discriminator", discriminator))
    return discriminator
