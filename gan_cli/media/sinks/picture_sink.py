"""The common part of sinks that hold each image as the content of a PNG file."""

import dataclasses
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from gan_cli.media.encode import signed
from gan_cli.media.png_files import png_files
from gan_cli.media.provenance import Provenance
from gan_cli.media.sinks.sink import Sink

# Images that a thread encodes at a time. Handing over small images singly would double the cost.
_PART = 32


class PictureSink(Sink):
    """Encodes on all processors: a single one is slower than most generators on a GPU."""

    def _contents(
        self, images: np.ndarray, seeds: list[int], labels: np.ndarray | None
    ) -> Iterator[tuple[bytes, int, int | None]]:
        """Yields each image's PNG file, its seed and its label, in their order."""
        given = [None] * len(seeds) if labels is None else [int(label) for label in labels]

        def mark_of(seed: int, label: int | None) -> Provenance | None:
            return _image_provenance(self.provenance, seed, label) if self.marked else None

        def contents_of(part: slice) -> list[bytes]:
            marks = [*map(mark_of, seeds[part], given[part])]
            pairs = zip(png_files(images[part], marks), marks, strict=True)
            return [signed(content, ".png", mark, self.signer) for content, mark in pairs]

        # c2pa-python does not promise that a signer serves several threads at once.
        workers = os.cpu_count() if self.signer is None else 1
        with ThreadPoolExecutor(workers, thread_name_prefix="encode") as pool:
            parts = [slice(start, start + _PART) for start in range(0, len(seeds), _PART)]
            for part, contents in zip(parts, pool.map(contents_of, parts), strict=True):
                yield from zip(contents, seeds[part], given[part], strict=True)


def _image_provenance(whole: Provenance, seed: int, label: int | None) -> Provenance:
    """Returns what one image out of many says about its origin."""
    recipe = {"kind": "image", "seed": seed, "label": label}
    return dataclasses.replace(whole, recipe={**recipe, "truncation": whole.recipe["truncation"]})
