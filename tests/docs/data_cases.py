"""Data as people bring them, and the table of docs/data.md that says what becomes of each.

python -m tests.docs.data_cases

prints the table, for the page.
"""

import io
import json
import os
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from gan_cli.config.schema import DataConfig
from gan_cli.data.dataset import open_splits
from gan_cli.data.report import report_on
from gan_cli.errors import UserError
from tests.data.test_colour import ADOBE_COLUMNS, profile

# A case makes files in a folder, and returns the keys of `data` that are not those of a folder.
Case = Callable[[Path], dict[str, Any]]
_CASES: list[tuple[str, str, Case]] = []
_SIDE = 16
# Words of the notes that tell of changed pixels.
_CONVERSIONS = ("converted", "resized", "composed", "becomes black")


def case(group: str, what: str) -> Callable[[Case], Case]:
    def register(make: Case) -> Case:
        _CASES.append((group, what, make))
        return make

    return register


def picture(number: int, side: int = _SIDE) -> Image.Image:
    """A picture in colour, another one for each number."""
    rng = np.random.default_rng(number)
    small = Image.fromarray(rng.integers(0, 256, (4, 4, 3), dtype=np.uint8))
    return small.resize((side, side), Image.Resampling.BICUBIC)


def save(path: Path, image: Image.Image, *form: str, **options: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path, *form, **options)


def fill(folder: Path, count: int = 4, first: int = 0) -> None:
    for number in range(first, first + count):
        save(folder / f"{number}.png", picture(number))


FOLDERS, LABELS = "Folders and archives", "Labels and classes"
FILES, FORMS, NPZ = "Image files", "Sizes and channels", "npz"


@case(FOLDERS, "`.jfif`, `.jpe`, `.tga`, `.jp2`, `.avif` and the usual kinds of images")
def _(folder):
    for number, (ending, form) in enumerate(
        [("jfif", "JPEG"), ("JPE", "JPEG"), ("tga", "TGA"), ("jp2", "JPEG2000"), ("webp", "WEBP")]
    ):
        save(folder / f"{number}.{ending}", picture(number), form)
    return {}


@case(FOLDERS, "other files beside the images")
def _(folder):
    fill(folder)
    for name in ("readme.txt", "Thumbs.db", ".hidden.png"):
        (folder / name).write_bytes(b"words")
    return {}


@case(FOLDERS, "no images at all")
def _(folder):
    (folder / "scene.psd").write_bytes(b"layers")
    return {}


@case(FOLDERS, "a class folder of images of which none can be read")
def _(folder):
    fill(folder / "cat")
    (folder / "dog").mkdir()
    (folder / "dog" / "1.psd").write_bytes(b"layers")
    return {}


@case(FOLDERS, "`Train/` and `Testing/`, and other folders beside them")
def _(folder):
    fill(folder / "Train" / "cat")
    fill(folder / "Train" / "dog", first=4)
    fill(folder / "Testing" / "cat", 2, 8)
    fill(folder / "__MACOSX" / "cat", 1, 10)
    fill(folder / "annotations", 1, 11)
    return {}


@case(FOLDERS, "`train/` without `test/`")
def _(folder):
    fill(folder / "train" / "cat")
    fill(folder / "train" / "dog", first=4)
    return {}


@case(FOLDERS, "class folders, and loose images beside them")
def _(folder):
    fill(folder / "cat")
    fill(folder, 2, 4)
    return {}


@case(FOLDERS, "a run of gan-cli in the folder")
def _(folder):
    fill(folder)
    fill(folder / "runs" / "gan" / "samples", 1, 9)
    for name in ("config.yaml", "environment.json"):
        (folder / "runs" / "gan" / name).write_text("{}")
    return {}


@case(FOLDERS, "a `.zip`")
def _(folder):
    _zip(folder / "photos.zip", "set/cat/{}.png")
    return {"path": str(folder / "photos.zip")}


@case(FOLDERS, "a `.zip` with names that lead elsewhere")
def _(folder):
    _zip(folder / "photos.zip", "../{}.png")
    return {"path": str(folder / "photos.zip")}


def _zip(path: Path, name: str) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(4):
            stream = io.BytesIO()
            picture(number).save(stream, "png")
            archive.writestr(name.format(number), stream.getvalue())


@case(LABELS, "class folders")
def _(folder):
    for name in ("1", "2", "10"):
        fill(folder / name, 2, int(name) * 10)
    return {}


@case(LABELS, "`labels.csv`")
def _(folder):
    fill(folder)
    rows = "".join(f"{number}.png,{'odd' if number % 2 else 'even'}\n" for number in range(4))
    (folder / "labels.csv").write_text("file,class\n" + rows)
    return {}


@case(LABELS, "`dataset.json` of StyleGAN, which lacks an image")
def _(folder):
    fill(folder)
    (folder / "dataset.json").write_text(
        json.dumps({"labels": [[f"{n}.png", 0] for n in range(3)]})
    )
    return {}


@case(LABELS, "test images without labels, training images with them")
def _(folder):
    fill(folder / "train" / "cat")
    fill(folder / "train" / "dog", first=4)
    fill(folder / "test", 2, 8)
    return {}


@case(LABELS, "labels that leave numbers out")
def _(folder):
    images = _arrays()
    np.savez(folder / "data.npz", images=images, labels=[7, 107] * 4)
    return {"source": "npz", "path": str(folder / "data.npz")}


@case(LABELS, "labels that are one-hot")
def _(folder):
    np.savez(folder / "data.npz", images=_arrays(), labels=np.eye(2)[[0, 1] * 4])
    return {"source": "npz", "path": str(folder / "data.npz")}


@case(FILES, "a damaged image")
def _(folder):
    fill(folder)
    (folder / "cut.png").write_bytes((folder / "0.png").read_bytes()[:60])
    return {}


@case(FILES, "a damaged image, with `on_corrupt: skip`")
def _(folder):
    fill(folder)
    (folder / "cut.png").write_bytes((folder / "0.png").read_bytes()[:60])
    return {"on_corrupt": "skip"}


@case(FILES, "12 bits in PNG files of 16")
def _(folder):
    for number in range(4):
        values = np.asarray(picture(number).convert("L"), np.uint16) * 16
        save(folder / f"{number}.png", Image.fromarray(values))
    return {}


@case(FILES, "colours of 16 bits")
def _(folder):
    fill(folder)
    for number in range(4, 6):
        (folder / f"{number}.png").write_bytes(deep_png(np.asarray(picture(number), ">u2") * 257))
    return {}


def deep_png(values: np.ndarray) -> bytes:
    """A PNG of 16 bits for each colour, which Pillow cannot write."""

    def chunk(name: bytes, content: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(name + content))
        return struct.pack(">I", len(content)) + name + content + checksum

    height, width = values.shape[:2]
    header = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    parts = chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@case(FILES, "floats in TIFF files")
def _(folder):
    for number in range(4):
        values = np.asarray(picture(number).convert("L"), np.float32) / 255
        save(folder / f"{number}.tiff", Image.fromarray(values))
    return {}


@case(FILES, "values far below the white that is given")
def _(folder):
    for number in range(4):
        values = np.asarray(picture(number).convert("L"), np.uint16)
        save(folder / f"{number}.png", Image.fromarray(values))
    return {"value_range": [0, 65535]}


@case(FILES, "a colour profile other than sRGB")
def _(folder):
    fill(folder)
    adobe = profile("Adobe RGB (1998)", 2.19921875, ADOBE_COLUMNS)
    for number in range(2):
        save(folder / f"{number}.png", picture(number), icc_profile=adobe)
    return {}


@case(FILES, "animations and stacks of slices")
def _(folder):
    fill(folder)
    _stack(folder)
    return {}


@case(FILES, "animations and stacks, with `frames: all`")
def _(folder):
    fill(folder)
    _stack(folder)
    return {"frames": "all"}


def _stack(folder: Path) -> None:
    frames = [picture(number) for number in range(20, 25)]
    save(folder / "stack.tiff", frames[0], save_all=True, append_images=frames[1:])


@case(FILES, "more than `max_pixels`")
def _(folder):
    fill(folder)
    save(folder / "scan.png", Image.new("1", (20_000, 20_000)))
    return {}


@case(FILES, "large images, with `tiles`")
def _(folder):
    for number in range(3):
        save(folder / f"{number}.png", picture(number, 100))
    return {"tiles": {"size": 32, "stride": 16}}


@case(FILES, "copies of a file")
def _(folder):
    fill(folder)
    (folder / "copy.png").write_bytes((folder / "0.png").read_bytes())
    return {}


@case(FILES, "the same image as PNG and as JPEG")
def _(folder):
    for number in range(4):
        save(folder / f"{number}.png", picture(number, 48))
    save(folder / "0.jpg", picture(0, 48), quality=90)
    return {}


@case(FILES, "test images that are trained on")
def _(folder):
    fill(folder / "train")
    fill(folder / "test", 2, 3)
    return {}


@case(FORMS, "one image of another size among many")
def _(folder):
    fill(folder, 19)
    save(folder / "odd.png", picture(30).resize((15, 16)))
    return {}


@case(FORMS, "images of several sizes")
def _(folder):
    for number in range(4):
        save(folder / f"{number}.png", picture(number, 30 + 20 * number))
    return {}


@case(FORMS, "a few images in colour among gray ones")
def _(folder):
    fill(folder, 2)
    for number in range(2, 9):
        save(folder / f"{number}.png", picture(number).convert("L"))
    return {}


@case(FORMS, "transparency")
def _(folder):
    for number in range(4):
        image = picture(number).convert("RGBA")
        image.putalpha(picture(number + 50).convert("L"))
        save(folder / f"{number}.png", image)
    return {}


@case(FORMS, "white icons on transparency")
def _(folder):
    for number in range(4):
        image = Image.new("RGBA", (_SIDE, _SIDE), "white")
        image.putalpha(picture(number).convert("L"))
        save(folder / f"{number}.png", image)
    return {}


@case(FORMS, "white icons on transparency among others")
def _(folder):
    fill(folder, 6)
    for number in range(6, 8):
        image = Image.new("RGBA", (_SIDE, _SIDE), "white")
        image.putalpha(picture(number).convert("L"))
        save(folder / f"{number}.png", image)
    return {}


def _arrays() -> np.ndarray:
    return np.stack([np.asarray(picture(number)) for number in range(8)])


def _npz(folder: Path, images: np.ndarray, **arrays: Any) -> dict[str, Any]:
    np.savez(folder / "data.npz", images=images, allow_pickle=True, **arrays)
    return {"source": "npz", "path": str(folder / "data.npz")}


@case(NPZ, "floats from 0 to 1, channels first")
def _(folder):
    return _npz(folder, (_arrays() / 255).transpose(0, 3, 1, 2).astype(np.float32))


@case(NPZ, "floats from -1 to 1")
def _(folder):
    return _npz(folder, (_arrays() / 127.5 - 1).astype(np.float32))


@case(NPZ, "Python objects in place of one array")
def _(folder):
    return _npz(folder, np.array([*_arrays(), None], object))


@case(NPZ, "names as labels")
def _(folder):
    return _npz(folder, _arrays(), labels=np.array(["cat", "dog"] * 4))


def outcome(make: Case, folder: Path) -> tuple[str, list[str]]:
    """Returns what becomes of a case, in one word, and what is said."""
    keys = {"source": "folder", "path": str(folder)} | make(folder)
    try:
        splits = open_splits(DataConfig(**keys))
    except UserError as error:
        return "refused", [_plain(problem, folder) for problem in error.problems]
    skipped = [f"skipped: {line}" for line in splits.skipped]
    warnings = [f"warning: {line}" for line in report_on(splits).warnings()]
    names = splits.train.class_names
    classes = [f"classes {', '.join(names)}"] if len(names) > 1 else []
    said = [*skipped, *splits.notes, *warnings, *classes]
    are = (
        "converted"
        if any(word in note for note in splits.notes for word in _CONVERSIONS)
        else "read"
    )
    return are, [_plain(line, folder) for line in said]


def _plain(line: str, folder: Path) -> str:
    return line.replace(str(folder), "photos")


def rows() -> Iterator[tuple[str, str]]:
    """Yields the heading and the line of the table of every case."""
    for group, what, make in _CASES:
        with tempfile.TemporaryDirectory() as parent:
            folder = Path(parent, "photos")
            folder.mkdir()
            word, said = outcome(make, folder)
        shown = "<br>".join(line.replace("|", r"\|").replace("<", "&lt;") for line in said)
        yield group, f"| {what} | {word} | {shown or 'nothing'} |"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as cache:
        os.environ["GAN_CLI_CACHE"] = cache
        last = ""
        for group, row in rows():
            if group != last:
                print(f"\n### {group}\n\n| data | are | what is said |\n|---|---|---|")
            last = group
            print(row)
