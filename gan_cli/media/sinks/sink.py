"""What takes many images, some at a time, so that they need not all be in memory at once."""

import fcntl
import os
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np

from gan_cli.errors import UserError
from gan_cli.io.files import atomic_write
from gan_cli.media.credentials import Signer
from gan_cli.media.decode import file_content
from gan_cli.media.provenance import Provenance, from_json


class Sink(ABC):
    """A folder or file that is filled with images, and filled further after an interruption.

    Attributes:
      out: the folder or file.
      provenance: the origin of all the images together. What was begun with another origin is not
        continued.
      marked: whether images say where they come from.
      count: how many images there will be.
      signer: signs each image's file; None: they are not signed.
    """

    def __init__(
        self,
        out: Path,
        provenance: Provenance,
        marked: bool,
        count: int,
        signer: Signer | None = None,
    ):
        self.out, self.provenance, self.marked, self.count = out, provenance, marked, count
        self.signer = signer
        self._lock: int | None = None
        self._lock_file: Path | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._lock_file is not None:
            # While the lock is held: whoever waits for it then sees that it is of no file.
            self._lock_file.unlink(missing_ok=True)
            self._lock_file = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    @abstractmethod
    def start(self, seeds: Sequence[int], labels: np.ndarray | None) -> int:
        """Prepares the folder or file, and returns how many images it holds already.

        What counts is what the files hold, whatever they say about themselves.

        Args:
          seeds: those of all the images.
          labels: int32 [len(seeds)], or None.

        Raises:
          UserError: something else is there, or another process is writing there.
        """

    @abstractmethod
    def append(self, images: np.ndarray, seeds: list[int], labels: np.ndarray | None) -> None:
        """Adds images, uint8 [any number, height, width, channels], behind the earlier ones."""

    @abstractmethod
    def finish(self) -> None:
        """Completes the folder or file, after the last image."""

    def _refuse_another(self, record: Path, what: str) -> None:
        """Raises a `UserError` where `record` belongs to other images than these."""
        if not record.is_file():
            return
        before = from_json(file_content(record))
        if before is None or _identity(before) != _identity(self.provenance):
            raise UserError(
                f"{what} is of other images than these (another checkpoint, seeds, classes or"
                " truncation); name another, or remove it",
                key="out",
            )

    def _hold(self, path: Path) -> None:
        """Keeps other processes from writing to a file or folder, to the end of the context.

        Raises:
          UserError: another process is writing there.
        """
        self._lock = os.open(path, os.O_RDONLY)
        self._take_lock(self._lock)

    def _hold_name(self) -> None:
        """Keeps other processes from writing a file of this name, to the end of the context.

        The lock is on the hidden file `.NAME.lock`, which goes with the context.

        Raises:
          UserError: another process is writing there.
        """
        self.out.parent.mkdir(parents=True, exist_ok=True)
        path = self.out.with_name(f".{self.out.name}.lock")
        while self._lock is None:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
            try:
                self._take_lock(descriptor)
                # Another process may have finished, and removed the file, since it was opened.
                is_current = path.exists() and os.path.samestat(path.stat(), os.fstat(descriptor))
            except BaseException:
                os.close(descriptor)
                raise
            if is_current:
                self._lock, self._lock_file = descriptor, path
            else:
                os.close(descriptor)

    def _take_lock(self, descriptor: int) -> None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UserError(f"another process is writing {self.out}", key="out") from error

    def _keep_record(self, record: Path) -> None:
        atomic_write(record, self.provenance.to_json())


def _identity(provenance: Provenance) -> tuple[str, dict]:
    return provenance.model_sha256, dict(provenance.recipe)
