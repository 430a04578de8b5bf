"""Times gan-cli against hand-written code, alternating in one process, and prints ratios.

python -m benchmarks.speed
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import tensorflow as tf
from rich.console import Console
from rich.table import Table

from benchmarks import tutorial
from benchmarks.step import STEPS, alternate, time_step
from gan_cli.config.data_section import DataConfig, IdxKeys
from gan_cli.data.dataset import open_splits
from gan_cli.data.pipeline import training_batches
from gan_cli.domains.images import Images
from gan_cli.models import ARCHITECTURES
from gan_cli.models.contract import ModelSpec
from gan_cli.run.checkpoint import CheckpointStore
from gan_cli.sampling.generate import BATCH_SIZE, Sampler
from gan_cli.training.precision import resolve_precision

ROUNDS = 7


def main() -> None:
    path = "/usr/share/datasets/fashion-mnist"
    data = open_splits(DataConfig(source="idx", idx=IdxKeys(path=path))).train
    auto = resolve_precision("auto")
    table = Table("images per second", "gan-cli", "baseline", "ratio: median", "least", "most")
    for precision in dict.fromkeys(["float32", auto]):
        for batch_size in (128, 256):
            for alternating in (True, False):
                row = time_step(
                    data.images,
                    lambda: (tutorial.build_generator(), tutorial.build_discriminator()),
                    batch_size=batch_size,
                    rounds=ROUNDS,
                    precision=precision,
                    alternating=alternating,
                )
                kind = "alternating" if alternating else "simultaneous"
                name = f"{kind} step, {precision}, batch {batch_size}; baseline in float32"
                table.add_row(name, *row)
    table.add_row("sampling", *time_sampling())
    console = Console(width=120)
    console.print(f"precision 'auto' is {auto} on this machine")
    console.print(table)
    console.print(f"input pipeline alone: {time_pipeline(data):,.0f} images/s")
    console.print("checkpoint: {:.0f} ms to save {:.1f} MiB".format(*time_checkpoint()))
    console.print("start: {:.2f} s to --help, {:.1f} s to the first step".format(*time_start()))


def time_sampling() -> tuple[str, ...]:
    """Times our sampler against a bare loop of compiled calls of the same generator."""
    architecture = ARCHITECTURES.load("conv")
    spec = ModelSpec(28, 28, 1, 64, base_channels=architecture.base_channels)
    generator = architecture.build_generator(spec)
    latents = np.random.default_rng(0).standard_normal((100 * BATCH_SIZE, 64)).astype(np.float32)
    sampler = Sampler(generator, Images(generator.output_shape[1:]))
    bare = tf.function(lambda z: generator(z, training=False))

    def ours() -> None:
        for _ in sampler.batches(latents):
            pass

    def theirs() -> None:
        for start in range(0, len(latents), BATCH_SIZE):
            bare(tf.constant(latents[start : start + BATCH_SIZE])).numpy()

    return alternate(ours, theirs, len(latents), ROUNDS)


def time_pipeline(data) -> float:
    stacks = iter(training_batches(data, 64, 0, steps_per_call=STEPS))
    next(stacks)
    began = time.perf_counter()
    for _ in range(300):
        next(stacks)
    return 300 * STEPS * 64 / (time.perf_counter() - began)


def time_checkpoint() -> tuple[float, float]:
    """Returns the median milliseconds of saving the default networks, and the size in MiB."""
    rng = np.random.default_rng(0)
    variables = {f"v{i}": tf.Variable(rng.standard_normal(60_000)) for i in range(10)}
    spent, size = [], 0
    with tempfile.TemporaryDirectory() as folder:
        for images in range(1, ROUNDS + 1):
            began = time.perf_counter()
            path = CheckpointStore(Path(folder)).save(variables, images).path
            spent.append(time.perf_counter() - began)
            size = sum(file.stat().st_size for file in path.iterdir())
    return 1000 * float(np.median(spent)), size / 2**20


def time_start() -> tuple[float, float]:
    """Returns the seconds to `--help`, and from the command to the end of one training step."""
    command = [str(Path(sys.executable).parent / "gan-train")]
    began = time.perf_counter()
    subprocess.run([*command, "--help"], check=True, capture_output=True)
    to_help = time.perf_counter() - began
    root = Path(__file__).parent.parent
    with tempfile.TemporaryDirectory() as folder:
        command += [f"--config={root / 'configs/fashion_mnist_idx.yaml'}", f"--run_dir={folder}/r"]
        command += ["--set=training.kimg=0.064", "--set=evaluation.every_kimg=0"]
        began = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
    return to_help, time.perf_counter() - began


if __name__ == "__main__":
    main()
