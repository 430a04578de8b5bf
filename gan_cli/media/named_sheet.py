"""Grids of images whose rows and columns have names."""

from collections.abc import Sequence
from pathlib import Path
from unicodedata import bidirectional

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from gan_cli.domains.grid import enlargement, image_grid
from gan_cli.domains.tile_layout import FRAMED, TileLayout
from gan_cli.media.formats import refuse_too_many

# Pillow's own font lacks arrows and most letters beyond Latin.
_FONT = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
_FONT_SIZE = 12
_MARGIN = 6
# A sheet is at most this many times as high as it is wide before it wraps.
_MOST_HEIGHT = 1.5


def named_sheet(
    images: np.ndarray,
    row_names: Sequence[str] = (),
    column_names: Sequence[str] = (),
    layout: TileLayout = FRAMED,
    wrap: bool = False,
) -> Image.Image:
    """Lays images out in rows and columns, with names on the left and above.

    Args:
      images: uint8 [rows, columns, height, width, channels].
      row_names, column_names: one for each row or column, or none at all. Where columns are
        narrower than their names, only as many names are written as have room.
      wrap: whether a sheet much higher than wide continues in further blocks of rows on the right.

    Raises:
      UserError: there are more images than a picture should hold.
    """
    row_names, column_names = _drawable(row_names), _drawable(column_names)
    rows, columns = images.shape[:2]
    refuse_too_many(rows * columns)
    left = _names_width(row_names)
    factor = layout.scale or enlargement(*images.shape[2:4])
    height, width = factor * images.shape[2], factor * images.shape[3]
    blocks = _num_blocks(rows, height, columns * width + left) if wrap else 1
    per_block = -(-rows // blocks)
    parts = [
        _block(
            images[start : start + per_block],
            row_names[start : start + per_block],
            column_names,
            left,
            layout,
        )
        for start in range(0, rows, per_block)
    ]
    if len(parts) == 1:
        return parts[0]
    joined = _blank(parts[0], sum(part.width for part in parts), parts[0].height)
    place = 0
    for part in parts:
        joined.paste(part, (place, 0))
        place += part.width
    return joined


def _num_blocks(rows: int, height: int, block_width: int) -> int:
    """Returns the fewest blocks of rows, side by side, that are not much higher than wide."""
    blocks = 1
    while -(-rows // blocks) * height > _MOST_HEIGHT * blocks * block_width and blocks < rows:
        blocks += 1
    return blocks


def _drawable(names: Sequence[str]) -> list[str]:
    """Returns names without line breaks, of any kind, on which the layout of text fails."""
    return [
        "".join(c.encode("unicode_escape").decode() if bidirectional(c) == "B" else c for c in name)
        for name in names
    ]


def _names_width(row_names: Sequence[str]) -> int:
    font = ImageFont.truetype(_FONT, _FONT_SIZE)
    widest = max((font.getlength(name) for name in row_names), default=0)
    return round(widest) + 2 * _MARGIN if row_names else 0


def _blank(like: Image.Image, width: int, height: int) -> Image.Image:
    white = tuple([255] * len(like.getbands()))
    return Image.new(like.mode, (width, height), white if len(white) > 1 else 255)


def _block(
    images: np.ndarray,
    row_names: Sequence[str],
    column_names: Sequence[str],
    left: int,
    layout: TileLayout,
) -> Image.Image:
    """Lays out rows with their names, which take `left` pixels, and the names of the columns."""
    columns, height, width = images.shape[1:4]
    sheet = image_grid(images.reshape(-1, *images.shape[2:]), columns, layout)
    if not row_names and not column_names:
        return sheet
    factor = layout.scale or enlargement(height, width)
    pitch = factor * (height + layout.padding), factor * (width + layout.padding)
    font = ImageFont.truetype(_FONT, _FONT_SIZE)
    above = _FONT_SIZE + _MARGIN if column_names else 0
    named = _blank(sheet, sheet.width + left, sheet.height + above)
    named.paste(sheet, (left, above))
    bands = len(sheet.getbands())
    black = (0, 0, 0, 255)[:bands] if bands > 1 else 0
    draw = ImageDraw.Draw(named)
    for row, name in enumerate(row_names):
        middle = above + factor * layout.padding + row * pitch[0] + factor * height // 2
        draw.text((left - _MARGIN, middle), name, black, font, anchor="rm")
    widest = max((font.getlength(name) for name in column_names), default=0) + _MARGIN
    every = int(np.ceil(widest / pitch[1]))
    for column, name in list(enumerate(column_names))[::every]:
        middle = left + factor * layout.padding + column * pitch[1] + factor * width // 2
        draw.text((middle, above), name, black, font, anchor="ms")
    return named
