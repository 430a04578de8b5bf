"""Grids of images whose rows and columns have names."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from gan_cli.domains.grid import enlargement, image_grid
from gan_cli.media.formats import refuse_too_many

_PADDING = 2
# Pillow's own font lacks arrows and most letters beyond Latin.
_FONT = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
_FONT_SIZE = 12
_MARGIN = 6


def named_sheet(
    images: np.ndarray, row_names: Sequence[str] = (), column_names: Sequence[str] = ()
) -> Image.Image:
    """Lays images out in rows and columns, with names on the left and above.

    Args:
      images: uint8 [rows, columns, height, width, channels].
      row_names, column_names: one for each row or column, or none at all. Where columns are
        narrower than their names, only as many names are written as have room.

    Raises:
      UserError: there are more images than a picture should hold.
    """
    rows, columns, height, width, _ = images.shape
    refuse_too_many(rows * columns)
    sheet = image_grid(images.reshape(-1, *images.shape[2:]), columns, _PADDING)
    if not row_names and not column_names:
        return sheet
    factor = enlargement(height, width)
    pitch = factor * (height + _PADDING), factor * (width + _PADDING)
    font = ImageFont.truetype(_FONT, _FONT_SIZE)
    left = max((font.getlength(name) for name in row_names), default=0)
    left = round(left) + 2 * _MARGIN if row_names else 0
    above = _FONT_SIZE + _MARGIN if column_names else 0
    white = tuple([255] * len(sheet.getbands()))
    size = sheet.width + left, sheet.height + above
    named = Image.new(sheet.mode, size, white if len(white) > 1 else 255)
    named.paste(sheet, (left, above))
    black = (0, 0, 0, 255)[: len(white)] if len(white) > 1 else 0
    draw = ImageDraw.Draw(named)
    for row, name in enumerate(row_names):
        middle = above + factor * _PADDING + row * pitch[0] + factor * height // 2
        draw.text((left - _MARGIN, middle), name, black, font, anchor="rm")
    widest = max((font.getlength(name) for name in column_names), default=0) + _MARGIN
    every = int(np.ceil(widest / pitch[1]))
    for column, name in list(enumerate(column_names))[::every]:
        middle = left + factor * _PADDING + column * pitch[1] + factor * width // 2
        draw.text((middle, above), name, black, font, anchor="ms")
    return named
