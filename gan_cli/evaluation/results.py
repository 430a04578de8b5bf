"""The scores that a request gives, and their form as JSON."""

import dataclasses
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gan_cli.io.files import atomic_write
from gan_cli.metrics.evaluation import Evaluation, Score
from gan_cli.metrics.run_evaluator import FeatureFacts


class Result(ABC):
    """What has been scored, ready to be printed or written."""

    @abstractmethod
    def record(self) -> Any:
        """Returns the result in JSON's own types."""

    def save(self, path: str | Path) -> None:
        """Writes the record as JSON.

        Raises:
          UserError: the file cannot be written.
        """
        atomic_write(Path(path), json.dumps(self.record(), indent=1))


@dataclass(frozen=True, kw_only=True)
class Scored(Result):
    """The scores of one set of samples.

    Attributes:
      title: what was scored, in a few words.
      features: the space in which the samples were compared.
      evaluation: every figure with its interval, floor and ceiling, and more.
      interpretation: sentences that say what the figures mean.
    """

    title: str
    features: FeatureFacts
    evaluation: Evaluation
    interpretation: tuple[str, ...]

    @property
    def scores(self) -> dict[str, Score]:
        """The figures by name."""
        return self.evaluation.scores


@dataclass(frozen=True, kw_only=True)
class ScoredCheckpoint(Scored):
    """The scores of one checkpoint of a run.

    Attributes:
      run_dir: the run directory, as it was given.
      checkpoint: name of the checkpoint, such as `ckpt-960`.
      kimg: thousands of images shown up to the checkpoint.
      weights_sha256: hash of the averaged generator's weights, in hexadecimal.
      dataset_fingerprint: hash of the data, in hexadecimal.
      seed: decided which samples were generated, and the resampling.
      written: the files that hold these scores.
    """

    run_dir: str | Path
    checkpoint: str
    kimg: float
    weights_sha256: str
    dataset_fingerprint: str
    seed: int
    written: tuple[Path, ...] = ()

    def record(self) -> dict[str, Any]:
        """Returns what is kept under `evaluations/` in the run directory."""
        return {
            "checkpoint": self.checkpoint,
            "kimg": self.kimg,
            "weights_sha256": self.weights_sha256,
            "dataset_fingerprint": self.dataset_fingerprint,
            "features": self.features.name,
            "features_sha256": self.features.sha256,
            "features_accuracy": self.features.accuracy,
            "seed": self.seed,
            **dataclasses.asdict(self.evaluation),
            "reading": list(self.interpretation),
        }


@dataclass(frozen=True, kw_only=True)
class ScoredRun(Result):
    """The scores of every checkpoint of a run.

    Attributes:
      checkpoints: oldest first.
      written: the folder and the page that hold the scores.
    """

    run_dir: str | Path
    checkpoints: tuple[ScoredCheckpoint, ...]
    written: tuple[Path, ...] = ()

    def record(self) -> list[dict[str, Any]]:
        """Returns the checkpoints' records."""
        return [scored.record() for scored in self.checkpoints]


@dataclass(frozen=True)
class Spread:
    """One figure over several runs: mean and sample standard deviation."""

    mean: float
    deviation: float


@dataclass(frozen=True, kw_only=True)
class ComparedRuns(Result):
    """The scores of several runs on the same images.

    Attributes:
      runs: in the order of the request.
      spread: by figure, where the runs differ by their seeds alone; else empty.
    """

    runs: tuple[ScoredCheckpoint, ...]
    spread: Mapping[str, Spread]

    def record(self) -> dict[str, Any]:
        """Returns the runs' records, and the spread of each figure."""
        return {
            "runs": [{"run": str(scored.run_dir), **scored.record()} for scored in self.runs],
            "mean_and_deviation": {
                figure: dataclasses.asdict(spread) for figure, spread in self.spread.items()
            },
        }


@dataclass(frozen=True, kw_only=True)
class ScoredImages(Scored):
    """The scores of images of any origin.

    Attributes:
      compared: what was compared: paths, fingerprints and the seed, in JSON's own types.
    """

    compared: Mapping[str, str | int]

    def record(self) -> dict[str, Any]:
        """Returns what was compared, and all scores."""
        return {
            **self.compared,
            "features": self.features.name,
            "features_sha256": self.features.sha256,
            **dataclasses.asdict(self.evaluation),
            "reading": list(self.interpretation),
        }
