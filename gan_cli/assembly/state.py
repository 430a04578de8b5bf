"""Builds everything that training changes: the networks and the optimisers."""

import keras

from gan_cli.assembly.networks import build_network
from gan_cli.assembly.ramps import first_value
from gan_cli.config.resolved import ResolvedConfig, ResolvedOptimizer
from gan_cli.training.distribution import ONE_DEVICE, Distribution
from gan_cli.training.optimizer import FusedAdam
from gan_cli.training.precision import dtype_policy
from gan_cli.training.state import GanState


def build_optimizer(config: ResolvedOptimizer, loss_scaling: bool) -> keras.optimizers.Optimizer:
    """Builds a Keras optimiser, with dynamic loss scaling around it if asked."""
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
    config: ResolvedConfig, num_classes: int, distribution: Distribution = ONE_DEVICE
) -> GanState:
    """Builds both networks, the averaged generator and the optimisers from the config's seed."""
    # Initialisers draw their seeds from the process's generator.
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
