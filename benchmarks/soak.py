"""Trains for two hours with evaluations, grids and checkpoints, and prints what the process uses.

python -m benchmarks.soak [MINUTES]

Memory, handles, threads and the processor time of a step must stay as they are after the first
lines; what logging, grids and checkpoints cost is printed at the end. Processor time, unlike images
per second, says little about what else the machine has to do.
"""

import resource
import sys
import tempfile
import time
from pathlib import Path

import gan_cli
from gan_cli.experiment.recorder import Recorder

_ROWS = 12
_BATCH_SIZE = 16
_OVERRIDES = {
    "training.batch_size": _BATCH_SIZE,
    "training.kimg": 100_000,
    "training.log_every_kimg": 2,
    "training.grid_every_kimg": 100,
    "training.checkpoint_every_kimg": 100,
    "evaluation.every_kimg": 500,
}


def main() -> None:
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 120.0
    root = Path(__file__).parent.parent
    overrides = {**_OVERRIDES, "training.max_minutes": minutes}
    config = gan_cli.load_config(root / "configs" / "fashion_mnist_idx.yaml", overrides)
    spent = dict.fromkeys(("log", "draw_grid", "save", "evaluate"), 0.0)

    def timed(name: str):
        method = getattr(Recorder, name)

        def run(self, images_shown: int):
            began = time.perf_counter()
            result = method(self, images_shown)
            spent[name] += time.perf_counter() - began
            return result

        return run

    for name in spent:
        setattr(Recorder, name, timed(name))
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        gan_cli.train(config, Path(folder) / "run", listener=Rows(60 * minutes / _ROWS))
        total = time.perf_counter() - began
    print("most resident:", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, "MiB")
    for name, seconds in spent.items():
        print(f"{name}: {100 * seconds / total:.2f} % of {total:.0f} s")


class Rows(gan_cli.Listener):
    """Prints at intervals what the process holds and what its steps cost."""

    def __init__(self, every_seconds: float):
        self.every_seconds = every_seconds
        self.last: tuple[int, float, float] | None = None

    def report(self, images_shown: int, values: object, images_per_second: float) -> None:
        now, steps = time.perf_counter(), images_shown // _BATCH_SIZE
        if self.last is None:
            # The first call has traced the step.
            self.last = (steps, now, time.process_time())
            print(
                "   steps   resident MiB   CPU ms a step   images/s   handles   threads", flush=True
            )
        elif now - self.last[1] >= self.every_seconds:
            new, processor = steps - self.last[0], time.process_time()
            print(
                f"{steps:8d}   {_resident_mebibytes():12.1f}"
                f"   {1000 * (processor - self.last[2]) / new:13.2f}"
                f"   {new * _BATCH_SIZE / (now - self.last[1]):8.0f}"
                f"   {_count('fd'):7d}   {_count('task'):7d}",
                flush=True,
            )
            self.last = (steps, now, processor)


def _count(kind: str) -> int:
    return len(list(Path("/proc/self", kind).iterdir()))


def _resident_mebibytes() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


if __name__ == "__main__":
    main()
