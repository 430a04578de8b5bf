"""What can be scored: one dataclass for each kind of request, checked when it is made.

Nothing here reads a file or needs TensorFlow, so a command can refuse bad input at once. Lists may
stand for tuples, and texts for paths.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from gan_cli.config.limits import FEWEST_IMAGES, MOST_IMAGES
from gan_cli.errors import UserError
from gan_cli.io.paths import given_path
from gan_cli.io.request_values import keep, whole_number
from gan_cli.metrics.features import FEATURE_NETWORKS
from gan_cli.metrics.scores import METRICS

EVERY_CHECKPOINT = "all"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How samples are scored.

    Attributes:
      num_samples: samples to score, at least 10; None: as many as the run's config says, or all
        images that are given.
      features: a feature network's name, such as `random` or `inception`; None: the run's own, or
        one that suits the images.
      metrics: names of metrics, or `("all",)`; None: those of the run's config, or the usual ones.
      statistics: an npz of mean and covariance. The Fréchet distance is computed to it; if there is
        no such file, the statistics of the real images are written there.
      seed: at least 0; decides which samples are generated or chosen, and the resampling.

    Raises:
      UserError: a value is out of range, or names an unknown metric or feature network.
    """

    num_samples: int | None = None
    features: str | None = None
    metrics: tuple[str, ...] | None = None
    statistics: Path | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.num_samples is not None:
            keep(
                self,
                num_samples=whole_number(
                    self.num_samples, "num_samples", FEWEST_IMAGES, MOST_IMAGES
                ),
            )
        keep(self, seed=whole_number(self.seed, "seed", 0))
        if self.features is not None:
            if not isinstance(self.features, str):
                raise UserError(f"must be a name, got {self.features!r}", key="features")
            if problem := FEATURE_NETWORKS.problem(self.features):
                raise UserError(problem, key="features")
        if self.metrics is not None:
            single = isinstance(self.metrics, str) or not isinstance(self.metrics, Iterable)
            if single or not all(isinstance(name, str) for name in self.metrics):
                raise UserError(f"must be a list of names, got {self.metrics!r}", key="metrics")
            problems = [found for name in self.metrics if (found := METRICS.problem(name))]
            if problems or not self.metrics:
                raise UserError(*(problems or ["names no metric"]), key="metrics")
            keep(self, metrics=tuple(self.metrics))
        if self.statistics is not None:
            keep(self, statistics=given_path(self.statistics, "statistics"))

    def settings(self) -> dict[str, Any]:
        """Returns the fields that every request has, by name."""
        return {each.name: getattr(self, each.name) for each in fields(Settings)}


@dataclass(frozen=True, kw_only=True)
class RunRequest(Settings):
    """One checkpoint of a run, or every checkpoint.

    Attributes:
      run_dir: a run directory of gan-train.
      checkpoint: best, latest, the number of images shown, or all.
    """

    run_dir: str | Path
    checkpoint: str = "best"


@dataclass(frozen=True, kw_only=True)
class ComparisonRequest(Settings):
    """One checkpoint of each of several runs that were trained on the same data.

    Attributes:
      run_dirs: each named once. The first run's feature network and held-out data serve all.
      checkpoint: best, latest, or the number of images shown.
    """

    run_dirs: tuple[str | Path, ...]
    checkpoint: str = "best"

    def __post_init__(self) -> None:
        super().__post_init__()
        named = [str(given_path(run_dir, "run_dirs")) for run_dir in self.run_dirs]
        if not named:
            raise UserError("names no run", key="run_dirs")
        twice = next((run_dir for run_dir in named if named.count(run_dir) > 1), None)
        if twice:
            raise UserError(f"{twice} is named twice", key="run_dirs")
        if self.checkpoint == EVERY_CHECKPOINT:
            raise UserError(
                "'all' scores one run; name one checkpoint to compare", key="checkpoint"
            )
        keep(self, run_dirs=tuple(self.run_dirs))

    def requests(self) -> list[RunRequest]:
        """Returns a request for each run, with the same settings."""
        settings = self.settings()
        return [
            RunRequest(run_dir=run_dir, checkpoint=self.checkpoint, **settings)
            for run_dir in self.run_dirs
        ]


@dataclass(frozen=True, kw_only=True)
class ImagesRequest(Settings):
    """Images of any origin, against real images.

    Attributes:
      real: a folder of images or an npz file, all of which are the reference; or a config's .yaml
        file, whose held-out images are the reference, while its training images are what copies are
        looked for in.
      fake: a folder or an npz file; the images are resized to the size of the real ones.
    """

    real: str
    fake: str

    def __post_init__(self) -> None:
        super().__post_init__()
        keep(self, real=str(given_path(self.real, "real")))
        keep(self, fake=str(given_path(self.fake, "fake")))


@dataclass(frozen=True, kw_only=True)
class StatisticsRequest(Settings):
    """Images of any origin, against a statistics file, by the Fréchet distance alone.

    Attributes:
      fake: a folder of images or an npz file.
      statistics: an npz of mean and covariance, or of StyleGAN's sums.
    """

    fake: str
    statistics: Path = field()

    def __post_init__(self) -> None:
        super().__post_init__()
        keep(self, fake=str(given_path(self.fake, "fake")))
        if self.metrics is not None:
            raise UserError(
                "needs the real images; statistics give the Fréchet distance alone", key="metrics"
            )


def names_metric(argument: str) -> bool:
    """Returns whether an argument of the command names a metric, and no folder."""
    return METRICS.problem(argument) is None and not Path(argument).is_dir()
