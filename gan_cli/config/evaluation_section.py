"""The `evaluation` section: which scores are taken, of how many images, and when."""

from typing import Annotated

from pydantic import Field

from gan_cli.config.base import Choice, NonNegative, Section
from gan_cli.config.limits import FEWEST_IMAGES, MOST_IMAGES

SampleCount = Annotated[int, Field(ge=FEWEST_IMAGES, le=MOST_IMAGES)]


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
