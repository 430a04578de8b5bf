"""PNG files of many images, marked as generated.

TensorFlow encodes them without Python's lock, so that threads can share the work. Pillow holds the
lock for much of the time, and takes longer to prepare a small image than to encode it.
"""

import io
from collections.abc import Sequence

import numpy as np
import tensorflow as tf
from PIL import PngImagePlugin

from gan_cli.media.encode import png_text
from gan_cli.media.provenance import Provenance

# zlib's level. Level 6 takes up to eight times as long, for files 5 to 20 % smaller.
_LEVEL = 1
# Text may follow the signature and the first chunk (PNG specification, section 5.6).
_BEFORE_TEXT = 8 + 25


def png_files(images: np.ndarray, marks: Sequence[Provenance | None]) -> list[bytes]:
    """Returns the content of a file of each image.

    Args:
      images: uint8 [count, height, width, 1 to 4 channels].
      marks: what each file says about its origin; None: nothing.
    """
    contents = tf.io.encode_png(images, compression=_LEVEL).numpy().tolist()
    return [_with_text(*pair) for pair in zip(contents, marks, strict=True)]


def _with_text(content: bytes, mark: Provenance | None) -> bytes:
    if mark is None:
        return content
    text = io.BytesIO()
    for kind, data, *_ in png_text(mark).chunks:
        PngImagePlugin.putchunk(text, kind, data)
    return content[:_BEFORE_TEXT] + text.getvalue() + content[_BEFORE_TEXT:]
