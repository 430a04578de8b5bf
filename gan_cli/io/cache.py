"""Files that two processes may write at once."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import numpy as np


def write_npz(path: Path, arrays: dict[str, Any]) -> str | None:
    """Writes the file whole or not at all; returns what went wrong, or None."""
    return _write(path, lambda file: np.savez(file, **arrays))


def write_bytes(path: Path, content: bytes) -> str | None:
    """Likewise, of any content."""
    return _write(path, lambda file: file.write(content))


def _write(path: Path, fill: Callable[[IO[bytes]], Any]) -> str | None:
    """Two processes may write the same file at once: each writes aside, the last rename stays."""
    aside = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".partial", delete=False) as file:
            aside = Path(file.name)
            fill(file)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    except OSError as error:
        if aside is not None:
            aside.unlink(missing_ok=True)
        return error.strerror or str(error)
    return None
