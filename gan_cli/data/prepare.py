"""Converts an image of any size and mode to uint8 [height, width, channels]."""

import numpy as np
from PIL import Image, ImageColor

from gan_cli.data.collection import CorruptImageError

_MODES = {1: "L", 3: "RGB", 4: "RGBA"}


def natural_channels(image: Image.Image | np.ndarray) -> int:
    """Returns an image's own number of channels: 1 gray, 3 colour, 4 with transparency."""
    image = _as_pillow(image)
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        return 4
    return 1 if image.mode in ("1", "L", "I", "F") or image.mode.startswith("I;") else 3


def natural_size(image: Image.Image | np.ndarray) -> tuple[int, int]:
    """Returns an image's own height and width."""
    height, width = image.shape[:2] if isinstance(image, np.ndarray) else image.size[::-1]
    return height, width


def prepare_image(
    image: Image.Image | np.ndarray,
    height: int,
    width: int,
    channels: int,
    fit: str = "crop",
    background: str = "#ffffff",
) -> np.ndarray:
    """Converts an image to a size and a number of channels.

    Args:
      image: Pillow's, of any mode (palette, 16-bit, with transparency), or uint8.
      channels: 1, 3, or 4. Unless 4, transparent pixels are composed on `background`.
      fit: `crop` cuts out the centre, `stretch` changes the aspect ratio, `pad` adds `background`.

    Returns:
      uint8 [height, width, channels], resized by Lanczos with antialiasing, with premultiplied
      colours where there is transparency. 16-bit images are scaled by 255 / 65535; floats are taken
      to lie in [0, 255].

    Raises:
      CorruptImageError: the image's mode or its values cannot be converted to colours.
    """
    image = _to_mode(_as_pillow(image), channels, background)
    if image.size != (width, height):
        if fit == "crop":
            image = _crop_to_ratio(image, width / height)
        if fit == "pad":
            image = _resize_and_pad(image, width, height, background)
        else:
            image = image.resize((width, height), Image.Resampling.LANCZOS)
    return np.asarray(image, np.uint8).reshape(height, width, channels)


def _as_pillow(image: Image.Image | np.ndarray) -> Image.Image:
    if isinstance(image, Image.Image):
        return image
    return Image.fromarray(image[:, :, 0] if image.ndim == 3 and image.shape[2] == 1 else image)


def _to_mode(image: Image.Image, channels: int, background: str) -> Image.Image:
    if image.mode in ("I", "F") or image.mode.startswith("I;"):
        # Pillow itself would clip everything above 255 to white.
        values = np.asarray(image, np.float64) / (1.0 if image.mode == "F" else 257.0)
        if not np.isfinite(values).all():
            raise CorruptImageError("holds values that are not finite")
        image = Image.fromarray(np.clip(np.round(values), 0, 255).astype(np.uint8))
    try:
        if natural_channels(image) == 4 and channels != 4:
            image = image.convert("RGBA")
            ground = Image.new("RGBA", image.size, (*ImageColor.getrgb(background), 255))
            image = Image.alpha_composite(ground, image)
        return image.convert(_MODES[channels])
    except ValueError as error:
        raise CorruptImageError(f"mode {image.mode} cannot be converted") from error


def _crop_to_ratio(image: Image.Image, ratio: float) -> Image.Image:
    width, height = image.size
    new_width = min(width, max(round(height * ratio), 1))
    new_height = min(height, max(round(width / ratio), 1))
    left, top = (width - new_width) // 2, (height - new_height) // 2
    return image.crop((left, top, left + new_width, top + new_height))


def _resize_and_pad(image: Image.Image, width: int, height: int, background: str) -> Image.Image:
    scale = min(width / image.width, height / image.height)
    inner = max(round(image.width * scale), 1), max(round(image.height * scale), 1)
    ground = Image.new("RGB", (width, height), background).convert(image.mode)
    small = image.resize(inner, Image.Resampling.LANCZOS)
    ground.paste(small, ((width - inner[0]) // 2, (height - inner[1]) // 2))
    return ground
