"""The `model` section: the two networks and the labels that they see."""

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from gan_cli.config.base import Choice, Option, PositiveInt, Section, Width

GeneratorConditioning = Literal["concat", "batch_norm", "mapping"]
DiscriminatorConditioning = Literal["projection", "concat", "auxiliary", "mapping"]


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
    latent_dim: Width = Field(64, description="Length of a latent vector.")
    latent_distribution: Literal["normal", "uniform"] = Field(
        "normal", description="N(0, 1) or U(-1, 1)."
    )
    generator_channels: Width | None = Field(
        None,
        description="Width of the generator at full resolution; default: the architecture's own.",
    )
    discriminator_channels: Width | None = Field(
        None,
        description="Width of the discriminator at full resolution; default: the architecture's"
        " own.",
    )
    max_channels: Width = Field(512, description="Upper bound of a layer's width.")
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
        1, le=1_024, description="Number of images that the discriminator judges together (PacGAN)."
    )
    options: dict[str, Option] = Field(
        {}, description="Settings that only this architecture has; see docs/architectures.md."
    )
