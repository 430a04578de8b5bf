"""MP4 files, by PyAV, which includes FFmpeg's libraries: the extra `video`."""

import importlib.util
import io
from collections.abc import Iterable, Iterator
from types import ModuleType

import numpy as np
from PIL import Image

from gan_cli.errors import UserError

# x264's scale, 0 to 51. At 15 the eye sees no difference, and files of small images stay small.
_QUALITY = 15


def has_video() -> bool:
    """Returns whether PyAV is installed."""
    return importlib.util.find_spec("av") is not None


def encoded_video(
    frames: Iterable[Image.Image], size: tuple[int, int], frames_per_second: int, comment: str
) -> bytes:
    """Returns an H.264 video in an MP4 container, such as every browser plays.

    Colours are stored at half the resolution. Sides must be even: an odd side gets a copy of its
    last row or column.

    Args:
      frames: all of one size, (width, height).
      comment: kept in the file as its comment.

    Raises:
      UserError: PyAV is not installed.
    """
    av = _pyav()
    content = io.BytesIO()
    width, height = size
    with av.open(content, "w", format="mp4") as container:
        container.metadata["comment"] = comment
        stream = container.add_stream("libx264", rate=frames_per_second)
        stream.width, stream.height = width + width % 2, height + height % 2
        stream.pix_fmt = "yuv420p"
        # So that the same frames give the same file: one thread, and no macroblock tree, for which
        # x264 reads memory that it never wrote where a width has few macroblocks.
        stream.options = {"crf": str(_QUALITY), "threads": "1", "mbtree": "0"}
        for frame in frames:
            pixels = np.asarray(frame.convert("RGB"))
            pixels = np.pad(pixels, ((0, height % 2), (0, width % 2), (0, 0)), "edge")
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
    return content.getvalue()


def decoded_video(content: bytes) -> Iterator[Image.Image]:
    """Yields the frames of a video in RGB.

    Raises:
      UserError: PyAV is not installed, or the file is no video.
    """
    av = _pyav()
    try:
        with av.open(io.BytesIO(content)) as container:
            for frame in container.decode(video=0):
                yield frame.to_image()
    except (av.error.FFmpegError, IndexError) as error:
        raise UserError(f"cannot be read as a video: {error}") from error


def _pyav() -> ModuleType:
    try:
        import av
    except ImportError as error:
        raise UserError(
            ".mp4 needs PyAV: pip install 'gan-cli[video]'; .gif, .webp and .apng do not",
            key="path",
        ) from error
    return av
