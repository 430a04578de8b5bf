"""Trains what a config describes, from the data to the last checkpoint."""

import time
from pathlib import Path

from gan_cli.config.schema import Config
from gan_cli.experiment.experiment import Experiment
from gan_cli.experiment.outcome import Outcome
from gan_cli.listener import Listener, Quiet
from gan_cli.run.directory import RunDirectory, default_run_dir
from gan_cli.run.lock import RunLock
from gan_cli.training.cluster import open_distribution
from gan_cli.training.distribution import Distribution


def run_experiment(
    config: Config,
    run_dir: str | Path | None = None,
    resume: str = "auto",
    accept_changes: bool = False,
    listener: Listener | None = None,
    *,
    distribution: Distribution | None = None,
    began: float | None = None,
) -> Outcome:
    """Trains a GAN in this process, or continues a run that stopped.

    In the main thread, the first SIGINT, SIGTERM or SIGHUP ends training after a checkpoint is
    saved; SIGHUP is left alone where the process ignores it, as under nohup. The process's own
    signal handlers are restored afterwards.

    Args:
      run_dir: where everything about the run is kept; by default `runs/NAME`, of the config's name.
      resume: `auto` continues from the latest checkpoint, if there is one; `never` refuses a
        directory that holds a run; `must` refuses one without a checkpoint.
      accept_changes: whether a run may be continued with a config, or data, other than it began
        with.
      listener: hears how training goes.
      distribution: the devices to train on, where they are open already; by default those that
        `training.strategy` names.
      began: when the work began, on the clock of `time.monotonic`, by which the start-up is timed.

    Raises:
      UserError: the config, the data or the run directory cannot be used, or a file cannot be
        written.
    """
    began = time.monotonic() if began is None else began
    if distribution is None:
        distribution = open_distribution(
            config.training.strategy, say=(listener or Quiet()).message
        )
    run_dir = run_dir or default_run_dir(config)
    lock = RunLock(Path(run_dir))
    with distribution.alive():
        try:
            if distribution.is_chief and RunDirectory(run_dir).exists():
                # Before the data are read, which may take minutes; a new run writes nothing yet.
                lock.acquire()
            experiment = Experiment.open(config, run_dir, distribution, listener, lock)
            experiment.prepare_directory(resume, accept_changes)
            return experiment.train(began)
        finally:
            lock.release()
