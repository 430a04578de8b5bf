"""Builds the Keras networks of a resolved config."""

import keras

from gan_cli.assembly.checks import check_network
from gan_cli.config.resolved import ResolvedConfig
from gan_cli.config.schema import ArchitecturePair, Config
from gan_cli.data.sources import domain_of
from gan_cli.errors import UserError
from gan_cli.models import ARCHITECTURES
from gan_cli.models.contract import Architecture, ModelSpec
from gan_cli.registry import own_code


def architecture_names(config: Config) -> tuple[str, str]:
    """Returns the names of the generator's and the discriminator's architecture."""
    architecture = config.model.architecture
    if isinstance(architecture, ArchitecturePair):
        return architecture.generator, architecture.discriminator
    return architecture, architecture


def check_image_size(config: Config, height: int, width: int) -> None:
    """Checks that the config's architectures build images of this size.

    Raises:
      UserError: one does not.
    """
    for name in architecture_names(config):
        architecture: Architecture = ARCHITECTURES.load(name)
        if not _builds(architecture, height, width):
            others = [
                n for n in ARCHITECTURES.names if _builds(ARCHITECTURES.load(n), height, width)
            ]
            raise UserError(
                f"data.image_size: architecture '{name}' builds sides of"
                f" {architecture.smallest} to {architecture.largest} pixels, got {height}x{width}"
                + (f"; use {' or '.join(others)}" if len(others) < 3 and others else "")
            )


def _builds(architecture: Architecture, height: int, width: int) -> bool:
    return architecture.smallest <= min(height, width) <= max(height, width) <= architecture.largest


def build_network(config: ResolvedConfig, network: str, num_classes: int) -> keras.Model:
    """Builds the `generator` or the `discriminator` of a resolved config.

    Raises:
      UserError: the architecture does not build images of this size, does not condition this
        network as the config asks, or builds no Keras model.
    """
    height, width = config.data.image_size
    check_image_size(config, height, width)
    names = dict(zip(("generator", "discriminator"), architecture_names(config), strict=True))
    architecture: Architecture = ARCHITECTURES.load(names[network])
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
        # A run from before an architecture had an option is one with the option's default.
        options={k: config.model.options.get(k, v) for k, v in architecture.options.items()},
        layout=domain_of(config.data).layout,
    )
    build, name = getattr(architecture, f"build_{network}"), names[network]
    with own_code(f"model.architecture: build_{network} of '{name}'", name):
        built = build(spec)
    return check_network(built, network, name, spec)
