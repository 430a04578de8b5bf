"""The `objective` section: the loss, its penalties, and what the discriminator sees."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from gan_cli.config.base import Choice, Option, Positive, PositiveInt, Section
from gan_cli.config.ramp_values import NonNegativeOrRamp, ProbabilityOrRamp, Ramp


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
        None,
        description="Parts of the augmentation to apply; default: all of diffaugment; blit,"
        " geometry and color of ada, which also has cutout, and half_color in place of color.",
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
