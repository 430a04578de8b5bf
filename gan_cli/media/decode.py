"""Reads files of generated images back: what they say about their origin, and their pixels."""

import io
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from PIL import Image, ImageSequence

from gan_cli.data.decode import MOST_PIXELS
from gan_cli.errors import UserError, first_line
from gan_cli.io.memory import machine_memory
from gan_cli.io.npz import read_npz
from gan_cli.io.records import read_content
from gan_cli.media.encode import sidecar
from gan_cli.media.formats import SOUNDS
from gan_cli.media.gif_xmp import xmp_of
from gan_cli.media.provenance import Provenance, from_json, from_xmp
from gan_cli.media.sound import sound_provenance
from gan_cli.media.text_lines import lines_provenance
from gan_cli.media.video import decoded_video


def read_provenance(path: Path) -> Provenance | None:
    """Returns what a file, or the JSON file beside it, says about its origin; nothing: None.

    Raises:
      UserError: the file cannot be read.
    """
    ending = path.suffix.lower()
    if ending == ".npz":
        found = arrays_provenance(read_npz(path, ["provenance"]))
    elif ending == ".json":
        found = from_json(file_content(path))
    elif ending in SOUNDS:
        found = sound_provenance(file_content(path), ending)
    elif ending == ".jsonl":
        found = lines_provenance(file_content(path))
    elif ending == ".txt":
        found = None
    else:
        found = _from_picture(file_content(path))
    if found is None and sidecar(path).is_file():
        found = from_json(file_content(sidecar(path)))
    return found


def decoded(content: bytes, ending: str) -> Iterator[np.ndarray]:
    """Yields the pictures in a file as RGBA, whatever is stored: uint8 [height, width, 4] each.

    They are decoded one at a time: a small file may declare many large pictures.

    Raises:
      UserError: the file has another format or is damaged, or a picture has more than
        `MOST_PIXELS`.
    """
    if ending == ".mp4":
        for frame in decoded_video(content):
            yield np.asarray(frame.convert("RGBA"))
        return
    try:
        with Image.open(io.BytesIO(content)) as image:
            if image.width * image.height > MOST_PIXELS:
                raise UserError(
                    f"declares {image.width} x {image.height} pixels, more than {MOST_PIXELS:,}"
                )
            for frame in ImageSequence.Iterator(image):
                yield np.asarray(frame.convert("RGBA"))
    except UserError:
        raise
    except Exception as error:  # A damaged file may lead Pillow's decoders to any exception.
        raise UserError(f"cannot be read as an image: {first_line(error)}") from error


def _from_picture(content: bytes) -> Provenance | None:
    if content.startswith(b"GIF8"):
        packet = xmp_of(content)
        return from_xmp(packet) if packet else None
    try:
        with Image.open(io.BytesIO(content)) as image:
            packet = image.info.get("xmp")
    except Exception:  # As above. A file that is no picture may have a record beside it.
        return None
    return from_xmp(packet) if isinstance(packet, bytes) else None


def arrays_provenance(arrays: Mapping[str, np.ndarray]) -> Provenance | None:
    """Returns what the arrays of an npz file say about their origin; nothing: None."""
    return from_json(str(arrays["provenance"])) if "provenance" in arrays else None


def file_content(path: Path) -> bytes:
    """Returns all bytes of a file.

    Raises:
      UserError: the file cannot be read, or is larger than half of this machine's memory.
    """
    return read_content(path, machine_memory() // 2)
