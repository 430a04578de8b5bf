"""Image files to images, whatever the files hold."""

from pathlib import Path
from typing import BinaryIO

from PIL import Image, ImageOps

from gan_cli.data.collection import CorruptImageError


def decode_image(file: Path | BinaryIO) -> Image.Image:
    """Decodes the first frame of an image file, turned upright as its EXIF orientation says.

    Raises:
      CorruptImageError: it cannot be decoded, or is so large (twice Pillow's
        `MAX_IMAGE_PIXELS`) that it is taken for a decompression bomb.
    """
    try:
        with Image.open(file) as image:
            image.load()
            return ImageOps.exif_transpose(image)
    except Exception as error:  # Pillow's decoders let through whatever a damaged file leads to.
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise CorruptImageError(reason.replace(repr(str(file)), "the file")) from error
