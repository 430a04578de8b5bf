"""Faults thrown at one training run again and again; it must end as if nothing had happened.

python -m benchmarks.chaos [FAULTS] [SEED]

A small run on a folder of digits is started; after a random time, or when a checkpoint or a picture
is next being written after it, it is killed (SIGKILL), stopped (SIGTERM), or killed with its newest
checkpoint then cut short or with one bit turned over. Or its surroundings fail: files may not grow
beyond a few kilobytes, the clock stands a day back, the images are gone or one of them is damaged.
What was harmed around it is put right, the same command is given again, until all faults are spent,
and then to the end. The last checkpoint must equal, file by file, that of a run that was never
disturbed.
"""

import contextlib
import json
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image
from rich.console import Console
from rich.table import Table
from sklearn.datasets import load_digits

CONFIG = """
name: chaos
data: {source: folder, path: images, cache: memory}
model: {conditional: true, generator_channels: 8, discriminator_channels: 8, latent_dim: 8}
training: {batch_size: 16, kimg: 12.8, steps_per_call: 4, precision: float32,
  checkpoint_every_kimg: 0.32, grid_every_kimg: 0.64, log_every_kimg: 0.064}
evaluation: {every_kimg: 3.2, num_samples: 100, features: random}
"""
# What shows in the run directory while the process is at it.
AIMS = {
    "SIGKILL as a checkpoint is written": "checkpoints/.ckpt-*.partial",
    "SIGKILL as a picture is written": "samples/.*",
}
# The command must refuse to go on, and say why: its exit status.
REFUSED = ("images gone", "an image damaged", "an image added")
FULL = "files limited to 8 KiB"
CLOCK = "clock a day back"
BAD_INPUT = 2
KINDS = (
    "SIGKILL",
    "SIGTERM",
    "SIGKILL, newest checkpoint cut",
    "SIGKILL, one bit turned over",
    *AIMS,
    *REFUSED,
    FULL,
    *([CLOCK] if shutil.which("faketime") else []),
)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    with tempfile.TemporaryDirectory() as folder:
        outcome = campaign(Path(folder), count, seed)
    table = Table("fault", "injected", "survived")
    for kind in KINDS:
        table.add_row(kind, str(outcome["injected"][kind]), str(outcome["survived"][kind]))
    console = Console()
    console.print(table)
    console.print(f"restarts from another state than a sound checkpoint: {outcome['lost']}")
    console.print(f"last checkpoint equal to the undisturbed run's: {outcome['equal']}")
    if outcome["lost"] or not outcome["equal"]:
        sys.exit(1)


def campaign(folder: Path, count: int, seed: int) -> dict:
    """Injects `count` faults; returns what came of them."""
    rng = random.Random(seed)
    (folder / "chaos.yaml").write_text(CONFIG)
    write_images(folder / "images")
    began = time.monotonic()
    finish(folder, "whole")
    # From the first import to the last file.
    longest = time.monotonic() - began
    run = folder / "disturbed"
    injected: Counter[str] = Counter()
    survived: Counter[str] = Counter()
    lost = 0
    previous = None
    for number in range(count):
        # In turn, so that every kind comes; half of all faults are plain kills.
        kind = KINDS[0] if number % 2 else KINDS[-1 - number // 2 % len(KINDS)]
        if kind == "an image added" and not (run / "environment.json").exists():
            # A run that has not begun may begin with it.
            kind = KINDS[0]
        expected = {0, -signal.SIGKILL, -signal.SIGTERM, 128 + signal.SIGTERM}
        if kind in REFUSED:
            expected = {BAD_INPUT}
        elif kind == FULL:
            # It may be killed before it has anything to write.
            expected.add(BAD_INPUT)
        with surroundings(kind, folder):
            process = start(folder, run, kind)
            try:
                process.wait(timeout=rng.uniform(0, longest) if kind not in REFUSED else None)
            except subprocess.TimeoutExpired:
                if kind in AIMS:
                    wait_for(AIMS[kind], run, process)
                process.send_signal(signal.SIGTERM if kind == "SIGTERM" else signal.SIGKILL)
            output, _ = process.communicate()
        if process.returncode not in expected or "Traceback" in output:
            lost += 1
            print(f"{kind}: exit status {process.returncode}\n{output}", file=sys.stderr)
        elif previous is not None:
            survived[previous] += 1
        damage(kind, run)
        injected[kind] += 1
        previous = kind
        if process.returncode == 0:
            # Finished before the fault came: begin again, with faults to spare.
            if not same_end(folder / "whole", run) and not kind.startswith("SIGKILL,"):
                lost += 1
                print(f"{kind}: ended otherwise\n{output}", file=sys.stderr)
            shutil.rmtree(run)
    finish(folder, "disturbed")
    if previous is not None:
        survived[previous] += 1
    return {
        "injected": injected,
        "survived": survived,
        "lost": lost,
        "equal": same_end(folder / "whole", run),
    }


def write_images(folder: Path) -> None:
    """Writes digits as PNG files in class folders."""
    digits = load_digits()
    for number, (image, label) in enumerate(zip(digits.images, digits.target, strict=True)):
        path = folder / str(label) / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray((image * (255 / 16)).astype(np.uint8)).save(path)


@contextlib.contextmanager
def surroundings(kind: str, folder: Path) -> Iterator[None]:
    """Harms what is around the run, and puts it right afterwards."""
    images, aside = folder / "images", folder / "aside"
    image = min(images.rglob("*.png"))
    content = image.read_bytes()
    added = image.with_name("added.png")
    if kind == "images gone":
        images.rename(aside)
    elif kind == "an image damaged":
        image.write_bytes(content[: len(content) // 2])
    elif kind == "an image added":
        shutil.copy(image, added)
    try:
        yield
    finally:
        if aside.exists():
            aside.rename(images)
        added.unlink(missing_ok=True)
        image.write_bytes(content)


def wait_for(pattern: str, run: Path, process: subprocess.Popen) -> None:
    """Waits until something of that name is written to, or the process has ended."""
    # What an earlier process left there is older.
    began = time.time_ns()
    while process.poll() is None:
        for path in run.glob(pattern):
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime_ns > began:
                    return
        time.sleep(0.0005)


def start(folder: Path, run: Path, kind: str = "") -> subprocess.Popen:
    command = [sys.executable, "-m", "gan_cli.cli.train", "--config=chaos.yaml", f"--run_dir={run}"]
    if kind == CLOCK:
        command = ["faketime", "-f", "-1d", *command]
    return subprocess.Popen(
        command,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=limit_files if kind == FULL else None,
    )


def limit_files() -> None:
    """As a quota does; a full disk that needs no root."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))


def finish(folder: Path, name: str) -> None:
    """Trains to the end without a fault."""
    process = start(folder, folder / name)
    output, _ = process.communicate()
    if process.returncode:
        raise SystemExit(f"could not finish:\n{output}")


def damage(kind: str, run: Path) -> None:
    """Harms the newest checkpoint, if another one is there to fall back to."""
    found = sorted(run.glob("checkpoints/ckpt-*"), key=lambda path: int(path.name[5:]))
    if len(found) < 2:
        return
    file = next(found[-1].glob("state.data*"))
    content = bytearray(file.read_bytes())
    if "cut" in kind:
        file.write_bytes(content[: len(content) // 2])
    elif "bit" in kind:
        content[len(content) // 3] ^= 1
        file.write_bytes(content)


def same_end(one: Path, other: Path) -> bool:
    """Whether both runs' last checkpoints hold the same bytes."""
    manifests = []
    for run in (one, other):
        found = sorted(run.glob("checkpoints/ckpt-*"), key=lambda path: int(path.name[5:]))
        manifests.append(json.loads((found[-1] / "manifest.json").read_text()))
    return (
        manifests[0]["images_shown"] == manifests[1]["images_shown"]
        and manifests[0]["files"] == manifests[1]["files"]
    )


if __name__ == "__main__":
    main()
