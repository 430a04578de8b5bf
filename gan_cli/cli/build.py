"""The composition root: a resolved config becomes the objects that train, and a run a generator."""

import hashlib
from dataclasses import dataclass

import keras
import tensorflow as tf

from gan_cli.config.schema import ArchitecturePair, Config, OptimizerConfig
from gan_cli.errors import UserError
from gan_cli.models import ARCHITECTURES
from gan_cli.models.architecture import Architecture, ModelSpec
from gan_cli.objectives import LOSSES, PENALTIES
from gan_cli.run.directory import RunDirectory
from gan_cli.training.checkpoint import CheckpointStore, restore
from gan_cli.training.precision import dtype_policy
from gan_cli.training.schedule import learning_rate_factor
from gan_cli.training.state import GanState, model_variables
from gan_cli.training.step import Averaging, LazyPenalty, Objective, TrainStep


def architecture_names(config: Config) -> tuple[str, str]:
    """Names of the generator's and the discriminator's architecture."""
    architecture = config.model.architecture
    if isinstance(architecture, ArchitecturePair):
        return architecture.generator, architecture.discriminator
    return architecture, architecture


def build_network(config: Config, network: str, num_classes: int) -> keras.Model:
    """Builds the `generator` or the `discriminator` of a resolved config.

    Raises:
      UserError: the architecture cannot be had at this image size.
    """
    names = dict(zip(("generator", "discriminator"), architecture_names(config), strict=True))
    architecture: Architecture = ARCHITECTURES.load(names[network])
    height, width = config.data.image_size
    for side in (height, width):
        if not architecture.smallest <= side <= architecture.largest:
            raise UserError(
                f"data.image_size: architecture '{names[network]}' builds sides of"
                f" {architecture.smallest} to {architecture.largest} pixels, got {height}x{width}"
                + ("; points are for 'points_mlp'" if (height, width) == (1, 1) else "")
            )
    spec = ModelSpec(
        height=height,
        width=width,
        channels=config.data.channels,
        latent_dim=config.model.latent_dim,
        num_classes=num_classes if config.model.conditional else 0,
        base_channels=getattr(config.model, f"{network}_channels"),
        max_channels=config.model.max_channels,
    )
    return getattr(architecture, f"build_{network}")(spec)


def build_optimizer(config: OptimizerConfig, loss_scaling: bool) -> keras.optimizers.Optimizer:
    """Builds a Keras optimiser, wrapped for dynamic loss scaling where asked."""
    shared = {"learning_rate": config.learning_rate, "global_clipnorm": config.gradient_clip_norm}
    optimizer: keras.optimizers.Optimizer
    if config.name == "adam":
        optimizer = keras.optimizers.Adam(
            beta_1=config.beta_1, beta_2=config.beta_2, epsilon=config.epsilon, **shared
        )
    elif config.name == "rmsprop":
        optimizer = keras.optimizers.RMSprop(
            rho=config.beta_2, momentum=config.beta_1, epsilon=config.epsilon, **shared
        )
    else:
        optimizer = keras.optimizers.SGD(momentum=config.beta_1, **shared)
    return keras.optimizers.LossScaleOptimizer(optimizer) if loss_scaling else optimizer


def build_state(config: Config, num_classes: int) -> GanState:
    """Builds both networks, the averaged generator and the optimisers, from the config's seed."""
    # Initialisers take their seeds from the process's generator.
    keras.utils.set_random_seed(config.seed)
    loss_scaling = config.training.precision == "mixed_float16"
    with dtype_policy(config.training.precision):
        generator = build_network(config, "generator", num_classes)
        discriminator = build_network(config, "discriminator", num_classes)
        generator_ema = build_network(config, "generator", num_classes)
    return GanState(
        generator,
        discriminator,
        generator_ema,
        build_optimizer(config.training.generator_optimizer, loss_scaling),
        build_optimizer(config.training.discriminator_optimizer, loss_scaling),
    )


def build_objective(config: Config) -> Objective:
    """Looks up the loss and the penalties, with the strengths that the config holds.

    Raises:
      UserError: label smoothing with a loss that has no target to smooth.
    """
    objective = config.objective
    loss = LOSSES.load(objective.loss)
    if objective.label_smoothing and not loss.has_real_target:
        smoothable = [name for name in LOSSES.names if LOSSES.load(name).has_real_target]
        raise UserError(
            f"objective.label_smoothing: loss '{objective.loss}' has no target to smooth; it must"
            f" be 0, or the loss one of {', '.join(smoothable)}"
        )
    penalties = [
        LazyPenalty(entry.name, PENALTIES.load(entry.name), entry.gamma, entry.every)
        for entry in objective.penalties
    ]
    return Objective(
        loss,
        penalties,
        real_target=1.0 - objective.label_smoothing,
        n_critic=objective.n_critic,
        weight_clip=objective.weight_clip,
    )


def build_step(config: Config, state: GanState, num_classes: int) -> TrainStep:
    """Builds the training step of a resolved config."""
    training, model = config.training, config.model
    shape = [training.batch_size, model.latent_dim]

    def latents(seed: tf.Tensor) -> tf.Tensor:
        if model.latent_distribution == "uniform":
            return tf.random.stateless_uniform(shape, seed, minval=-1.0, maxval=1.0)
        return tf.random.stateless_normal(shape, seed)

    schedule = training.learning_rate_schedule

    def factor(images_shown: tf.Tensor) -> tf.Tensor:
        return learning_rate_factor(
            schedule.name,
            images_shown,
            training.kimg,
            schedule.warmup_kimg,
            schedule.final_factor,
        )

    penalty_discriminator = None
    if training.precision == "mixed_float16" and config.objective.penalties:
        with dtype_policy("float32"):
            penalty_discriminator = build_network(config, "discriminator", num_classes)
    return TrainStep(
        state,
        build_objective(config),
        Averaging(training.ema_half_life_kimg, training.ema_ramp_up),
        seed=config.seed,
        batch_size=training.batch_size,
        latents=latents,
        learning_rates=(
            training.generator_optimizer.learning_rate,
            training.discriminator_optimizer.learning_rate,
        ),
        learning_rate_factor=factor,
        penalty_discriminator=penalty_discriminator,
    )


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
    digest = hashlib.sha256()
    for weight in generator.get_weights():
        digest.update(weight.tobytes())
    return LoadedGenerator(
        generator,
        config,
        num_classes,
        class_names,
        checkpoint.name,
        checkpoint.kimg,
        digest.hexdigest(),
    )
