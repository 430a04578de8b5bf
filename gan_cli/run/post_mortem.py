"""What the steps saw in which a value ceased to be finite, kept for whoever wants to know why."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gan_cli.io.files import atomic_write, write_arrays


def write_post_mortem(
    folder: Path, images_shown: int, arrays: Mapping[str, np.ndarray], facts: Mapping[str, Any]
) -> Path:
    """Writes `at-N.npz`, the arrays, and `at-N.json`, the facts; returns the path of the former.

    Args:
      images_shown: N, when it was noticed.

    Raises:
      UserError: they cannot be written.
    """
    path = folder / f"at-{images_shown}.npz"
    write_arrays(path, arrays)
    atomic_write(path.with_suffix(".json"), json.dumps(facts, indent=1))
    return path
