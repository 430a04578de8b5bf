"""Injects faults into one training run again and again; it must end as if nothing had happened.

python -m benchmarks.chaos [FAULTS] [SEED] [KIND]

Starts a small run of KIND: images (the default), text, music or fine-tuning. At a random moment, or
at the next write of a checkpoint or picture, the run is killed (SIGKILL) or stopped (SIGTERM), its
disk fills up or becomes read-only, its clock jumps, or its images are spoiled; some faults are
there before it starts. The surroundings are mended and the same command is started again, until all
faults are spent and the run ends. Its last checkpoint must equal that of an undisturbed run, file
by file, with every score, and with the best checkpoint named. See `benchmarks.faults`.
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

from rich.console import Console
from rich.table import Table

from benchmarks.disks import Place, disk_of_its_own
from benchmarks.faults import KILL, Fault, checkpoints_of, faults
from benchmarks.small_runs import MODEL, write_data
from gan_cli.run.metrics_log import MetricsLog

_TRAINING = (
    "steps_per_call: 4, precision: float32, checkpoint_every_kimg: 0.32, grid_every_kimg: 0.64,"
    " log_every_kimg: 0.064"
)
CONFIG = f"""
name: chaos
data: {{source: folder, path: images, cache: memory}}
objective: {{augmentation: null}}
model: {{conditional: true, {MODEL}}}
training: {{batch_size: 16, kimg: 12.8, {_TRAINING}}}
evaluation: {{every_kimg: 3.2, num_samples: 2000, features: random}}
"""
# Kinds of runs; those that start from other weights first train the run that those are of.
CONFIGS = {
    "images": CONFIG,
    "text": f"""
name: chaos
data: {{source: text, path: words, length: 8}}
model: {{architecture: sequence, conditional: true, {MODEL}, options: {{discriminator_blocks: 1}}}}
training: {{batch_size: 16, kimg: 6.4, {_TRAINING}}}
evaluation: {{every_kimg: 1.6, num_samples: 256}}
""",
    "music": f"""
name: chaos
data: {{source: midi, path: songs, bars: 1, tracks: [piano, bass], pitches: [36, 84], voices: 2}}
model: {{architecture: choir, {MODEL}}}
training: {{batch_size: 16, kimg: 3.2, {_TRAINING}}}
evaluation: {{every_kimg: 0.8, num_samples: 64}}
""",
    "fine-tuning": CONFIG.replace(
        "kimg: 12.8,", "kimg: 6.4, init_from: source, freeze: {discriminator: 1, until_kimg: 3.2},"
    ),
}
# What only a folder of images can suffer.
_OF_IMAGES = ("images gone", "an image damaged", "an image added", "images spoiled in mid-run")


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    what = sys.argv[3] if len(sys.argv) > 3 else "images"
    with tempfile.TemporaryDirectory() as folder, disk_of_its_own(Path(folder) / "disk") as disk:
        kinds = faults_of(what, disk)
        outcome = campaign(Path(folder), disk, in_turn(kinds, count), seed, CONFIGS[what])
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


def faults_of(what: str, disk: Path | None) -> list[Fault]:
    """Returns the faults that a kind of run can suffer on this machine."""
    return [each for each in faults(disk) if what == "images" or each.name not in _OF_IMAGES]


def in_turn(kinds: Sequence[Fault], count: int) -> list[Fault]:
    """Returns `count` faults: half of them plain kills, the others each kind in turn."""
    return [KILL if n % 2 else kinds[-1 - n // 2 % len(kinds)] for n in range(count)]


def campaign(
    folder: Path, disk: Path | None, to_inject: Sequence[Fault], seed: int, config: str = CONFIG
) -> dict:
    """Injects these faults; returns the number of each kind, and how the run came through."""
    rng = random.Random(seed)
    write_data(folder, most_images=None)
    (folder / "chaos.yaml").write_text(config)
    if "init_from" in config:
        (folder / "source.yaml").write_text(CONFIG.replace("kimg: 12.8", "kimg: 0.64"))
        finish(folder, folder / "source", "source.yaml")
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


def start(
    folder: Path, run: Path, fault: Fault = KILL, config: str = "chaos.yaml"
) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "gan_cli.cli.train", f"--config={config}", f"--run_dir={run}"],
        cwd=folder,
        env={**os.environ, **fault.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=fault.limit,
    )


def finish(folder: Path, run: Path, config: str = "chaos.yaml") -> None:
    """Trains to the end without a fault."""
    process = start(folder, run, config=config)
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
    # By what the best checkpoint is chosen: in each kind of run the smallest value.
    metric = json.loads((run / "checkpoints/best.json").read_text())["metric"]
    return (
        json.loads((checkpoints_of(run)[-1] / "manifest.json").read_text()),
        {row["images_shown"]: row[metric] for row in rows if metric in row},
    )


if __name__ == "__main__":
    main()
