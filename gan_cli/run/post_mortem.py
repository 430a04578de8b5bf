"""Keeps the inputs of the steps in which a value was no longer finite, to find out why."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gan_cli.io.files import atomic_write, write_arrays


def write_post_mortem(
    folder: Path, images_shown: int, arrays: Mapping[str, np.ndarray], facts: Mapping[str, Any]
) -> Path:
    """Writes the arrays to `at-N.npz` and the facts to `at-N.json`; returns the path of the arrays.

    Args:
      images_shown: N, the images shown when the value was noticed.

    Raises:
      UserError: a file cannot be written.
    """
    path = folder / f"at-{images_shown}.npz"
    write_arrays(path, arrays)
    atomic_write(path.with_suffix(".json"), json.dumps(facts, indent=1))
    return path
