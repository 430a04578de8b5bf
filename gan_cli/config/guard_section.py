"""The `guard` section: what happens when training goes wrong."""

from typing import Annotated, Literal

from pydantic import Field

from gan_cli.config.base import NonNegative, Positive, PositiveInt, Section


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
