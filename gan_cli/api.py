"""The Python API: train a GAN, open a run, sample, draw, evaluate and export it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gan_cli.catalog import CHOICES
from gan_cli.config.load import load_config as _load
from gan_cli.config.schema import Config
from gan_cli.errors import UserError
from gan_cli.io.paths import given_path
from gan_cli.io.quiet_imports import quiet_tensorflow
from gan_cli.listener import Listener
from gan_cli.studio.checks import given_classes, given_seeds
from gan_cli.tensorflow_setup import shows_lines

if TYPE_CHECKING:
    import keras
    import numpy as np

    from gan_cli.config.resolved import ResolvedConfig
    from gan_cli.evaluation.results import ScoredCheckpoint
    from gan_cli.experiment.outcome import Ending
    from gan_cli.export.write import Exported
    from gan_cli.run.checkpoint import Checkpoint
    from gan_cli.studio.bulk_requests import Dataset, Images
    from gan_cli.studio.drawing import Drawing, Written
    from gan_cli.studio.picture_requests import Request
    from gan_cli.studio.studio import Studio

RESUME = ("auto", "never", "must")


def load_config(path: str | Path, overrides: Mapping[str, Any] | None = None) -> Config:
    """Reads and checks a config file.

    Args:
      overrides: values by dotted key, such as `{"training.kimg": 100}`, in place of the file's. An
        element of a list is named by its index: `objective.penalties.0.gamma`.

    Raises:
      UserError: the file cannot be read, or a value is wrong; with a line for every problem.
    """
    overrides = {} if overrides is None else overrides
    if not isinstance(overrides, Mapping) or not all(isinstance(key, str) for key in overrides):
        raise UserError(
            f"must be values by dotted key, such as {{'training.kimg': 100}}, got {overrides!r}",
            key="overrides",
        )
    return _load(str(given_path(path, "path")), overrides, CHOICES)


def train(
    config: Config | str | Path,
    run_dir: str | Path | None = None,
    *,
    resume: str = "auto",
    accept_changes: bool = False,
    listener: Listener | None = None,
) -> Run:
    """Trains a GAN, or continues a run that was stopped, and returns the run.

    Args:
      config: what `load_config` returns, or the path of a config file.
      run_dir: where the run is kept; by default `runs/NAME`.
      resume: `auto` continues from the latest checkpoint, if there is one; `never` refuses a folder
        that holds a run; `must` refuses one without a checkpoint.
      accept_changes: whether to continue a run that was begun with another config or other data.
      listener: hears messages, progress and figures; None: nothing is reported.

    Raises:
      UserError: the config, the data or the folder cannot be used.

    Example:
      >>> run = train(load_config("configs/digits.yaml", {"training.kimg": 100}), "runs/digits")
      >>> run.outcome
      <Ending.FINISHED: 'finished'>
    """
    quiet_tensorflow(shows_lines())
    from gan_cli.experiment.run import run_experiment

    if resume not in RESUME:
        raise UserError(f"must be one of {', '.join(RESUME)}, got '{resume}'", key="resume")
    if not isinstance(config, Config):
        config = load_config(config)
    if run_dir is not None:
        run_dir = given_path(run_dir, "run_dir")
    outcome = run_experiment(config, run_dir, resume, accept_changes, listener)
    return Run(outcome.run_dir, outcome.ending)


def open_run(run_dir: str | Path) -> Run:
    """Opens a run directory.

    Raises:
      UserError: the folder holds no run, or a damaged one.
    """
    run = Run(run_dir)
    _ = run.config
    return run


class Run:
    """A run directory.

    Attributes:
      path: the folder.
      outcome: how training ended: `finished`, `stopped` or `diverged`; None where the run was
        opened and not trained.
    """

    def __init__(self, path: str | Path, outcome: Ending | None = None):
        from gan_cli.run.directory import RunDirectory

        self.path, self.outcome = given_path(path, "run_dir"), outcome
        self._directory = RunDirectory(self.path)
        # By the checkpoint's own name: which one is the best, or the latest, may change.
        self._studios: dict[str, Studio] = {}

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r})"

    @property
    def config(self) -> ResolvedConfig:
        """The complete config of the run: every default is filled in."""
        return self._directory.read_config()

    def checkpoints(self) -> tuple[Checkpoint, ...]:
        """Returns the checkpoints that the run keeps, oldest first."""
        quiet_tensorflow(shows_lines())
        from gan_cli.run.checkpoint import CheckpointStore

        return tuple(CheckpointStore(self._directory.checkpoints).all())

    def metrics(self) -> list[dict[str, float]]:
        """Returns the rows of `metrics.jsonl`: losses, speeds and scores, with images shown."""
        from gan_cli.run.metrics_log import MetricsLog

        return MetricsLog(self._directory.metrics).read()

    def generator(self, checkpoint: str | int = "best") -> Generator:
        """Returns the averaged generator of a checkpoint.

        Args:
          checkpoint: `best`, `latest`, or the number of images that training had shown. The same
            for all methods below.

        Raises:
          UserError: there is no such checkpoint, or it is damaged.
        """
        return Generator(self.studio(checkpoint))

    def draw(
        self, request: Request, checkpoint: str | int = "best", *, listener: Listener | None = None
    ) -> Drawing:
        """Draws a picture or an animation.

        Args:
          request: `Grid`, `Walk`, `Sheet`, `Axes`, `Project`, `Inpaint` or `SuperResolve`.
          listener: hears how far a search for latents is.

        Returns:
          A drawing: `image` is the picture, `frames` are those of an animation, and `save(path)`
          writes the file that `gan-sample` would write.

        Raises:
          UserError: this run cannot draw what the request asks for.

        Example:
          >>> run.draw(Walk(seeds=(0, 1, 2), kind="spherical")).save("walk.gif")
        """
        quiet_tensorflow(shows_lines())
        from gan_cli.studio.dispatch import draw
        from gan_cli.studio.picture_requests import Request

        if not isinstance(request, Request):
            raise UserError(f"must be a request for a picture, got {request!r}", key="request")
        return draw(self.studio(checkpoint), request, listener)

    def evaluate(
        self,
        metrics: str | Sequence[str] | None = None,
        checkpoint: str | int = "best",
        *,
        num_samples: int | None = None,
        features: str | None = None,
        statistics: str | Path | None = None,
        seed: int = 0,
        listener: Listener | None = None,
    ) -> ScoredCheckpoint:
        """Scores a checkpoint against the held-out data, and keeps the result in the run.

        Args:
          metrics: names of metrics, or `all`; None: those of the config.
          num_samples: generated samples to score; None: as many as the config says.
          features: a feature network in place of the config's.
          statistics: an npz of mean and covariance to take the Fréchet distance to.
          seed: decides which samples are generated, and the resampling behind the intervals.

        Raises:
          UserError: the checkpoint, the data or a metric cannot be used.
        """
        quiet_tensorflow(shows_lines())
        from gan_cli.evaluation.requests import RunRequest
        from gan_cli.evaluation.runs import score_checkpoint

        request = RunRequest(
            run_dir=self.path,
            checkpoint=str(checkpoint),
            num_samples=num_samples,
            features=features,
            metrics=None if metrics is None else _names(metrics),
            statistics=None if statistics is None else given_path(statistics, "statistics"),
            seed=seed,
        )
        return score_checkpoint(request, listener)

    def export(
        self,
        out: str | Path,
        formats: str | Sequence[str] = "keras",
        checkpoint: str | int = "best",
        licence: str | None = None,
    ) -> list[Exported]:
        """Writes the generator for other programs, with a model card, into a new folder.

        Args:
          formats: one or more of `keras`, `saved_model`, `onnx`, `litert`, `litert_float16`,
            `litert_int8`, `litert_phone` and `hub`, or `all`, which means all of them but `hub`.
          licence: of the generator, such as CC-BY-4.0, for the card and the files.

        Returns:
          Each format with the size of its files and its largest difference from the generator.

        Raises:
          UserError: the folder exists, or a format is unknown or lacks its package.
        """
        quiet_tensorflow(shows_lines())
        from gan_cli.studio.bulk_requests import Export
        from gan_cli.studio.export import write_export

        return write_export(self.studio(checkpoint), Export(formats, licence), out)

    def write(
        self,
        request: Images | Dataset,
        out: str | Path,
        checkpoint: str | int = "best",
        *,
        listener: Listener | None = None,
    ) -> Written:
        """Writes many samples to a folder, an npz file or a TFRecord file.

        What an earlier call left unfinished is continued.

        Args:
          request: `Images` or `Dataset`.

        Raises:
          UserError: the file holds other samples, or cannot be written.
        """
        quiet_tensorflow(shows_lines())
        from gan_cli.studio.bulk import write_dataset, write_images
        from gan_cli.studio.bulk_requests import Dataset, Images

        if isinstance(request, Dataset):
            return write_dataset(self.studio(checkpoint), request, out, listener=listener)
        if isinstance(request, Images):
            return write_images(self.studio(checkpoint), request, out, listener=listener)
        raise UserError(f"must be Images or Dataset, got {request!r}", key="request")

    def studio(self, checkpoint: str | int = "best") -> Studio:
        """Returns what draws from a checkpoint; drawing functions of your own take it."""
        quiet_tensorflow(shows_lines())
        from gan_cli.run.checkpoint import CheckpointStore
        from gan_cli.studio.studio import Studio

        found = CheckpointStore(self._directory.checkpoints).find(str(checkpoint))
        if found.name not in self._studios:
            self._studios[found.name] = Studio.open(self.path, str(found.images_shown))
        return self._studios[found.name]


class Generator:
    """The averaged generator of one checkpoint.

    Attributes:
      class_names: names of its classes, empty where it is unconditional.
      checkpoint: name of the checkpoint.
      kimg: thousands of real images that it was trained on.
    """

    def __init__(self, studio: Studio):
        self._studio, loaded = studio, studio.loaded
        self.class_names = loaded.class_names if loaded.num_classes else ()
        self.checkpoint, self.kimg = loaded.checkpoint_name, loaded.kimg

    @property
    def model(self) -> keras.Model:
        """The Keras model: from latents (and labels) to float32 images in [-1, 1]."""
        return self._studio.loaded.generator

    def latents(self, seeds: Iterable[int]) -> np.ndarray:
        """Returns the latent vector of each seed: float32 [count, latent_dim].

        Raises:
          UserError: a seed is no whole number from 0 to 10**18 - 1.
        """
        return self._studio.latents(_seeds(seeds))

    def images(
        self,
        seeds: Iterable[int],
        classes: str | int | Iterable[str | int] | None = None,
        truncation: float | None = None,
    ) -> np.ndarray:
        """Returns the very pixels that `gan-sample` writes for these seeds.

        Args:
          seeds: whole numbers from 0 to 10**18 - 1.
          classes: one or more names or numbers, taken in turn; None or `all`: every class.
          truncation: bound of the latents; with styles, factor of their distance from the mean.

        Returns:
          uint8 [count, height, width, channels]; samples of other kinds in their stored form.

        Raises:
          UserError: a seed or the truncation is out of range, or a class is unknown.
        """
        return self._studio.images(_seeds(seeds), given_classes(classes), truncation)


def _seeds(seeds: Any) -> Sequence[int]:
    return given_seeds(() if seeds is None else seeds) or ()


def _names(names: Any) -> tuple[Any, ...]:
    # What is no list of names is refused by the request.
    single = isinstance(names, str) or not isinstance(names, Iterable)
    return (names,) if single else tuple(names)
