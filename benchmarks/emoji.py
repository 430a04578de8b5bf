"""A colour data set from two Debian packages: emoji of Noto, a folder for each of Unicode's groups.

python -m benchmarks.emoji FOLDER

Needs `apt-get install fonts-noto-color-emoji unicode-data`. Writes PNG files of 136x128 pixels with
transparency, about 1,900 of them: every emoji of the font, people in one skin tone only.
"""

import re
import sys
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

FONT = Path("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf")
LIST = Path("/usr/share/unicode/emoji/emoji-test.txt")
# The one size of the font's bitmaps.
FONT_SIZE = 109
SKIN_TONES = range(0x1F3FB, 0x1F400)


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("usage: python -m benchmarks.emoji FOLDER")
    for path in (FONT, LIST):
        if not path.exists():
            sys.exit(
                f"error: {path} is missing; apt-get install fonts-noto-color-emoji unicode-data"
            )
    folder = Path(sys.argv[1])
    font = ImageFont.truetype(FONT, FONT_SIZE)
    # One that every version of the font has.
    size = font.getbbox("\N{GRINNING FACE}")[2:]
    written = 0
    for group, name, text in listed(LIST.read_text(encoding="utf-8")):
        # What the font does not know as one picture is drawn as several, side by side.
        if font.getbbox(text)[2:] != size:
            continue
        image = Image.new("RGBA", (int(size[0]), int(size[1])))
        ImageDraw.Draw(image).text((0, 0), text, font=font, embedded_color=True)
        if image.getbbox() is None:
            continue
        path = folder / group / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        image.save(path)
        written += 1
    print(f"written: {written:,} images in {folder}")


def listed(lines: str) -> list[tuple[str, str, str]]:
    """Group, name and text of every emoji in Unicode's list, but for variants of skin tone."""
    found = []
    group = ""
    for line in lines.splitlines():
        if line.startswith("# group: "):
            group = file_name(line.removeprefix("# group: "))
        codes, _, rest = line.partition(";")
        if not rest.strip().startswith("fully-qualified"):
            continue
        points = [int(code, 16) for code in codes.split()]
        if not any(point in SKIN_TONES for point in points):
            # After the picture itself and the version, E13.1.
            name = re.split(r" E\d+\.\d+ ", rest, maxsplit=1)[1]
            found.append((group, file_name(name), "".join(map(chr, points))))
    return found


def file_name(text: str) -> str:
    return re.sub(r"\W+", "-", text.strip().lower()).strip("-") or "unnamed"


if __name__ == "__main__":
    main()
