"""Draws many short strings in one picture."""

import unicodedata
from collections.abc import Sequence
from pathlib import Path

import matplotlib
from PIL import Image, ImageDraw, ImageFont

# Pillow's own font lacks most letters beyond Latin.
_FONT = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
_SIZE, _MARGIN, _GAP = 15, 10, 24
_PITCH = round(_SIZE * 1.5)
_INK, _NAME_INK, _GROUND = "#1b1b1b", "#7a5c00", "#ffffff"


def text_sheet(strings: Sequence[str], columns: int) -> Image.Image:
    """Draws strings from left to right, row by row.

    Control characters are drawn as spaces.
    """
    columns = max(min(columns, len(strings)), 1)
    starts = range(0, len(strings), columns)
    return text_table([strings[start : start + columns] for start in starts])


def text_table(
    rows: Sequence[Sequence[str]],
    row_names: Sequence[str] = (),
    column_names: Sequence[str] = (),
    most_columns: int | None = None,
) -> Image.Image:
    """Draws a table of strings, with names of its rows on the left and of its columns above.

    Control characters are drawn as spaces.

    Args:
      row_names, column_names: one for each row or column, or none at all.
      most_columns: a wider table continues below; None: it does not.
    """
    font = ImageFont.truetype(_FONT, _SIZE)
    num_columns = max((len(row) for row in rows), default=0)
    per_block = max(min(num_columns, most_columns or num_columns), 1)
    left = _widest(font, row_names) + _GAP if row_names else 0
    cells = [text for row in rows for text in row] + list(column_names)
    pitch = max(_widest(font, cells), _SIZE) + _GAP
    height = len(rows) + (1 if column_names else 0)
    blocks = [slice(start, start + per_block) for start in range(0, num_columns, per_block)]
    # An empty row between blocks.
    num_rows = max(len(blocks) * (height + 1) - 1, 0)
    size = 2 * _MARGIN + left + per_block * pitch - _GAP, 2 * _MARGIN + num_rows * _PITCH
    sheet = Image.new("RGB", size, _GROUND)
    draw = ImageDraw.Draw(sheet)

    def write(row: int, across: int, text: str, ink: str) -> None:
        draw.text((_MARGIN + across, _MARGIN + row * _PITCH), _printable(text), ink, font)

    top = 0
    for block in blocks:
        for column, name in enumerate(column_names[block]):
            write(top, left + column * pitch, name, _NAME_INK)
        first = top + height - len(rows)
        for number, row in enumerate(rows):
            if row_names:
                write(first + number, 0, row_names[number], _NAME_INK)
            for column, text in enumerate(row[block]):
                write(first + number, left + column * pitch, text, _INK)
        top += height + 1
    return sheet


def _widest(font: ImageFont.FreeTypeFont, texts: Sequence[str]) -> int:
    return max((int(font.getlength(_printable(text))) + 1 for text in texts), default=0)


def _printable(text: str) -> str:
    return "".join(" " if unicodedata.category(each) == "Cc" else each for each in text)
