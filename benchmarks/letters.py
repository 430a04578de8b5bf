"""Draws the capital letters of the installed fonts into a folder of PNG images, a folder a class.

python -m benchmarks.letters FOLDER [SIDE [COPIES [FONTS]]]

A labelled set in colour of 26 classes: each letter of each font COPIES times (1), each time in two
other colours, at SIDE pixels (64). Fonts are read from FONTS (/usr/share/fonts). These packages of
Debian bring some 1,100 that draw Latin capitals:

    apt-get install --no-install-recommends PACKAGES      (see below)

What is drawn depends on the fonts and on nothing else: the same fonts make the same images. Fonts
that lack a letter, or that draw two letters alike (symbols, boxes), are passed over and counted.
"""

import colorsys
import string
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from gan_cli.errors import UserError

FONTS = "/usr/share/fonts"
PACKAGES = """
fonts-adf-accanthis fonts-adf-baskervald fonts-adf-berenis fonts-adf-gillius fonts-adf-ikarius
fonts-adf-libris fonts-adf-mekanus fonts-adf-romande fonts-adf-switzera fonts-adf-universalis
fonts-adf-verana fonts-aenigma fonts-averia-gwf fonts-averia-sans-gwf fonts-averia-serif-gwf
fonts-b612 fonts-cabin fonts-cantarell fonts-clear-sans fonts-comfortaa fonts-comic-neue
fonts-courier-prime fonts-croscore fonts-crosextra-caladea fonts-crosextra-carlito
fonts-dancingscript fonts-dosis fonts-dustin fonts-ebgaramond fonts-fanwood fonts-fantasque-sans
fonts-firacode fonts-freefont-ttf fonts-go fonts-goudybookletter fonts-hack fonts-inconsolata
fonts-inter fonts-isabella fonts-jetbrains-mono fonts-junicode fonts-jura fonts-karla
fonts-kaushanscript fonts-lato fonts-league-mono fonts-league-spartan fonts-lemonada
fonts-liberation fonts-lindenhill fonts-linuxlibertine fonts-lobstertwo fonts-manrope
fonts-mononoki fonts-mplus fonts-noto-mono fonts-oldstandard fonts-open-sans fonts-paratype
fonts-play fonts-prociono fonts-quattrocento fonts-quicksand fonts-roboto-hinted
fonts-roboto-slab fonts-sil-andika fonts-sil-charis fonts-sil-gentiumplus fonts-sora
fonts-texgyre fonts-tuffy fonts-ubuntu-title fonts-urw-base35 fonts-vollkorn
fonts-yanone-kaffeesatz
"""
# Letters are drawn at this multiple of the side and averaged down.
_FINER = 4
# Share of the side that the larger dimension of a letter takes.
_FILLED = 0.72
# Least difference of two mean gray levels: letters stay legible.
_CONTRAST = 60.0


def main() -> None:
    folder = Path(sys.argv[1])
    side = int(sys.argv[2]) if len(sys.argv) > 2 else 64
    copies = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    count, fonts, passed_over = 0, 0, 0
    for letter in string.ascii_uppercase:
        (folder / letter).mkdir(parents=True, exist_ok=True)
    for path in font_files(sys.argv[4] if len(sys.argv) > 4 else FONTS):
        masks = letters(path, side)
        if masks is None:
            passed_over += 1
            continue
        fonts += 1
        for letter, mask in masks.items():
            for copy in range(copies):
                name = f"{path.stem}-{copy}.png"
                coloured(mask, f"{path.stem} {letter} {copy}").save(folder / letter / name)
                count += 1
    print(f"{count} images of {side}x{side} pixels from {fonts} fonts in {folder}")
    print(f"{passed_over} font files passed over: no Latin capitals of their own")


def font_files(folder: str) -> Iterator[Path]:
    """Yields the files of outline fonts, one for each name.

    Raises:
      UserError: there are none.
    """
    found = {p.stem: p for p in sorted(Path(folder).rglob("*.?tf")) if p.suffix in (".ttf", ".otf")}
    if not found:
        packages = " ".join(PACKAGES.split())
        raise UserError(
            f"{folder}: holds no fonts (.ttf, .otf); on Debian: apt-get install {packages}"
        )
    yield from found.values()


def letters(path: Path, side: int) -> dict[str, Image.Image] | None:
    """Returns how much of each pixel each capital covers, as gray images of `side` pixels.

    None: the file is no font that draws all capitals, each in its own way.
    """
    canvas = side * _FINER
    try:
        font = ImageFont.truetype(str(path), canvas)
        boxes = {c: font.getbbox(c) for c in string.ascii_uppercase}
        missing = bytes(font.getmask("\U0010fffe"))
        drawn = {bytes(font.getmask(c)) for c in string.ascii_uppercase}
    except (OSError, ValueError):
        return None
    # Signs for what is missing, and capitals that look alike, are no alphabet.
    if len(drawn) < len(string.ascii_uppercase) or missing in drawn:
        return None
    largest = max(max(right - left, bottom - top) for left, top, right, bottom in boxes.values())
    if largest <= 0:
        return None
    font = ImageFont.truetype(str(path), max(int(canvas * canvas * _FILLED / largest), 1))
    masks = {}
    for character in string.ascii_uppercase:
        left, top, right, bottom = font.getbbox(character)
        fine = Image.new("L", (canvas, canvas))
        corner = ((canvas - right - left) / 2, (canvas - bottom - top) / 2)
        ImageDraw.Draw(fine).text(corner, character, fill=255, font=font)
        masks[character] = fine.resize((side, side), Image.Resampling.BOX)
    # Of icons and ornaments, most cover nearly nothing or nearly all.
    covered = [np.asarray(mask).mean() / 255 for mask in masks.values()]
    return masks if min(covered) > 0.02 and max(covered) < 0.6 else None


def coloured(mask: Image.Image, key: str) -> Image.Image:
    """Returns an RGB image of a letter in two colours, which are a function of the key."""
    rng = np.random.default_rng(zlib.crc32(key.encode()))
    ground = ink = np.zeros(3)
    while abs(ink.mean() - ground.mean()) < _CONTRAST:
        ground, ink = (
            255 * np.array(colorsys.hsv_to_rgb(rng.random(), rng.random(), rng.random()))
            for _ in range(2)
        )
    share = np.asarray(mask, np.float64)[..., None] / 255
    return Image.fromarray(np.rint(ground + share * (ink - ground)).astype(np.uint8))


if __name__ == "__main__":
    try:
        main()
    except UserError as error:
        sys.exit(f"error: {error}")
