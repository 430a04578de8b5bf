"""One training run from start to end: data, state, directory, and the loop with its actions."""

import hashlib
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tensorflow as tf

from gan_cli.assembly.networks import check_image_size
from gan_cli.assembly.resolving import resolve_for, rules_for
from gan_cli.assembly.state import build_state
from gan_cli.assembly.step import build_step
from gan_cli.cli.progress import TrainingProgress, preparation_progress
from gan_cli.config.load import config_differences, dump_config
from gan_cli.config.resolve import fill_all_options
from gan_cli.config.resolved import ResolvedConfig
from gan_cli.config.schema import Config
from gan_cli.data.dataset import DataSplits, open_splits
from gan_cli.data.pipeline import training_batches
from gan_cli.errors import UserError
from gan_cli.experiment.dry_run import describe_experiment
from gan_cli.experiment.recorder import RunFollower, images_between_looks
from gan_cli.experiment.watchdog import Watch
from gan_cli.run.checkpoint import CheckpointStore, restore
from gan_cli.run.directory import RunDirectory
from gan_cli.run.environment import describe_environment
from gan_cli.run.guard_log import GuardLog
from gan_cli.run.lock import RunLock
from gan_cli.run.metrics_log import MetricsLog
from gan_cli.training.distribution import ONE_DEVICE, Distribution
from gan_cli.training.guard import is_skipped
from gan_cli.training.loop import Action, compile_steps
from gan_cli.training.precision import set_determinism
from gan_cli.training.remedies import interventions_of
from gan_cli.training.rollback import agreed_look, train_with_rollbacks
from gan_cli.training.state import GanState
from gan_cli.training.step import TrainStep

STOPPED_BY_SIGNAL = 128
DIVERGED = 1


@dataclass
class Experiment:
    """A resolved config with its data and its freshly built or restored state."""

    config: ResolvedConfig
    data: DataSplits
    run: RunDirectory
    state: GanState
    step: TrainStep
    store: CheckpointStore
    lock: RunLock
    distribution: Distribution = ONE_DEVICE

    @classmethod
    def open(
        cls, config: Config, run_dir: Path, distribution: Distribution = ONE_DEVICE
    ) -> "Experiment":
        """Opens the data, resolves the config with it, and builds the networks.

        Args:
          distribution: the devices to train on.

        Raises:
          UserError: the data cannot be read, or the config does not fit it.
        """
        if config.data.image_size is not None:
            # Before many images are brought to a size that is of no use.
            check_image_size(config, *config.data.image_size)
        with preparation_progress() as progress:
            data = open_splits(config.data, progress)
        for problem in data.skipped:
            print(f"skipped: {problem}")
        resolved = resolve_for(config, data)
        set_determinism(resolved.training.deterministic)
        run = RunDirectory(run_dir)
        num_classes = len(data.train.class_names)
        state = build_state(resolved, num_classes, distribution)
        # All that can be wrong with a config comes out before the first file is written.
        return cls(
            resolved,
            data,
            run,
            state,
            build_step(resolved, state, num_classes, data.holdout, distribution),
            CheckpointStore(run.checkpoints, resolved.training.keep_checkpoints),
            RunLock(run.path),
            distribution,
        )

    def describe(self) -> None:
        """Prints what would be trained, and writes a sheet of the images it would learn from."""
        describe_experiment(self.config, self.data, self.state, self.run)

    def prepare_directory(self, resume: str, accept_changes: bool) -> None:
        """Restores the latest checkpoint, or starts the directory of a new run.

        Of several workers the chief does, and hands on what it restored.

        Args:
          resume: `auto`, `never` or `must`.

        Raises:
          UserError: `resume` cannot be had, or the directory holds a run of another config, of
            other data, or a checkpoint that cannot be used.
        """
        self._compare_with_chief()
        if self.distribution.is_chief:
            self._open_directory(resume, accept_changes)
        self.distribution.share(self.state.variables())

    def _compare_with_chief(self) -> None:
        text = f"{dump_config(self.config)} {self.data.fingerprint}"
        mine = int(hashlib.sha256(text.encode()).hexdigest()[:12], 16)
        if self.distribution.any(mine != self.distribution.of_chief(mine)):
            raise UserError(
                f"worker {self.distribution.worker}: the workers' configs or data differ; all need"
                " the same --config, --set, images and machine type"
            )

    def _open_directory(self, resume: str, accept_changes: bool) -> None:
        checkpoints = self.store.all()
        if resume == "must" and not checkpoints:
            raise UserError(f"{self.run.path}: --resume=must, but there is no checkpoint")
        if resume == "never" and self.run.exists():
            raise UserError(
                f"{self.run.path}: holds a run already; choose another --run_dir, or --resume=auto"
            )
        if self.run.exists() and not accept_changes:
            self._refuse_changes()
        # Nothing has been written so far, and nobody else writes from here on.
        self.lock.acquire()
        newest = self.store.newest_good(on_damage=print)
        if newest is not None:
            restore(newest, self.state.variables())
        elif checkpoints:
            raise UserError(
                f"{self.run.path}: none of its checkpoints is sound; all were set aside, and the"
                " same command now starts over"
            )
        self.run.write_config(self.config)
        self.run.write_environment(describe_environment(self._describe_data()))
        images_so_far = self.state.images_so_far()
        MetricsLog(self.run.metrics).truncate_after(images_so_far)
        interventions = interventions_of(self.step.remedies)
        GuardLog(self.run.guard).truncate_after(images_so_far, interventions)

    def _refuse_changes(self) -> None:
        saved = self.run.read_config()
        # A run from before a component had an option is one with the option's default.
        saved = fill_all_options(saved, rules_for(saved, self.data.domain))
        differences = config_differences(saved, self.config)
        if self.run.environment.is_file():
            known = self.run.read_environment()["dataset"]["fingerprint"]
            if known != self.data.fingerprint:
                differences.append(
                    f"data: fingerprint {known[:12]} -> {self.data.fingerprint[:12]}"
                )
        if differences:
            raise UserError(
                f"{self.run.path}: holds a run of another config; choose another --run_dir, or go"
                " on with --accept_changes. What differs:",
                *(f"  {difference}" for difference in differences),
            )

    def _describe_data(self) -> dict:
        train, holdout = self.data.train, self.data.holdout
        return {
            "fingerprint": self.data.fingerprint,
            "train_images": len(train.images),
            "holdout_images": len(holdout.images),
            "image_shape": list(train.images.shape[1:]),
            "class_names": list(train.class_names),
        }

    def train(self, began: float) -> int:
        """Trains to the end, a signal or the deadline; returns the command's exit status.

        Args:
          began: when the command started, on the clock of `time.monotonic`.
        """
        training = self.config.training
        images_shown = self.state.images_so_far()
        total_images = round(training.kimg * 1000)
        images = self.data.train.images
        minutes = training.max_minutes
        run_steps = compile_steps(
            self.step, images.shape[1:], training.xla, str(images.dtype), self.distribution
        )
        course: dict[str, Any] = {
            "total_images": total_images,
            "batch_size": self.step.images_per_step,
            "deadline": None if minutes is None else time.monotonic() + 60 * minutes,
            "agree": self.distribution.any,
        }
        if not self.distribution.is_chief:
            return self._assist(run_steps, course)
        with TrainingProgress(total_images, images_shown) as progress:
            if images_shown:
                progress.message(f"resuming at {images_shown / 1000:g} kimg")
            follower = RunFollower(
                self.config, self.data, self.run, self.state, self.store, progress
            )
            watch = Watch(
                self.config, self.data, self.run, self.state, self.step, self.store, progress
            )
            follower.started(time.monotonic() - began)
            if self.config.guard.rolls_back and not self.store.all():
                # There may be no other to go back to.
                follower.save(images_shown)
            course |= {
                "actions": follower.actions(self._agreed(watch.look)),
                "on_report": follower.on_report,
                "tolerates": watch.non_finite,
            }

            def go_back(images_shown: int, reason: str) -> int | None:
                back_to = watch.roll_back(images_shown, reason)
                if back_to is not None:
                    follower.rewound(back_to)
                return back_to

            received, trouble = self._train_on(run_steps, course, go_back)
            if trouble is not None:
                progress.message(
                    f"training diverged: {trouble}. The last checkpoint is from before; a lower"
                    " learning rate or a larger gamma may help."
                )
                return DIVERGED
        follower.finished()
        self.distribution.any(False)
        if received is not None:
            print(
                f"stopped by {received.name} after saving; the same command goes on from"
                f" {self.state.images_so_far() / 1000:g} kimg"
            )
            return STOPPED_BY_SIGNAL + int(signal.Signals(received))
        return 0

    def _agreed(self, look: Callable[[int], object]) -> Callable[[int], object]:
        """The guard's look, which all workers act on where it may lead to anything."""
        if self.step.remedies is None:
            return look
        return agreed_look(look, self.step.remedies, self.distribution)

    def _train_on(
        self, run_steps: Callable, course: dict, go_back: Callable[[int, str], int | None]
    ) -> tuple[signal.Signals | None, Exception | None]:
        """What `train_with_rollbacks` returns; `go_back` is the chief's `Watch.roll_back`."""
        return train_with_rollbacks(
            run_steps,
            self._batches,
            go_back,
            self.state,
            self.distribution,
            rolls_back_non_finite=self.config.guard.on_non_finite == "rollback",
            **course,
        )

    def _batches(self, images_shown: int) -> tf.data.Dataset:
        return training_batches(
            self.data.train,
            self.step.reals_per_step,
            self.config.seed,
            first_image=self.step.reals_taken(images_shown),
            mirror=self.config.data.mirror,
            steps_per_call=self.config.training.steps_per_call,
            updates_per_step=self.step.objective.real_batches,
            worker=self.distribution.worker,
            workers=self.distribution.workers,
        )

    def _assist(self, run_steps: Callable, course: dict) -> int:
        """Trains along with the chief, who does all that is to be seen."""
        looks = [Action(images_between_looks(self.config), self._agreed(_ignore))]
        course |= {
            "actions": looks if self.step.remedies else [],
            "on_report": _ignore,
            "tolerates": lambda found: is_skipped(
                found.names, self.state, self.step.skip_non_finite
            ),
        }
        received, trouble = self._train_on(run_steps, course, _ignore)
        if trouble is not None:
            return DIVERGED
        # Until the chief has written its last file.
        self.distribution.any(False)
        return 0 if received is None else STOPPED_BY_SIGNAL + int(signal.Signals(received))


def _ignore(images_shown: int, what: object = None) -> None:
    """What workers other than the chief do about a report, a look and a rollback."""
