"""Compressed sound, by PyAV, which includes FFmpeg's libraries: the extra `video`."""

import io
from types import ModuleType

import numpy as np

from gan_cli.errors import UserError

# For each ending, its container, its codec, and the only sample rate of the codec, if there is one.
_FORMATS: dict[str, tuple[str, str, int | None]] = {
    ".ogg": ("ogg", "libopus", 48_000),
    ".flac": ("flac", "flac", None),
    ".mp3": ("mp3", "libmp3lame", None),
}
ENDINGS = tuple(_FORMATS)


def compressed(samples: np.ndarray, sample_rate: int, ending: str, comment: str | None) -> bytes:
    """Returns the content of a file of sound: the same bytes every time.

    Args:
      samples: int16 [samples] or, left and right, [samples, 2].
      ending: one of `ENDINGS`; .ogg holds Opus, .flac loses nothing.
      comment: kept in the file as its comment; None: there is none.

    Raises:
      UserError: PyAV is not installed, or was built without the codec.
    """
    av = _pyav(ending)
    container_name, codec, own_rate = _FORMATS[ending]
    rate = own_rate or sample_rate
    layout = "mono" if samples.ndim == 1 else "stereo"
    content = io.BytesIO()
    # Without `bitexact`, Ogg streams get random numbers, and files name FFmpeg's version.
    options = {"fflags": "+bitexact"}
    try:
        with av.open(content, "w", format=container_name, options=options) as container:
            if comment is not None:
                container.metadata["comment"] = comment
            stream = container.add_stream(codec, rate=rate)
            stream.layout = layout
            # Packed: left and right take turns.
            packed = samples.reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(packed, format="s16", layout=layout)
            frame.sample_rate, frame.pts = sample_rate, 0
            resampler = av.AudioResampler(stream.codec_context.format.name, layout, rate)
            for part in (*resampler.resample(frame), *resampler.resample(None)):
                container.mux(stream.encode(part))
            container.mux(stream.encode())
    except (av.error.FFmpegError, ValueError) as error:
        raise UserError(f"{ending}: PyAV cannot write it here: {error}", key="path") from error
    return content.getvalue()


def comment_of(content: bytes, ending: str) -> str | None:
    """Returns the comment of a file of compressed sound; None where there is none.

    Raises:
      UserError: PyAV is not installed.
    """
    av = _pyav(ending)
    try:
        with av.open(io.BytesIO(content)) as container:
            of_streams = [dict(stream.metadata) for stream in container.streams]
            found = [dict(container.metadata), *of_streams]
    except (av.error.FFmpegError, ValueError):
        return None
    return next((each["comment"] for each in found if "comment" in each), None)


def _pyav(ending: str) -> ModuleType:
    try:
        import av
    except ImportError as error:
        raise UserError(
            f"{ending} needs PyAV: pip install 'gan-cli[video]'; .wav and .mid do not", key="path"
        ) from error
    return av
