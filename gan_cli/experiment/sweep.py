"""The same experiment with several seeds, one process and one run directory each."""

import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

_FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def train_seeds(seeds: Sequence[int], run_dir: Path, flags: Sequence[str]) -> int:
    """Trains one seed after another, in `run_dir/seed-N`; what has ended already is passed over.

    Args:
      flags: of `gan-train`, the same for all seeds.

    Returns:
      The exit status of the first that did not come to its end, or 0.
    """
    run_dirs = [run_dir / f"seed-{seed}" for seed in seeds]
    for number, (seed, its_dir) in enumerate(zip(seeds, run_dirs, strict=True), 1):
        print(f"seed {seed}, {number} of {len(seeds)}", flush=True)
        status = _train([*flags, f"--set=seed={seed}", f"--run_dir={its_dir}"])
        if status:
            print(f"seed {seed} did not come to its end; the same command goes on from there")
            return status
    print(f"all seeds are trained; gan-eval --compare {' '.join(map(str, run_dirs))}")
    return 0


def _train(flags: Sequence[str]) -> int:
    # A session of its own: Ctrl-C would reach it twice, and the second one does not wait.
    process = subprocess.Popen(
        [sys.executable, "-m", "gan_cli.cli.train", *flags], start_new_session=True
    )
    previous = {
        number: signal.signal(number, lambda received, _: process.send_signal(received))
        for number in _FORWARDED
    }
    try:
        status = process.wait()
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
    return status if status >= 0 else 128 - status
