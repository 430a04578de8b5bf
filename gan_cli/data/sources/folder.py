"""A folder of image files; folders inside it, if any, are the classes."""

import os
import re
import unicodedata
from collections import Counter
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from gan_cli.config.schema import DataConfig
from gan_cli.data.archive import is_archive, unpacked
from gan_cli.data.collection import Collection, SourceSplits
from gan_cli.data.file_samples import Reading, open_files, reading_of
from gan_cli.data.files_identity import files_identity
from gan_cli.data.image_files import ENDINGS, FoundFiles, find_files
from gan_cli.data.label_files import FileLabels, label_file, read_labels
from gan_cli.data.sources.source import Source
from gan_cli.errors import UserError
from gan_cli.io.paths import user_path

# What is read of each end of a file to tell it from others: the rest of a large scan adds nothing.
_END_BYTES = 2**16
# In order of preference.
_HOLDOUT_FOLDERS = ("test", "testing", "validation", "valid", "val")
_TRAINING_FOLDERS = ("train", "training")
_CONTENTS_KEPT = 16


def open_source(config: DataConfig) -> SourceSplits:
    """Opens all image files below `data.path`, a folder or an archive, ordered by name.

    If the folder has subfolders with images, the class of an image is the first folder on its path,
    in the order 1, 2, 10. Subfolders `train` or `training` and one or more of `test`, `testing`,
    `validation`, `valid`, `val`, in any case, are splits instead, and may have class folders of
    their own; images beside them are passed over. A lone `train`, and a single folder around all
    others, are looked through. Runs and exports of gan-cli are never read, unless `data.path` is
    one of them. A file labels.csv or dataset.json in a folder of images gives the classes in place
    of folders.

    Raises:
      UserError: the folder is missing, unreadable or without images, or only some of the images
        have a class.
    """
    if config.folder.path is None:
        raise UserError("data.path: is required for source 'folder'")
    root = archive = user_path(config.folder.path)
    if is_archive(root):
        root = unpacked(root)
    if not root.is_dir():
        what = "is not a folder" if root.exists() else "does not exist"
        raise UserError(
            f"data.path: {root} {what}; it must be a folder or a .zip or .tar of images"
        )
    try:
        splits = _splits(root, reading_of(config))
        # Nobody knows the folder of the cache into which an archive was unpacked.
        notes = (note.replace(str(root), str(archive)) for note in splits.train.notes)
        return replace(splits, train=replace(splits.train, notes=tuple(notes)))
    except OSError as error:
        # The folder may change meanwhile, and links may lead to disks that are gone.
        raise UserError(f"data.path: {error.filename}: cannot be read: {error.strerror}") from error


def _splits(root: Path, reading: Reading) -> SourceSplits:
    """Finds out what the folders below a folder are: splits, classes, or neither."""
    found = find_files(root)
    counts = Counter(file.relative_to(root).parts[0] for file in found.images)
    below = [name for name in counts if (root / name).is_dir()]
    trained = [name for name in below if name.lower() in _TRAINING_FOLDERS]
    held_out = sorted(
        (name for name in below if name.lower() in _HOLDOUT_FOLDERS),
        key=lambda name: _HOLDOUT_FOLDERS.index(name.lower()),
    )
    if len(trained) == 1 and held_out:
        others = [name for name in counts if name not in (trained[0], held_out[0])]
        train = _collection(root / trained[0], find_files(root / trained[0]), None, reading)
        notes = _folder_notes(root, trained[0], held_out[0], others)
        unread = found.only_outside(root / trained[0])
        train = replace(
            train, notes=notes + train.notes, passed_over=train.passed_over + unread.lines()
        )
        if train.value_range is not None:
            reading = replace(reading, value_range=train.value_range)
        holdout = _collection(
            root / held_out[0], find_files(root / held_out[0]), train.class_names, reading
        )
        return SourceSplits(train, holdout)
    if label_file(root) is not None and not reading.by_name:
        return SourceSplits(_collection(root, found, None, reading))
    # A folder that encloses everything, as archives do, and a `train` without a `test`.
    if len(counts) == 1 and below:
        inner = root / below[0]
        inside = {file.relative_to(inner).parts for file in found.images}
        if trained or all(len(parts) > 1 for parts in inside):
            splits = _splits(inner, reading)
            note = f"all images lie in {inner}, which is taken for the folder of data"
            return replace(splits, train=replace(splits.train, notes=(note, *splits.train.notes)))
    return SourceSplits(_collection(root, found, None, reading))


def _folder_notes(root: Path, trained: str, held_out: str, others: list[str]) -> tuple[str, ...]:
    notes = [f"{root / trained} is trained on, and {root / held_out} is held out"]
    if others:
        shown = ", ".join(others[:3]) + (", ..." if len(others) > 3 else "")
        notes.append(f"images in {root} outside these two are passed over: {shown}")
    return tuple(notes)


def _collection(
    root: Path, found: FoundFiles, class_names: tuple[str, ...] | None, reading: Reading
) -> Collection:
    """Opens a folder; its classes must be among `class_names`, unless this is None."""
    files = list(found.images)
    if not files:
        raise UserError(
            f"data.path: {root} holds no images ({', '.join(ENDINGS)}){found.instead()}"
            f"{found.how_to_read_heic(root)}"
        )
    parts = [file.relative_to(root).parts for file in files]
    folders = {part[0] for part in parts if len(part) > 1}
    loose = [part[0] for part in parts if len(part) == 1]
    # Earlier runs keep to the folders.
    labels_path = None if reading.by_name else label_file(root)
    given = FileLabels(None)
    if labels_path is not None:
        given = read_labels(labels_path, files)
        found = replace(found, others=tuple(each for each in found.others if each != labels_path))
    elif folders and loose:
        raise UserError(
            f"data.path: {root} holds both class folders and {len(loose)} loose images, such as"
            f" {loose[0]}; move them into a class folder, or the folders elsewhere"
        )
    if labels_path is None and (unread := found.unread_classes(root, folders)):
        raise UserError(
            f"data.path: {root / unread[0]} holds images, none of which can be read"
            f" ({', '.join(ENDINGS)}); convert them, or move the folder elsewhere"
            f"{found.how_to_read_heic(root / unread[0])}"
        )
    # One name may be written in two ways: é as one character, or as e and an accent.
    name_of = {folder: unicodedata.normalize("NFC", folder) for folder in folders}
    of_file = given.names
    if labels_path is None and folders:
        of_file = [name_of[part[0]] for part in parts]
    classes = sorted(set(of_file or ()), key=None if reading.by_name else natural_key)
    names = tuple(classes) if class_names is None else class_names
    kind = "class folder" if labels_path is None else "class"
    if unknown := sorted(set(classes) - set(names)):
        raise UserError(
            f"data.path: {root} holds {kind} '{unknown[0]}', which is not a class of the"
            f" training images"
            f" (known: {', '.join(names) or 'no classes'})"
        )
    numbers = {name: number for number, name in enumerate(names)}
    opened = open_files(files, reading)
    samples = opened.samples
    labels = None if of_file is None else np.array([numbers[name] for name in of_file], np.int32)
    of_one_file = opened.share_files and reading.by_name

    # Many samples of one file follow one another.
    @lru_cache(maxsize=_CONTENTS_KEPT)
    def content(path: Path) -> bytes:
        return file_content(path)

    return Collection(
        count=len(samples.file_numbers),
        read=samples.read,
        describe=samples.describe,
        labels=None if labels is None else labels[samples.file_numbers],
        class_names=names,
        identity=files_identity(root, files) + opened.marks,
        # All samples of a file have its content: they are trained on or held out together.
        content=lambda index: content(samples.file(index)),
        groups=samples.file_numbers.astype(np.int32) if of_one_file else None,
        notes=(*given.notes, *found.notes(root), *opened.notes),
        passed_over=found.lines(),
        value_range=opened.value_range,
        forms=opened.forms,
        is_one_file_each=not opened.share_files,
    )


def natural_key(name: str) -> list[tuple[int, int, str]]:
    """Returns a key by which 2 comes before 10, and letters are ordered as ever."""
    pieces = re.split(r"([0-9]+)", name)
    return [(0, int(piece), piece) if piece.isdecimal() else (1, 0, piece) for piece in pieces]


def file_content(path: Path) -> bytes:
    """Returns the size of a file and both of its ends, which tell image files apart.

    A file that cannot be read gives its name: it counts as an image that cannot be decoded.
    """
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            ends = []
            for start in dict.fromkeys((0, max(size - _END_BYTES, 0))):
                file.seek(start)
                ends.append(file.read(_END_BYTES))
    except OSError:
        return os.fsencode(path.name)
    return b"".join((str(size).encode(), *ends))


SOURCE = Source(open_source)
