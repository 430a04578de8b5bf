"""What a config file may say: every key, its type, its bounds, its default.

`None` means "chosen for you": `resolve.py` fills it in from the data and the rules of the
components. `resolved.py` has the types of a config in which nothing is left open, which is what a
run directory keeps.

Fields marked with `Choice` hold a name from a registry. The registries are handed to the validation
as context, so that this package depends on no other part of gan_cli.
"""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, model_validator

from gan_cli.config.base import (
    Choice,
    Fraction,
    NonNegative,
    Option,
    Positive,
    PositiveInt,
    Probability,
    Section,
)
from gan_cli.config.data_section import DataConfig
from gan_cli.config.limits import FEWEST_IMAGES


def _check_run_name(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", value):
        raise ValueError(
            "must be letters, digits, '.', '_' or '-', and start with a letter or digit"
        )
    return value


GeneratorConditioning = Literal["concat", "batch_norm", "mapping"]
DiscriminatorConditioning = Literal["projection", "concat", "auxiliary", "mapping"]
Precision = Literal["float32", "mixed_bfloat16", "mixed_float16"]
SampleCount = Annotated[int, Field(ge=FEWEST_IMAGES)]


class ArchitecturePair(Section):
    """Generator and discriminator of two different architectures."""

    generator: Annotated[str, Choice("architecture")]
    discriminator: Annotated[str, Choice("architecture")]


class ModelConfig(Section):
    """The two networks."""

    architecture: Annotated[
        Annotated[str, Choice("architecture"), Tag("<name>")]
        | Annotated[ArchitecturePair, Tag("<pair>")],
        # One branch is chosen before it is checked, so that only its problems are told.
        Discriminator(lambda given: "<pair>" if isinstance(given, dict | Section) else "<name>"),
    ] = Field(
        "conv", description="One name for both networks, or {generator: ..., discriminator: ...}."
    )
    latent_dim: PositiveInt = Field(64, description="Length of a latent vector.")
    latent_distribution: Literal["normal", "uniform"] = Field(
        "normal", description="N(0, 1) or U(-1, 1)."
    )
    generator_channels: PositiveInt | None = Field(
        None,
        description="Width of the generator at full resolution; default: the architecture's own.",
    )
    discriminator_channels: PositiveInt | None = Field(
        None, description="Width of the discriminator at full resolution; default likewise."
    )
    max_channels: PositiveInt = Field(512, description="Upper bound of a layer's width.")
    conditional: bool = Field(False, description="Condition both networks on the class label.")
    generator_conditioning: GeneratorConditioning | None = Field(
        None,
        description="How a label enters the generator: beside the latents, as scale and shift of"
        " batch normalisation, or through the mapping network; default: the architecture's way.",
    )
    discriminator_conditioning: DiscriminatorConditioning | None = Field(
        None,
        description="How a label enters the discriminator: projected on the features, as a"
        " channel of the image, as what an auxiliary classifier must say, or through a mapping"
        " network; default likewise.",
    )
    label_sampling: Literal["data", "uniform"] = Field(
        "data", description="Labels of generated images: as frequent as in the data, or equally so."
    )
    pack: PositiveInt = Field(
        1, description="Images that the discriminator judges together (PacGAN)."
    )
    options: dict[str, Option] = Field(
        {}, description="Settings that only this architecture has; see docs/architectures.md."
    )


class Ramp(Section):
    """A value that moves along half a cosine and stays where it arrives."""

    start: NonNegative
    end: NonNegative
    until_kimg: Positive | None = Field(
        None, description="Where it has arrived; null: at the end of the run."
    )


class FractionRamp(Ramp):
    """The same within [0, 1)."""

    start: Fraction
    end: Fraction


class ProbabilityRamp(Ramp):
    """The same within [0, 1]."""

    start: Probability
    end: Probability


# One branch is chosen before it is checked, so that only its problems are told.
_either = Discriminator(lambda given: "<ramp>" if isinstance(given, dict | Section) else "<number>")
NonNegativeOrRamp = Annotated[
    Annotated[NonNegative, Tag("<number>")] | Annotated[Ramp, Tag("<ramp>")], _either
]
FractionOrRamp = Annotated[
    Annotated[Fraction, Tag("<number>")] | Annotated[FractionRamp, Tag("<ramp>")], _either
]
ProbabilityOrRamp = Annotated[
    Annotated[Probability, Tag("<number>")] | Annotated[ProbabilityRamp, Tag("<ramp>")], _either
]


class PenaltyConfig(Section):
    """One regulariser."""

    name: Annotated[str, Choice("penalty")]
    gamma: NonNegativeOrRamp | None = Field(
        None,
        description="Strength, or {start, end} between which it moves; default: depends on the"
        " penalty.",
    )
    every: PositiveInt = Field(1, description="Apply in every so-manieth step, so much stronger.")
    options: dict[str, Option] = Field(
        {}, description="Settings that only this penalty has; see docs/objectives.md."
    )


class InstanceNoiseConfig(Section):
    """Noise on every image that the discriminator sees."""

    std: Positive = Field(description="At the start, for images in [-1, 1].")
    until_kimg: Positive = Field(description="Where it has faded out, linearly.")


class AugmentationConfig(Section):
    """A random change of every image that the discriminator sees."""

    name: Annotated[str, Choice("augmentation")]
    policies: Annotated[tuple[str, ...], Field(strict=False)] | None = Field(
        None, description="Parts of it; default: all."
    )
    probability: ProbabilityOrRamp | None = Field(
        None,
        description="Fixed, or of the start where it adapts, or {start, end} between which it"
        " moves; default: the augmentation's.",
    )
    signal: Literal["none", "real_sign", "pair_sign", "held_out_ratio"] | None = Field(
        None, description="What the probability follows; default for ada: what suits the loss."
    )
    target: Annotated[float, Field(gt=0, lt=1)] = Field(0.6, description="Of the signal.")
    adjustment_kimg: Positive = Field(
        500.0, description="Thousands of images in which the probability can go from 0 to 1."
    )

    @model_validator(mode="after")
    def _one_thing_moves_it(self) -> "AugmentationConfig":
        if isinstance(self.probability, Ramp) and self.signal not in (None, "none"):
            raise ValueError(
                f"signal must be 'none' where the probability has a start and an end, got"
                f" '{self.signal}'"
            )
        return self


def _check_auto(value: str) -> str:
    if value != "auto":
        raise ValueError(f"must be 'auto', null or {{name: ...}}, got '{value}'")
    return value


AutoOrAugmentation = Annotated[
    Annotated[Literal["auto"], BeforeValidator(_check_auto), Tag("<word>")]
    | Annotated[AugmentationConfig, Tag("<section>")],
    Discriminator(lambda given: "<word>" if isinstance(given, str) else "<section>"),
]


class ObjectiveConfig(Section):
    """What the two networks are trained for."""

    loss: Annotated[str, Choice("loss")] = "relativistic"
    loss_options: dict[str, Option] = Field(
        {}, description="Settings that only this loss has; see docs/objectives.md."
    )
    penalties: Annotated[tuple[PenaltyConfig, ...], Field(strict=False)] | None = Field(
        None, description="Default: what suits the loss, with a gamma that suits it, too."
    )
    generator_penalties: Annotated[tuple[PenaltyConfig, ...], Field(strict=False)] = Field(
        (), description="Terms beside the generator's loss."
    )
    augmentation: AutoOrAugmentation | None = Field(
        "auto",
        description="auto: ada where there are up to 1,000 training images, none where there are"
        " more; null: none.",
    )
    instance_noise: InstanceNoiseConfig | None = None
    label_smoothing: Annotated[float, Field(ge=0, lt=0.5)] = Field(
        0.0, description="One-sided: the target of real images is 1 minus this."
    )
    n_critic: PositiveInt = Field(1, description="Discriminator updates per generator update.")
    generator_batch: Literal["shared", "fresh"] = Field(
        "shared",
        description="What the generator is updated on: the latents, and the real images if its loss"
        " needs any, that the discriminator has just learned from, or new ones.",
    )
    updates: Literal["alternating", "simultaneous"] = Field(
        "alternating",
        description="Whether the generator learns from the discriminator as it is after its update,"
        " or both from one pass before either moved.",
    )
    weight_clip: Positive | None = Field(
        None, description="Clip discriminator weights to plus or minus this (WGAN 2017)."
    )

    @model_validator(mode="after")
    def _one_pass_for_both(self) -> "ObjectiveConfig":
        if self.updates == "simultaneous":
            if self.n_critic > 1:
                raise ValueError(
                    f"n_critic must be 1 where updates are 'simultaneous', got {self.n_critic}"
                )
            if self.generator_batch == "fresh":
                raise ValueError(
                    "generator_batch must be 'shared' where updates are 'simultaneous', got 'fresh'"
                )
        return self


class OptimizerConfig(Section):
    """One network's optimiser."""

    name: Literal["adam", "rmsprop", "sgd"] = "adam"
    learning_rate: Positive | None = Field(
        None, description="Default: depends on the architecture."
    )
    beta_1: Fraction = Field(0.0, description="Adam's beta 1; the momentum of rmsprop and sgd.")
    beta_2: FractionOrRamp = Field(
        0.99,
        description="Adam's beta 2, or {start, end} between which it moves; the rho of rmsprop.",
    )
    epsilon: Positive = 1e-8
    gradient_clip_norm: Positive | None = Field(None, description="Bound of the global norm.")

    @model_validator(mode="after")
    def _only_adam_moves(self) -> "OptimizerConfig":
        if isinstance(self.beta_2, Ramp) and self.name != "adam":
            raise ValueError(f"beta_2 can move for 'adam' only; for '{self.name}' it is a number")
        return self


class ScheduleConfig(Section):
    """The learning rate over the run, as a factor on both optimisers' rates."""

    name: Literal["constant", "linear", "cosine"] = "cosine"
    warmup_kimg: NonNegative = 0.0
    final_factor: Probability = Field(
        0.05, description="Factor reached at the end of training (linear and cosine)."
    )
    until_kimg: Positive | None = Field(
        None, description="Where it is reached; null: at the end of the run."
    )


class TrainingConfig(Section):
    """How long, how fast, and what is kept."""

    batch_size: PositiveInt | None = None
    kimg: Positive | None = Field(None, description="Length, in thousands of real images shown.")
    max_minutes: Positive | None = Field(None, description="Stop by the clock, if that is earlier.")
    precision: Literal["auto"] | Precision = "auto"
    generator_optimizer: OptimizerConfig = OptimizerConfig()
    discriminator_optimizer: OptimizerConfig = OptimizerConfig()
    learning_rate_schedule: ScheduleConfig = ScheduleConfig()
    ema_half_life_kimg: NonNegativeOrRamp | None = Field(
        None,
        description="Half-life of the averaged generator, in thousands of images, or {start, end}"
        " between which it moves.",
    )
    ema_ramp_up: Positive | None = Field(
        0.05, description="Bounds the half-life by this share of the images seen; null: no bound."
    )
    steps_per_call: PositiveInt = Field(16, description="Training steps per call into TensorFlow.")
    strategy: Literal["auto", "one", "mirrored", "multi_worker"] = Field(
        "auto",
        description="Devices: one, all of this machine, or of all processes; auto: the most there"
        " are of GPUs.",
    )
    xla: bool = Field(False, description="Compile the step with XLA.")
    deterministic: bool = Field(False, description="Deterministic kernels on GPUs, at some cost.")
    log_every_kimg: Positive | None = None
    grid_every_kimg: Positive | None = None
    checkpoint_every_kimg: Positive | None = None
    keep_checkpoints: PositiveInt = Field(
        3, description="Newest checkpoints kept, beside the best."
    )


class EvaluationConfig(Section):
    """Scores taken during and after training."""

    every_kimg: NonNegative | None = Field(None, description="0: never during training.")
    num_samples: SampleCount | None = Field(None, description="Generated images per evaluation.")
    features: Annotated[str, Choice("features")] | None = Field(
        None,
        description="classifier, random, inception, inception_clean (or :FILE behind them),"
        " keras:NAME, keras_file:FILE or saved_model:FOLDER; default: classifier where the data has"
        " labels, else random.",
    )
    metrics: (
        Annotated[tuple[Annotated[str, Choice("metric")], ...], Field(strict=False, min_length=1)]
        | None
    ) = Field(
        None,
        description="Metrics of gan-eval; all: every metric that these images and networks allow;"
        " default: the usual ones, and where possible those that look for copies and missing"
        " classes.",
    )


class GuardConfig(Section):
    """What is done when training goes wrong; that it is said goes without asking."""

    on_non_finite: Literal["stop", "skip", "rollback"] = Field(
        "stop",
        description="Values that are not finite: stop, skip the updates, or go back to a checkpoint"
        " with lower learning rates.",
    )
    on_diverging: Literal["warn", "rollback"] = Field(
        "warn", description="Losses or gradients far beyond what they were."
    )
    on_strong_discriminator: Literal["warn", "strengthen"] = Field(
        "warn",
        description="D has won, or knows the training images by heart; strengthen: raise gamma.",
    )
    on_collapse: Literal["warn", "strengthen", "rollback"] = Field(
        "warn", description="Generated images are too much alike."
    )
    every_kimg: Positive | None = Field(None, description="Between two looks.")
    grace_kimg: NonNegative | None = Field(
        None, description="Before images can be too much alike; by default a tenth of the run."
    )
    learning_rate_factor: Annotated[float, Field(gt=0, lt=1)] = Field(
        0.5, description="Of a rollback, on both learning rates."
    )
    gamma_factor: Annotated[float, Field(gt=1)] = Field(
        2.0, description="Of strengthen, on the discriminator's penalties."
    )
    most_interventions: PositiveInt = Field(3, description="After that it only warns, or stops.")

    @property
    def rolls_back(self) -> bool:
        """Whether it may."""
        return "rollback" in (self.on_non_finite, self.on_diverging, self.on_collapse)

    @property
    def strengthens(self) -> bool:
        """Whether it may."""
        return "strengthen" in (self.on_strong_discriminator, self.on_collapse)


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
        return self
