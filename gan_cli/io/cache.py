"""Cache files: one that cannot be written costs time and is reported, but stops nothing.

None as the path stands for a cache that nobody knows of.
"""

import io
from pathlib import Path
from typing import Any

import numpy as np

from gan_cli.io.files import replace_file

_NO_CACHE = "no home directory is known; set GAN_CLI_CACHE to a folder"


def write_npz(path: Path | None, arrays: dict[str, Any]) -> str | None:
    """Replaces `path` by an npz of these arrays; returns what went wrong, or None."""
    # In memory first: zipfile has errors of its own for a disk that fails.
    content = io.BytesIO()
    np.savez(content, **arrays)
    return write_bytes(path, content.getvalue())


def write_bytes(path: Path | None, content: bytes) -> str | None:
    """Replaces `path` by this content; returns what went wrong, or None."""
    if path is None:
        return _NO_CACHE
    try:
        replace_file(path, lambda file: file.write(content))
    except OSError as error:
        return error.strerror or str(error)
    return None
