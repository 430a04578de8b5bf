"""What the headers of image files say, before any pixel is decoded."""

from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PIL import Image

from gan_cli.data.colour import profile_of
from gan_cli.data.decode import open_image
from gan_cli.data.in_threads import in_threads
from gan_cli.data.kept_headers import Header, kept_headers
from gan_cli.data.prepare import natural_channels
from gan_cli.data.value_range import is_deep
from gan_cli.errors import UserError
from gan_cli.io.wording import some_of

_SHOWN = 3
# Pillow's formats of animations and stacks. The second picture of an MPO, which phones write, is a
# preview or the view of another eye.
_WITH_FRAMES = ("GIF", "TIFF", "PNG", "WEBP", "AVIF")
# Formats that keep their EXIF where reading it decodes nothing. (HEIF is turned as it is decoded.)
_WITH_EXIF = ("JPEG", "MPO", "TIFF", "WEBP", "AVIF")
_ORIENTATION = 0x0112
# The header of a frame of a GIF; other formats need more.
_LEAST_FRAME_BYTES = 10
# From this value on, an EXIF orientation exchanges height and width.
_FIRST_SIDEWAYS = 5


def read_headers(files: Sequence[Path], max_pixels: int) -> list[Header]:
    """Returns the headers of files; those of files that cannot be opened say nothing.

    Those of many files are kept in the cache.

    Raises:
      UserError: images have more than `max_pixels`.
    """
    headers = kept_headers(files, max_pixels, partial(_read_all, max_pixels=max_pixels))
    large = [file for file, header in zip(files, headers, strict=True) if header.too_large]
    if large:
        raise UserError(
            f"data.max_pixels: {some_of(len(large), len(files), 'images', 'has', 'have')} more than"
            f" {max_pixels:,} pixels, such as {large[0]}; if you trust such images and have the"
            " memory, about 8 bytes a pixel, raise it; else remove them"
        )
    return headers


def _read_all(files: Sequence[Path], max_pixels: int) -> list[Header]:
    read = partial(_read_header, max_pixels=max_pixels)
    return in_threads(lambda index: read(files[index]), len(files))


def _read_header(path: Path, max_pixels: int) -> Header:
    try:
        with open_image(path, max_pixels) as image:
            frames = getattr(image, "n_frames", 1) if image.format in _WITH_FRAMES else 1
            # An animated PNG declares their number, which may be any: what it has no room for is
            # damaged where it is decoded.
            frames = min(frames, max(path.stat().st_size // _LEAST_FRAME_BYTES, 1))
            profile, is_bad = "", False
            try:
                found = profile_of(image)
                if found is not None and found.transform is not None:
                    profile = found.name
            except ValueError:
                is_bad = True
            return Header(
                profile,
                is_bad,
                frames,
                image.mode,
                _upright_size(image),
                natural_channels(image),
                image.width * image.height > max_pixels,
                any(";16" in str(tile) for tile in getattr(image, "tile", ()))
                and not is_deep(image.mode),
            )
    except Image.DecompressionBombError:
        return Header(too_large=True)
    except Exception:  # Whatever a damaged file leads to; it is reported where it is decoded.
        return Header()


def _upright_size(image: Image.Image) -> tuple[int, int]:
    sideways = False
    if image.format in _WITH_EXIF or "exif" in image.info:
        sideways = image.getexif().get(_ORIENTATION, 1) >= _FIRST_SIDEWAYS
    return (image.width, image.height) if sideways else (image.height, image.width)


def notes_on_profiles(headers: Sequence[Header]) -> tuple[str, ...]:
    """Returns a sentence for images whose colours are converted, and for damaged profiles."""
    notes = []
    names = Counter(header.profile for header in headers if header.profile)
    if names:
        shown = ", ".join(f"{count:,} {name}" for name, count in names.most_common(_SHOWN))
        more = ", ..." if len(names) > _SHOWN else ""
        notes.append(
            some_of(
                names.total(),
                len(headers),
                "images",
                "has a colour profile other than sRGB and is",
                "have a colour profile other than sRGB and are",
            )
            + f" converted to sRGB ({shown}{more}); data.colour_profiles: ignore keeps the values"
        )
    if bad := sum(header.bad_profile for header in headers):
        notes.append(
            some_of(bad, len(headers), "images", "has", "have")
            + " a colour profile that cannot be applied: the values are taken for sRGB"
        )
    return tuple(notes)


def notes_on_depth(headers: Sequence[Header]) -> tuple[str, ...]:
    """Returns a sentence for images with colours of more bits than are read."""
    count = sum(header.deep_colour for header in headers)
    if not count:
        return ()
    return (
        some_of(count, len(headers), "images", "has", "have")
        + " 16 bits for each colour: the upper 8 are read (data.value_range is for gray images)",
    )


def notes_on_frames(headers: Sequence[Header], takes_all: bool) -> tuple[str, ...]:
    """Returns a sentence for files of several frames, of which all or the first one are samples."""
    counts = [header.frames for header in headers if header.frames > 1]
    if not counts:
        return ()
    least, most = min(counts), max(counts)
    frames = f"{least:,}" if least == most else f"{least:,} to {most:,}"
    one, many = f"is an animation or a stack of {frames}", f"are animations or stacks of {frames}"
    which = some_of(len(counts), len(headers), "files", one, many)
    if takes_all:
        its = "its" if len(counts) == 1 else "their"
        every = f"each of {its} {sum(counts):,} frames is an image (data.frames: all)"
        return (f"{which} frames: {every}",)
    each = "" if len(counts) == 1 else " of each"
    first = f"only the first frame{each} is used; data.frames: all takes every frame"
    return (f"{which} frames: {first}",)
