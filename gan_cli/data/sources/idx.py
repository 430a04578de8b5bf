"""IDX files, the format of MNIST and its family, gzipped or not."""

import gzip
import hashlib
import io
import math
import zlib
from pathlib import Path

import numpy as np

from gan_cli.config.schema import DataConfig
from gan_cli.data.collection import Collection, SourceSplits, array_collection, numbered_classes
from gan_cli.data.known_classes import classes_of
from gan_cli.data.sources.source import Source
from gan_cli.errors import UserError
from gan_cli.io.memory import machine_memory
from gan_cli.io.paths import user_path

_UNSIGNED_BYTE = 0x08
_READ_AT_ONCE = 2**24


def open_source(config: DataConfig) -> SourceSplits:
    """Opens a folder with MNIST's file names, or one file of images.

    In a folder, `train-images-idx3-ubyte` and `train-labels-idx1-ubyte` (or `.gz`) are the training
    images, and `t10k-...`, if present, the held-out ones. The labels of a single file
    `...images-idx3...` are those of `...labels-idx1...` beside it, if present. The classes of
    Fashion-MNIST have their names, others their numbers.

    Raises:
      UserError: a file is missing, damaged or not an IDX file, or the numbers of images and labels
        differ.
    """
    if config.idx.path is None:
        raise UserError("data.path: is required for source 'idx': a folder or an IDX file")
    path = user_path(config.idx.path)
    is_earlier = config.holdout_by == "order"
    if path.is_dir():
        train = _find(path, "train-images-idx3-ubyte")
        if train is None:
            raise UserError(
                f"data.path: {path} holds no train-images-idx3-ubyte or train-images-idx3-ubyte.gz"
            )
        holdout = _find(path, "t10k-images-idx3-ubyte")
        return SourceSplits(
            _collection(train, is_earlier), _collection(holdout, is_earlier) if holdout else None
        )
    if not path.is_file():
        raise UserError(f"data.path: {path} does not exist; it must be a folder or an IDX file")
    return SourceSplits(_collection(path, is_earlier))


def _find(folder: Path, name: str) -> Path | None:
    candidates = (folder / f"{name}{ending}" for ending in ("", ".gz"))
    return next((path for path in candidates if path.is_file()), None)


def _collection(images_path: Path, is_earlier: bool) -> Collection:
    images, identity = read_idx(images_path)
    stem = images_path.name.removesuffix(".gz")
    labels_path = None
    if "images-idx3" in stem:
        labels_path = _find(images_path.parent, stem.replace("images-idx3", "labels-idx1"))
    if labels_path is None:
        return array_collection(images, None, (), str(images_path), identity)
    labels, labels_identity = read_idx(labels_path)
    if labels.ndim != 1:
        raise UserError(f"{labels_path}: declares {labels.ndim} dimensions; labels have 1")
    if len(labels) != len(images):
        raise UserError(
            f"{labels_path}: holds {len(labels)} labels for the {len(images)} images of"
            f" {images_path.name}"
        )
    # Earlier runs have numbers for names.
    names = numbered_classes(labels) if is_earlier else classes_of(labels)
    return array_collection(images, labels, names, str(images_path), identity + labels_identity)


def read_idx(path: Path) -> tuple[np.ndarray, str]:
    """Reads one IDX file of unsigned bytes: 00 00 08, the number of dimensions, their sizes as
    big-endian 32-bit integers, then the values.

    Returns:
      The array, uint8, and the SHA-256 of the file as it is on disk.

    Raises:
      UserError: it is not such a file, or shorter or longer than its header says.
    """
    try:
        with path.open("rb") as file:
            identity = hashlib.file_digest(file, "sha256").hexdigest()
            file.seek(0)
            gzipped = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            with gzip.open(file) if gzipped else file as stream:
                return _read_array(path, stream), identity
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UserError(f"{path}: cannot be read: {reason}") from error


def _read_array(path: Path, stream: gzip.GzipFile | io.BufferedReader) -> np.ndarray:
    magic = stream.read(4)
    if len(magic) < 4 or magic[:3] != bytes([0, 0, _UNSIGNED_BYTE]):
        raise UserError(
            f"{path}: is not an IDX file of unsigned bytes: it must start with 00 00 08, got"
            f" {magic[:3].hex(' ') or 'nothing'}"
        )
    if not 1 <= magic[3] <= 4:
        raise UserError(f"{path}: declares {magic[3]} dimensions; labels have 1, images 3 or 4")
    header = stream.read(4 * magic[3])
    if len(header) < 4 * magic[3]:
        raise UserError(f"{path}: is truncated within its header")
    shape = tuple(int(size) for size in np.frombuffer(header, ">u4"))
    size = math.prod(shape)
    if size > machine_memory():
        raise UserError(f"{path}: declares {size:,} bytes, more than this machine's memory")
    # Memory is claimed as it is written to: by the content, not by what the header declares.
    content = np.empty(size, np.uint8)
    held = 0
    while held < size:
        # `read`, not `readinto`: a gzip stream's `readinto` gives 8 KiB at a time.
        piece = stream.read(min(size - held, _READ_AT_ONCE))
        if not piece:
            raise UserError(f"{path}: declares {size:,} bytes of content and holds {held:,}")
        content[held : held + len(piece)] = np.frombuffer(piece, np.uint8)
        held += len(piece)
    if stream.read(1):
        raise UserError(f"{path}: declares {size:,} bytes of content and holds more")
    return content.reshape(shape)


SOURCE = Source(open_source)
