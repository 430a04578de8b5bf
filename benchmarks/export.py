"""Times bulk export against a bare loop of the same generator, and watches its memory.

python -m benchmarks.export [IMAGES]

The bare loop calls the compiled generator on latents that are there already and throws the images
away. Both take turns; memory is that of the whole process, after a tenth of the images and at the
end.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf

from gan_cli.domains.images import Images
from gan_cli.media.provenance import Provenance
from gan_cli.media.sinks.arrays import ArraySink
from gan_cli.media.sinks.folder import FolderSink
from gan_cli.media.sinks.records import RecordSink
from gan_cli.media.sinks.sink import Sink
from gan_cli.models import ARCHITECTURES
from gan_cli.models.contract import ModelSpec
from gan_cli.sampling.bulk_export import export
from gan_cli.sampling.generate import BATCH_SIZE, Sampler
from gan_cli.sampling.latents import latents_for_seeds

ROUNDS = 3
# Architecture, side, channels: the demo's kind of generator, and the classic one in colour.
GENERATORS = (("conv", 28, 1), ("dcgan", 64, 3))
LATENT_DIM = 64


def main(count: int) -> None:
    print(f"{count:,} images; median of {ROUNDS} alternating rounds, in images per second")
    for architecture, side, channels in GENERATORS:
        measure(architecture, side, channels, count)


def measure(architecture: str, side: int, channels: int, count: int) -> None:
    chosen = ARCHITECTURES.load(architecture)
    spec = ModelSpec(side, side, channels, LATENT_DIM, base_channels=chosen.base_channels)
    generator = chosen.build_generator(spec)
    domain = Images(generator.output_shape[1:])
    sampler = Sampler(generator, domain)
    compiled = tf.function(lambda z: generator(z, training=False))
    latents = tf.random.stateless_normal([BATCH_SIZE, LATENT_DIM], [0, 1])
    origin = Provenance("bench", "ckpt-0", "0" * 64, {"kind": "bench", "truncation": None})

    def bare() -> None:
        for _ in range(0, count, BATCH_SIZE):
            compiled(latents).numpy()

    def to(sink: Sink, resident: list[float]) -> None:
        def note(done: int, total: int) -> None:
            if done >= total / 10:
                resident.append(resident_mebibytes())

        def draw(seeds: Sequence[int]) -> np.ndarray:
            return latents_for_seeds(seeds, LATENT_DIM, "normal", None)

        export(sampler, draw, range(count), None, sink, note)

    sinks = {
        ".npz": lambda folder: ArraySink(folder / "x.npz", origin, True, count, None, domain),
        ".tfrecord": lambda folder: RecordSink(
            folder / "x.tfrecord", origin, True, count, None, ()
        ),
        "folder of .png": lambda folder: FolderSink(
            folder / "x", origin, True, count, None, lambda seed, label: f"seed{seed:06d}"
        ),
    }
    for name, make in sinks.items():
        rates: tuple[list[float], list[float]] = ([], [])
        resident: list[float] = []
        for _ in range(ROUNDS):
            with tempfile.TemporaryDirectory() as folder:
                sink = make(Path(folder))
                rates[0].append(
                    count / seconds(lambda sink=sink, resident=resident: to(sink, resident))
                )
            rates[1].append(count / seconds(bare))
        own, other = (float(np.median(each)) for each in rates)
        print(
            f"{architecture} {side}x{side}x{channels} to {name:15} {own:8,.0f}  bare"
            f" {other:8,.0f}  ratio {own / other:.2f}  memory {resident[0]:.0f} to"
            f" {resident[-1]:.0f} MiB",
            flush=True,
        )


def seconds(function: Callable, *arguments) -> float:
    began = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - began


def resident_mebibytes() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50_000)
