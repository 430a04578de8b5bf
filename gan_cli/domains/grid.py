"""Many images in one picture."""

import numpy as np
from PIL import Image

from gan_cli.domains.tile_layout import FRAMED, TileLayout

# Smaller images are enlarged, by a whole factor, until they reach about this side.
_COMFORTABLE_SIDE = 64


def to_pillow(image: np.ndarray) -> Image.Image:
    """Converts uint8 [height, width, 1, 3 or 4] to a gray, RGB or RGBA picture."""
    return Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image)


def enlargement(height: int, width: int, side: int = _COMFORTABLE_SIDE) -> int:
    """Returns the whole factor by which images of this size are enlarged, to about `side`."""
    return max(round(side / max(height, width)), 1)


def image_grid(images: np.ndarray, columns: int, layout: TileLayout = FRAMED) -> Image.Image:
    """Lays images out row by row on white.

    Args:
      images: uint8 [count, height, width, channels].
    """
    factor = layout.scale or enlargement(*images.shape[1:3])
    images = enlarged(images, factor, layout.resample)
    padding = factor * layout.padding
    count, height, width, channels = images.shape
    rows = -(-count // columns)
    sheet = np.full(
        (rows * (height + padding) + padding, columns * (width + padding) + padding, channels),
        255,
        np.uint8,
    )
    for index, image in enumerate(images):
        row, column = divmod(index, columns)
        top, left = (padding + row * (height + padding), padding + column * (width + padding))
        sheet[top : top + height, left : left + width] = image
    return to_pillow(sheet)


def enlarged(images: np.ndarray, factor: int, resample: str = "nearest") -> np.ndarray:
    """Enlarges each image by a whole factor.

    Args:
      images: uint8 [count, height, width, channels].
      resample: name in `tile_layout.RESAMPLING`; `nearest` keeps the value of every pixel.
    """
    if resample == "nearest":
        return images.repeat(factor, axis=1).repeat(factor, axis=2)
    size = factor * images.shape[2], factor * images.shape[1]
    smooth = Image.Resampling[resample.upper()]
    resized = [to_pillow(image).resize(size, smooth) for image in images]
    return np.stack([np.asarray(each) for each in resized]).reshape(
        len(images), size[1], size[0], images.shape[3]
    )


def without_gutters(picture: Image.Image, height: int, width: int, padding: int = 2) -> Image.Image:
    """Returns a picture of `image_grid` on a clear ground in place of white.

    Any other picture comes back as it is.

    Args:
      height, width: of the images before they were enlarged.
    """
    factor = enlargement(height, width)
    gap = factor * padding
    steps = gap + factor * height, gap + factor * width
    size = picture.height, picture.width
    if any((side - gap) % step for side, step in zip(size, steps, strict=True)):
        return picture
    rows, columns = (np.arange(side) % step < gap for side, step in zip(size, steps, strict=True))
    gutters = rows[:, None] | columns[None]
    pixels = np.array(picture.convert("RGBA"))
    if not (pixels[gutters] == 255).all():
        return picture
    pixels[gutters] = 0
    return Image.fromarray(pixels)


def split_grid(
    picture: Image.Image, height: int, width: int, channels: int, padding: int = 2
) -> np.ndarray:
    """Returns the images in a picture of `image_grid`: uint8 [count, height, width, channels].

    Raises:
      ValueError: no such picture has this size.
    """
    factor = enlargement(height, width)
    sheet = np.asarray(picture)[::factor, ::factor]
    sheet = sheet.reshape(*sheet.shape[:2], -1)
    rows, odd_rows = divmod(sheet.shape[0] - padding, height + padding)
    columns, odd_columns = divmod(sheet.shape[1] - padding, width + padding)
    if odd_rows or odd_columns or not rows or not columns or sheet.shape[2] != channels:
        raise ValueError(f"is no grid of images of {height} x {width} pixels")
    tiles = sheet[padding:, padding:].reshape(
        rows, height + padding, columns, width + padding, channels
    )
    return tiles[:, :height, :, :width].swapaxes(1, 2).reshape(-1, height, width, channels)
