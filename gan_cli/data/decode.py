"""Image files to images, whatever the files hold."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from PIL import Image, ImageOps

from gan_cli.data.collection import CorruptImageError
from gan_cli.data.colour import to_srgb
from gan_cli.errors import first_line

# Pillow's own bound, of a quarter of a GiB. Pillow warns above it and refuses above twice as much.
MOST_PIXELS = 89_478_485
# We refuse what the first warning is about; the others are about oddities of files that decode.
warnings.filterwarnings("ignore", module=r"PIL\.")


def decode_image(file: Path | BinaryIO, colours_to_srgb: bool = False) -> Image.Image:
    """Decodes the first frame of an image file, turned upright as its EXIF orientation says.

    Args:
      colours_to_srgb: whether colours are converted as the file's ICC profile says.

    Raises:
      CorruptImageError: it cannot be decoded, or has more than `MOST_PIXELS`, which is refused
        before memory is claimed for them.
    """
    with problems_as_corrupt(file), Image.open(file) as image:
        return decode_frame(image, colours_to_srgb)


def decode_frame(image: Image.Image, colours_to_srgb: bool) -> Image.Image:
    """Decodes the frame at which an open image file stands; see `decode_image`."""
    if image.width * image.height > MOST_PIXELS:
        raise CorruptImageError(
            f"declares {image.width} x {image.height} pixels, more than {MOST_PIXELS:,}"
        )
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
    except Exception as error:  # Pillow's decoders let through whatever a damaged file leads to.
        raise CorruptImageError(first_line(error).replace(repr(str(file)), "the file")) from error
