"""Generated images to disk, in the form that the name of the output asks for."""

import io
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from gan_cli.errors import UserError
from gan_cli.run.files import atomic_write
from gan_cli.sampling.grids import image_grid, to_pillow

_FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}


def write_samples(
    batches: Iterable[np.ndarray],
    seeds: Sequence[int],
    labels: np.ndarray | None,
    class_names: Sequence[str],
    columns: int,
    out: str,
) -> Path:
    """Writes images and returns where they are.

    A `.png`, `.jpg` or `.webp` is a grid. An `.npz` holds `images`, `seeds` and, where there are
    any, `labels`. A name without an ending is a folder of single images, named by seed and class.

    Args:
      batches: uint8 [batch, height, width, channels], one image to a seed.
      labels: int32 [len(seeds)], or None.

    Raises:
      UserError: the ending is unknown, or the output cannot be written.
    """
    path = Path(out)
    ending = path.suffix.lower()
    if ending in _FORMATS:
        grid = image_grid(np.concatenate(list(batches)), columns)
        if _FORMATS[ending] == "JPEG" and grid.mode == "RGBA":
            raise UserError(f"--out: {path}: JPEG has no transparency; use .png or .webp")
        atomic_write(path, encoded(grid, _FORMATS[ending]))
    elif ending == ".npz":
        arrays = {"images": np.concatenate(list(batches)), "seeds": np.array(seeds, np.int64)}
        if labels is not None:
            arrays["labels"] = labels
        content = io.BytesIO()
        np.savez_compressed(content, allow_pickle=False, **arrays)
        atomic_write(path, content.getvalue())
    elif ending:
        known = ", ".join([*_FORMATS, ".npz"])
        raise UserError(f"--out: unknown ending '{ending}' (known: {known}, or a folder without)")
    else:
        written = 0
        for batch in batches:
            for image in batch:
                name = f"seed{seeds[written]:06d}"
                if labels is not None:
                    name += f"-{class_names[labels[written]].replace('/', '_')}"
                atomic_write(path / f"{name}.png", encoded(to_pillow(image), "PNG"))
                written += 1
    return path


def encoded(image: Image.Image, format_name: str) -> bytes:
    """The file's content; without loss where the format, PNG, JPEG or WEBP, can."""
    content = io.BytesIO()
    # Lossless where the format can: pixels are what was generated.
    if format_name == "JPEG":
        image.save(content, format_name, quality=95)
    else:
        image.save(content, format_name, lossless=True)
    return content.getvalue()
