"""Draws many short strings in one picture."""

import unicodedata
from collections.abc import Sequence
from pathlib import Path

import matplotlib
from PIL import Image, ImageDraw, ImageFont

# Pillow's own font lacks most letters beyond Latin.
_FONT = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
_SIZE, _MARGIN, _GAP = 15, 10, 24
_INK, _GROUND = "#1b1b1b", "#ffffff"


def text_sheet(strings: Sequence[str], columns: int) -> Image.Image:
    """Draws strings from left to right, row by row.

    Control characters are drawn as spaces.
    """
    font = ImageFont.truetype(_FONT, _SIZE)
    shown = [_printable(text) for text in strings]
    columns = max(min(columns, len(shown)), 1)
    rows = -(-len(shown) // columns)
    width = max((int(font.getlength(text)) + 1 for text in shown), default=0)
    pitch = max(width, _SIZE) + _GAP, round(_SIZE * 1.5)
    size = 2 * _MARGIN + columns * pitch[0] - _GAP, 2 * _MARGIN + rows * pitch[1]
    sheet = Image.new("RGB", size, _GROUND)
    draw = ImageDraw.Draw(sheet)
    for index, text in enumerate(shown):
        row, column = divmod(index, columns)
        place = _MARGIN + column * pitch[0], _MARGIN + row * pitch[1]
        draw.text(place, text, _INK, font)
    return sheet


def _printable(text: str) -> str:
    return "".join(" " if unicodedata.category(each) == "Cc" else each for each in text)
