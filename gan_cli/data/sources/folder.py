"""A folder of image files; folders inside it, if any, are the classes."""

import hashlib
import os
from pathlib import Path

import numpy as np

from gan_cli.config.schema import DataConfig
from gan_cli.data.collection import Collection, SourceSplits
from gan_cli.data.decode import decode_image
from gan_cli.data.sources.source import Source
from gan_cli.errors import UserError
from gan_cli.io.paths import user_path

ENDINGS = (
    *(".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".bmp"),
    *(".gif", ".tif", ".tiff", ".ppm", ".pgm"),
)
# What macOS puts into archives: a copy of each name, without an image behind it.
_JUNK_FOLDER = "__MACOSX"
# What is read of each end of a file to tell it from others: the rest of a large scan adds nothing.
_END_BYTES = 2**16
# In order of preference.
_HOLDOUT_FOLDERS = ("test", "validation", "valid", "val")


def open_source(config: DataConfig) -> SourceSplits:
    """Opens all image files below `data.path`, ordered by name.

    If the folder has subfolders, the class of an image is the first folder on its path. Subfolders
    that are `train` and one or more of `test`, `validation`, `valid`, `val` are splits instead, and
    may have class folders of their own.

    Raises:
      UserError: the folder is missing, unreadable or without images, or only some of the images
        have a class.
    """
    if config.folder.path is None:
        raise UserError("data.path: is required for source 'folder'")
    root = user_path(config.folder.path)
    if not root.is_dir():
        what = "is not a folder" if root.exists() else "does not exist"
        raise UserError(f"data.path: {root} {what}; it must be a folder of images")
    try:
        return _splits(root)
    except OSError as error:
        # The folder may change meanwhile, and links may lead to disks that are gone.
        raise UserError(f"data.path: {error.filename}: cannot be read: {error.strerror}") from error


def _splits(root: Path) -> SourceSplits:
    below = {path.name for path in root.iterdir() if path.is_dir() and _is_visible(path.name)}
    splits = [name for name in _HOLDOUT_FOLDERS if name in below]
    if splits and "train" in below and below <= {"train", *_HOLDOUT_FOLDERS}:
        train = _collection(root / "train", None)
        return SourceSplits(train, _collection(root / splits[0], train.class_names))
    return SourceSplits(_collection(root, None))


def _collection(root: Path, class_names: tuple[str, ...] | None) -> Collection:
    """Opens a folder; its classes must be among `class_names`, unless this is None."""
    files = _image_files(root)
    if not files:
        raise UserError(f"data.path: {root} holds no images ({', '.join(ENDINGS)})")
    parts = [file.relative_to(root).parts for file in files]
    found = sorted({part[0] for part in parts if len(part) > 1})
    loose = [part[0] for part in parts if len(part) == 1]
    if found and loose:
        raise UserError(
            f"data.path: {root} holds both class folders and {len(loose)} loose images, such as"
            f" {loose[0]}; move them into a class folder, or the folders elsewhere"
        )
    names = tuple(found) if class_names is None else class_names
    if unknown := sorted(set(found) - set(names)):
        raise UserError(
            f"data.path: {root} holds class folder '{unknown[0]}', which is not a class of the"
            f" training images"
            f" (known: {', '.join(names) or 'no classes'})"
        )
    numbers = {name: number for number, name in enumerate(names)}
    labels = np.array([numbers[part[0]] for part in parts], np.int32) if found else None
    return Collection(
        count=len(files),
        read=lambda index: decode_image(files[index]),
        describe=lambda index: str(files[index]),
        labels=labels,
        class_names=names,
        identity=_identity(root, files),
        content=lambda index: file_content(files[index]),
    )


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


def _is_visible(folder: str) -> bool:
    return not folder.startswith(".") and folder != _JUNK_FOLDER


def _image_files(root: Path) -> list[Path]:
    found, visited = [], set()
    for folder, folders, names in os.walk(root, followlinks=True):
        status = os.stat(folder)
        if (status.st_dev, status.st_ino) in visited:
            # A link to a folder above this one; following it would never end.
            folders.clear()
            continue
        visited.add((status.st_dev, status.st_ino))
        # In place: os.walk visits what is left here. Hidden folders hold thumbnails and the like.
        folders[:] = sorted(filter(_is_visible, folders))
        found += [
            Path(folder, name)
            for name in names
            if name.lower().endswith(ENDINGS)
            and not name.startswith(".")
            # Not a broken link, nor a pipe, whose reader would wait without end.
            and os.path.isfile(os.path.join(folder, name))
        ]
    return sorted(found)


def _identity(root: Path, files: list[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        status = file.stat()
        line = f"{file.relative_to(root)}\0{status.st_size}\0{status.st_mtime_ns}\n"
        digest.update(line.encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


SOURCE = Source(open_source)
