"""Records a training run: logs figures, draws grids, computes scores, and keeps checkpoints."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import numpy as np

from gan_cli.config.resolved import ResolvedConfig
from gan_cli.data.dataset import DataSplits
from gan_cli.data.split import FEWEST_HELD_OUT
from gan_cli.domains.domain import PICTURES
from gan_cli.domains.phrases import Phrases
from gan_cli.domains.tile_layout import columns_by_class
from gan_cli.evaluation.evaluator import build_evaluator, needs_only_images
from gan_cli.experiment.early_grids import FIRST_EARLY_GRID_SECONDS, GridTimes, grid_name
from gan_cli.experiment.leaks import leak_warning
from gan_cli.experiment.patience import images_without_improvement
from gan_cli.experiment.speed import duration, long_run_warning
from gan_cli.experiment.until_stopped import AbandonedError, UntilStopped
from gan_cli.io.files import atomic_write
from gan_cli.listener import TRAINING, Listener
from gan_cli.media.encode import encoded
from gan_cli.media.provenance import Provenance
from gan_cli.media.sound import preview
from gan_cli.metrics.features import FEATURE_NETWORKS
from gan_cli.metrics.run_evaluator import RunEvaluator
from gan_cli.models.digest import weights_sha256
from gan_cli.run.checkpoint import Checkpoint, CheckpointStore
from gan_cli.run.directory import RunDirectory
from gan_cli.run.loggers.log import LogEnding, LoggedRun
from gan_cli.run.loggers.several import Loggers
from gan_cli.run.metrics_log import MetricsLog
from gan_cli.run.tensorboard import TensorBoardLog
from gan_cli.sampling.generate import Sampler
from gan_cli.sampling.latents import latents_for_seeds
from gan_cli.sampling.seed_ranges import TRAINING_SCORES
from gan_cli.training.cluster import local_devices
from gan_cli.training.loop import Action
from gan_cli.training.state import GanState
from gan_cli.training.stop import StopRequest

GRID_COLUMNS = 10
_SECONDS_TO_ESTIMATE = 30.0
# Phrases of music that the report plays: about half a minute.
_HEARD = 3


class Recorder:
    """Holds the periodic actions of one run, except the guard's."""

    def __init__(
        self,
        config: ResolvedConfig,
        data: DataSplits,
        run: RunDirectory,
        state: GanState,
        store: CheckpointStore,
        listener: Listener,
    ):
        self.config, self.data, self.run = config, data, run
        self.state, self.store, self.listener = state, store, listener
        self.metrics, self.tensorboard = MetricsLog(run.metrics), TensorBoardLog(run.path)
        logged = LoggedRun(config.name, run.path, config.model_dump(mode="json"))
        self.loggers = Loggers(config.training.loggers, logged, listener.message)
        self.sampler = Sampler(
            state.generator_ema, data.domain, local_devices(config.training.strategy)
        )
        self._total_images = self._shown_total = _images(config.training.kimg)
        self.deadline: float | None = None
        # What asks training to stop, while it runs.
        self.stop: StopRequest | None = None
        # Whether `training.patience_kimg` has ended training.
        self.has_stalled = False
        self.num_classes = len(data.train.class_names) if config.model.conditional else 0
        self._evaluator: RunEvaluator | None = None
        enough = len(data.holdout.images) >= FEWEST_HELD_OUT
        self._evaluates = bool(config.evaluation.every_kimg) and enough
        self._reports: list[Mapping[str, float]] = []
        self._training_seconds = 0.0
        self._has_estimated = self._has_leaked = False
        # Images shown and training seconds at its end.
        self._first_call: tuple[int, float] | None = None
        # A resumed run continues the count of its log.
        rows = [row for row in self.metrics.read() if "training_seconds" in row]
        self._seconds_before = rows[-1]["training_seconds"] if rows else 0.0
        self._images_at_log = state.images_so_far()
        self._seconds_at_log = 0.0
        self._mark = time.monotonic()
        self._grid_times = GridTimes(self._mark, self._mark)

    def actions(self, look: Callable[[int], object]) -> list[Action]:
        """Returns all periodic actions, in the order in which they run where several are due.

        Args:
          look: measures and judges the run: the guard's action.
        """
        training, evaluation = self.config.training, self.config.evaluation
        # Pictures and scores take too long for a process that was asked to end.
        actions = [
            Action(_images(training.log_every_kimg), self.log),
            Action(_images(training.grid_every_kimg), self.draw_grid, after_signal=False),
            Action(_images(training.checkpoint_every_kimg), self.save),
        ]
        if self._evaluates:
            every = _images(evaluation.every_kimg)
            actions.append(Action(every, self.evaluate, after_signal=False))
        # The guard looks before a checkpoint is saved that it may have to discard.
        actions.insert(1, Action(images_between_looks(self.config), look))
        return [replace(a, run=self._untimed(a.run)) for a in actions]

    def start(self, seconds: float, parts: str = "", device: str = "") -> None:
        """Draws the first grid and the real images, and scores what is overdue.

        Args:
          seconds: how long it took to prepare training.
          parts: what took how long of it, in words.
          device: what trains, in words.
        """
        images = self.state.images_so_far()
        where = f"on {device}, " if device else ""
        self.listener.message(
            f"{self.config.name}: {len(self.data.train.images):,} {self.data.domain.name},"
            f" {where}{self.config.training.precision}, {self.run.path} (ready after"
            f" {seconds:.0f} s{parts and ': '}{parts}); trains for {self.config.training.kimg:,g}"
            f" kimg (thousands of {self.data.domain.name} shown)"
        )
        if images == 0:
            count = min(self.data.domain.training_picture_samples, len(self.data.train.images))
            chosen = np.random.default_rng(0).permutation(len(self.data.train.images))[:count]
            every = self.data.train.images
            reals = self.data.domain.picture(every[np.sort(chosen)], GRID_COLUMNS, every)
            # Real images: they carry no record of a model.
            atomic_write(self.run.samples / "reals.png", encoded(reals, ".png", None))
            self._write_preview("reals.wav", every[np.sort(chosen)])
            self.draw_grid(0)
            self.listener.message(
                f"first pictures: real {self.data.domain.name} and noise, in {self.run.samples};"
                f" more after {FIRST_EARLY_GRID_SECONDS:.0f} s, 1 min, 2 min, 4 min, ..."
            )
        if not self._evaluates:
            return
        if not needs_only_images(self.config):
            # A file, an address or code that cannot be used is found before training.
            self._evaluator = self._build_evaluator()
        best = self.store.best_record()
        if self._score_is_overdue(images, None if best is None else best.metric):
            self.evaluate(images)
        elif best is not None:
            self._judge_scores(best.metric)

    def begin(self, config: ResolvedConfig, deadline: float | None) -> None:
        """Starts the clock of training.

        Args:
          config: the run's config, whose intervals may have become others since the start.
          deadline: when training stops by the clock, on that of `time.monotonic`.
        """
        self.config, self.deadline = config, deadline
        self._mark = time.monotonic()
        self._grid_times = GridTimes(self._mark - self._seconds_before, self._mark)

    def time_is_up(self) -> bool:
        """Returns whether the clock ends training."""
        return self.deadline is not None and time.monotonic() >= self.deadline

    def on_report(self, images_shown: int, report: Mapping[str, float]) -> None:
        """Takes the report of one call into TensorFlow, and passes it to the listener."""
        now = time.monotonic()
        self._training_seconds += now - self._mark
        self._mark = now
        optimizers = self.state.generator_optimizer, self.state.discriminator_optimizer
        scales = [o.dynamic_scale.numpy() for o in optimizers if hasattr(o, "dynamic_scale")]
        if scales:
            # The lower one tells of trouble.
            report = {**report, "loss_scale": float(min(scales))}
        self._reports.append(report)
        self._warn_of_leaks(report)
        speed = self._images_per_second(images_shown)
        total = likely_total(self._total_images, images_shown, speed, self.deadline, now)
        self._shown_total = total
        self._warn_of_a_long_run(images_shown, total)
        self.listener.progress(TRAINING, images_shown, total)
        self.listener.report(images_shown, report, speed)

        self._draw_if_early(images_shown)

    def _warn_of_leaks(self, report: Mapping[str, float]) -> None:
        """Says once if the augmentation has become so frequent that images may show it."""
        probability = report.get("augmentation_probability", 0.0)
        warning = None if self._has_leaked else leak_warning(self.config, probability)
        if warning is not None:
            self._has_leaked = True
            self.listener.message(warning)

    def _warn_of_a_long_run(self, images_shown: int, total: int) -> None:
        """Says once if the run would take days, by the calls after the first, which compiles."""
        if self._first_call is None:
            self._first_call = images_shown, self._training_seconds
        first_images, first_seconds = self._first_call
        seconds = self._training_seconds - first_seconds
        if self._has_estimated or seconds < _SECONDS_TO_ESTIMATE:
            return
        self._has_estimated = True
        warning = long_run_warning(
            total - images_shown, (images_shown - first_images) / seconds, self.data.domain.name
        )
        if warning is not None:
            self.listener.message(warning)

    def on_part(self, images_shown: int) -> None:
        """Shows how far a long call into TensorFlow is."""
        # Its figures are not known before it ends; its time is.
        self.listener.progress(TRAINING, images_shown, self._shown_total)
        self._draw_if_early(images_shown)

    def _draw_if_early(self, images_shown: int) -> None:
        """Draws a grid by the clock, where the one that is due by the images is far."""
        if self._grid_times.is_due(time.monotonic()):
            began = time.monotonic()
            self._draw(images_shown, grid_name(images_shown, every_kimg=0))
            # The time that it took is not training time.
            self._mark += time.monotonic() - began

    def log(self, images_shown: int) -> None:
        """Logs the mean of each reported value since the last line."""
        if not self._reports:
            return
        means = {}
        for name in self._reports[0]:
            reported = [report[name] for report in self._reports]
            finite = [value for value in reported if np.isfinite(value)]
            if finite:
                means[name] = float(np.mean(finite))
        values = {
            **means,
            "images_per_second": self._images_per_second(images_shown),
            "training_seconds": self._seconds_before + self._training_seconds,
        }
        self._reports = []
        self._images_at_log, self._seconds_at_log = images_shown, self._training_seconds
        self.metrics.append(images_shown, values)
        self._publish(images_shown, values)

    def _publish(self, images_shown: int, values: Mapping[str, float]) -> None:
        """Hands figures to TensorBoard and to the loggers."""
        self.tensorboard.scalars(images_shown, values)
        self.loggers.scalars(images_shown, values)

    def close(self, ending: LogEnding) -> None:
        """Waits until the loggers have sent everything."""
        self.loggers.close(ending)

    def draw_grid(self, images_shown: int) -> None:
        """Draws the images of fixed latents, with a column for each class if there are classes."""
        self._draw(images_shown, grid_name(images_shown, self.config.training.grid_every_kimg))

    def _draw(self, images_shown: int, name: str) -> None:
        columns, count = self._grid_layout()
        latents = latents_for_seeds(
            range(count), self.config.model.latent_dim, self.config.model.latent_distribution
        )
        labels = np.arange(count, dtype=np.int32) % max(self.num_classes, 1)
        images = self.sampler.images(latents, labels)
        grid = self.data.domain.picture(images, columns, self.data.train.images)
        origin = Provenance(
            self.config.name,
            f"at {images_shown} images",
            weights_sha256(self.state.generator_ema),
            {"kind": "training grid", "seeds": f"0-{count - 1}"},
        )
        atomic_write(self.run.samples / name, encoded(grid, ".png", origin))
        self.tensorboard.grid(images_shown, grid)
        self.loggers.grid(images_shown, grid)
        self._grid_times.drawn(time.monotonic())
        self._write_preview("newest.wav", images)

    def _grid_layout(self) -> tuple[int, int]:
        """Returns the columns of a grid, of which each class keeps its own, and its samples."""
        count = self.data.domain.training_picture_samples
        if not self.num_classes or PICTURES not in self.data.domain.supports:
            return GRID_COLUMNS, count
        columns = columns_by_class(self.num_classes, GRID_COLUMNS)
        return columns, count // columns * columns

    def _write_preview(self, name: str, samples: np.ndarray) -> None:
        """Writes some samples as sound, for the report to play; others than music not at all."""
        if isinstance(self.data.domain, Phrases):
            pieces = [self.data.domain.piece(sample) for sample in samples[:_HEARD]]
            atomic_write(self.run.samples / name, preview(pieces))

    def save(self, images_shown: int) -> Checkpoint:
        """Saves a checkpoint."""
        return self.store.save(self.state.variables(), images_shown)

    def evaluate(self, images_shown: int) -> None:
        """Scores the averaged generator against held-out images, and keeps the best checkpoint."""
        if self._evaluator is None:
            try:
                self._evaluator = self._build_evaluator()
            except AbandonedError:
                # The resumed run computes the score that is overdue.
                return
        scores = self._evaluator.track(self._generated(self.config.evaluation.num_samples))
        name, value = next(iter(scores.items()))
        values = {
            **scores,
            "training_seconds": self._seconds_before + self._training_seconds,
        }
        self.store.mend_best(self.listener.message)
        best = self.store.best_record()
        is_best = best is None or best.metric != name or value < best.value
        if is_best:
            self.store.mark_best(self.save(images_shown), name, value)
        # Last: if the process dies before this line, the next one computes the score again.
        self.metrics.append(images_shown, values)
        self._publish(images_shown, scores)
        shown = "  ".join(f"{name} {value:.4g}" for name, value in scores.items())
        remark = "  best so far" if is_best else ""
        self.listener.message(f"{images_shown / 1000:8.1f} kimg  {shown}{remark}")
        self._judge_scores(name)

    def _judge_scores(self, name: str) -> None:
        """Notes, and says once, that the score has not improved for as long as the config waits."""
        patience = self.config.training.patience_kimg
        if patience is None or self.has_stalled:
            return
        # From the log rather than from memory, so that a resumed run ends at the same step.
        waited = images_without_improvement(self.metrics.read(), name)
        if waited >= _images(patience):
            self.has_stalled = True
            self.listener.message(
                f"{name} has not improved for {waited / 1000:g} kimg: training ends by"
                " training.patience_kimg; the best checkpoint is kept as 'best'"
            )

    def rewind(self, images_shown: int) -> None:
        """Continues the record from an older checkpoint that training has gone back to."""
        self._reports = []
        self._images_at_log, self._seconds_at_log = images_shown, self._training_seconds
        self._mark = time.monotonic()

    def _score_is_overdue(self, images_shown: int, name: str | None) -> bool:
        """Returns whether an earlier process saved a checkpoint and died before it was scored.

        Args:
          name: of the score that has chosen the best checkpoint; None: there is none.
        """
        every = _images(self.config.evaluation.every_kimg)
        is_over = images_shown >= self._total_images
        due_since = images_shown if is_over else images_shown // every * every
        scored = [row for row in self.metrics.read() if name is not None and name in row]
        return due_since > (scored[-1]["images_shown"] if scored else 0)

    def _generated(self, count: int) -> Iterator[np.ndarray]:
        seeds = range(TRAINING_SCORES, TRAINING_SCORES + count)
        latents = latents_for_seeds(
            seeds, self.config.model.latent_dim, self.config.model.latent_distribution
        )
        labels = None
        if self.num_classes:
            assert self.data.train.labels is not None  # Only labelled data has classes.
            rng = np.random.default_rng(0)
            labels = rng.choice(self.data.train.labels, count).astype(np.int32)
        return self.sampler.batches(latents, labels)

    def _build_evaluator(self) -> RunEvaluator:
        """Builds the evaluator; the clock that ends training stands still meanwhile.

        Raises:
          AbandonedError: training was asked to stop.
        """
        features = self.config.evaluation.features
        if not features:
            return build_evaluator(self.config, self.data, listener=self.listener)
        is_trained = features in FEATURE_NETWORKS.needing_labels
        once = " (trained once for these data, then kept)" if is_trained else ""
        clock = "; the clock of max_minutes stands still" if self.deadline is not None else ""
        self.listener.message(f"preparing the features for scores: {features}{once}{clock}")
        began = time.monotonic()
        heard = UntilStopped(
            self.listener, lambda: self.stop is not None and bool(self.stop.signal)
        )
        evaluator = build_evaluator(self.config, self.data, listener=heard)
        seconds = time.monotonic() - began
        if self.deadline is not None:
            self.deadline += seconds
        self.listener.message(f"features prepared in {duration(seconds / 60)}")
        return evaluator

    def _images_per_second(self, images_shown: int) -> float:
        seconds = self._training_seconds - self._seconds_at_log
        return (images_shown - self._images_at_log) / seconds if seconds else 0.0

    def _untimed(self, run: Callable[[int], object]) -> Callable[[int], None]:
        """Excludes the time that an action takes from the training seconds."""

        def timed(images_shown: int) -> None:
            run(images_shown)
            self._mark = time.monotonic()

        return timed


def likely_total(
    total_images: int,
    images_shown: int,
    images_per_second: float,
    deadline: float | None,
    now: float,
) -> int:
    """Returns the images shown at the end, which the clock may bring before `total_images`."""
    if deadline is None or not images_per_second:
        return total_images
    more = round(max(deadline - now, 0.0) * images_per_second)
    return min(total_images, images_shown + more)


def images_between_looks(config: ResolvedConfig) -> int:
    """Returns the number of images between two looks of the guard."""
    return _images(config.guard.every_kimg)


def _images(kimg: float) -> int:
    return max(round(kimg * 1000), 1)
