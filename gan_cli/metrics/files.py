"""Files that two processes may write at once."""

import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np


def write_npz(path: Path, arrays: dict[str, Any]) -> str | None:
    """Writes the file whole or not at all; returns what went wrong, or None.

    Two processes may write the same one at once: each writes aside, the last rename stays.
    """
    aside = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".partial", delete=False) as file:
            aside = Path(file.name)
            np.savez(file, **arrays)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    except OSError as error:
        if aside is not None:
            aside.unlink(missing_ok=True)
        return error.strerror or str(error)
    return None
