"""Trains 20,000 steps and prints how memory, speed and the share of saving and logging develop.

python -m benchmarks.soak [STEPS]

Handles and threads must stay as many as they are after the first lines.
"""

import resource
import sys
import tempfile
import time
from pathlib import Path

from gan_cli.cli.app import import_tensorflow

_STEPS_PER_CALL = 16
_BATCH_SIZE = 16


def main() -> None:
    steps = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    import_tensorflow()
    from gan_cli.cli.choices import CHOICES
    from gan_cli.cli.experiment import Experiment
    from gan_cli.cli.follow import RunFollower
    from gan_cli.config.load import load_config

    root = Path(__file__).parent.parent
    overrides = [
        f"training.kimg={steps * _BATCH_SIZE / 1000}",
        f"training.batch_size={_BATCH_SIZE}",
        f"training.steps_per_call={_STEPS_PER_CALL}",
        "evaluation.every_kimg=0",
    ]
    config = load_config(root / "configs" / "fashion_mnist_idx.yaml", overrides, CHOICES)
    shown_at: list[tuple] = []
    spent = dict.fromkeys(("log", "draw_grid", "save"), 0.0)
    report, every = RunFollower.on_report, steps * _BATCH_SIZE // 8

    def timed(name: str):
        method = getattr(RunFollower, name)

        def run(self, images_shown: int):
            began = time.perf_counter()
            result = method(self, images_shown)
            spent[name] += time.perf_counter() - began
            return result

        return run

    def watch(self, images_shown: int, values) -> None:
        report(self, images_shown, values)
        if images_shown // every > len(shown_at):
            shown_at.append(
                (images_shown, time.perf_counter(), _resident_mebibytes(), *_handles_and_threads())
            )

    for name, method in {**{name: timed(name) for name in spent}, "on_report": watch}.items():
        setattr(RunFollower, name, method)
    with tempfile.TemporaryDirectory() as folder:
        experiment = Experiment.open(config, Path(folder) / "run")
        experiment.prepare_directory("never", accept_changes=False)
        began = time.perf_counter()
        experiment.train(time.monotonic())
        total = time.perf_counter() - began
    print("steps     resident MiB   images/s   handles   threads")
    previous = (0, began)
    for images, at, memory, handles, threads in shown_at:
        rate = (images - previous[0]) / (at - previous[1])
        print(
            f"{images // _BATCH_SIZE:6d}   {memory:10.1f}   {rate:9.0f}"
            f"   {handles:7d}   {threads:7d}"
        )
        previous = (images, at)
    print("most resident:", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, "MiB")
    for name, seconds in spent.items():
        print(f"{name}: {100 * seconds / total:.2f} % of {total:.0f} s")


def _handles_and_threads() -> list[int]:
    return [len(list(Path("/proc/self", kind).iterdir())) for kind in ("fd", "task")]


def _resident_mebibytes() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


if __name__ == "__main__":
    main()
