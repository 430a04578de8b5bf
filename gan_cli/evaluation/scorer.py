"""A run with its data and its evaluator, which scores one checkpoint after the other."""

import dataclasses
from collections.abc import Iterator
from functools import cached_property

import numpy as np

from gan_cli.assembly.loading import load_generator
from gan_cli.errors import UserError
from gan_cli.evaluation.evaluator import build_evaluator
from gan_cli.evaluation.galleries import write_pictures
from gan_cli.evaluation.gan_access import gan_access
from gan_cli.evaluation.progress import ScoringProgress
from gan_cli.evaluation.requests import RunRequest
from gan_cli.evaluation.results import ScoredCheckpoint
from gan_cli.listener import PREPARING, Listener, Quiet
from gan_cli.metrics.run_evaluator import RunEvaluator
from gan_cli.run.data_place import splits_of
from gan_cli.run.directory import RunDirectory
from gan_cli.run.report.page import write_report
from gan_cli.sampling.generate import Sampler
from gan_cli.sampling.latents import latents_for_seeds
from gan_cli.sampling.seed_ranges import EVALUATION
from gan_cli.training.cluster import local_devices

# Samples whose latents are drawn at a time.
_CHUNK = 4096


class RunScorer:
    """Holds what scores the checkpoints of one run.

    Attributes:
      loaded: the generator that is scored; assign another checkpoint's with `load`.

    Raises:
      UserError: the run, its checkpoint or its data cannot be used.
    """

    def __init__(self, request: RunRequest, listener: Listener | None = None):
        self.run, self.request = RunDirectory(request.run_dir), request
        self.listener = listener or Quiet()
        self.loaded = load_generator(self.run, request.checkpoint)
        with self.listener.during(PREPARING) as progress:
            self.data = splits_of(self.run, self.loaded.config, progress)
        self.listener.samples_are(self.data.domain.name)
        known = self.run.read_environment()["dataset"]["fingerprint"]
        if self.data.fingerprint != known:
            raise UserError(
                f"{self.run.path}: the data has changed since training: its fingerprint is"
                f" {self.data.fingerprint[:12]}, was {known[:12]}"
            )

    @cached_property
    def evaluator(self) -> RunEvaluator:
        """What scores the loaded checkpoint."""
        request = self.request
        return build_evaluator(
            self.loaded.config,
            self.data,
            request.features,
            request.metrics,
            gan_access(self.run, self.loaded, self.data),
            request.statistics,
            self.listener,
        )

    def share_evaluator(self, other: "RunScorer") -> None:
        """Takes the evaluator of `other`, so that the real images' features are computed once."""
        self.__dict__["evaluator"] = other.evaluator
        self.evaluator.use_networks(gan_access(self.run, self.loaded, self.data))

    def load(self, checkpoint: str) -> None:
        """Loads another checkpoint of the run, and keeps the evaluator.

        Raises:
          UserError: there is no such checkpoint, or it is damaged.
        """
        self.loaded = load_generator(self.run, checkpoint)
        self.share_evaluator(self)

    @property
    def num_samples(self) -> int:
        """How many samples are generated and scored."""
        return self.request.num_samples or self.loaded.config.evaluation.num_samples

    def score(self) -> ScoredCheckpoint:
        """Generates samples of the loaded checkpoint and scores them; writes nothing.

        Raises:
          UserError: a metric has no value for this run.
        """
        labels = self.labels(self.num_samples)
        images = self.images(np.arange(self.num_samples), labels)
        with ScoringProgress(self.listener, self.num_samples) as progress:
            evaluation = self.evaluator.evaluate(
                progress.count(images), self.request.seed, labels, progress.metric
            )
        loaded = self.loaded
        return ScoredCheckpoint(
            title=f"{loaded.checkpoint_name}, {loaded.kimg:g} kimg",
            features=self.evaluator.features,
            evaluation=evaluation,
            interpretation=self.evaluator.interpret(evaluation),
            run_dir=self.request.run_dir,
            checkpoint=loaded.checkpoint_name,
            kimg=loaded.kimg,
            weights_sha256=loaded.weights_sha256,
            dataset_fingerprint=self.data.fingerprint,
            seed=self.request.seed,
        )

    def keep(self, scored: ScoredCheckpoint, report: bool = True) -> ScoredCheckpoint:
        """Writes the scores and their pictures into the run directory.

        Args:
          report: whether the run's page is written anew.

        Returns:
          The same scores, with the files that hold them.

        Raises:
          UserError: they cannot be written.
        """
        features = scored.features.name.replace("/", "-").replace(":", "-")
        name = f"{scored.checkpoint}-{features}-{scored.evaluation.num_generated}"
        path = self.run.evaluations / f"{name}.json"
        if scored.evaluation.details:
            write_pictures(self, scored.evaluation, self.run.evaluations / name)
        scored.save(path)
        if not report:
            return dataclasses.replace(scored, written=(path,))
        for problem in write_report(self.run):
            self.listener.message(problem)
        return dataclasses.replace(scored, written=(path, self.run.report))

    def labels(self, count: int) -> np.ndarray | None:
        """Returns the labels of the generated samples, as frequent as in the data: int32 [count].

        None for an unconditional generator.
        """
        if not self.loaded.num_classes:
            return None
        data_labels = self.data.train.labels
        assert data_labels is not None  # A conditional generator learnt from labels.
        rng = np.random.default_rng(self.request.seed)
        return rng.choice(data_labels, count).astype(np.int32)

    def images(self, indices: np.ndarray, labels: np.ndarray | None) -> Iterator[np.ndarray]:
        """Yields batches of the generated samples of these numbers.

        Args:
          labels: of all samples, as `labels` gives them.
        """
        model = self.loaded.config.model
        first = EVALUATION + self.request.seed * self.num_samples
        devices = local_devices(self.loaded.config.training.strategy)
        sampler = Sampler(self.loaded.generator, self.loaded.domain, devices)
        for start in range(0, len(indices), _CHUNK):
            part = indices[start : start + _CHUNK]
            latents = latents_for_seeds(
                [first + int(index) for index in part], model.latent_dim, model.latent_distribution
            )
            yield from sampler.batches(latents, None if labels is None else labels[part])
