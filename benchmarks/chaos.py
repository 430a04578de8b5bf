"""Injects faults into one training run again and again; it must end as if nothing had happened.

python -m benchmarks.chaos [FAULTS] [SEED]

Starts a small run on a folder of digits. At a random moment, or at the next write of a checkpoint
or picture, the run is killed (SIGKILL) or stopped (SIGTERM), its disk fills up or becomes
read-only, its clock jumps, or its images are spoiled; some faults are there before it starts. The
surroundings are mended and the same command is started again, until all faults are spent and the
run ends. Its last checkpoint must equal that of an undisturbed run, file by file, with every score,
and with the best checkpoint named. The faults are in `benchmarks.faults`.
"""

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter, deque
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from rich.console import Console
from rich.table import Table
from sklearn.datasets import load_digits

from benchmarks.disks import Place, disk_of_its_own
from benchmarks.faults import KILL, Fault, checkpoints_of, faults
from gan_cli.run.metrics_log import MetricsLog

CONFIG = """
name: chaos
data: {source: folder, path: images, cache: memory}
objective: {augmentation: null}
model: {conditional: true, generator_channels: 8, discriminator_channels: 8, latent_dim: 8}
training: {batch_size: 16, kimg: 12.8, steps_per_call: 4, precision: float32,
  checkpoint_every_kimg: 0.32, grid_every_kimg: 0.64, log_every_kimg: 0.064}
evaluation: {every_kimg: 3.2, num_samples: 2000, features: random}
"""


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    with tempfile.TemporaryDirectory() as folder, disk_of_its_own(Path(folder) / "disk") as disk:
        kinds = faults(disk)
        outcome = campaign(Path(folder), disk, in_turn(kinds, count), seed)
    table = Table("fault", "injected", "survived")
    for kind in kinds:
        table.add_row(
            kind.name, str(outcome["injected"][kind.name]), str(outcome["survived"][kind.name])
        )
    console = Console()
    console.print(table)
    console.print(f"restarts from another state than a sound checkpoint: {outcome['lost']}")
    console.print(f"last checkpoint equal to the undisturbed run's: {outcome['equal']}")
    if outcome["lost"] or not outcome["equal"]:
        sys.exit(1)


def in_turn(kinds: Sequence[Fault], count: int) -> list[Fault]:
    """Returns `count` faults: half of them plain kills, the others each kind in turn."""
    return [KILL if n % 2 else kinds[-1 - n // 2 % len(kinds)] for n in range(count)]


def campaign(
    folder: Path, disk: Path | None, to_inject: Sequence[Fault], seed: int, config: str = CONFIG
) -> dict:
    """Injects these faults; returns the number of each kind, and how the run came through."""
    rng = random.Random(seed)
    (folder / "chaos.yaml").write_text(config)
    write_images(folder / "images")
    began = time.monotonic()
    whole = folder / "whole"
    finish(folder, whole)
    # From the first import to the last file.
    longest = time.monotonic() - began
    place = Place(folder, (disk or folder) / "disturbed", disk)
    injected: Counter[str] = Counter()
    survived: Counter[str] = Counter()
    lost = 0
    previous = None
    waiting = deque(to_inject)
    while waiting:
        fault = waiting.popleft()
        if fault.needs_a_run and not (place.run / "environment.json").exists():
            # It comes after as many plain kills as it takes.
            waiting.appendleft(fault)
            fault = KILL
        with fault.around(place):
            process = start(folder, place.run, fault)
            if fault.strike is not None:
                try:
                    process.wait(timeout=rng.uniform(0, longest))
                except subprocess.TimeoutExpired:
                    fault.strike(place, process)
            output, _ = process.communicate()
        if process.returncode not in fault.statuses or "Traceback" in output:
            lost += 1
            print(f"{fault.name}: exit status {process.returncode}\n{output}", file=sys.stderr)
        elif previous is not None:
            survived[previous] += 1
        ended = process.returncode == 0
        if ended and not same_end(whole, place.run):
            lost += 1
            print(f"{fault.name}: ended otherwise\n{output}", file=sys.stderr)
        fault.after(place)
        injected[fault.name] += 1
        previous = fault.name
        if ended:
            # Before the fault came: begin again, with faults to spare.
            shutil.rmtree(place.run)
    finish(folder, place.run)
    if previous is not None:
        survived[previous] += 1
    return {
        "injected": injected,
        "survived": survived,
        "lost": lost,
        "equal": same_end(whole, place.run),
    }


def write_images(folder: Path, most: int | None = None) -> None:
    """Writes digits as PNG files in class folders: all of them, or this number."""
    digits = load_digits()
    pairs = zip(digits.images[:most], digits.target[:most], strict=True)
    for number, (image, label) in enumerate(pairs):
        path = folder / str(label) / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray((image * (255 / 16)).astype(np.uint8)).save(path)


def start(folder: Path, run: Path, fault: Fault = KILL) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "gan_cli.cli.train", "--config=chaos.yaml", f"--run_dir={run}"],
        cwd=folder,
        env={**os.environ, **fault.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=fault.limit,
    )


def finish(folder: Path, run: Path) -> None:
    """Trains to the end without a fault."""
    process = start(folder, run)
    output, _ = process.communicate()
    if process.returncode:
        raise SystemExit(f"could not finish:\n{output}")


def same_end(one: Path, other: Path) -> bool:
    """Whether a run has the last checkpoint, byte by byte, and the scores of an undisturbed one.

    A run that was stopped has the scores at those moments, too; the best must be the best of all.
    """
    (whole, scores), (last, more_scores) = map(_what_counts, (one, other))
    best = json.loads((other / "checkpoints/best.json").read_text())
    return (
        whole == last
        and scores.items() <= more_scores.items()
        and best["value"] == min(more_scores.values())
        and (other / "checkpoints" / best["checkpoint"]).is_dir()
    )


def _what_counts(run: Path) -> tuple[dict, dict[int, float]]:
    """Returns the manifest of the last checkpoint, and the scores by images shown."""
    rows = MetricsLog(run / "metrics.jsonl").read()
    return (
        json.loads((checkpoints_of(run)[-1] / "manifest.json").read_text()),
        {row["images_shown"]: row["fd_random"] for row in rows if "fd_random" in row},
    )


if __name__ == "__main__":
    main()
