"""Scores checkpoints of a run, and writes the scores to terminal, JSON and report."""

import dataclasses
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from gan_cli.assembly.loading import load_generator
from gan_cli.cli.progress import EvaluationProgress
from gan_cli.cli.tables import print_evaluation, print_lines, print_side_by_side
from gan_cli.data.dataset import open_splits
from gan_cli.errors import UserError
from gan_cli.evaluation.evaluator import build_evaluator
from gan_cli.evaluation.galleries import write_pictures
from gan_cli.evaluation.gan_access import gan_access
from gan_cli.io.files import atomic_write
from gan_cli.metrics.evaluate import Evaluation, Evaluator
from gan_cli.metrics.interpretation import read
from gan_cli.metrics.modes.evaluator import PointsEvaluator
from gan_cli.run.checkpoint import CheckpointStore
from gan_cli.run.directory import RunDirectory
from gan_cli.run.report.page import write_report
from gan_cli.sampling.generate import Sampler
from gan_cli.sampling.latents import latents_for_seeds
from gan_cli.training.cluster import local_devices

# Far from the seeds that people look at and from those that chose the best checkpoint.
_FIRST_SEED = 10_000_000
# More labels than images to draw them for are never needed.
_CHUNK = 4096


@dataclass(frozen=True)
class Request:
    """What is asked of gan-eval. None: as the run's config says.

    Attributes:
      num_samples: generated images to score.
      statistics: see `evaluator.image_evaluator`.
      seed: of the generated images and of the resampling.
    """

    num_samples: int | None = None
    features: str | None = None
    metrics: tuple[str, ...] | None = None
    statistics: Path | None = None
    seed: int = 0


class ScoredRun:
    """A run with its data and what scores it, for one checkpoint after the other.

    Raises:
      UserError: the run, its checkpoint or its data cannot be used.
    """

    def __init__(self, run_dir: str, which: str, request: Request):
        self.run, self.request = RunDirectory(run_dir), request
        self.loaded = load_generator(self.run, which)
        config = self.loaded.config
        self.data = open_splits(config.data)
        known = self.run.read_environment()["dataset"]["fingerprint"]
        if self.data.fingerprint != known:
            raise UserError(
                f"{self.run.path}: the data has changed since training: its fingerprint is"
                f" {self.data.fingerprint[:12]}, was {known[:12]}"
            )

    @cached_property
    def evaluator(self) -> Evaluator | PointsEvaluator:
        """Of the loaded checkpoint."""
        config, request = self.loaded.config, self.request
        gan = gan_access(self.run, self.loaded, self.data)
        return build_evaluator(
            config, self.data, request.features, request.metrics, gan, request.statistics
        )

    def share_evaluator(self, other: "ScoredRun") -> None:
        """Compares with what `other` compares with, whose real side is then computed once."""
        self.__dict__["evaluator"] = other.evaluator
        if isinstance(self.evaluator, Evaluator):
            self.evaluator.comparison.gan = gan_access(self.run, self.loaded, self.data)

    def evaluate(self) -> Evaluation:
        """Scores images of the loaded checkpoint."""
        request, config = self.request, self.loaded.config
        count = request.num_samples or config.evaluation.num_samples
        labels = self.labels(count)
        images = self.images(np.arange(count), labels)
        if isinstance(self.evaluator, PointsEvaluator):
            return self.evaluator.evaluate(images, request.seed)
        evaluator = self.evaluator
        with EvaluationProgress(count) as progress:
            return evaluator.evaluate(progress.count(images), request.seed, labels, progress.metric)

    def labels(self, count: int) -> np.ndarray | None:
        """Of the generated images, as frequent as in the data: int32 [count]."""
        if not self.loaded.num_classes:
            return None
        rng = np.random.default_rng(self.request.seed)
        return rng.choice(self.data.train.labels, count).astype(np.int32)

    def images(self, indices: np.ndarray, labels: np.ndarray | None) -> Iterator[np.ndarray]:
        """The generated images of these numbers, in batches."""
        model = self.loaded.config.model
        count = self.request.num_samples or self.loaded.config.evaluation.num_samples
        first = _FIRST_SEED + self.request.seed * count
        devices = local_devices(self.loaded.config.training.strategy)
        sampler = Sampler(self.loaded.generator, self.loaded.domain, devices)
        for start in range(0, len(indices), _CHUNK):
            part = indices[start : start + _CHUNK]
            latents = latents_for_seeds(
                [first + int(index) for index in part], model.latent_dim, model.latent_distribution
            )
            yield from sampler.batches(latents, None if labels is None else labels[part])

    def record(self, evaluation: Evaluation) -> dict[str, Any]:
        """What is kept of an evaluation, in JSON's own types."""
        loaded, network = self.loaded, self.evaluator.network
        return {
            "checkpoint": loaded.checkpoint_name,
            "kimg": loaded.kimg,
            "weights_sha256": loaded.weights_sha256,
            "dataset_fingerprint": self.data.fingerprint,
            "features": network.name,
            "features_sha256": network.sha256,
            "features_accuracy": network.accuracy,
            "seed": self.request.seed,
            **dataclasses.asdict(evaluation),
            "reading": self.reading(evaluation),
        }

    def reading(self, evaluation: Evaluation) -> list[str]:
        if isinstance(self.evaluator, PointsEvaluator):
            return [
                "A mode is covered that has a point within three standard deviations of its centre."
            ]
        return read(evaluation, self.evaluator.network.name)


def score_checkpoint(scored: ScoredRun, out: Path | None) -> None:
    """Prints the scores of the loaded checkpoint and keeps them in the run directory.

    Args:
      out: where the record is written, too.

    Raises:
      UserError: it cannot be scored, or the scores cannot be written.
    """
    loaded, run = scored.loaded, scored.run
    evaluation = scored.evaluate()
    record = scored.record(evaluation)
    title = f"{loaded.checkpoint_name}, {loaded.kimg:g} kimg"
    print_evaluation(title, scored.evaluator.network, evaluation)
    print_lines(record["reading"])
    path = _keep(scored, record, evaluation)
    write_report(run)
    if out is not None:
        atomic_write(out, json.dumps(record, indent=1))
    print(f"written: {path}, {run.report}")


def score_all(scored: ScoredRun, out: Path | None) -> None:
    """Scores every checkpoint of the run, oldest first: a curve over training.

    Raises:
      UserError: as `score_checkpoint`.
    """
    columns, records = {}, []
    for checkpoint in CheckpointStore(scored.run.checkpoints).all():
        scored.loaded = load_generator(scored.run, checkpoint.name)
        scored.share_evaluator(scored)
        evaluation = scored.evaluate()
        record = scored.record(evaluation)
        _keep(scored, record, evaluation)
        columns[f"{checkpoint.kimg:g} kimg"] = evaluation.scores
        records.append(record)
    print_side_by_side(f"{scored.run.path}, {scored.evaluator.network.name}", columns)
    write_report(scored.run)
    if out is not None:
        atomic_write(out, json.dumps(records, indent=1))
    print(f"written: {scored.run.evaluations}, {scored.run.report}")


def _keep(scored: ScoredRun, record: dict[str, Any], evaluation: Evaluation) -> Path:
    """Writes the record and its pictures; returns the record's path."""
    network = scored.evaluator.network.name.replace("/", "-").replace(":", "-")
    name = f"{record['checkpoint']}-{network}-{evaluation.num_generated}"
    path = scored.run.evaluations / f"{name}.json"
    if evaluation.details:
        write_pictures(scored, evaluation, scored.run.evaluations / name)
    atomic_write(path, json.dumps(record, indent=1))
    return path
