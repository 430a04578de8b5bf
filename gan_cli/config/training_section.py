"""The `training` section: length, optimisers, devices, and what is kept."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from gan_cli.config.base import (
    Choice,
    Fraction,
    NonNegative,
    NonNegativeInt,
    Positive,
    PositiveInt,
    Probability,
    Section,
)
from gan_cli.config.ramp_values import FractionOrRamp, NonNegativeOrRamp, Ramp

Precision = Literal["float32", "mixed_bfloat16", "mixed_float16"]


class OptimizerConfig(Section):
    """One network's optimiser."""

    name: Literal["adam", "rmsprop", "sgd"] = "adam"
    learning_rate: Positive | None = Field(
        None, description="Learning rate; default: the architecture's usual one."
    )
    beta_1: Fraction = Field(0.0, description="Adam's beta 1; momentum of rmsprop and sgd.")
    beta_2: FractionOrRamp = Field(
        0.99,
        description="Adam's beta 2, or {start, end} between which it moves; rho of rmsprop.",
    )
    epsilon: Positive = 1e-8
    gradient_clip_norm: Positive | None = Field(
        None, description="Upper bound of the gradient's global norm."
    )

    @model_validator(mode="after")
    def _only_adam_moves(self) -> "OptimizerConfig":
        if isinstance(self.beta_2, Ramp) and self.name != "adam":
            raise ValueError(
                f"beta_2 can move for 'adam' only; for '{self.name}' it must be a number"
            )
        return self


class ScheduleConfig(Section):
    """Schedule of both optimisers' learning rates, as a factor."""

    name: Literal["constant", "linear", "cosine"] = "cosine"
    warmup_kimg: NonNegative = Field(
        0.0, description="Thousands of images over which the factor rises linearly from 0."
    )
    final_factor: Probability = Field(
        0.05, description="Factor at the end of the schedule (linear and cosine)."
    )
    until_kimg: Positive | None = Field(
        None,
        description="Where the schedule ends, in thousands of images; default: at the end of the"
        " run.",
    )


class InitConfig(Section):
    """What a run takes from the weights that it starts from."""

    networks: Annotated[
        tuple[Literal["generator", "discriminator"], ...], Field(strict=False, min_length=1)
    ] = Field(("generator", "discriminator"), description="Networks that take over weights.")
    average: bool = Field(
        True,
        description="Start the generator from the averaged weights; false: from those that were"
        " trained.",
    )
    optimizers: Literal["fresh", "keep"] = Field(
        "fresh",
        description="fresh: the optimisers' moments start at 0; keep: take them over, which needs"
        " networks of the same shape.",
    )


class FreezeConfig(Section):
    """Weights that training leaves as they are."""

    discriminator: NonNegativeInt = Field(
        0,
        description="Number of resolutions, from the finest on, whose layers in the discriminator"
        " stay as they are (FreezeD, Mo et al. 2020).",
    )
    mapping: bool = Field(
        False, description="Whether the generator's mapping network stays as it is (stylegan2)."
    )
    until_kimg: Positive | None = Field(
        None,
        description="Where freezing ends, in thousands of images; default: at the end of the run.",
    )


class TrainingConfig(Section):
    """Length, optimisers, devices, and what is kept of training."""

    batch_size: PositiveInt | None = Field(
        None, description="Images per step; default: 64 up to 64 pixels, fewer for larger images."
    )
    gradient_accumulation: PositiveInt = Field(
        1,
        description="Number of equal slices in which each update's batch is taken, one after the"
        " other: the same update in less memory.",
    )
    recompute: bool = Field(
        False,
        description="Keep few activations of the networks and compute the others again for the"
        " backward pass: less memory, slower steps.",
    )
    kimg: Positive | None = Field(
        None, description="Length of training, in thousands of real images shown."
    )
    max_minutes: Positive | None = Field(
        None, description="Stop after so many minutes, if that is earlier."
    )
    schedule_kimg: Positive | None = Field(
        None,
        description="Where schedules and ramps end that name no until_kimg, in thousands of images;"
        " default: at the end of the run, which max_minutes may bring before kimg.",
    )
    patience_kimg: Positive | None = Field(
        None,
        description="Stop when the score that training follows has not improved for so many"
        " thousands of images; default: never.",
    )
    precision: Literal["auto"] | Precision = Field(
        "auto", description="Type that the layers compute in; auto: the fastest on this machine."
    )
    init_from: str | None = Field(
        None,
        description="Weights to start from: a run directory, a checkpoint's folder, or a generator"
        " exported as .keras.",
    )
    init: InitConfig = InitConfig()
    freeze: FreezeConfig | None = Field(
        None, description="Weights that training leaves as they are; default: none."
    )
    generator_optimizer: OptimizerConfig = OptimizerConfig()
    discriminator_optimizer: OptimizerConfig = OptimizerConfig()
    learning_rate_schedule: ScheduleConfig = ScheduleConfig()
    ema_half_life_kimg: NonNegativeOrRamp | None = Field(
        None,
        description="Half-life of the averaged generator, in thousands of images, or {start, end}"
        " between which it moves.",
    )
    ema_ramp_up: Positive | None = Field(
        0.05,
        description="Upper bound of the half-life, as a share of the images shown; null: no bound.",
    )
    steps_per_call: PositiveInt = Field(16, description="Training steps per call into TensorFlow.")
    strategy: Literal["auto", "one", "mirrored", "multi_worker"] = Field(
        "auto",
        description="Devices to train on; mirrored: all of this machine; multi_worker: those of all"
        " processes; auto: as many GPUs as there are.",
    )
    xla: bool = Field(False, description="Compile the step with XLA.")
    deterministic: bool = Field(
        False, description="Use deterministic kernels on GPUs, which are slower."
    )
    log_every_kimg: Positive | None = Field(
        None, description="Interval between rows of metrics; default: a 200th of the run."
    )
    loggers: Annotated[tuple[Annotated[str, Choice("logger")], ...], Field(strict=False)] = Field(
        (),
        description="Experiment trackers that log the run beside TensorBoard: wandb (Weights &"
        " Biases), mlflow.",
    )
    grid_every_kimg: Positive | None = Field(
        None, description="Interval between pictures of samples; default: a 20th of the run."
    )
    checkpoint_every_kimg: Positive | None = Field(
        None, description="Interval between checkpoints; default: a tenth of the run."
    )
    keep_checkpoints: PositiveInt = Field(
        3, description="Number of newest checkpoints kept, beside the best."
    )
