"""Files of generated images read back: what they say of their origin, and their pixels."""

import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image, ImageSequence

from gan_cli.data.archive import read_npz
from gan_cli.errors import UserError
from gan_cli.sampling.encode import sidecar
from gan_cli.sampling.gif_xmp import xmp_of
from gan_cli.sampling.provenance import Provenance, from_json, from_xmp
from gan_cli.sampling.video import decoded_video


def read_provenance(path: Path) -> Provenance | None:
    """Returns what a file, or the JSON file beside it, says about its origin, or None.

    Raises:
      UserError: the file cannot be read.
    """
    ending = path.suffix.lower()
    if ending == ".npz":
        found = arrays_provenance(read_npz(path, ["provenance"]))
    elif ending == ".json":
        found = from_json(file_content(path))
    else:
        found = _from_picture(file_content(path))
    if found is None and sidecar(path).is_file():
        found = from_json(file_content(sidecar(path)))
    return found


def decoded(content: bytes, ending: str) -> list[np.ndarray]:
    """Returns the pictures in a file, uint8 [height, width, 4] each: RGBA, whatever is stored.

    Raises:
      UserError: it is none that we write, or damaged.
    """
    if ending == ".mp4":
        return [np.asarray(frame.convert("RGBA")) for frame in decoded_video(content)]
    try:
        with Image.open(io.BytesIO(content)) as image:
            return [np.asarray(frame.convert("RGBA")) for frame in ImageSequence.Iterator(image)]
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise UserError(f"cannot be read as an image: {error}") from error


def _from_picture(content: bytes) -> Provenance | None:
    if content.startswith(b"GIF8"):
        packet = xmp_of(content)
        return from_xmp(packet) if packet else None
    try:
        with Image.open(io.BytesIO(content)) as image:
            packet = image.info.get("xmp")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    return from_xmp(packet) if isinstance(packet, bytes) else None


def arrays_provenance(arrays: Mapping[str, np.ndarray]) -> Provenance | None:
    """What the arrays of an npz file say about their origin, or None."""
    return from_json(str(arrays["provenance"])) if "provenance" in arrays else None


def file_content(path: Path) -> bytes:
    """Returns all bytes of a file.

    Raises:
      UserError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from error
