"""Many images in one picture."""

import numpy as np
from PIL import Image

# Smaller images are enlarged, by a whole factor, until they reach about this side.
_COMFORTABLE_SIDE = 64


def to_pillow(image: np.ndarray) -> Image.Image:
    """Converts uint8 [height, width, 1, 3 or 4] to a gray, RGB or RGBA picture."""
    return Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image)


def enlargement(height: int, width: int) -> int:
    """Returns the whole factor by which images of this size are enlarged."""
    return max(round(_COMFORTABLE_SIDE / max(height, width)), 1)


def image_grid(images: np.ndarray, columns: int, padding: int = 2) -> Image.Image:
    """Lays images out row by row on white.

    Small images are enlarged without smoothing, so that every pixel keeps its value.

    Args:
      images: uint8 [count, height, width, channels].
      padding: pixels between images, before enlargement.
    """
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
    factor = enlargement(height, width)
    return to_pillow(sheet.repeat(factor, axis=0).repeat(factor, axis=1))


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
