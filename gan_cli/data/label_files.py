"""Files that give the images of a folder their classes: labels.csv, and StyleGAN's dataset.json."""

import csv
import json
import os
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gan_cli.errors import UserError, first_line
from gan_cli.io.records import LONGEST_NAME, read_content
from gan_cli.io.wording import counted

LABEL_FILES = ("labels.csv", "dataset.json")
_COLUMNS = 2


@dataclass(frozen=True)
class FileLabels:
    """The classes of image files.

    Attributes:
      names: the class of each image, in NFC; None: the file says that the images have no classes.
      notes: a sentence for each thing that is left out.
    """

    names: list[str] | None
    notes: tuple[str, ...] = ()


def label_file(root: Path) -> Path | None:
    """Returns the file of labels in a folder, if there is one.

    Raises:
      UserError: there are two.
    """
    # Whatever has the name: a pipe that were passed over would silently change the classes.
    present = [root / name for name in LABEL_FILES if os.path.lexists(root / name)]
    if len(present) > 1:
        raise UserError(f"data.path: {root} holds both {' and '.join(LABEL_FILES)}; keep one")
    return present[0] if present else None


def read_labels(path: Path, images: Sequence[Path]) -> FileLabels:
    """Reads the class of each image.

    A row of labels.csv holds a file, relative to the folder of labels.csv, and the name of its
    class; a first row that names no image is a header. `labels` in dataset.json is null or a list
    of such pairs, with whole numbers.

    Raises:
      UserError: the file is damaged, or gives an image no class or two.
    """
    try:
        text = read_content(path).decode("utf-8-sig")
        pairs = _rows(path, text) if path.suffix == ".csv" else _pairs(path, text)
    except (ValueError, RecursionError, csv.Error) as error:
        raise UserError(f"{path}: cannot be read: {first_line(error)}") from error
    if pairs is None:
        note = f"{path} gives no labels: the images have no classes"
        return FileLabels(None, (note,))
    keys = [_key(image.relative_to(path.parent).as_posix()) for image in images]
    known = set(keys)
    if path.suffix == ".csv" and pairs and pairs[0][0] not in known:
        pairs = pairs[1:]
    labels: dict[str, str] = {}
    for file, name in pairs:
        if labels.setdefault(file, name) != name:
            raise UserError(f"{path}: gives {file} two classes, '{labels[file]}' and '{name}'")
    without = [key for key in keys if key not in labels]
    if without:
        raise UserError(
            f"{path}: gives no class to {len(without):,} of {len(keys):,} images, such as"
            f" {without[0]}; add them, or remove the images"
        )
    notes = [f"classes are read from {path}"]
    if absent := [file for file in labels if file not in known]:
        which = counted(len(absent), "file that is no image", "files that are no images")
        notes.append(f"{path} names {which} here, such as {absent[0]}")
    return FileLabels([labels[key] for key in keys], tuple(notes))


def _rows(path: Path, text: str) -> list[tuple[str, str]]:
    pairs = []
    for number, row in enumerate(csv.reader(text.splitlines()), 1):
        if not row:
            continue
        if len(row) != _COLUMNS or not row[1].strip():
            raise UserError(f"{path}:{number}: must be a file and its class, got {str(row)[:80]}")
        pairs.append((_key(row[0].strip()), _class_name(f"{path}:{number}", row[1].strip())))
    return pairs


def _pairs(path: Path, text: str) -> list[tuple[str, str]] | None:
    content = json.loads(text)
    labels = content.get("labels") if isinstance(content, dict) else ()
    if labels is None:
        return None
    if not isinstance(labels, list) or not labels:
        raise UserError(f"{path}: must hold 'labels', null or a list of [file, number]")
    pairs = []
    for entry in labels:
        is_pair = isinstance(entry, list) and len(entry) == _COLUMNS and isinstance(entry[0], str)
        if not is_pair or not isinstance(entry[1], int) or isinstance(entry[1], bool):
            raise UserError(f"{path}: 'labels' must be pairs [file, number], got {str(entry)[:80]}")
        pairs.append((_key(entry[0]), _class_name(str(path), str(entry[1]))))
    return pairs


def _class_name(where: str, name: str) -> str:
    if len(name) > LONGEST_NAME:
        raise UserError(
            f"{where}: names a class by {len(name):,} characters; at most {LONGEST_NAME:,} are read"
        )
    return unicodedata.normalize("NFC", name)


def _key(file: str) -> str:
    return unicodedata.normalize("NFC", file.replace("\\", "/").removeprefix("./"))
