"""Keeps a second process from training in a run directory."""

import fcntl
import os
from pathlib import Path
from typing import IO

from gan_cli.errors import UserError


class RunLock:
    """A lock that the operating system releases when its owner ends, even by a kill.

    The file `.lock` stays behind and names the last owner's process; its presence locks nothing.

    Args:
      folder: the run directory.
    """

    def __init__(self, folder: Path):
        self.path = folder / ".lock"
        self._file: IO[str] | None = None

    def acquire(self) -> None:
        """Takes the lock until `release`, or the end of the process; again: does nothing.

        Raises:
          UserError: another process holds it, or the file cannot be written.
        """
        if self._file is not None:
            return
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            file = self.path.open("a+", encoding="utf-8")
        except OSError as error:
            raise UserError(f"{self.path}: cannot be written: {error.strerror}") from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.seek(0)
            owner = file.read().strip() or "unknown"
            file.close()
            raise UserError(
                f"{self.path.parent}: is being trained by process {owner}; wait for it, stop it, or"
                " choose another run directory"
            ) from error
        self._file = file
        try:
            file.truncate(0)
            file.write(f"{os.getpid()}\n")
            file.flush()
        except OSError as error:
            raise UserError(f"{self.path}: cannot be written: {error.strerror}") from error

    def release(self) -> None:
        """Releases the lock, if this object holds it."""
        if self._file is not None:
            self._file.close()
            self._file = None
