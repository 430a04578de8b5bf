"""Pictures as the page holds them: small, and grids on the page's own ground."""

import base64
import io

from PIL import Image

from gan_cli.domains.grid import without_gutters
from gan_cli.errors import UserError
from gan_cli.run.directory import RunDirectory

# Larger pictures take seconds to be encoded again.
_MOST_PIXELS = 2**23
# A PNG of more bytes becomes WebP, which loses what no eye sees; the file itself is in the run.
_MOST_PNG_BYTES = 100_000
_QUALITY = 85


def data_uri(content: bytes) -> str:
    """Returns a picture, as a PNG or, where that is large, as WebP, for the page's `src`.

    A file that is no picture comes back as it is: the page says elsewhere what is damaged.
    """
    kind = "png"
    if len(content) > _MOST_PNG_BYTES:
        try:
            with Image.open(io.BytesIO(content)) as picture:
                if picture.width * picture.height <= _MOST_PIXELS:
                    kind, content = "webp", _encoded(picture, "WEBP", quality=_QUALITY)
        except (OSError, ValueError):
            pass
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def on_clear_ground(content: bytes, run: RunDirectory) -> bytes:
    """Returns a PNG of a run's images with clear gutters, which would glare on a dark ground.

    Any other file comes back as it is.
    """
    try:
        size = run.read_config().data.image_size
        with Image.open(io.BytesIO(content)) as picture:
            if size is None or picture.width * picture.height > _MOST_PIXELS:
                return content
            cleared = without_gutters(picture, *size)
            return content if cleared is picture else _encoded(cleared, "PNG")
    except (UserError, OSError, ValueError):
        # The page says elsewhere what is damaged.
        return content


def _encoded(picture: Image.Image, form: str, **options: int) -> bytes:
    content = io.BytesIO()
    picture.save(content, form, **options)
    return content.getvalue()
