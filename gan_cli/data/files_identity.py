"""What tells one state of a folder's files from another."""

import hashlib
from collections.abc import Iterable
from pathlib import Path


def files_identity(root: Path, files: Iterable[Path]) -> str:
    """Returns a hash of the files' names below `root`, sizes and times of change.

    Raises:
      OSError: a file is gone.
    """
    digest = hashlib.sha256()
    for file in files:
        status = file.stat()
        line = f"{file.relative_to(root)}\0{status.st_size}\0{status.st_mtime_ns}\n"
        digest.update(line.encode("utf-8", "surrogateescape"))
    return digest.hexdigest()
