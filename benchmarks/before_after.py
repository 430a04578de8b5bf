"""Compares the commands of this checkout with those of an older one, in turn.

python -m benchmarks.before_after OLD_CHECKOUT [ROUNDS [KIMG]]

Measures the start-up of the commands, and training on the digits for KIMG in float32, less what it
takes to the first step. Each round runs each command once from either checkout, in the same Python
environment. Prints a table of Markdown: medians, and the median, least and largest ratio of new to
old. Where the machine has other work to do, the processor's seconds say more than the clock's.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

NEW = Path(__file__).parent.parent
STEADY = (
    "--set=training.precision=float32",
    "--set=training.grid_every_kimg=1000",
    "--set=training.checkpoint_every_kimg=1000",
    "--set=evaluation.every_kimg=0",
)


@dataclass(frozen=True)
class Spent:
    """Seconds by the clock, and of the processor (user and system)."""

    wall: float
    processor: float

    def __sub__(self, other: "Spent") -> "Spent":
        return Spent(self.wall - other.wall, self.processor - other.processor)


@dataclass
class Row:
    """One line of the table: the rounds of both checkouts."""

    name: str
    old: list[Spent] = field(default_factory=list)
    new: list[Spent] = field(default_factory=list)

    def text(self) -> str:
        cells = [self.name]
        for kind in ("wall", "processor"):
            old, new = ([getattr(spent, kind) for spent in each] for each in (self.old, self.new))
            ratios = sorted(n / o for n, o in zip(new, old, strict=True))
            cells += [f"{median(old):.2f}", f"{median(new):.2f}"]
            cells += [f"{median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"]
        return f"| {' | '.join(cells)} |"


class Checkout:
    """The commands of one checkout, each in a process of its own."""

    def __init__(self, root: Path, folder: Path):
        self.root, self.folder = root.resolve(), folder
        folder.mkdir()
        self._environment = {
            **os.environ,
            "PYTHONPATH": str(self.root),
            "GAN_CLI_CACHE": str(folder / "cache"),
        }
        self._count = 0

    def run(self, command: str, *arguments: str) -> Spent:
        """Runs `gan-COMMAND`; a failure ends the benchmark."""
        return self.python("-m", f"gan_cli.cli.{command}", *arguments)

    def python(self, *arguments: str) -> Spent:
        """Runs Python with this checkout's package; a failure ends the benchmark."""
        began = time.perf_counter()
        with open(self.folder / "said.txt", "wb") as said:
            process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=self.folder,
                env=self._environment,
                stdout=said,
                stderr=said,
            )
            _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            text = (self.folder / "said.txt").read_text(encoding="utf-8", errors="replace")
            sys.exit(f"{arguments} of {self.root} failed:\n{text}")
        return Spent(wall, usage.ru_utime + usage.ru_stime)

    def train(self, kimg: float, *more: str) -> Spent:
        self._count += 1
        config = f"--config={self.root / 'configs' / 'digits.yaml'}"
        run_dir = f"--run_dir={self.folder / f'run-{self._count}'}"
        return self.run("train", config, run_dir, f"--set=training.kimg={kimg}", *STEADY, *more)

    def sample(self) -> Spent:
        return self.run(
            "sample", f"--run_dir={self.folder / 'run-1'}", "--out=grid.png", "--checkpoint=latest"
        )

    def evaluate(self) -> Spent:
        # The metric that both checkouts know and compute alike.
        options = ("--checkpoint=latest", "--num_samples=1000", "--metrics=frechet")
        return self.run("eval", f"--run_dir={self.folder / 'run-1'}", *options)


def main(old_root: Path, rounds: int, kimg: float) -> None:
    rows = {
        "import": Row("`import gan_cli`"),
        "help": Row("`gan-train --help`"),
        "dry run": Row("`gan-train --dry_run`"),
        "sample": Row("`gan-sample`, one grid"),
        "eval": Row("`gan-eval`, Fréchet distance of 1,000 images"),
        "first": Row("`gan-train` to its first step"),
        "train": Row(f"training for {kimg:g} kimg, after the first step"),
    }
    with tempfile.TemporaryDirectory() as folder:
        old, new = (
            Checkout(root, Path(folder) / name) for name, root in (("old", old_root), ("new", NEW))
        )
        for checkout in (old, new):
            # Compiles Python's files, fills the cache, and leaves the run to sample from.
            checkout.train(0.064)
        for number in range(1, rounds + 1):
            for checkout in (old, new) if number % 2 else (new, old):
                measure(checkout, rows, kimg, is_old=checkout is old)
            print(f"round {number} of {rounds}", file=sys.stderr, flush=True)
    print(table(list(rows.values())))


def measure(checkout: Checkout, rows: dict[str, Row], kimg: float, is_old: bool) -> None:
    first = checkout.train(0.064)
    found = {
        "import": checkout.python("-c", "import gan_cli"),
        "help": checkout.run("train", "--help"),
        "dry run": checkout.train(0.064, "--dry_run"),
        "sample": checkout.sample(),
        "eval": checkout.evaluate(),
        "first": first,
        "train": checkout.train(kimg) - first,
    }
    for name, spent in found.items():
        (rows[name].old if is_old else rows[name].new).append(spent)


def table(rows: Sequence[Row]) -> str:
    head = "| seconds | clock: old | new | ratio | processor: old | new | ratio |"
    return "\n".join([head, "|---" * 7 + "|", *(row.text() for row in rows)])


if __name__ == "__main__":
    if len(sys.argv) < 2 or not (Path(sys.argv[1]) / "gan_cli").is_dir():
        sys.exit("error: name the older checkout: python -m benchmarks.before_after OLD_CHECKOUT")
    main(
        Path(sys.argv[1]),
        int(sys.argv[2]) if len(sys.argv) > 2 else 5,
        float(sys.argv[3]) if len(sys.argv) > 3 else 50.0,
    )
