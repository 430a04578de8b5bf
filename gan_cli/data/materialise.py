"""Reads and prepares a collection once, into memory or into a file that is mapped into memory."""

import contextlib
import hashlib
import math
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gan_cli.data.collection import Collection, CorruptImageError
from gan_cli.data.prepare import prepare_image
from gan_cli.errors import UserError
from gan_cli.io.memory import machine_memory

# Part of the cache's key. Raise it with every change to the result of preparation.
_PREPARATION_VERSION = 1
# Prepared images that take more than this share of the machine's memory go to disk.
_SHARE_OF_MEMORY = 0.25
# What took longer to prepare is kept on disk for the next run, and takes at most this share of the
# free space there.
_WORTH_KEEPING_SECONDS = 0.5
_SHARE_OF_DISK = 0.25
# A task has enough images that handing it over costs nothing. A thread has enough tasks to stay
# busy, and few enough that progress is reported often.
_TASK_SIZE = 32
_TASKS_PER_THREAD = 8


@dataclass(frozen=True)
class Preparation:
    """Form of every prepared image; see `prepare.prepare_image`."""

    height: int
    width: int
    channels: int
    fit: str
    background: str


@dataclass(frozen=True)
class Prepared:
    """Prepared images.

    Attributes:
      images: uint8 [kept, height, width, channels], in memory or in a read-only memory map.
      kept: int64 [kept], indices of these images in their collection.
      corrupt: a line for each image that cannot be decoded.
    """

    images: np.ndarray
    kept: np.ndarray
    corrupt: tuple[str, ...]


def cache_folder(kind: str) -> Path:
    """Returns the folder of a kind of cached files: below $GAN_CLI_CACHE, else ~/.cache/gan-cli.

    Raises:
      UserError: neither is known.
    """
    root = os.environ.get("GAN_CLI_CACHE")
    if root:
        return Path(root) / kind
    try:
        return Path.home() / ".cache" / "gan-cli" / kind
    except RuntimeError as error:
        raise UserError(
            "no home directory is known to keep a cache in: set GAN_CLI_CACHE to a folder"
        ) from error


def cached_file(kind: str, name: str) -> Path | None:
    """Returns where the cache keeps a file, or None where nobody knows of a cache."""
    try:
        return cache_folder(kind) / name
    except UserError:
        return None


def materialise(
    collection: Collection,
    indices: np.ndarray,
    preparation: Preparation,
    cache: str = "auto",
    progress: Callable[[int], None] | None = None,
) -> Prepared:
    """Prepares the images at `indices`, int64 [count].

    Args:
      cache: `memory`; `disk`, where a second call finds them; or `auto`: in memory if they fit into
        a quarter of it, with a copy on disk where preparing files took long.
      progress: called now and then with the number of images prepared.

    Raises:
      UserError: the disk is full, or the cache cannot be written.
    """
    shape = (len(indices), preparation.height, preparation.width, preparation.channels)
    whole = collection.images
    if whole is not None:
        whole = whole[..., np.newaxis] if whole.ndim == 3 else whole
        if whole.shape[1:] == shape[1:]:
            return Prepared(whole[indices], indices, ())
    # An empty file cannot be mapped into memory.
    if (
        not len(indices)
        or cache == "memory"
        or (cache == "auto" and math.prod(shape) < _SHARE_OF_MEMORY * machine_memory())
    ):
        # Of files it is known when they change; what identifies a source of the user's own is not.
        keeps = cache == "auto" and collection.content is not None
        images, corrupt = _in_memory(shape, collection, indices, preparation, progress, keeps)
    else:
        images, corrupt = _through_disk(shape, collection, indices, preparation, progress)
    kept = np.delete(indices, list(corrupt))
    return Prepared(images[: len(kept)], kept, tuple(corrupt.values()))


def _fill(
    images: np.ndarray,
    collection: Collection,
    indices: np.ndarray,
    preparation: Preparation,
    progress: Callable[[int], None] | None,
) -> dict[int, str]:
    """Writes all images that can be decoded to the front of `images`, without gaps.

    Returns the positions in `indices` of the others, each with the reason.
    """
    form = preparation

    def prepare(first: int) -> dict[int, str]:
        problems = {}
        for row in range(first, min(first + _TASK_SIZE, len(indices))):
            index = int(indices[row])
            try:
                sample = collection.read(index)
                if not isinstance(sample, np.ndarray) or sample.shape != images.shape[1:]:
                    sample = prepare_image(
                        sample, form.height, form.width, form.channels, form.fit, form.background
                    )
                images[row] = sample
            except CorruptImageError as error:
                problems[row] = f"{collection.describe(index)}: {error}"
        return problems

    num_threads = os.cpu_count() or 1
    corrupt: dict[int, str] = {}
    # Pillow decodes and resizes outside Python's lock, so threads share the work.
    with ThreadPoolExecutor(num_threads) as threads:
        stride = num_threads * _TASKS_PER_THREAD * _TASK_SIZE
        for start in range(0, len(indices), stride):
            end = min(start + stride, len(indices))
            for problems in threads.map(prepare, range(start, end, _TASK_SIZE)):
                corrupt |= problems
            if progress is not None:
                progress(end)
    if corrupt:
        sound = (row for row in range(len(indices)) if row not in corrupt)
        for target, row in enumerate(sound):
            images[target] = images[row]
    return corrupt


@dataclass(frozen=True)
class _Place:
    """Where prepared images lie in the cache, and beside them a line for each that is corrupt."""

    images: Path
    notes: Path

    def holds(self, shape: tuple[int, ...]) -> bool:
        return _holds(self.images, shape) and self.notes.exists()

    def corrupt(self) -> dict[int, str]:
        lines = self.notes.read_text(encoding="utf-8", errors="surrogateescape").split("\n")[:-1]
        return {int(row): problem for row, problem in (line.split("\t", 1) for line in lines)}

    @contextlib.contextmanager
    def written(self) -> Iterator[tuple[Path, dict[int, str]]]:
        """Yields a file for the images and a record to fill in; puts both in place at the end.

        Raises:
          OSError: they cannot be written.
        """
        folder = self.images.parent
        folder.mkdir(parents=True, exist_ok=True)
        corrupt: dict[int, str] = {}
        with tempfile.TemporaryDirectory(dir=folder) as aside:
            partial, notes = Path(aside, self.images.name), Path(aside, self.notes.name)
            yield partial, corrupt
            lines = [f"{row}\t{_one_line(problem)}\n" for row, problem in corrupt.items()]
            notes.write_text("".join(lines), encoding="utf-8", errors="surrogateescape")
            # The images come last, so that where they are, their notes are, too.
            notes.replace(self.notes)
            partial.replace(self.images)


def _place_of(collection: Collection, indices: np.ndarray, preparation: Preparation) -> _Place:
    key = hashlib.sha256()
    key.update(repr((_PREPARATION_VERSION, collection.identity, preparation)).encode())
    key.update(indices.astype(np.int64).tobytes())
    folder = cache_folder("data")
    return _Place(folder / f"{key.hexdigest()}.npy", folder / f"{key.hexdigest()}.txt")


def _in_memory(
    shape: tuple[int, ...],
    collection: Collection,
    indices: np.ndarray,
    preparation: Preparation,
    progress: Callable[[int], None] | None,
    keeps: bool,
) -> tuple[np.ndarray, dict[int, str]]:
    """Prepares images in memory; with `keeps`, a copy on disk spares the next run a long wait."""
    place = None
    if keeps:
        # Where there is no place for a cache, images are prepared each time.
        with contextlib.suppress(UserError):
            place = _place_of(collection, indices, preparation)
    if place is not None:
        with contextlib.suppress(OSError, ValueError, EOFError):
            if place.holds(shape):
                return np.load(place.images), place.corrupt()
    began = time.monotonic()
    images = np.empty(shape, np.uint8)
    corrupt = _fill(images, collection, indices, preparation, progress)
    if place is not None and time.monotonic() - began > _WORTH_KEEPING_SECONDS:
        _keep(place, images, corrupt)
    return images, corrupt


def _keep(place: _Place, images: np.ndarray, corrupt: dict[int, str]) -> None:
    """Writes prepared images into the cache, where the disk has plenty of room."""
    # A cache that cannot be written costs time, and nothing else.
    with contextlib.suppress(OSError):
        place.images.parent.mkdir(parents=True, exist_ok=True)
        if images.nbytes < _SHARE_OF_DISK * shutil.disk_usage(place.images.parent).free:
            with place.written() as (partial, record):
                record |= corrupt
                np.save(partial, images)


def _through_disk(
    shape: tuple[int, ...],
    collection: Collection,
    indices: np.ndarray,
    preparation: Preparation,
    progress: Callable[[int], None] | None,
) -> tuple[np.ndarray, dict[int, str]]:
    place = _place_of(collection, indices, preparation)
    try:
        if not place.holds(shape):
            with place.written() as (partial, corrupt):
                images = np.lib.format.open_memmap(partial, "w+", np.uint8, shape)
                _reserve(partial)
                corrupt |= _fill(images, collection, indices, preparation, progress)
                images.flush()
        return np.load(place.images, mmap_mode="r"), place.corrupt()
    except (OSError, ValueError) as error:
        raise UserError(
            f"data.cache: cannot keep {math.prod(shape):,} bytes of prepared images in"
            f" {place.images.parent}: {getattr(error, 'strerror', None) or error}; set"
            " GAN_CLI_CACHE to a folder with room, or data.cache to 'memory'"
        ) from error


def _one_line(problem: str) -> str:
    return problem.replace("\n", "\\n")


def _holds(path: Path, shape: tuple[int, ...]) -> bool:
    """Returns whether a file has an array of this shape and was not cut short."""
    try:
        return np.load(path, mmap_mode="r").shape == shape
    except (OSError, ValueError, EOFError):
        return False


def _reserve(path: Path) -> None:
    """Claims the disk space of a sparse file.

    Otherwise, on a full disk, a write to the memory map ends the process with a fatal signal.
    """
    if hasattr(os, "posix_fallocate"):
        with path.open("r+b") as file:
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
