"""The protocol that every domain's evaluator satisfies."""

from collections.abc import Callable, Iterable, Sized
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np

from gan_cli.config.limits import FEWEST_IMAGES
from gan_cli.config.schema import EvaluationConfig
from gan_cli.data.dataset import DataSplits
from gan_cli.data.split import FEWEST_HELD_OUT
from gan_cli.errors import UserError
from gan_cli.listener import Listener, Quiet
from gan_cli.metrics.comparison import GanAccess
from gan_cli.metrics.evaluation import Evaluation


@dataclass(frozen=True)
class FeatureFacts:
    """The space in which samples are compared. Figures compare only where these facts are equal.

    Attributes:
      name: as in the names of the figures, such as `classifier` in `fd_classifier`.
      sha256: hash of what maps samples into the space, in hexadecimal.
      accuracy: share of the held-out images that a classifier labels correctly; None where the
        features come from no classifier of the data's own classes.
    """

    name: str
    sha256: str
    accuracy: float | None = None


@dataclass(frozen=True)
class EvaluatorInputs:
    """What an evaluator is built from.

    Attributes:
      data: the reference is `data.holdout`; `data.train` is what the generator learnt from.
      config: the run's section `evaluation`.
      features, metrics: requested in place of the config's; None: as the config says.
      statistics: an npz of mean and covariance that the Fréchet distance is computed to; if there
        is no such file, the evaluator writes those of the reference there.
      gan: the trained networks; None while a run is being trained.
      strategy: the devices that share the work, as `training.strategy` names them.
      listener: hears how far the preparation is, such as the training of a classifier.
    """

    data: DataSplits
    config: EvaluationConfig
    features: str | None = None
    metrics: tuple[str, ...] | None = None
    statistics: Path | None = None
    gan: GanAccess | None = None
    strategy: str = "auto"
    listener: Listener = field(default_factory=Quiet)


class RunEvaluator(Protocol):
    """Scores what a run generates, against the run's held-out data.

    `Domain.evaluator` names the function that builds one:

        def build(inputs: EvaluatorInputs) -> RunEvaluator

    It raises `UserError` where the inputs cannot be used, with `key` for `features`, `metrics` and
    `statistics`. Samples come as batches of stored samples, [count, *domain.stored_shape].
    """

    @property
    def features(self) -> FeatureFacts:
        """The space in which samples are compared."""
        ...

    @property
    def tracked(self) -> tuple[str, ...]:
        """Names of the figures of `track`; the smallest first one marks the best checkpoint."""
        ...

    def track(self, generated: Iterable[np.ndarray]) -> dict[str, float]:
        """Computes the few figures that are recorded during training, in the order of `tracked`."""
        ...

    def evaluate(
        self,
        generated: Iterable[np.ndarray],
        seed: int = 0,
        labels: np.ndarray | None = None,
        progress: Callable[[str], None] | None = None,
    ) -> Evaluation:
        """Computes all scores.

        Args:
          seed: decides every random choice: subsets, resamples and noise.
          labels: int32 [count], the class that each sample was generated as, in their order.
          progress: called with the name of each metric before it is computed.

        Raises:
          UserError: there are fewer than `FEWEST_IMAGES` samples, or a score cannot be computed.
        """
        ...

    def interpret(self, evaluation: Evaluation) -> tuple[str, ...]:
        """Puts the scores into sentences, the most telling first."""
        ...

    def classify(self, samples: np.ndarray) -> np.ndarray | None:
        """Returns the class that each sample looks like, int [count]; None: no classes are known.

        The numbers are indices into `data.train.class_names`.
        """
        ...

    def use_networks(self, gan: GanAccess) -> None:
        """Takes the trained networks of another checkpoint, for the metrics that call them."""
        ...


def refuse_image_settings(inputs: EvaluatorInputs, instead: str) -> None:
    """Refuses features, metrics and statistics, which only images have.

    Args:
      instead: how these samples are scored, such as "points are scored by the modes they cover".

    Raises:
      UserError: one is requested.
    """
    for key in ("features", "metrics", "statistics"):
        if getattr(inputs, key):
            raise UserError(f"is for images; {instead}", key=key)


def require_generated(samples: Sized, name: str) -> None:
    """Refuses too few generated samples.

    Args:
      name: of the samples, such as "points".

    Raises:
      UserError: there are fewer than `FEWEST_IMAGES`.
    """
    if len(samples) < FEWEST_IMAGES:
        raise UserError(
            f"at least {FEWEST_IMAGES} generated {name} are needed to evaluate, got {len(samples)}"
        )


def require_held_out(
    samples: Sized, name: str, fewest: int = FEWEST_HELD_OUT, remedy: str = "data.holdout_fraction"
) -> None:
    """Refuses too few held-out samples.

    Args:
      name: of the samples, such as "points".
      remedy: the keys to raise.

    Raises:
      UserError: there are fewer than `fewest`.
    """
    if len(samples) < fewest:
        raise UserError(
            f"data: at least {fewest} held-out {name} are needed to evaluate, got {len(samples)};"
            f" raise {remedy}"
        )
