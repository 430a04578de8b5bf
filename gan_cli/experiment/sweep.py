"""Trains the same experiment with several seeds, each in a process and run directory of its own."""

import contextlib
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from gan_cli.listener import Listener

_FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def seed_directories(run_dir: Path, seeds: Sequence[int]) -> list[Path]:
    """Returns the run directory of each seed: `run_dir/seed-N`."""
    return [run_dir / f"seed-{seed}" for seed in seeds]


def train_seeds(
    seeds: Sequence[int],
    run_dir: Path,
    command_for: Callable[[int, Path], Sequence[str]],
    listener: Listener,
) -> int:
    """Trains one seed after another; a run that is finished already takes no step.

    Args:
      command_for: from a seed and its run directory to the command line that trains it.

    Returns:
      The exit status of the first process that did not finish, 128 + N after signal N; or 0.
    """
    for number, (seed, its_dir) in enumerate(
        zip(seeds, seed_directories(run_dir, seeds), strict=True), 1
    ):
        listener.message(f"seed {seed}, {number} of {len(seeds)}")
        status = _run(command_for(seed, its_dir))
        if status:
            listener.message(
                f"seed {seed} did not finish; run the same command to continue from there"
            )
            return status
    return 0


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
        for number in _FORWARDED:
            previous[number] = signal.signal(
                number, lambda received, _: process.send_signal(received)
            )
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
