"""Image files to images, whatever the files hold."""

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import BinaryIO

from PIL import Image, ImageOps, UnidentifiedImageError

from gan_cli.data.collection import CorruptImageError
from gan_cli.data.colour import to_srgb
from gan_cli.errors import first_line

# Pillow's own bound, of a quarter of a GiB. Pillow warns above it and refuses above twice as much.
MOST_PIXELS = 89_478_485
# JPEGs above that bound are decoded at a half, a quarter or an eighth of their size, which still
# has at least this many pixels a side: twice the largest size that networks make.
_DRAFT_SIDE = 2048
HEIC_ENDINGS = (".heic", ".heif")
# We refuse what the first warning is about; the others are about oddities of files that decode.
warnings.filterwarnings("ignore", module=r"PIL\.")
_OPENING = threading.Lock()


def reads_heic() -> bool:
    """Returns whether the package that decodes HEIC is installed."""
    return find_spec("pillow_heif") is not None


def open_image(path: Path, max_pixels: int = MOST_PIXELS) -> Image.Image:
    """Opens an image file of up to twice `max_pixels`; reads its header and none of its pixels.

    Raises:
      Image.DecompressionBombError: it has more than twice as many.
      Exception: whatever else a damaged file leads to.
    """
    if (Image.MAX_IMAGE_PIXELS or max_pixels) < max_pixels:
        # Pillow has one bound for the whole process. It is raised, and never lowered.
        Image.MAX_IMAGE_PIXELS = max_pixels
    if path.suffix.lower() in HEIC_ENDINGS and "HEIF" not in Image.OPEN:
        with _OPENING:
            import pillow_heif

            pillow_heif.register_heif_opener()
    return Image.open(path)


def decode_image(
    file: Path | BinaryIO,
    colours_to_srgb: bool = False,
    max_pixels: int = MOST_PIXELS,
    at_full_size: bool = False,
) -> Image.Image:
    """Decodes the first frame of an image file, turned upright as its EXIF orientation says.

    Args:
      colours_to_srgb: whether colours are converted as the file's ICC profile says.
      max_pixels: images of more pixels are refused before memory is claimed for them.
      at_full_size: whether giant JPEGs, too, are decoded with every pixel.

    Raises:
      CorruptImageError: it cannot be decoded, or has too many pixels.
    """
    with problems_as_corrupt(file):
        opened = open_image(file, max_pixels) if isinstance(file, Path) else Image.open(file)
        with opened as image:
            return decode_frame(image, colours_to_srgb, max_pixels, at_full_size)


def decode_frame(
    image: Image.Image,
    colours_to_srgb: bool,
    max_pixels: int = MOST_PIXELS,
    at_full_size: bool = False,
) -> Image.Image:
    """Decodes the frame at which an open image file stands; see `decode_image`."""
    if image.width * image.height > max_pixels:
        raise CorruptImageError(
            f"declares {image.width} x {image.height} pixels, more than {max_pixels:,}"
        )
    if image.width * image.height > MOST_PIXELS and not at_full_size:
        # Only JPEG heeds this.
        image.draft(None, (_DRAFT_SIDE, _DRAFT_SIDE))
    image.load()
    upright = ImageOps.exif_transpose(image)
    return to_srgb(upright) if colours_to_srgb else upright


@contextmanager
def problems_as_corrupt(file: Path | BinaryIO) -> Iterator[None]:
    """Turns everything that goes wrong while a file is decoded into a `CorruptImageError`."""
    try:
        yield
    except CorruptImageError:
        raise
    except UnidentifiedImageError as error:
        raise CorruptImageError("not an image in a known format") from error
    except Exception as error:  # Pillow's decoders let through whatever a damaged file leads to.
        raise CorruptImageError(first_line(error).replace(repr(str(file)), "the file")) from error
