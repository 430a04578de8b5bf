"""Scores generated images against published statistics, without the real images."""

from collections.abc import Iterable

import numpy as np

from gan_cli.config.limits import FEWEST_IMAGES
from gan_cli.errors import UserError
from gan_cli.metrics.evaluation import Evaluation, Score
from gan_cli.metrics.features.network import FeatureNetwork
from gan_cli.metrics.maths.frechet_distance import frechet_distance
from gan_cli.metrics.maths.moments import Moments
from gan_cli.metrics.sample import gather
from gan_cli.metrics.scores.frechet import METRIC


def score_against(
    statistics: Moments, network: FeatureNetwork, generated: Iterable[np.ndarray]
) -> Evaluation:
    """Returns the Fréchet distance; its interval, floor and ceiling would need the real images.

    Args:
      statistics: moments of the real images, as `statistics.read_statistics` gives them.
      generated: batches of uint8 images.

    Raises:
      UserError: there are too few images, or a feature is not finite.
    """
    try:
        sample = gather(network, generated)
    except ValueError as error:
        raise UserError(f"generated images: {error}") from error
    if sample.count < FEWEST_IMAGES:
        raise UserError(
            f"at least {FEWEST_IMAGES} generated images are needed to evaluate, got {sample.count}"
        )
    score = Score(
        frechet_distance(statistics, sample.moments),
        interval=None,
        floor=None,
        ceiling=None,
        higher_is_better=False,
        source=METRIC.source,
        count=sample.count,
    )
    return Evaluation({network.frechet_name: score}, sample.count, statistics.count, num_floor=0)
