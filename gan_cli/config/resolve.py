"""Fills in what a config leaves open, from the size of the data and of the images."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

from pydantic import BaseModel, ValidationError

from gan_cli.config.problems import describe, show_value
from gan_cli.config.schema import AugmentationConfig, Config, PenaltyConfig
from gan_cli.errors import UserError

Section = TypeVar("Section", bound=BaseModel)

# Of r1 and r2, whatever the size of the images, as Mescheder et al. 2018 have it. A hundredth of it
# lets D win on small data sets: docs/objectives.md.
GAMMA = 10.0
# The relativistic loss takes less, and more on larger images; this is what suits one pixel.
GAMMA_PER_PIXEL_RELATIVISTIC = 0.3 / 28**2
# Measured on points of the plane, whose modes are far narrower than the space between them.
GAMMA_OF_POINTS = 0.01
# D learns 300 images by heart, and not 3,000: docs/data_sizes.md.
FEW_IMAGES = 1000


@dataclass(frozen=True)
class DataSummary:
    """The size of a prepared data set. `num_classes` is 0 where it has no labels."""

    num_images: int
    height: int
    width: int
    channels: int
    num_classes: int


class ArchitectureDefaults(Protocol):
    """What an architecture says about itself; see `models.architecture.Architecture`."""

    @property
    def base_channels(self) -> int: ...

    @property
    def learning_rate(self) -> float: ...

    @property
    def generator_conditioning(self) -> str: ...

    @property
    def discriminator_conditioning(self) -> str: ...

    @property
    def penalties(self) -> tuple[str, ...]: ...

    @property
    def options(self) -> Mapping[str, bool | int | float | str]: ...


def resolve(
    config: Config,
    summary: DataSummary,
    generator: ArchitectureDefaults,
    discriminator: ArchitectureDefaults,
    precision: str,
    gammas: Mapping[str, float | None],
) -> Config:
    """Returns the config with every open value chosen.

    Args:
      precision: what `training.precision` stands for on this machine.
      gammas: usual strength of each penalty by name; None: it depends on loss and size.

    Raises:
      UserError: the config asks for what the data cannot give.
    """
    if config.model.conditional and summary.num_classes < 2:
        raise UserError(
            "model.conditional: needs images with labels of at least two classes;"
            f" data source '{config.data.source}' gave {summary.num_classes}"
        )
    if config.evaluation.features == "classifier" and summary.num_classes < 2:
        raise UserError(
            "evaluation.features: 'classifier' needs labelled images; use 'random', or add labels"
        )
    points = summary.channels == 2
    if points and config.evaluation.features:
        raise UserError("evaluation.features: points are compared as they are; leave it out")
    side = max(summary.height, summary.width)
    batch_size = config.training.batch_size or (64 if side <= 64 else max(4096 // side, 8))
    kimg = config.training.kimg or min(max(40 * summary.num_images / 1000, 500.0), 25_000.0)
    if points:
        # Seconds, which is what they are for; there are as many points as one likes.
        kimg = config.training.kimg or 1000.0
    optimizers = {
        "generator_optimizer": _fill(
            config.training.generator_optimizer, learning_rate=generator.learning_rate
        ),
        "discriminator_optimizer": _fill(
            config.training.discriminator_optimizer, learning_rate=discriminator.learning_rate
        ),
    }
    training = _fill(
        config.training,
        batch_size=batch_size,
        kimg=kimg,
        ema_half_life_kimg=10.0 * batch_size / 32,
        log_every_kimg=kimg / 200,
        grid_every_kimg=kimg / 20,
        checkpoint_every_kimg=kimg / 10,
    )
    resolved = config.model_copy(
        update={
            "data": _fill(
                config.data, image_size=(summary.height, summary.width), channels=summary.channels
            ),
            "model": _fill(
                config.model,
                generator_conditioning=generator.generator_conditioning,
                discriminator_conditioning=discriminator.discriminator_conditioning,
                generator_channels=generator.base_channels,
                discriminator_channels=discriminator.base_channels,
            ).model_copy(update={"options": _options(config, generator, discriminator)}),
            "objective": config.objective.model_copy(
                update={
                    **_penalties(config, summary, discriminator, gammas),
                    "augmentation": _augmentation(config, summary),
                }
            ),
            "training": training.model_copy(update={"precision": precision, **optimizers}),
            "evaluation": _fill(
                config.evaluation,
                every_kimg=kimg / 10,
                num_samples=min(max(summary.num_images, 2), 2_500 if points else 10_000),
                features=_features(summary),
            ),
        }
    )
    guard = _fill(config.guard, every_kimg=kimg / 50, grace_kimg=kimg / 10)
    resolved = resolved.model_copy(update={"guard": guard})
    if guard.strengthens and not resolved.objective.penalties:
        raise UserError(
            "guard: 'strengthen' raises the gamma of objective.penalties, of which there are none"
        )
    data = resolved.model_dump()
    try:
        return Config.model_validate(data, strict=False)
    except ValidationError as error:
        # Such as images smaller than any that can be generated.
        raise UserError(*describe(error, data, "as chosen for this data", {})) from error


def _options(
    config: Config, generator: ArchitectureDefaults, discriminator: ArchitectureDefaults
) -> dict[str, bool | int | float | str]:
    """Returns all settings that the architectures have of their own, as given or by default.

    Raises:
      UserError: a setting that neither has, or a value of another type than the default's.
    """
    options = {**discriminator.options, **generator.options}
    problems = []
    for name, value in config.model.options.items():
        if name not in options:
            near = difflib.get_close_matches(name, options, n=1)
            hint = f"; did you mean '{near[0]}'?" if near else ""
            known = ", ".join(options) or "none"
            problems.append(f"model.options: unknown option '{name}'{hint} (known: {known})")
            continue
        kind = type(options[name])
        if kind is float and type(value) is int:
            value = float(value)
        if type(value) is not kind:
            wanted = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}
            problems.append(
                f"model.options.{name}: must be {wanted[kind]}, got {show_value(value)}"
            )
        options[name] = value
    if problems:
        raise UserError(*problems)
    return options


def _features(summary: DataSummary) -> str | None:
    """Points, of two channels, are compared as they are."""
    if summary.channels == 2:
        return None
    return "classifier" if summary.num_classes >= 2 else "random"


def _augmentation(config: Config, summary: DataSummary) -> AugmentationConfig | None:
    if config.objective.augmentation != "auto":
        return config.objective.augmentation
    few = summary.num_images <= FEW_IMAGES and summary.channels != 2
    return AugmentationConfig(name="ada") if few else None


def _penalties(
    config: Config,
    summary: DataSummary,
    discriminator: ArchitectureDefaults,
    gammas: Mapping[str, float | None],
) -> dict[str, tuple[PenaltyConfig, ...]]:
    """Returns the penalties of both networks, with what the model itself implies."""
    gamma = GAMMA
    if config.objective.loss == "relativistic":
        gamma = GAMMA_PER_PIXEL_RELATIVISTIC * summary.height * summary.width
    if summary.channels == 2:
        gamma = GAMMA_OF_POINTS
    penalties = config.objective.penalties
    if penalties is None:
        if config.objective.weight_clip is not None:
            penalties = ()
        elif config.objective.loss == "wasserstein":
            penalties = (PenaltyConfig(name="wgan_gp"),)
        elif config.objective.loss == "relativistic":
            penalties = (PenaltyConfig(name="r1", every=16), PenaltyConfig(name="r2", every=16))
        else:
            penalties = (PenaltyConfig(name="r1", every=16),)
    named = [entry.name for entry in penalties]
    implied = [name for name in discriminator.penalties if name not in named]
    penalties = (*penalties, *(PenaltyConfig(name=name) for name in implied))
    both = {"penalties": penalties, "generator_penalties": config.objective.generator_penalties}
    conditioning = (
        config.model.discriminator_conditioning or discriminator.discriminator_conditioning
    )
    if config.model.conditional and conditioning == "auxiliary":
        for key, entries in both.items():
            if "auxiliary_classifier" not in [entry.name for entry in entries]:
                both[key] = (*entries, PenaltyConfig(name="auxiliary_classifier"))
    return {
        key: tuple(
            _fill(entry, gamma=gamma if gammas.get(entry.name) is None else gammas[entry.name])
            for entry in entries
        )
        for key, entries in both.items()
    }


def _fill(section: Section, **values: object) -> Section:
    open_values = {key: v for key, v in values.items() if getattr(section, key) is None}
    return section.model_copy(update=open_values)
