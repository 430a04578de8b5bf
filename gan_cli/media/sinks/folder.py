"""A folder of single images, each of which says where it comes from."""

import os
import re
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from gan_cli.errors import UserError
from gan_cli.io.files import atomic_write
from gan_cli.io.records import read_content
from gan_cli.io.regular import open_regular
from gan_cli.media.credentials import Signer
from gan_cli.media.provenance import Provenance
from gan_cli.media.sinks.picture_sink import PictureSink

RECORD = "export.json"
_PROGRESS = ".written"
_MOST_PROGRESS_BYTES = 100
# The last chunk: no content, the name, the checksum.
_PNG_END = b"\0\0\0\0IEND\xae\x42\x60\x82"


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

    def start(self, seeds: Sequence[int], labels: np.ndarray | None) -> int:
        self.out.mkdir(parents=True, exist_ok=True)
        self._hold(self.out)
        self._refuse_another(self.out / RECORD, f"{self.out}/{RECORD}")
        if not (self.out / RECORD).is_file():
            self._keep_record(self.out / RECORD)
        given = [None] * len(seeds) if labels is None else labels.tolist()
        self._written = 0
        for seed, label in islice(zip(seeds, given, strict=True), self._noted()):
            if not _is_whole(self._path(seed, label)):
                break
            self._written += 1
        return self._written

    def _noted(self) -> int:
        """Returns how many images were on disk when that was last noted."""
        try:
            noted = read_content(self.out / _PROGRESS, _MOST_PROGRESS_BYTES)
        except UserError:
            return 0
        return min(int(noted), self.count) if re.fullmatch(rb"\d{1,18}", noted) else 0

    def _path(self, seed: int, label: int | None) -> Path:
        return self.out / f"{self.name_of(seed, label)}.png"

    def append(self, images: np.ndarray, seeds: list[int], labels: np.ndarray | None) -> None:
        for content, seed, label in self._contents(images, seeds, labels):
            path = self._path(seed, label)
            try:
                path.write_bytes(content)
            except FileNotFoundError:
                path.parent.mkdir(parents=True)
                path.write_bytes(content)
        self._written += len(images)
        # All files at once: waiting for each to be on disk would take many times as long.
        os.sync()
        atomic_write(self.out / _PROGRESS, str(self._written))

    def finish(self) -> None:
        """Does nothing: the images were forced to disk with each part."""


def _is_whole(path: Path) -> bool:
    """Returns whether a PNG file has its end."""
    try:
        with open_regular(path) as file:
            file.seek(-len(_PNG_END), os.SEEK_END)
            return file.read() == _PNG_END
    except OSError:
        return False


def image_name(seed: int, label: int | None, class_names: tuple[str, ...]) -> str:
    """Returns the name of a single image's file, without ending, such as `seed000004-cat`."""
    name = f"seed{seed:06d}"
    return name if label is None else f"{name}-{folder_name(class_names[label])}"


def folder_name(class_name: str) -> str:
    """Returns a class's name in a form that can name a file or folder."""
    name = "".join("_" if c in '/\\:*?"<>|' or not c.isprintable() else c for c in class_name)
    return "_" + name if name in ("", ".", "..") else name
