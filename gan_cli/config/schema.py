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
        # One branch is chosen before it is checked, so that only its problems are reported.
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
        None,
        description="Width of the discriminator at full resolution; default: the architecture's"
        " own.",
    )
    max_channels: PositiveInt = Field(512, description="Upper bound of a layer's width.")
    conditional: bool = Field(False, description="Condition both networks on the class label.")
    generator_conditioning: GeneratorConditioning | None = Field(
        None,
        description="How a label enters the generator: concat: beside the latents; batch_norm: as"
        " scale and shift of batch normalisation; mapping: through the mapping network; default:"
        " the"
        " architecture's usual way.",
    )
    discriminator_conditioning: DiscriminatorConditioning | None = Field(
        None,
        description="How a label enters the discriminator: projection: projected on the features;"
        " concat: as a channel of the image; auxiliary: as the class that an auxiliary classifier"
        " must predict; mapping: through a mapping network; default: the architecture's usual way.",
    )
    label_sampling: Literal["data", "uniform"] = Field(
        "data",
        description="Labels of generated images: data: as frequent as in the data; uniform: all"
        " equally frequent.",
    )
    pack: PositiveInt = Field(
        1, description="Number of images that the discriminator judges together (PacGAN)."
    )
    options: dict[str, Option] = Field(
        {}, description="Settings that only this architecture has; see docs/architectures.md."
    )


class Ramp(Section):
    """A value that moves from start to end along half a cosine, and then stays there."""

    start: NonNegative
    end: NonNegative
    until_kimg: Positive | None = Field(
        None,
        description="Where the value reaches its end, in thousands of images; default: at the end"
        " of"
        " the run.",
    )


class FractionRamp(Ramp):
    """A value in [0, 1) that moves from start to end."""

    start: Fraction
    end: Fraction


class ProbabilityRamp(Ramp):
    """A value in [0, 1] that moves from start to end."""

    start: Probability
    end: Probability


# One branch is chosen before it is checked, so that only its problems are reported.
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
    """One penalty."""

    name: Annotated[str, Choice("penalty")]
    gamma: NonNegativeOrRamp | None = Field(
        None,
        description="Strength, or {start, end} between which it moves; default: the penalty's own,"
        " or what suits the loss and the data.",
    )
    every: PositiveInt = Field(1, description="Apply the penalty every N-th step, multiplied by N.")
    options: dict[str, Option] = Field(
        {}, description="Settings that only this penalty has; see docs/objectives.md."
    )


class InstanceNoiseConfig(Section):
    """Gaussian noise on every image that the discriminator sees."""

    std: Positive = Field(description="Standard deviation at the start, for images in [-1, 1].")
    until_kimg: Positive = Field(description="Where the noise, which fades linearly, is gone.")


class AugmentationConfig(Section):
    """A random change to every image that the discriminator sees."""

    name: Annotated[str, Choice("augmentation")]
    policies: Annotated[tuple[str, ...], Field(strict=False)] | None = Field(
        None, description="Parts of the augmentation to apply; default: all."
    )
    probability: ProbabilityOrRamp | None = Field(
        None,
        description="Probability of a change: fixed, or where an adaptive augmentation starts, or"
        " {start, end} between which it moves; default: the augmentation's own.",
    )
    signal: Literal["none", "real_sign", "pair_sign", "held_out_ratio"] | None = Field(
        None,
        description="Measure of overfitting that adapts the probability; default: none, or for ada"
        " the"
        " one that suits the loss.",
    )
    target: Annotated[float, Field(gt=0, lt=1)] = Field(
        0.6, description="Value of the signal that the probability is adapted to reach."
    )
    adjustment_kimg: Positive = Field(
        500.0, description="Thousands of images in which the probability can rise from 0 to 1."
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

    loss: Annotated[str, Choice("loss")] = Field(
        "relativistic", description="The adversarial loss of both networks."
    )
    loss_options: dict[str, Option] = Field(
        {}, description="Settings that only this loss has; see docs/objectives.md."
    )
    penalties: Annotated[tuple[PenaltyConfig, ...], Field(strict=False)] | None = Field(
        None,
        description="Terms beside the discriminator's loss; default: the usual penalties of the"
        " loss.",
    )
    generator_penalties: Annotated[tuple[PenaltyConfig, ...], Field(strict=False)] = Field(
        (), description="Terms beside the generator's loss."
    )
    augmentation: AutoOrAugmentation | None = Field(
        "auto",
        description="Augmentation of what the discriminator sees; auto: ada for up to 1,000"
        " training"
        " images, and none for more; null: none.",
    )
    instance_noise: InstanceNoiseConfig | None = None
    label_smoothing: Annotated[float, Field(ge=0, lt=0.5)] = Field(
        0.0,
        description="Real images get the label 1 minus this (one-sided label smoothing).",
    )
    n_critic: PositiveInt = Field(
        1, description="Number of discriminator updates per generator update."
    )
    generator_batch: Literal["shared", "fresh"] = Field(
        "shared",
        description="What the generator is updated on; shared: the latents, and real images if its"
        " loss needs any, that the discriminator was just updated on; fresh: new ones.",
    )
    updates: Literal["alternating", "simultaneous"] = Field(
        "alternating",
        description="Order of updates; alternating: the generator learns from the updated"
        " discriminator; simultaneous: both learn from one pass, before either is updated.",
    )
    weight_clip: Positive | None = Field(
        None, description="Clip the discriminator's weights to plus or minus this (WGAN)."
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


class TrainingConfig(Section):
    """Length, optimisers, devices, and what is kept of training."""

    batch_size: PositiveInt | None = Field(
        None, description="Images per step; default: 64 up to 64 pixels, fewer for larger images."
    )
    kimg: Positive | None = Field(
        None, description="Length of training, in thousands of real images shown."
    )
    max_minutes: Positive | None = Field(
        None, description="Stop after so many minutes, if that is earlier."
    )
    precision: Literal["auto"] | Precision = Field(
        "auto", description="Type that the layers compute in; auto: the fastest on this machine."
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
    grid_every_kimg: Positive | None = Field(
        None, description="Interval between pictures of samples; default: a 20th of the run."
    )
    checkpoint_every_kimg: Positive | None = Field(
        None, description="Interval between checkpoints; default: a tenth of the run."
    )
    keep_checkpoints: PositiveInt = Field(
        3, description="Number of newest checkpoints kept, beside the best."
    )


class EvaluationConfig(Section):
    """Scores of generated images, during and after training."""

    every_kimg: NonNegative | None = Field(
        None,
        description="Interval between evaluations during training; 0: none; default: a tenth of the"
        " run.",
    )
    num_samples: SampleCount | None = Field(
        None,
        description="Number of generated images per evaluation; default: as many as there are"
        " training"
        " images, up to 10,000.",
    )
    features: Annotated[str, Choice("features")] | None = Field(
        None,
        description="Feature network: classifier, random, inception, inception_clean (the last two"
        " also with :FILE), keras:NAME, keras_file:FILE or saved_model:FOLDER; default: classifier"
        " where the data has labels, else random.",
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
    """What to do when training goes wrong, beyond a warning, which always appears."""

    on_non_finite: Literal["stop", "skip", "rollback"] = Field(
        "stop",
        description="On values that are not finite: stop; skip these updates; rollback: return to a"
        " checkpoint and lower the learning rates.",
    )
    on_diverging: Literal["warn", "rollback"] = Field(
        "warn",
        description="On losses or gradients far beyond what they were: warn; rollback: as above.",
    )
    on_strong_discriminator: Literal["warn", "strengthen"] = Field(
        "warn",
        description="When the discriminator has won or has memorised the training images: warn;"
        " strengthen: raise the gamma of its penalties.",
    )
    on_collapse: Literal["warn", "strengthen", "rollback"] = Field(
        "warn",
        description="When generated images are too much alike: warn; strengthen or rollback: as"
        " above.",
    )
    every_kimg: Positive | None = Field(
        None, description="Interval between checks; default: a 50th of the run."
    )
    grace_kimg: NonNegative | None = Field(
        None,
        description="Thousands of images before samples count as too much alike; default: a tenth"
        " of"
        " the run.",
    )
    learning_rate_factor: Annotated[float, Field(gt=0, lt=1)] = Field(
        0.5, description="Factor on both learning rates at a rollback."
    )
    gamma_factor: Annotated[float, Field(gt=1)] = Field(
        2.0,
        description="Factor on the gamma of the discriminator's penalties at each strengthening.",
    )
    most_interventions: PositiveInt = Field(
        3,
        description="Number of rollbacks and strengthenings; after that the guard only warns or"
        " stops.",
    )

    @property
    def rolls_back(self) -> bool:
        """Whether the guard may return to a checkpoint."""
        return "rollback" in (self.on_non_finite, self.on_diverging, self.on_collapse)

    @property
    def strengthens(self) -> bool:
        """Whether the guard may raise gamma."""
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
