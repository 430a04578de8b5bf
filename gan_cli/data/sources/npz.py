"""NumPy archives of images, with or without labels."""

import hashlib
from pathlib import Path

import numpy as np

from gan_cli.config.schema import DataConfig
from gan_cli.data.collection import Collection, SourceSplits, array_collection, numbered_classes
from gan_cli.data.sources.source import Source
from gan_cli.errors import UserError, first_line
from gan_cli.io.npz import check_npz
from gan_cli.io.paths import user_path

_KEYS = ("images", "labels", "holdout_images", "holdout_labels")
# Names that `np.savez(path, images, labels)` gives, and with it many programs that write samples.
_UNNAMED = {"images": "arr_0", "labels": "arr_1"}
_MOST_CLASSES = 2**16
# Below it, floats hold whole numbers exactly. Half precision, which it overflows, is widened.
_EXACT = np.float64(2**53)


def open_source(config: DataConfig) -> SourceSplits:
    """Opens an npz file.

    `images` is uint8 [count, height, width] or [count, height, width, 1, 3 or 4], `labels`, if
    present, integers [count]. `holdout_images` and `holdout_labels` have the same form and are held
    out for evaluation. In an archive without names, `arr_0` are the images and `arr_1` the labels.

    Raises:
      UserError: the file is missing or damaged, or holds Python objects or arrays of another form.
    """
    if config.npz.path is None:
        raise UserError("data.path: is required for source 'npz'")
    path = user_path(config.npz.path)
    if not path.is_file():
        raise UserError(f"data.path: {path} does not exist; it must be an npz file")
    arrays, identity = _read(path)
    train = _collection(path, arrays, "images", "labels", identity)
    if "holdout_images" not in arrays:
        return SourceSplits(train)
    return SourceSplits(
        train, _collection(path, arrays, "holdout_images", "holdout_labels", identity)
    )


def _read(path: Path) -> tuple[dict[str, np.ndarray], str]:
    try:
        with path.open("rb") as stream:
            identity = hashlib.file_digest(stream, "sha256").hexdigest()
        check_npz(path)
        with np.load(path, allow_pickle=False) as file:
            held = ", ".join(file.files) or "nothing"
            keys = {key: key for key in _KEYS if key in file.files}
            if "images" not in keys and "arr_0" in file.files:
                keys = {key: name for key, name in _UNNAMED.items() if name in file.files}
            if "images" not in keys:
                raise UserError(f"{path}: holds no array 'images' (it holds: {held})")
            return {key: file[name] for key, name in keys.items()}, identity
    except UserError:
        raise
    except Exception as error:  # NumPy and zipfile raise whatever a damaged file leads to.
        reason = first_line(error)
        raise UserError(f"{path}: cannot be read as an npz file: {reason}") from error


def _collection(
    path: Path, arrays: dict[str, np.ndarray], images_key: str, labels_key: str, identity: str
) -> Collection:
    images, labels = arrays[images_key], arrays.get(labels_key)
    name = f"{path}: {images_key}"
    if labels is None or not images.shape:
        return array_collection(images, None, (), name, identity)
    labels, note = _as_numbers(labels, len(images))
    if labels.shape != images.shape[:1] or labels.dtype.kind not in "iu":
        raise UserError(
            f"{path}: '{labels_key}' must be integers, one for each of the {len(images)} images,"
            f" got {labels.dtype} {list(labels.shape)}{_how_to_number(labels, labels_key)}"
        )
    if labels.size and not 0 <= labels.min() <= labels.max() < _MOST_CLASSES:
        raise UserError(
            f"{path}: '{labels_key}' must lie from 0 to {_MOST_CLASSES - 1},"
            f" got {labels.min()} to {labels.max()}"
        )
    collection = array_collection(images, labels, numbered_classes(labels), name, identity)
    return collection.with_notes((f"{path}: '{labels_key}' {note}",) if note else ())


def _as_numbers(labels: np.ndarray, count: int) -> tuple[np.ndarray, str]:
    """Returns labels as other programs write them as whole numbers [count], and what was done."""
    if labels.ndim == 2 and len(labels) == count and labels.shape[1] == 1:
        return _as_numbers(labels[:, 0], count)
    is_number = labels.dtype.kind in "iufb"
    if is_number and labels.ndim == 2 and len(labels) == count and labels.size:
        of_one = np.isin(labels, (0, 1)).all() and (labels.sum(axis=1) == 1).all()
        if of_one:
            return labels.argmax(axis=1), "are one-hot: the class is the place of the one"
    if labels.dtype.kind == "b" and labels.ndim == 1:
        return labels.astype(np.int64), ""
    if labels.dtype.kind == "f" and labels.ndim == 1 and (np.abs(labels) < _EXACT).all():
        whole = labels.astype(np.int64)
        if (whole == labels).all():
            return whole, "are whole numbers of a float type, and are read as integers"
    return labels, ""


def _how_to_number(labels: np.ndarray, key: str) -> str:
    if labels.dtype.kind in "US" and labels.ndim == 1:
        return f"; in NumPy: names, {key} = np.unique({key}, return_inverse=True)"
    if labels.ndim == 2:
        return f"; if each row scores the classes, in NumPy: {key} = {key}.argmax(axis=1)"
    return ""


SOURCE = Source(open_source)
