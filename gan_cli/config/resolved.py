"""The resolved config: the schema's sections with every open value chosen.

Each class narrows its section of `schema.py`: a key that stands here can no longer be null. Keys
keep their place and their bounds, so that a resolved config is written and read like any other.
"""

from typing import Annotated, Literal

from pydantic import Field

from gan_cli.config.base import NonNegative, Positive, PositiveInt, Width
from gan_cli.config.data_section import Channels, DataConfig, ImageSize, ValueRange
from gan_cli.config.ramp_values import NonNegativeOrRamp
from gan_cli.config.schema import (
    AugmentationConfig,
    Config,
    DiscriminatorConditioning,
    EvaluationConfig,
    GeneratorConditioning,
    GuardConfig,
    ModelConfig,
    ObjectiveConfig,
    OptimizerConfig,
    PenaltyConfig,
    Precision,
    SampleCount,
    TrainingConfig,
)


class ResolvedData(DataConfig):
    image_size: ImageSize
    channels: Channels
    holdout_by: Literal["content", "order"]
    colour_profiles: Literal["convert", "ignore"]
    value_range: Literal["type"] | ValueRange


class ResolvedModel(ModelConfig):
    generator_channels: Width
    discriminator_channels: Width
    generator_conditioning: GeneratorConditioning
    discriminator_conditioning: DiscriminatorConditioning


class ResolvedPenalty(PenaltyConfig):
    gamma: NonNegativeOrRamp


class ResolvedObjective(ObjectiveConfig):
    penalties: Annotated[tuple[ResolvedPenalty, ...], Field(strict=False)]
    generator_penalties: Annotated[tuple[ResolvedPenalty, ...], Field(strict=False)]
    augmentation: AugmentationConfig | None


class ResolvedOptimizer(OptimizerConfig):
    learning_rate: Positive


class ResolvedTraining(TrainingConfig):
    batch_size: PositiveInt
    kimg: Positive
    precision: Precision
    generator_optimizer: ResolvedOptimizer
    discriminator_optimizer: ResolvedOptimizer
    ema_half_life_kimg: NonNegativeOrRamp
    log_every_kimg: Positive
    grid_every_kimg: Positive
    checkpoint_every_kimg: Positive


class ResolvedEvaluation(EvaluationConfig):
    every_kimg: NonNegative
    num_samples: SampleCount


class ResolvedGuard(GuardConfig):
    every_kimg: Positive
    grace_kimg: NonNegative


class ResolvedConfig(Config):
    """A whole experiment in which nothing is left to choose."""

    data: ResolvedData
    model: ResolvedModel
    objective: ResolvedObjective
    training: ResolvedTraining
    evaluation: ResolvedEvaluation
    guard: ResolvedGuard
