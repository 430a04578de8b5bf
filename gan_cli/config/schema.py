"""What a config file may say: every key, its type, its bounds, its default.

Each section has a file of its own (`data_section.py`, `model_section.py`, ...); the rest of gan_cli
imports the sections from here.

`None` means "chosen for you": `resolve.py` fills it in from the data and the rules of the
components. `resolved.py` has the types of a config in which nothing is left open, which is what a
run directory keeps.

Fields marked with `Choice` hold a name from a registry. The registries are handed to the validation
as context, so that this package depends on no other part of gan_cli.
"""

import re
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from gan_cli.config.base import Section
from gan_cli.config.data_section import DataConfig
from gan_cli.config.evaluation_section import EvaluationConfig, SampleCount
from gan_cli.config.guard_section import GuardConfig
from gan_cli.config.model_section import (
    ArchitecturePair,
    DiscriminatorConditioning,
    GeneratorConditioning,
    ModelConfig,
)
from gan_cli.config.objective_section import (
    AugmentationConfig,
    InstanceNoiseConfig,
    ObjectiveConfig,
    PenaltyConfig,
)
from gan_cli.config.ramp_values import Ramp
from gan_cli.config.training_section import (
    FreezeConfig,
    InitConfig,
    OptimizerConfig,
    Precision,
    ScheduleConfig,
    TrainingConfig,
)

__all__ = [
    "ArchitecturePair",
    "AugmentationConfig",
    "Config",
    "DataConfig",
    "DiscriminatorConditioning",
    "EvaluationConfig",
    "FreezeConfig",
    "GeneratorConditioning",
    "GuardConfig",
    "InitConfig",
    "InstanceNoiseConfig",
    "ModelConfig",
    "ObjectiveConfig",
    "OptimizerConfig",
    "PenaltyConfig",
    "Precision",
    "Ramp",
    "SampleCount",
    "ScheduleConfig",
    "TrainingConfig",
]


def _check_run_name(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", value):
        raise ValueError(
            "must be letters, digits, '.', '_' or '-', and start with a letter or digit"
        )
    return value


class Config(Section):
    """A whole experiment."""

    name: Annotated[str, AfterValidator(_check_run_name)] = "gan"
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0
    data: DataConfig
    model: ModelConfig = ModelConfig()
    objective: ObjectiveConfig = ObjectiveConfig()
    training: TrainingConfig = TrainingConfig()
    evaluation: EvaluationConfig = EvaluationConfig()
    guard: GuardConfig = GuardConfig()

    @model_validator(mode="after")
    def _lengths_agree(self) -> "Config":
        schedule, kimg = self.training.learning_rate_schedule, self.training.kimg
        key = "training.learning_rate_schedule.warmup_kimg"
        if kimg is not None and schedule.warmup_kimg > kimg:
            raise ValueError(
                f"{key}: must be at most training.kimg ({kimg}), got {schedule.warmup_kimg}"
            )
        if schedule.until_kimg is not None and schedule.warmup_kimg > schedule.until_kimg:
            raise ValueError(
                f"{key}: must be at most until_kimg ({schedule.until_kimg}),"
                f" got {schedule.warmup_kimg}"
            )
        end = self.training.schedule_kimg
        if schedule.until_kimg is None and end is not None and schedule.warmup_kimg > end:
            raise ValueError(
                f"{key}: must be at most training.schedule_kimg ({end}), got {schedule.warmup_kimg}"
            )
        if self.training.patience_kimg is not None and self.evaluation.every_kimg == 0:
            raise ValueError(
                "training.patience_kimg: waits for scores, and evaluation.every_kimg is 0; set it"
                " above 0, or leave patience_kimg out"
            )
        return self
