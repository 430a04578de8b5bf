"""From a config and its data to the resolved config, by the rules of the components it names."""

import itertools

from gan_cli.assembly.networks import architecture_names
from gan_cli.config.resolve import DataSummary, resolve
from gan_cli.config.resolved import ResolvedConfig
from gan_cli.config.rules import Rules
from gan_cli.config.schema import AugmentationConfig, Config
from gan_cli.data.dataset import DataSplits
from gan_cli.domains.domain import Domain
from gan_cli.metrics.features import FEATURE_NETWORKS
from gan_cli.metrics.scores import METRICS
from gan_cli.models import ARCHITECTURES
from gan_cli.objectives import LOSSES, PENALTIES
from gan_cli.objectives.augment import AUGMENTATIONS
from gan_cli.training.precision import resolve_precision


def resolve_for(config: Config, data: DataSplits) -> ResolvedConfig:
    """Fills in what the config leaves open, for this data and this machine.

    Raises:
      UserError: the config asks for what the data or the components do not have.
    """
    num_classes = len(data.train.class_names)
    summary = DataSummary(
        len(data.train.images), *data.domain.model_shape, num_classes, data.value_range
    )
    precision = resolve_precision(config.training.precision)
    return resolve(config, summary, rules_for(config, data.domain), precision)


def _check_parts(config: Config) -> None:
    """Imports what is used only later, so that a wrong part is known before training."""
    if isinstance(config.objective.augmentation, AugmentationConfig):
        AUGMENTATIONS.load(config.objective.augmentation.name)
    if config.evaluation.features is not None:
        FEATURE_NETWORKS.load(config.evaluation.features)
    for name in config.evaluation.metrics or ():
        if name != "all":
            METRICS.load(name)


def part_names(config: Config) -> list[str]:
    """Returns the names of the parts of networks and objective, as the config gives them."""
    objective = config.objective
    penalties = (*(objective.penalties or ()), *objective.generator_penalties)
    names = [*architecture_names(config), objective.loss, *(each.name for each in penalties)]
    if isinstance(objective.augmentation, AugmentationConfig):
        names.append(objective.augmentation.name)
    return names


def rules_for(config: Config, domain: Domain) -> Rules:
    """Loads the components that a config names, and those that its open values may come to name.

    Raises:
      UserError: a component cannot be imported.
    """
    _check_parts(config)
    generator, discriminator = (ARCHITECTURES.load(name) for name in architecture_names(config))
    loss = LOSSES.load(config.objective.loss)
    entries = (*(config.objective.penalties or ()), *config.objective.generator_penalties)
    # A part of the user's own may bring penalties of the user's own.
    brought = (
        *loss.default_penalties,
        *discriminator.penalties,
        *itertools.chain.from_iterable(discriminator.conditioning_penalties.values()),
    )
    names = dict.fromkeys((*PENALTIES.names, *(entry.name for entry in entries), *brought))
    automatic = [name for name in AUGMENTATIONS.names if AUGMENTATIONS.load(name).automatic]
    return Rules(
        domain,
        generator,
        discriminator,
        loss,
        {name: PENALTIES.load(name) for name in names},
        automatic_augmentation=automatic[0] if automatic else None,
        label_features=FEATURE_NETWORKS.needing_labels,
    )
