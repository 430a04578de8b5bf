"""What the headers of image files say, before any pixel is decoded."""

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from gan_cli.data.colour import profile_of

_SHOWN = 3
# Pillow's formats of animations and stacks. The second picture of an MPO, which phones write, is a
# preview or the view of another eye.
_WITH_FRAMES = ("GIF", "TIFF", "PNG", "WEBP", "AVIF")


@dataclass(frozen=True)
class Header:
    """What the header of one image file says.

    Attributes:
      profile: name of its colour profile; empty where it has none, or one of sRGB.
      bad_profile: whether it has a profile that cannot be applied.
      frames: number of its frames, if it is an animation or a stack; else 1.
      mode: Pillow's name for its kind of pixels; empty where the file cannot be opened.
    """

    profile: str = ""
    bad_profile: bool = False
    frames: int = 1
    mode: str = ""


def read_headers(files: Sequence[Path]) -> list[Header]:
    """Returns the headers of files; those of files that cannot be opened say nothing."""
    with ThreadPoolExecutor() as threads:
        return list(threads.map(_read_header, files))


def _read_header(path: Path) -> Header:
    try:
        with Image.open(path) as image:
            frames = getattr(image, "n_frames", 1) if image.format in _WITH_FRAMES else 1
            try:
                profile = profile_of(image)
            except ValueError:
                return Header(bad_profile=True, frames=frames, mode=image.mode)
            converts = profile is not None and profile.transform is not None
            return Header(
                profile.name if profile and converts else "", frames=frames, mode=image.mode
            )
    except Exception:  # Whatever a damaged file leads to; it is reported where it is decoded.
        return Header()


def notes_on_profiles(headers: Sequence[Header]) -> tuple[str, ...]:
    """Returns a sentence for images whose colours are converted, and for damaged profiles."""
    notes = []
    names = Counter(header.profile for header in headers if header.profile)
    if names:
        shown = ", ".join(f"{count:,} {name}" for name, count in names.most_common(_SHOWN))
        more = ", ..." if len(names) > _SHOWN else ""
        notes.append(
            f"{names.total():,} of {len(headers):,} images have a colour profile other than sRGB"
            f" and are converted to sRGB ({shown}{more}); data.colour_profiles: ignore keeps their"
            " values"
        )
    if bad := sum(header.bad_profile for header in headers):
        notes.append(
            f"{bad:,} of {len(headers):,} images have a colour profile that cannot be applied:"
            " their values are taken for sRGB"
        )
    return tuple(notes)


def notes_on_frames(headers: Sequence[Header], takes_all: bool) -> tuple[str, ...]:
    """Returns a sentence for files of several frames, of which all or the first one are samples."""
    counts = [header.frames for header in headers if header.frames > 1]
    if not counts:
        return ()
    least, most = min(counts), max(counts)
    frames = f"{least:,}" if least == most else f"{least:,} to {most:,}"
    which = f"{len(counts):,} of {len(headers):,} files are animations or stacks of {frames} frames"
    if takes_all:
        return (f"{which}: each of their {sum(counts):,} frames is an image (data.frames: all)",)
    return (f"{which}: only the first frame of each is used; data.frames: all takes every frame",)
