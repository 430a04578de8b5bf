"""A folder of image files; folders inside it, if any, are the classes."""

import os
import re
import unicodedata
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from gan_cli.config.schema import DataConfig
from gan_cli.data.archive import is_archive, unpacked
from gan_cli.data.collection import Collection, SourceSplits
from gan_cli.data.files_identity import files_identity
from gan_cli.data.frames import Frames
from gan_cli.data.image_files import ENDINGS, FoundFiles, find_files
from gan_cli.data.label_files import FileLabels, label_file, read_labels
from gan_cli.data.sources.source import Source
from gan_cli.data.survey import notes_on_frames, notes_on_profiles, read_headers
from gan_cli.data.value_range import Range, common_range, is_deep
from gan_cli.errors import UserError
from gan_cli.io.paths import user_path

# What is read of each end of a file to tell it from others: the rest of a large scan adds nothing.
_END_BYTES = 2**16
# In order of preference.
_HOLDOUT_FOLDERS = ("test", "testing", "validation", "valid", "val")
_TRAINING_FOLDERS = ("train", "training")

# Ends the identity of files of which some are converted to sRGB.
_IN_SRGB = ":srgb"
# Ends the identity of files of which some give several samples.
_ALL_FRAMES = ":frames"


@dataclass(frozen=True)
class _Reading:
    """How the files of a folder are read.

    Attributes:
      by_name: whether classes are ordered as earlier versions did, 1, 10, 2.
      colours_to_srgb: whether colours are converted as the profile of a file says.
      all_frames: whether each frame of an animation or a stack is a sample.
      value_range: the values of black and white in images of more than 8 bits, or how they are
        found.
    """

    by_name: bool
    colours_to_srgb: bool
    all_frames: bool
    value_range: Range | Literal["auto", "type"] = "auto"


def _reading(config: DataConfig) -> _Reading:
    return _Reading(
        by_name=config.holdout_by == "order",
        colours_to_srgb=config.colour_profiles != "ignore",
        all_frames=config.folder.frames == "all",
        value_range=config.value_range or "auto",
    )


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
    root = user_path(config.folder.path)
    if is_archive(root):
        root = unpacked(root)
    if not root.is_dir():
        what = "is not a folder" if root.exists() else "does not exist"
        raise UserError(
            f"data.path: {root} {what}; it must be a folder or a .zip or .tar of images"
        )
    try:
        return _splits(root, _reading(config))
    except OSError as error:
        # The folder may change meanwhile, and links may lead to disks that are gone.
        raise UserError(f"data.path: {error.filename}: cannot be read: {error.strerror}") from error


def _splits(root: Path, reading: _Reading) -> SourceSplits:
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
    root: Path, found: FoundFiles, class_names: tuple[str, ...] | None, reading: _Reading
) -> Collection:
    """Opens a folder; its classes must be among `class_names`, unless this is None."""
    files = list(found.images)
    if not files:
        raise UserError(
            f"data.path: {root} holds no images ({', '.join(ENDINGS)}){found.instead()}"
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
    headers = read_headers(files)
    colours = notes_on_profiles(headers) if reading.colours_to_srgb else ()
    several = reading.all_frames and any(header.frames > 1 for header in headers)
    frames = Frames(
        files,
        [header.frames if several else 1 for header in headers],
        reading.colours_to_srgb,
    )
    deep = np.array([is_deep(header.mode) for header in headers])[frames.file_numbers]
    if deep.any() and reading.value_range != "type":
        are_floats = any(header.mode == "F" for header in headers)
        frames.value_range = _range_of(reading, frames, np.flatnonzero(deep), are_floats)
    black_and_white = frames.value_range
    ranged = "" if black_and_white is None else f":{black_and_white}"
    labels = None if of_file is None else np.array([numbers[name] for name in of_file], np.int32)
    identity = files_identity(root, files) + (_IN_SRGB if colours else "")
    return Collection(
        count=len(frames.file_numbers),
        read=frames.read,
        describe=frames.describe,
        labels=None if labels is None else labels[frames.file_numbers],
        class_names=names,
        identity=identity + (_ALL_FRAMES if several else "") + ranged,
        # All frames of a file have its content: they are trained on or held out together.
        content=lambda index: file_content(frames.file(index)),
        groups=frames.file_numbers.astype(np.int32) if several and reading.by_name else None,
        notes=(
            *given.notes,
            *found.notes(root),
            *notes_on_frames(headers, reading.all_frames),
            *colours,
            *_notes_on_range(black_and_white, int(deep.sum()), len(deep)),
        ),
        passed_over=found.lines(),
        value_range=black_and_white,
    )


def _notes_on_range(value_range: Range | None, deep: int, count: int) -> tuple[str, ...]:
    if value_range is None:
        return ()
    black, white = value_range
    return (
        f"{deep:,} of {count:,} images have more than 8 bits: {black:g} becomes black and"
        f" {white:g} white (data.value_range)",
    )


def _range_of(
    reading: _Reading, frames: Frames, deep: np.ndarray, are_floats: bool
) -> Range | None:
    """Returns the values of black and white of the samples of more than 8 bits."""
    if not isinstance(reading.value_range, str):
        return reading.value_range
    with ThreadPoolExecutor() as threads:
        extents = threads.map(frames.extent, deep.tolist())
        return common_range((each for each in extents if each is not None), are_floats)


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
