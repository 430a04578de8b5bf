"""A folder of single images, each of which says where it comes from."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from gan_cli.io.files import atomic_write
from gan_cli.media.credentials import Signer
from gan_cli.media.provenance import Provenance
from gan_cli.media.sinks.picture_sink import PictureSink

RECORD = "export.json"
_PROGRESS = ".written"


class FolderSink(PictureSink):
    """PNG files, and `export.json`, which says where all of them come from.

    Args:
      name_of: from a seed and a label to the image's path below the folder, without ending.
    """

    def __init__(
        self,
        out: Path,
        provenance: Provenance,
        marked: bool,
        count: int,
        signer: Signer | None,
        name_of: Callable[[int, int | None], str],
    ):
        super().__init__(out, provenance, marked, count, signer)
        self.name_of = name_of
        self._written = 0

    def start(self) -> int:
        self._refuse_another(self.out / RECORD, f"{self.out}/{RECORD}")
        if not (self.out / RECORD).is_file():
            self._keep_record(self.out / RECORD)
        try:
            self._written = min(int((self.out / _PROGRESS).read_text()), self.count)
        except (OSError, ValueError):
            # There is no count of written images, or a damaged one: write every image again.
            self._written = 0
        return self._written

    def append(self, images: np.ndarray, seeds: list[int], labels: np.ndarray | None) -> None:
        for content, seed, label in self._contents(images, seeds, labels):
            path = self.out / f"{self.name_of(seed, label)}.png"
            try:
                path.write_bytes(content)
            except FileNotFoundError:
                path.parent.mkdir(parents=True)
                path.write_bytes(content)
        self._written += len(images)
        atomic_write(self.out / _PROGRESS, str(self._written))

    def finish(self) -> None:
        # All files at once: waiting for each to be on disk would take many times as long.
        os.sync()


def image_name(seed: int, label: int | None, class_names: tuple[str, ...]) -> str:
    """Returns the name of a single image's file, without ending, such as `seed000004-cat`."""
    name = f"seed{seed:06d}"
    return name if label is None else f"{name}-{folder_name(class_names[label])}"


def folder_name(class_name: str) -> str:
    """Returns a class's name in a form that can name a file or folder."""
    name = "".join("_" if c in '/\\:*?"<>|' or not c.isprintable() else c for c in class_name)
    return "_" + name if name in ("", ".", "..") else name
