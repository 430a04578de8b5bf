"""From a run directory to trained networks."""

from dataclasses import dataclass

import keras

from gan_cli.assembly.networks import build_network
from gan_cli.config.resolved import ResolvedConfig
from gan_cli.data.sources import domain_of
from gan_cli.domains.domain import Domain
from gan_cli.models.digest import weights_sha256
from gan_cli.run.checkpoint import CheckpointStore, restore
from gan_cli.run.data_place import data_of
from gan_cli.run.directory import RunDirectory
from gan_cli.training.precision import dtype_policy
from gan_cli.training.state import model_variables


@dataclass(frozen=True)
class LoadedGenerator:
    """The averaged generator of a checkpoint, with what is needed to call and describe it.

    Attributes:
      num_classes: of the labels it is conditioned on; 0: unconditional.
      class_names: of the data set, empty where it has no labels.
      domain: the kind of sample that it generates.
      weights_sha256: of all its weights, in the order of `generator.weights`.
    """

    generator: keras.Model
    config: ResolvedConfig
    num_classes: int
    class_names: tuple[str, ...]
    domain: Domain
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
        domain_of(data_of(run, config)),
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
