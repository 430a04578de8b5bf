"""Numbers that may move during training: a number, or {start, end} of a ramp."""

from typing import Annotated

from pydantic import Discriminator, Field, Tag

from gan_cli.config.base import Fraction, NonNegative, Positive, Probability, Section


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
