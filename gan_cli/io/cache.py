"""Cache files: one that cannot be written costs time and is reported, but stops nothing."""

from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import numpy as np

from gan_cli.io.files import replace_file


def write_npz(path: Path, arrays: dict[str, Any]) -> str | None:
    """Replaces `path` by an npz of these arrays; returns what went wrong, or None."""
    return _problem(path, lambda file: np.savez(file, **arrays))


def write_bytes(path: Path, content: bytes) -> str | None:
    """Replaces `path` by this content; returns what went wrong, or None."""
    return _problem(path, lambda file: file.write(content))


def _problem(path: Path, fill: Callable[[IO[bytes]], object]) -> str | None:
    try:
        replace_file(path, fill)
    except OSError as error:
        return error.strerror or str(error)
    return None
