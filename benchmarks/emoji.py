"""Draws a font of colour emoji into a folder of PNG images: a small real set in colour.

python -m benchmarks.emoji FOLDER [SIDE] [FONT]

By default from Debian's package fonts-noto-color-emoji (SIL Open Font License 1.1), at 64 pixels,
on white: some 1,300 pictures, one for each symbol that the font draws.
"""

import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from gan_cli.errors import UserError

FONT = "/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf"
# The one size that this font's bitmaps have.
_BITMAP_SIZE = 109
_CANVAS = 136
# Unicode blocks with emoji: symbols, dingbats, pictographs, transport, supplements.
_BLOCKS = ((0x2190, 0x2BFF), (0x3030, 0x303D), (0x1F000, 0x1FAFF))


def main() -> None:
    folder = Path(sys.argv[1])
    side = int(sys.argv[2]) if len(sys.argv) > 2 else 64
    path = sys.argv[3] if len(sys.argv) > 3 else FONT
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    for character, image in emoji(path):
        name = f"{ord(character):05x}.png"
        image.resize((side, side), Image.Resampling.LANCZOS).save(folder / name)
        count += 1
    print(f"{count} images of {side}x{side} pixels in {folder}")


def emoji(font_path: str) -> Iterator[tuple[str, Image.Image]]:
    """Yields each character that the font draws in colour, with its RGB picture on white.

    Raises:
      UserError: the font cannot be read at the size of its bitmaps.
    """
    try:
        font = ImageFont.truetype(font_path, _BITMAP_SIZE)
    except OSError as error:
        raise UserError(
            f"{font_path}: cannot be read as a font of colour bitmaps: {error}"
        ) from error
    for first, last in _BLOCKS:
        for code in range(first, last + 1):
            character = chr(code)
            # Skin tones and letters of flags are parts of other pictures.
            if unicodedata.category(character) in ("So", "Sm", "Po"):
                image = _draw(character, font)
                if _is_coloured(image):
                    yield character, image


def _draw(character: str, font: ImageFont.FreeTypeFont) -> Image.Image:
    image = Image.new("RGB", (_CANVAS, _CANVAS), "white")
    left, top, right, bottom = font.getbbox(character)
    corner = ((_CANVAS - right - left) / 2, (_CANVAS - bottom - top) / 2)
    ImageDraw.Draw(image).text(corner, character, font=font, embedded_color=True)
    return image


def _is_coloured(image: Image.Image) -> bool:
    """Returns whether anything was drawn: a missing character leaves the canvas white."""
    return bool(np.asarray(image).min() < 250)


if __name__ == "__main__":
    try:
        main()
    except UserError as error:
        sys.exit(f"error: {error}")
