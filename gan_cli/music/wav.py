"""Sound as WAV files: 16-bit PCM in one channel or several, with room for an XMP packet."""

from __future__ import annotations

import struct

import numpy as np

# The chunk that holds XMP (XMP specification part 3, "Storage in files", section on WAV).
_XMP_CHUNK = b"_PMX"
_PCM = 1


def wav_file(samples: np.ndarray, sample_rate: int, xmp: bytes | None = None) -> bytes:
    """Returns the content of a .wav file.

    Args:
      samples: int16 [samples] or [samples, channels].
      xmp: a packet that says where the sound comes from.
    """
    content = np.ascontiguousarray(samples, "<i2").tobytes()
    channels = samples.shape[1] if samples.ndim > 1 else 1
    width = 2 * channels
    form = struct.pack("<HHIIHH", _PCM, channels, sample_rate, width * sample_rate, width, 16)
    chunks = [(b"fmt ", form), (b"data", content)]
    if xmp is not None:
        chunks.append((_XMP_CHUNK, xmp))
    body = b"WAVE" + b"".join(_chunk(name, part) for name, part in chunks)
    return _chunk(b"RIFF", body)


def xmp_of(content: bytes) -> bytes | None:
    """Returns the XMP packet of a .wav file; None where there is none."""
    if content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        return None
    place = 12
    while place + 8 <= len(content):
        name, length = struct.unpack("<4sI", content[place : place + 8])
        if name == _XMP_CHUNK:
            return content[place + 8 : place + 8 + length]
        place += 8 + length + length % 2
    return None


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack("<4sI", name, len(content)) + content + b"\0" * (len(content) % 2)
