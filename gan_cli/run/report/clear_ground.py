"""Grids of images on the page's own ground: white gutters would glare on a dark one."""

import io

from PIL import Image

from gan_cli.domains.grid import without_gutters
from gan_cli.errors import UserError
from gan_cli.run.directory import RunDirectory

# Larger pictures take seconds to be encoded again.
_MOST_PIXELS = 2**23


def on_clear_ground(content: bytes, run: RunDirectory) -> bytes:
    """Returns a PNG of a run's images with clear gutters, or any other file as it is."""
    try:
        size = run.read_config().data.image_size
        with Image.open(io.BytesIO(content)) as picture:
            if size is None or picture.width * picture.height > _MOST_PIXELS:
                return content
            cleared = without_gutters(picture, *size)
            if cleared is picture:
                return content
            encoded = io.BytesIO()
            cleared.save(encoded, "PNG")
    except (UserError, OSError, ValueError):
        # The page says elsewhere what is damaged.
        return content
    return encoded.getvalue()
