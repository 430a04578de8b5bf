"""One training run from beginning to end: data, state, directory, and the loop with its actions."""

import hashlib
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tensorflow as tf

from gan_cli.assembly.checks import check_first_step, own_parts
from gan_cli.assembly.class_changes import restore_by_class
from gan_cli.assembly.initial_weights import initialise
from gan_cli.assembly.networks import check_image_size
from gan_cli.assembly.resolving import part_names, resolve_for
from gan_cli.assembly.slicing import slicing_notes
from gan_cli.assembly.state import build_state
from gan_cli.assembly.step import build_step
from gan_cli.assembly.warnings import warnings_of
from gan_cli.config.load import dump_config
from gan_cli.config.resolved import ResolvedConfig
from gan_cli.config.schema import Config
from gan_cli.data.dataset import DataSplits, open_splits
from gan_cli.data.held_out import NOTHING_KNOWN
from gan_cli.data.pipeline import training_batches
from gan_cli.data.report import DataReport, report_on
from gan_cli.data.split import FEWEST_HELD_OUT
from gan_cli.errors import UserError, first_line
from gan_cli.evaluation.evaluator import check_metrics
from gan_cli.experiment.changes import (
    changes_line,
    describe_data,
    early_end,
    refuse_changes,
    with_options_of_run,
    with_recorded_plan,
    with_recorded_rules,
)
from gan_cli.experiment.dry_run import Description, describe_experiment, label_lines
from gan_cli.experiment.machine import device_text, unused_gpu_warning
from gan_cli.experiment.met_before import met_before
from gan_cli.experiment.out_of_memory import explained, smaller_data, smaller_step
from gan_cli.experiment.outcome import Ending, Outcome
from gan_cli.experiment.peak_memory import forget_peak, peak_bytes
from gan_cli.experiment.precision_trial import with_precision
from gan_cli.experiment.recorder import Recorder, images_between_looks
from gan_cli.experiment.speed import measured_images_per_second
from gan_cli.experiment.step_memory import estimated_bytes, refuse_what_cannot_fit
from gan_cli.experiment.time_plan import needs_plan, plan_line, planned_by_time, unchanged
from gan_cli.experiment.watchdog import Watchdog
from gan_cli.io.wording import counted
from gan_cli.listener import PREPARING, TIMING, TRAINING, Listener, Quiet
from gan_cli.run.checkpoint import Checkpoint, CheckpointStore, restore
from gan_cli.run.directory import RunDirectory
from gan_cli.run.environment import describe_environment
from gan_cli.run.guard_log import GuardLog
from gan_cli.run.lock import RunLock
from gan_cli.run.loggers import refuse_missing_packages
from gan_cli.run.loggers.log import LogEnding
from gan_cli.run.metrics_log import MetricsLog
from gan_cli.run.plans_log import PlansLog
from gan_cli.run.report.ending import verdict_lines
from gan_cli.run.report.page import write_report
from gan_cli.run.tensorboard import forget_after
from gan_cli.training.distribution import ONE_DEVICE, Distribution
from gan_cli.training.guard import is_skipped
from gan_cli.training.loop import Action, compile_steps, lost_values
from gan_cli.training.precision import set_determinism
from gan_cli.training.remedies import GUARD_MEMORY, interventions_of
from gan_cli.training.rollback import agreed_look, train_with_rollbacks
from gan_cli.training.state import GanState
from gan_cli.training.step import TrainStep
from gan_cli.training.stop import StopRequest

# Between parts of a call, training can stop and shows how far it is.
_SECONDS_PER_PART = 1.0
# Lines about images that cannot be decoded; a set may have thousands.
_SKIPPED_SHOWN = 3
# Nobody asks what took long where everything was ready within so many seconds.
_QUICK_SECONDS = 5.0


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
    distribution: Distribution
    listener: Listener
    report: DataReport
    # The config before it was resolved.
    asked: Config
    # When `open` began, had the data, and ended, on the clock of `time.monotonic`.
    times: tuple[float, float, float]
    # The config by which the run in the directory has trained so far; None: there is no run.
    recorded: ResolvedConfig | None
    # What would end training again, as it did before; None: nothing is known.
    met_before: str | None = None
    # Of the chief, once it trains.
    recorder: Recorder | None = None

    @classmethod
    def open(
        cls,
        config: Config,
        run_dir: str | Path,
        distribution: Distribution = ONE_DEVICE,
        listener: Listener | None = None,
        lock: RunLock | None = None,
    ) -> "Experiment":
        """Opens the data, resolves the config with it, and builds the networks.

        Args:
          run_dir: where everything about the run is kept; nothing is written yet.
          distribution: the devices to train on.
          listener: hears how training goes.
          lock: of the run directory, where it is held already.

        Raises:
          UserError: the data cannot be read, or the config does not fit it.
        """
        opened = time.monotonic()
        listener = listener or Quiet()
        refuse_missing_packages(config.training.loggers)
        run = RunDirectory(run_dir)
        run.refuse_other_things()
        recorded = run.read_config() if run.exists() else None
        config = with_options_of_run(with_recorded_rules(config, recorded), recorded)
        if config.data.image_size is not None:
            # Before many images are prepared in a size that the networks cannot make.
            check_image_size(config, *config.data.image_size)
        with explained(smaller_data), listener.during(PREPARING) as progress:
            # Nothing has been trained on by a run that has kept no weights yet.
            known = run.read_split() if CheckpointStore(run.checkpoints).all() else NOTHING_KNOWN
            data = open_splits(config.data, progress, known)
        with_data = time.monotonic()
        samples, sample = data.domain.name, data.domain.noun
        listener.samples_are(samples)
        for problem in data.skipped[:_SKIPPED_SHOWN]:
            listener.skipped(problem)
        if (more := len(data.skipped) - _SKIPPED_SHOWN) > 0:
            listener.skipped(f"{more:,} more {samples}; {run.skipped.name} of the run names all")
        for note in data.notes:
            listener.message(f"note: {note}")
        report = report_on(data)
        for warning in report.warnings():
            listener.message(f"warning: {warning}")
        held_out = len(data.holdout.images)
        if config.evaluation.every_kimg != 0 and held_out < FEWEST_HELD_OUT:
            listener.message(
                f"note: {counted(held_out, f'{sample} is', f'{samples} are')} held out, and an"
                f" evaluation needs {FEWEST_HELD_OUT}: the run trains without evaluation; add"
                f" {samples}, or raise data.holdout_fraction"
            )
        config = with_precision(config, data, recorded, distribution, listener.message)
        resolved = resolve_for(config, data)
        check_metrics(resolved, data)
        store = CheckpointStore(run.checkpoints, resolved.training.keep_checkpoints)
        if store.all() and recorded is not None:
            resolved = with_recorded_plan(resolved, config, recorded)
            early = early_end(resolved)
            if early is not None:
                listener.message(early)
        set_determinism(resolved.training.deterministic)
        num_classes = len(data.train.class_names)
        with explained(lambda: smaller_step(resolved)):
            state = build_state(resolved, num_classes, distribution)
        refuse_what_cannot_fit(resolved, state)
        for warning in warnings_of(resolved, state.discriminator, distribution.replicas):
            listener.message(f"warning: {warning}")
        unused = unused_gpu_warning()
        if unused is not None:
            listener.message(f"warning: {unused}")
        networks = state.generator, state.discriminator
        for note in slicing_notes(resolved, networks, distribution.replicas):
            listener.message(f"note: {note}")
        step = build_step(resolved, state, num_classes, data.holdout, distribution)
        if distribution.replicas == 1:
            images = data.train.images
            check_first_step(step, images.shape[1:], str(images.dtype), part_names(resolved))
            if own := own_parts(part_names(resolved)):
                names = ", ".join(own)
                listener.message(f"your own parts pass (form, arguments, a traced step): {names}")
        # Whatever is wrong with a config is found before the first file is written.
        return cls(
            resolved,
            data,
            run,
            state,
            step,
            store,
            lock or RunLock(run.path),
            distribution,
            listener,
            report,
            config,
            (opened, with_data, time.monotonic()),
            recorded,
        )

    def describe(self) -> Description:
        """Describes what would be trained, and writes a sheet of the images it would learn from.

        Takes a few training steps, to say how long training would take.

        Raises:
          UserError: the sheet cannot be written.
        """
        self.listener.message(
            "dry run: data and networks are ready; now compiling a training step and timing a few"
        )
        run_steps = self._compiled_steps()

        def take_steps(*batches: tf.Tensor) -> dict[str, tf.Tensor]:
            report = run_steps(*batches)
            self._refuse_lost(report)
            return report

        with explained(lambda: smaller_step(self.config)), self.listener.during(TIMING) as count:
            count(0, None)
            speed = measured_images_per_second(
                take_steps,
                self._batches(0),
                self.step.images_per_step,
                before_timing=forget_peak,
            )
        peak = peak_bytes()
        return describe_experiment(
            self.config,
            self.data,
            self.state,
            self.run,
            speed,
            self.report,
            self.distribution.replicas,
            peak,
        )

    def _refuse_lost(self, report: Mapping[str, tf.Tensor]) -> None:
        """Refuses losses and penalties that are not finite in the first steps."""
        # Gradients may overflow at first, where a loss scale still has to fall.
        losses = {n: float(v) for n, v in report.items() if "loss" in n or "penalty" in n}
        lost, _ = lost_values(losses)
        if lost:
            own = ", ".join(own_parts(part_names(self.config)))
            raise UserError(
                f"in the first training steps, {', '.join(lost)} is not finite"
                + (f"; this run trains with parts of your own: {own}" if own else "")
            )

    def prepare_directory(self, resume: str, accept_changes: bool) -> None:
        """Restores the latest checkpoint, or starts the directory of a new run.

        Where several workers train, the chief does so, and the others get what it restored.

        Args:
          resume: `auto`, `never` or `must`, as `run_experiment` explains.
          accept_changes: whether the run may have begun with another config, or other data.

        Raises:
          UserError: `resume` does not allow it, or the directory holds a run of another config, of
            other data, or no checkpoint that can be used.
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
                " the same config, images and machine type"
            )

    def _open_directory(self, resume: str, accept_changes: bool) -> None:
        checkpoints = self.store.all()
        if resume == "must" and not checkpoints:
            raise UserError(f"is 'must', but {self.run.path} holds no checkpoint", key="resume")
        # Checkpoints without a config are a run that has lost a file.
        if resume == "never" and (self.run.exists() or checkpoints):
            raise UserError(
                f"is 'never', but {self.run.path} holds a run already; choose another run"
                " directory, or 'auto'",
                key="resume",
            )
        # Nothing binds a run that has kept no weights yet.
        if checkpoints and self.recorded is not None and not accept_changes:
            refuse_changes(self.run, self.recorded, self.config, self.data)
        initialised = None
        if self.config.training.init_from is not None and not checkpoints:
            names = tuple(self.data.train.class_names)
            initialised = initialise(self.config, self.state, names)
            for line in initialised.lines():
                self.listener.message(line)
        # Nothing has been written so far, and nobody else writes from here on.
        self.lock.acquire()
        self.store.mend_best(on_damage=self.listener.message)
        newest = self.store.newest_good(on_damage=self.listener.message)
        if newest is not None:
            self._restore(newest)
            self._say_what_changed()
        elif checkpoints:
            raise UserError(
                f"{self.run.path}: all checkpoints are damaged, and have been set aside; run the"
                " same command to start over"
            )
        if not accept_changes:
            self.met_before = met_before(
                self.run, self.recorded, self.config, self.state.images_so_far()
            )
        if self.met_before is not None:
            # The record of what happened stays as it is.
            return
        self._record_plan(newest is not None)
        self.run.write_config(self.config)
        self.run.write_environment(describe_environment(describe_data(self.data)))
        self.run.write_data_report(
            self.report.as_json()
            | {"estimated_bytes": estimated_bytes(self.config, self.state, self.data)},
            [*self.report.skipped, *self.report.passed_over],
        )
        self.run.write_split(self.data.split())
        if initialised is not None:
            self.run.write_initial_weights(initialised.record())
        images_so_far = self.state.images_so_far()
        metrics, guard = MetricsLog(self.run.metrics), GuardLog(self.run.guard)
        for problem in filter(None, (metrics.problem(), guard.problem())):
            self.listener.message(problem)
        metrics.truncate_after(images_so_far)
        guard.truncate_after(images_so_far, interventions_of(self.step.remedies))
        forget_after(self.run.path, images_so_far)

    def _say_what_changed(self) -> None:
        if self.recorded is None:
            return
        line = changes_line(self.recorded, self.config, self.asked, self.data)
        if line is not None:
            self.listener.message(line)

    def _record_plan(self, continues: bool) -> None:
        """Keeps where a run continues to another length than it was planned for."""
        planned, wanted = self.recorded, self.config.training.kimg
        if continues and planned is not None and planned.training.kimg != wanted:
            shown = self.state.images_so_far()
            PlansLog(self.run.plans).append(shown, planned.training.kimg, wanted)

    def _restore(self, checkpoint: Checkpoint) -> None:
        new_names = tuple(self.data.train.class_names)
        old_names = new_names
        if self.config.model.conditional and self.run.environment.is_file():
            old_names = tuple(self.run.read_environment()["dataset"]["class_names"])
        # A run may have begun without a guard that acts, whose factors then begin at 1.
        if old_names == new_names:
            restore(checkpoint, self.state.variables(), may_lack=GUARD_MEMORY)
            return
        for line in restore_by_class(
            checkpoint, self.config, self.state, old_names, new_names, GUARD_MEMORY
        ):
            self.listener.message(line)
        # Together, so that checkpoints and the names of their classes agree.
        self.store.replace_all(self.state.variables(), checkpoint.images_shown)
        self.run.write_environment(describe_environment(describe_data(self.data)))

    def train(self, began: float | None = None) -> Outcome:
        """Trains until all images are shown, a signal comes or the time is up.

        Args:
          began: when the work began, on the clock of `time.monotonic`; by default now.

        Raises:
          UserError: a file of the run directory cannot be written.
        """
        if self.distribution.any(self.met_before is not None):
            return self._end_as_before()
        outcome = None
        try:
            with explained(self._smaller_step_from_here):
                outcome = self._train(began)
                return outcome
        finally:
            if self.recorder is not None:
                self.recorder.close(_log_ending(outcome))

    def _smaller_step_from_here(self) -> str:
        kept = self.store.all()
        resumes = f"; the checkpoint at {kept[-1].kimg:g} kimg is kept" if kept else ""
        return smaller_step(self.config) + resumes

    def _train(self, began: float | None) -> Outcome:
        run_steps = self._compiled_steps()
        recorder = None
        if self.distribution.is_chief:
            recorder = self._start_record(time.monotonic() if began is None else began)
        # Preparation is over: from here on, training spends its time.
        minutes = self.config.training.max_minutes
        deadline = None if minutes is None else time.monotonic() + 60 * minutes
        self._plan_by_time(run_steps, deadline)
        arguments: dict[str, Any] = {
            "total_images": round(self.config.training.kimg * 1000),
            "batch_size": self.step.images_per_step,
            "agree": self.distribution.any,
        }
        if recorder is not None:
            recorder.begin(self.config, deadline)
            with self.listener.during(TRAINING):
                received, trouble = self._train_as_chief(run_steps, arguments, recorder)
        else:
            received, trouble = self._train_as_assistant(run_steps, arguments)
        if trouble is None:
            if self.distribution.is_chief:
                if recorder is not None and recorder.time_is_up():
                    self._say_if_time_is_up(received, arguments["total_images"])
                for problem in write_report(self.run):
                    self.listener.message(problem)
                for line in verdict_lines(self.run) if received is None else ():
                    self.listener.message(line)
            # The others wait here until the chief has written its last file.
            self.distribution.any(False)
        return self._outcome(received, trouble)

    def _end_as_before(self) -> Outcome:
        trouble = f"{self.met_before}, when this run was trained last"
        if self.distribution.is_chief:
            self.listener.message(
                f"{trouble}; nothing has changed since, so it is not trained into the same again."
                " The way on: set guard.on_non_finite to rollback, which returns to a checkpoint"
                " and lowers the learning rates, and pass --accept_changes. To try the same again,"
                " only pass --accept_changes"
            )
        return self._outcome(None, RuntimeError(trouble))

    def _say_if_time_is_up(self, received: signal.Signals | None, total_images: int) -> None:
        shown = self.state.images_so_far()
        if received is None and shown < total_images:
            self.listener.message(
                f"training.max_minutes ({self.config.training.max_minutes:g}) is over:"
                f" {shown / 1000:g} of {total_images / 1000:g} kimg are shown"
            )

    def close(self) -> None:
        """Lets other processes train in the run directory."""
        self.lock.release()

    def _start_record(self, began: float) -> Recorder:
        """Says what is trained, draws the first pictures, and prepares scoring."""
        for line in label_lines(self.config, self.data):
            self.listener.message(line)
        images_shown = self.state.images_so_far()
        if images_shown:
            self.listener.message(f"resuming at {images_shown / 1000:g} kimg")
        self.recorder = Recorder(
            self.config, self.data, self.run, self.state, self.store, self.listener
        )
        self.recorder.start(
            time.monotonic() - began,
            self._ready_parts(began),
            device_text(self.distribution.replicas),
        )
        return self.recorder

    def _ready_parts(self, began: float) -> str:
        """Returns what took how long until training was ready, or nothing if all was quick."""
        opened, with_data, built = self.times
        parts = {
            "start": opened - began,
            "data": with_data - opened,
            "networks": built - with_data,
            "run directory": time.monotonic() - built,
        }
        if sum(parts.values()) < _QUICK_SECONDS or opened < began:
            return ""
        return ", ".join(f"{name} {seconds:.0f} s" for name, seconds in parts.items())

    def _plan_by_time(self, run_steps: Callable, deadline: float | None) -> None:
        """Fits schedules, ramps and intervals of a new run into the time that it has."""
        if deadline is None or not needs_plan(self.config, self.state.images_so_far()):
            return
        with unchanged(self.state), self.listener.during(TIMING) as count:
            count(0, None)
            measured = measured_images_per_second(
                run_steps, self._batches(0), self.step.images_per_step, self.distribution.any
            )
        speed = self.distribution.of_chief(measured)
        seconds_left = self.distribution.of_chief(deadline - time.monotonic())
        planned = planned_by_time(self.config, self.asked, speed, seconds_left)
        if planned is self.config:
            return
        self.config = planned
        assert isinstance(self.step.end_kimg, tf.Variable)  # There is a `max_minutes`.
        self.step.end_kimg.assign(planned.training.schedule_kimg)
        if self.distribution.is_chief:
            self.run.write_config(planned)
            self.listener.message(plan_line(planned, speed, self.data.domain.name))

    def _train_as_chief(
        self, run_steps: Callable, arguments: dict[str, Any], recorder: Recorder
    ) -> tuple[signal.Signals | None, Exception | None]:
        """Trains, and writes everything that is kept."""
        images_shown = self.state.images_so_far()
        self.listener.progress(TRAINING, images_shown, arguments["total_images"])
        watchdog = Watchdog(
            self.config, self.data, self.run, self.state, self.step, self.store, self.listener
        )
        if self.config.guard.rolls_back and not self.store.all():
            # A rollback needs a checkpoint, and may come before the first one is due.
            recorder.save(images_shown)

        def go_back(images_shown: int, reason: str) -> int | None:
            back_to = watchdog.roll_back(images_shown, reason)
            if back_to is not None:
                recorder.rewind(back_to)
            return back_to

        arguments |= {
            "actions": recorder.actions(self._agreed(watchdog.look)),
            "on_report": recorder.on_report,
            "on_part": recorder.on_part,
            "time_is_up": recorder.time_is_up,
            "has_enough": lambda: recorder.has_stalled,
            "tolerates": watchdog.tolerates,
        }
        return self._train_with_rollbacks(run_steps, arguments, go_back)

    def _train_as_assistant(
        self, run_steps: Callable, arguments: dict[str, Any]
    ) -> tuple[signal.Signals | None, Exception | None]:
        """Trains along with the chief, which writes and reports everything."""
        looks = [Action(images_between_looks(self.config), self._agreed(_ignore))]
        arguments |= {
            "actions": looks if self.step.remedies else [],
            "on_report": _ignore,
            "tolerates": lambda found: is_skipped(
                found.names, self.state, self.step.skip_non_finite
            ),
        }
        return self._train_with_rollbacks(run_steps, arguments, _ignore)

    def _agreed(self, look: Callable[[int], object]) -> Callable[[int], object]:
        """Lets all workers act on the guard's look, where it may lead to anything."""
        if self.step.remedies is None:
            return look
        return agreed_look(look, self.step.remedies, self.distribution)

    def _train_with_rollbacks(
        self,
        run_steps: Callable,
        arguments: dict[str, Any],
        go_back: Callable[[int, str], int | None],
    ) -> tuple[signal.Signals | None, Exception | None]:
        """Returns the signal that ended training, and what made it end early."""
        several = self.distribution.workers > 1
        listener = Quiet() if self.recorder is None else self.listener
        with StopRequest(listener.message) as stop:
            if self.recorder is not None:
                self.recorder.stop = stop
            return train_with_rollbacks(
                run_steps,
                self._batches,
                go_back,
                self.state,
                self.distribution,
                rolls_back_non_finite=self.config.guard.on_non_finite == "rollback",
                stop=stop,
                # XLA would compile parts of every length, and workers stop together between calls.
                seconds_per_part=None if self.config.training.xla or several else _SECONDS_PER_PART,
                **arguments,
            )

    def _compiled_steps(self) -> Callable:
        images = self.data.train.images
        return compile_steps(
            self.step,
            images.shape[1:],
            self.config.training.xla,
            str(images.dtype),
            self.distribution,
        )

    def _batches(self, images_shown: int) -> Iterator[dict[str, tf.Tensor]]:
        """Yields the batches of each call, which ends where it would in a run that never stopped.

        The first one is shorter where a signal has stopped training within a call.
        """
        per_call = self.config.training.steps_per_call * self.step.images_per_step
        within = images_shown % per_call
        batches = iter(self._whole_batches(images_shown - within))
        skipped = within // self.step.images_per_step
        yield {name: value[skipped:] for name, value in next(batches).items()}
        yield from batches

    def _whole_batches(self, images_shown: int) -> tf.data.Dataset:
        return training_batches(
            self.data.train,
            self.step.reals_per_step,
            self.config.seed,
            first_image=self.step.reals_taken(images_shown),
            mirror=self.config.data.mirror,
            flip=self.config.data.flip,
            quarter_turns=self.config.data.quarter_turns,
            even_classes=self.config.data.class_sampling == "uniform",
            vary=self.data.domain.varied if self.data.domain.varies else None,
            steps_per_call=self.config.training.steps_per_call,
            updates_per_step=self.step.objective.real_batches,
            worker=self.distribution.worker,
            workers=self.distribution.workers,
        )

    def _outcome(self, received: signal.Signals | None, trouble: Exception | None) -> Outcome:
        ending = Ending.FINISHED if received is None else Ending.STOPPED
        if trouble is not None:
            ending = Ending.DIVERGED
        return Outcome(
            ending,
            self.run.path,
            self.state.images_so_far(),
            None if received is None else signal.Signals(received),
            None if trouble is None else first_line(trouble),
        )


def _log_ending(outcome: Outcome | None) -> LogEnding:
    """Returns how loggers mark a run that ended so; None: by an error."""
    if outcome is None or outcome.ending == Ending.DIVERGED:
        return LogEnding.FAILED
    return LogEnding.STOPPED if outcome.ending == Ending.STOPPED else LogEnding.FINISHED


def _ignore(images_shown: int, what: object = None) -> None:
    """Does nothing: reports, looks and rollbacks are the chief's."""
