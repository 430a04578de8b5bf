"""Chooses what a config leaves open, from the data and the rules of the components."""

from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from gan_cli.config.data_section import DataConfig, SourceKeys, section_of
from gan_cli.config.limits import FEWEST_IMAGES
from gan_cli.config.problems import describe
from gan_cli.config.resolved import ResolvedConfig
from gan_cli.config.rounding import rounded
from gan_cli.config.rules import DomainRules, Rules
from gan_cli.config.schema import (
    AugmentationConfig,
    Config,
    ObjectiveConfig,
    PenaltyConfig,
)
from gan_cli.errors import UserError
from gan_cli.options import fill_options

Section = TypeVar("Section", bound=BaseModel)
AnyConfig = TypeVar("AnyConfig", bound=Config)

# The batch shrinks with the side, since activations take most of the memory.
_PIXELS_TIMES_BATCH = 4096
# A batch of this multiple divides evenly among devices, and into the groups of minibatch standard
# deviation.
_BATCH_MULTIPLE = 8
_LARGEST_BATCH = 64


@dataclass(frozen=True)
class DataSummary:
    """What a config needs to know of a prepared data set.

    `num_classes` is 0 where it has no labels. `value_range` are the values of black and white in
    images of more than 8 bits.
    """

    num_images: int
    height: int
    width: int
    channels: int
    num_classes: int
    value_range: tuple[float, float] | None = None


def resolve(config: Config, summary: DataSummary, rules: Rules, precision: str) -> ResolvedConfig:
    """Returns the config with every open value chosen.

    Args:
      precision: what `training.precision` stands for on this machine.

    Raises:
      UserError: the config asks for what the data or the components do not have.
    """
    _check_labels(config, summary, rules)
    config = fill_all_options(config, rules)
    domain = rules.domain
    batch_size = config.training.batch_size or default_batch_size(summary.height, summary.width)
    kimg = config.training.kimg or domain.default_kimg(summary.num_images)
    generator, discriminator = rules.generator, rules.discriminator
    training = config.training
    training = _fill(training, batch_size=batch_size, kimg=kimg).model_copy(
        update={
            "precision": precision,
            "generator_optimizer": _fill(
                training.generator_optimizer, learning_rate=generator.learning_rate
            ),
            "discriminator_optimizer": _fill(
                training.discriminator_optimizer, learning_rate=discriminator.learning_rate
            ),
        }
    )
    resolved = config.model_copy(
        update={
            "data": _fill(
                _decided(config.data, domain),
                image_size=(summary.height, summary.width),
                channels=summary.channels,
                holdout_by="content",
                colour_profiles="convert",
            ).model_copy(update={"value_range": _decided_range(config.data, summary)}),
            "model": _fill(
                config.model,
                generator_conditioning=generator.generator_conditioning,
                discriminator_conditioning=discriminator.discriminator_conditioning,
                generator_channels=generator.base_channels,
                discriminator_channels=discriminator.base_channels,
            ),
            "objective": _objective(config, summary, rules),
            "training": training,
            "evaluation": _fill(
                config.evaluation,
                num_samples=min(max(summary.num_images, FEWEST_IMAGES), domain.most_evaluated),
                features=domain.default_features(summary.num_classes),
            ),
        }
    )
    if resolved.guard.strengthens and not resolved.objective.penalties:
        raise UserError(
            "guard: 'strengthen' raises the gamma of objective.penalties, of which there are none"
        )
    data = with_intervals(resolved, kimg, batch_size).model_dump()
    try:
        return ResolvedConfig.model_validate(data, strict=False)
    except ValidationError as error:
        # Such as images smaller than any that can be generated.
        raise UserError(*describe(error, data, "as chosen for this data", {})) from error


def fill_all_options(config: AnyConfig, rules: Rules) -> AnyConfig:
    """Returns the config with every option of its architectures, its loss and its penalties.

    Raises:
      UserError: it gives an option that none of them has, or a value of a wrong type.
    """
    problems: list[str] = []

    def filled(key: str, given: dict, defaults: dict) -> dict:
        try:
            return fill_options(key, given, defaults)
        except UserError as error:
            problems.extend(error.problems)
            return given

    objective, model = config.objective, config.model

    def entries(key: str) -> tuple[PenaltyConfig, ...] | None:
        given = getattr(objective, key)
        if given is None:
            return None
        return tuple(
            entry.model_copy(
                update={
                    "options": filled(
                        f"objective.{key}.{index}.options",
                        entry.options,
                        dict(rules.penalties[entry.name].options),
                    )
                }
            )
            for index, entry in enumerate(given)
        )

    of_networks = {**rules.discriminator.options, **rules.generator.options}
    changed = config.model_copy(
        update={
            "model": model.model_copy(
                update={"options": filled("model.options", model.options, of_networks)}
            ),
            "objective": objective.model_copy(
                update={
                    "loss_options": filled(
                        "objective.loss_options", objective.loss_options, dict(rules.loss.options)
                    ),
                    "penalties": entries("penalties"),
                    "generator_penalties": entries("generator_penalties"),
                }
            ),
        }
    )
    if problems:
        raise UserError(*problems)
    return changed


def default_batch_size(height: int, width: int) -> int:
    """Returns a multiple of 8: 64 for sides of up to 64 pixels, fewer for larger images."""
    side = max(height, width)
    if side <= _LARGEST_BATCH:
        return _LARGEST_BATCH
    fitting = _PIXELS_TIMES_BATCH // side // _BATCH_MULTIPLE * _BATCH_MULTIPLE
    return max(fitting, _BATCH_MULTIPLE)


# Keys that follow from a run's length unless the config names them.
INTERVALS = (
    "training.log_every_kimg",
    "training.grid_every_kimg",
    "training.checkpoint_every_kimg",
    "evaluation.every_kimg",
    "guard.every_kimg",
    "guard.grace_kimg",
)


def with_intervals(config: Config, kimg: float, batch_size: int) -> Config:
    """Returns the config with every value that follows from its length and batch alone."""
    return config.model_copy(
        update={
            "training": _fill(
                config.training,
                ema_half_life_kimg=10.0 * batch_size / 32,
                log_every_kimg=kimg / 200,
                grid_every_kimg=kimg / 20,
                checkpoint_every_kimg=kimg / 10,
            ),
            "evaluation": _fill(config.evaluation, every_kimg=kimg / 10),
            "guard": _fill(config.guard, every_kimg=kimg / 50, grace_kimg=kimg / 10),
        }
    )


def _decided(data: DataConfig, domain: DomainRules) -> DataConfig:
    """Returns the data section with those keys of its source that the samples decide."""
    section = section_of(data.source)
    keys = getattr(data, section)
    # Other sources of the same kind of sample may have no such keys.
    known = type(keys).model_fields if isinstance(keys, SourceKeys) else {}
    decided = {key: value for key, value in domain.decided.items() if key in known}
    return data.model_copy(update={section: _fill(keys, **decided)}) if decided else data


def _decided_range(data: DataConfig, summary: DataSummary) -> tuple[float, float] | str:
    """Returns the values of black and white; where no image has more than 8 bits, any will do."""
    given = None if data.value_range == "auto" else data.value_range
    return summary.value_range or given or "type"


def _check_labels(config: Config, summary: DataSummary, rules: Rules) -> None:
    features = config.evaluation.features
    usual = rules.domain.default_features(summary.num_classes)
    if config.model.conditional and summary.num_classes < 2:
        raise UserError(
            "model.conditional: needs images with labels of at least two classes;"
            f" data source '{config.data.source}' gave {summary.num_classes}"
        )
    if config.data.class_sampling == "uniform" and summary.num_classes < 2:
        raise UserError(
            "data.class_sampling: uniform needs images with labels of at least two classes;"
            f" data source '{config.data.source}' gave {summary.num_classes}"
        )
    if features is not None and usual is None:
        raise UserError(
            f"evaluation.features: {rules.domain.name} are compared as they are; leave it out"
        )
    if features in rules.label_features and summary.num_classes < 2:
        raise UserError(
            f"evaluation.features: '{features}' needs labelled images; use '{usual}', or add labels"
        )


def _objective(config: Config, summary: DataSummary, rules: Rules) -> ObjectiveConfig:
    """Returns the objective with penalties of both networks, their strengths, and augmentation."""
    objective = config.objective
    penalties = objective.penalties
    if penalties is None:
        # Clipped weights take the place of penalties.
        usual = {} if objective.weight_clip is not None else rules.loss.default_penalties
        penalties = tuple(_entry(rules, name, every) for name, every in usual.items())
    network = rules.discriminator
    for_both: tuple[str, ...] = ()
    if config.model.conditional:
        chosen = config.model.discriminator_conditioning or network.discriminator_conditioning
        for_both = network.conditioning_penalties.get(chosen, ())
    gamma = rules.domain.gamma
    if gamma is None:
        gamma = rules.loss.default_gamma(summary.height, summary.width)

    def complete(entries: tuple[PenaltyConfig, ...], needed: list[str]) -> list[PenaltyConfig]:
        named = [entry.name for entry in entries]
        added = [_entry(rules, name) for name in dict.fromkeys(needed) if name not in named]
        filled = []
        for entry in (*entries, *added):
            own = rules.penalties[entry.name].default_gamma
            filled.append(_fill(entry, gamma=gamma if own is None else own))
        return filled

    augmentation = objective.augmentation
    if augmentation == "auto":
        few = summary.num_images <= rules.domain.few_samples
        name = rules.automatic_augmentation
        augmentation = AugmentationConfig(name=name) if few and name is not None else None
    return objective.model_copy(
        update={
            "penalties": tuple(complete(penalties, [*network.penalties, *for_both])),
            "generator_penalties": tuple(complete(objective.generator_penalties, list(for_both))),
            "augmentation": augmentation,
        }
    )


def _entry(rules: Rules, name: str, every: int = 1) -> PenaltyConfig:
    return PenaltyConfig(name=name, every=every, options=dict(rules.penalties[name].options))


def _fill(section: Section, **values: object) -> Section:
    open_values = {key: rounded(v) for key, v in values.items() if getattr(section, key) is None}
    return section.model_copy(update=open_values)
