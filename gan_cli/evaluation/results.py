"""The scores that a request gives, and their form as JSON."""

import dataclasses
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gan_cli.evaluation.methods import Method, Spread
from gan_cli.evaluation.score_files import csv_text, html_text, score_rows
from gan_cli.io.files import atomic_write
from gan_cli.io.paths import given_path
from gan_cli.metrics.evaluation import Evaluation, Score
from gan_cli.metrics.run_evaluator import FeatureFacts


class Result(ABC):
    """What has been scored, ready to be printed or written.

    Attributes:
      methods: runs that differ by their seeds alone; empty where no runs are compared.
    """

    methods: tuple[Method, ...] = ()

    @abstractmethod
    def record(self) -> Any:
        """Returns the result in JSON's own types."""

    @abstractmethod
    def rows(self) -> list[dict[str, Any]]:
        """Returns a row for each figure of each set of samples, as tables have them."""

    def mean_rows(self) -> list[dict[str, Any]]:
        """Returns a row for each mean over the runs of a method; none where there is none."""
        return []

    @abstractmethod
    def sentences(self) -> Sequence[str]:
        """Returns what the figures mean."""

    def save(self, path: str | Path) -> None:
        """Writes a `.csv` of all figures, an `.html` page, or else everything as JSON.

        Raises:
          UserError: the file cannot be written.
        """
        path = given_path(path, "path")
        ending = path.suffix.lower()
        if ending == ".csv":
            content = csv_text([*self.rows(), *self.mean_rows()])
        elif ending == ".html":
            content = html_text(path.stem, self.rows(), self.sentences(), self.methods)
        else:
            content = json.dumps(self.record(), indent=1)
        atomic_write(path, content)


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

    def rows(self) -> list[dict[str, Any]]:
        return score_rows(self.record(), run=self.title)

    def sentences(self) -> Sequence[str]:
        return self.interpretation


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

    def rows(self) -> list[dict[str, Any]]:
        return score_rows(self.record(), run=str(self.run_dir))


@dataclass(frozen=True, kw_only=True)
class ScoredRun(Result):
    """The scores of every checkpoint of a run.

    Attributes:
      checkpoints: oldest first.
      written: the folder and the page that hold the scores.
      unwritten: a line for each file that could not be written.
    """

    run_dir: str | Path
    checkpoints: tuple[ScoredCheckpoint, ...]
    written: tuple[Path, ...] = ()
    unwritten: tuple[str, ...] = ()

    def record(self) -> list[dict[str, Any]]:
        """Returns the checkpoints' records."""
        return [scored.record() for scored in self.checkpoints]

    def rows(self) -> list[dict[str, Any]]:
        return [row for scored in self.checkpoints for row in scored.rows()]

    def sentences(self) -> Sequence[str]:
        return self.checkpoints[-1].interpretation


@dataclass(frozen=True, kw_only=True)
class ComparedRuns(Result):
    """The scores of several runs on the same images.

    Attributes:
      runs: in the order of the request.
      spread: by figure, where the runs differ by their seeds alone; else empty.
      methods: the runs grouped by their configs.
      seeds: the training seed of each run, by its position.
      remarks: what makes the runs hard to compare, such as checkpoints of different lengths.
    """

    runs: tuple[ScoredCheckpoint, ...]
    spread: Mapping[str, Spread]
    methods: tuple[Method, ...] = ()
    remarks: tuple[str, ...] = ()
    seeds: Mapping[int, int] = field(default_factory=dict)

    def record(self) -> dict[str, Any]:
        """Returns the runs' records, and the spread of each figure."""
        return {
            "runs": [{"run": str(scored.run_dir), **scored.record()} for scored in self.runs],
            "mean_and_deviation": _spreads(self.spread),
            "methods": [
                {
                    "method": method.name,
                    "runs": [str(self.runs[number].run_dir) for number in method.runs],
                    "mean_and_deviation": _spreads(method.spread),
                }
                for method in self.methods
            ],
            "remarks": list(self.remarks),
        }

    def rows(self) -> list[dict[str, Any]]:
        names = {number: method.name for method in self.methods for number in method.runs}
        return [
            row | {"method": names.get(number, ""), "seed": self.seeds.get(number, "")}
            for number, run in enumerate(self.runs)
            for row in run.rows()
        ]

    def mean_rows(self) -> list[dict[str, Any]]:
        scores = self.runs[0].scores
        return [
            {
                "run": f"mean of {len(method.runs)} runs",
                "method": method.name,
                "metric": figure,
                "value": spread.mean,
                "deviation": spread.deviation,
                "higher_is_better": scores[figure].higher_is_better,
                "separates": scores[figure].separates,
            }
            for method in self.methods
            for figure, spread in method.spread.items()
            if figure in scores
        ]

    def sentences(self) -> Sequence[str]:
        """Returns what the figures mean; what is so for every run once."""
        said = [run.interpretation for run in self.runs]
        shared = [line for line in said[0] if len(said) > 1 and all(line in each for each in said)]
        return [
            *self.remarks,
            *(f"all runs: {line}" for line in shared),
            *(
                f"{run.run_dir}: {line}"
                for run in self.runs
                for line in run.interpretation
                if line not in shared
            ),
        ]


def _spreads(spread: Mapping[str, Spread]) -> dict[str, dict[str, float]]:
    return {figure: dataclasses.asdict(each) for figure, each in spread.items()}


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
