"""Trains the runs of a sweep, each in a process and run directory of its own."""

import contextlib
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence

from gan_cli.config.load import dump_config
from gan_cli.config.schema import Config
from gan_cli.errors import UserError
from gan_cli.experiment.outcome import DIVERGED_STATUS
from gan_cli.experiment.sweep_plan import PlannedRun
from gan_cli.io.files import atomic_write
from gan_cli.io.records import read_text
from gan_cli.listener import Listener
from gan_cli.training.stop import heeded_signals

# Holds the config by which a run of a sweep has finished.
_FINISHED = "finished.yaml"


def train_runs(
    runs: Sequence[PlannedRun],
    configs: Sequence[Config],
    command_for: Callable[[PlannedRun], Sequence[str]],
    listener: Listener,
    skips_finished: bool = True,
) -> int:
    """Trains one run after another, each in a process of its own.

    A run that has finished by the same config is skipped. After one that diverged the sweep
    continues with the next; after one that stopped for any other reason it ends.

    Args:
      configs: one for each run.
      command_for: from a run to the command line that trains it.
      skips_finished: whether finished runs are skipped; otherwise each is started, and says itself
        what it finds.

    Returns:
      0 if all have finished; otherwise the exit status of the run that ended the sweep, 128 + N
      after signal N, or that of a diverged run.
    """
    diverged = 0
    for number, (run, config) in enumerate(zip(runs, configs, strict=True), 1):
        where = f"{run.name}, {number} of {len(runs)}"
        if skips_finished and is_finished(run, config):
            listener.message(f"{where}: finished already, {run.folder}")
            continue
        listener.message(where)
        status = _run(command_for(run))
        if status == DIVERGED_STATUS:
            listener.message(f"{run.name} diverged or failed; continuing with the next run")
            diverged = status
        elif status:
            listener.message(
                f"{run.name} did not finish; run the same command to continue from there"
            )
            return status
        elif run.folder.is_dir():
            atomic_write(run.folder / _FINISHED, dump_config(config))
    return diverged


def is_finished(run: PlannedRun, config: Config) -> bool:
    """Returns whether a run has been trained to its end by this very config."""
    try:
        finished = read_text(run.folder / _FINISHED)
    except UserError:
        return False
    # Without checkpoints, as after a folder has been tidied up, nothing is left of the run.
    return finished == dump_config(config) and (run.folder / "checkpoints").is_dir()


def _run(command: Sequence[str]) -> int:
    # In a session of its own: otherwise Ctrl-C would reach the process twice, once from the
    # terminal and once from here, and the second signal ends it without a checkpoint.
    process = subprocess.Popen(command, start_new_session=True)
    with _forwarding_signals(process):
        status = process.wait()
    return status if status >= 0 else 128 - status


@contextlib.contextmanager
def _forwarding_signals(process: subprocess.Popen) -> Iterator[None]:
    previous = {}
    # Signal handlers can be set in the main thread only.
    if threading.current_thread() is threading.main_thread():
        for number in heeded_signals():
            previous[number] = signal.signal(
                number, lambda received, _: process.send_signal(received)
            )
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
