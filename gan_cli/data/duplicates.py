"""Copies among the samples of a set, equal to the byte or to the eye."""

import hashlib
import io
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gan_cli.data.collection import Collection
from gan_cli.data.in_threads import in_threads
from gan_cli.data.materialise import cached_file
from gan_cli.data.near_duplicates import MOST_COMPARED, groups_of, thumbnails
from gan_cli.io.cache import write_npz
from gan_cli.io.wording import counted, some_of

# Part of the cache's key. Raise it with every change to what counts as showing the same.
_VERSION = 1
# Where more than this share of a set shows the same, it is one scene, such as a film, and cannot be
# kept on one side of the split.
_MOST_OF_A_SET = 0.1
_FEW = 10
# The content of fewer samples is hashed in less than a second.
_MANY = 1_000
_HASH_BYTES = 32

Part = tuple[Collection, np.ndarray]


@dataclass(frozen=True)
class Duplicates:
    """Which samples are copies of others.

    Attributes:
      digests: [count], a hash of the content of each sample.
      groups: int64 [count], for each sample the first one of those that are copies of one another.
      copies: samples whose content another one has had before.
      near: further samples that show the same as another one.
      scenes: samples that show the same as so many others that this is taken for their subject.
      notes: a sentence for each of these counts.
    """

    digests: tuple[bytes, ...]
    groups: np.ndarray
    copies: int
    near: int
    scenes: int
    notes: tuple[str, ...]


def find_duplicates(
    parts: Sequence[Part],
    are_images: bool,
    progress: Callable[[int, int], None] | None = None,
) -> Duplicates:
    """Finds copies among samples whose collections give their content.

    Args:
      parts: collections, each with the indices of samples, int64 [n]; count is their sum.
      are_images: whether samples can be compared by what they show.
      progress: called now and then with the number of images that were looked at, and of all.
    """
    digests = _digests(parts)
    first: dict[bytes, int] = {}
    exact = np.array([first.setdefault(each, row) for row, each in enumerate(digests)], np.int64)
    whole_files = all(collection.is_one_file_each for collection, _ in parts)
    copies = len(exact) - len(first) if whole_files and are_images else 0
    groups, scenes = exact, 0
    if are_images and whole_files and 2 <= len(exact) <= MOST_COMPARED:
        alike = _cached(parts, progress)
        # Equal files show the same, unless they are of one colour.
        groups = alike[exact]
        sizes = np.bincount(groups, minlength=len(groups))[groups]
        too_many = sizes > max(_FEW, _MOST_OF_A_SET * len(groups))
        scenes = int(too_many.sum())
        groups = np.where(too_many, exact, groups)
    near = int((groups != exact).sum())
    names = _Names(parts)
    notes = []
    if copies:
        row = int(np.flatnonzero(exact != np.arange(len(exact)))[0])
        notes.append(
            some_of(
                copies, len(exact), "files", "is a copy of another one", "are copies of another one"
            )
            + f", such as {names[row]} of {names[int(exact[row])]}"
        )
    if near:
        row = int(np.flatnonzero(groups != exact)[0])
        notes.append(
            some_of(near, len(exact), "images", "shows", "show")
            + f" the same as another one, such as {names[row]} and {names[int(groups[row])]}"
        )
    if scenes:
        notes.append(
            some_of(scenes, len(exact), "images", "resembles", "resemble")
            + " so many others that this is taken for their subject, and not for copies"
        )
    return Duplicates(digests, groups, copies, near, scenes, tuple(notes))


def note_on_split(duplicates: Duplicates, num_train: int, parts: Sequence[Part]) -> tuple[str, ...]:
    """Returns a sentence where held-out samples are copies of those that are trained on.

    Args:
      num_train: how many samples, the first ones, are trained on.
    """
    trained = np.isin(duplicates.groups[num_train:], duplicates.groups[:num_train])
    if not trained.any():
        return ()
    row = num_train + int(np.flatnonzero(trained)[0])
    names = _Names(parts)
    other = int(np.flatnonzero(duplicates.groups[:num_train] == duplicates.groups[row])[0])
    return (
        some_of(int(trained.sum()), trained.size, "held-out images", "shows", "show")
        + f" the same as a training image, such as {names[row]} and {names[other]}: this makes the"
        " scores better than they are, and hides overfitting; remove such copies",
    )


def note_on_labels(duplicates: Duplicates, labels: np.ndarray | None) -> tuple[str, ...]:
    """Returns a sentence where copies have different classes.

    Args:
      labels: [count], or None.
    """
    if labels is None:
        return ()
    first = labels[duplicates.groups]
    if not (strange := int((first != labels).sum())):
        return ()
    return (
        f"{counted(strange, 'image shows', 'images show')} the same as an image of another class",
    )


class _Names:
    """The names by which a user knows the samples of all parts."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = parts

    def __getitem__(self, row: int) -> str:
        for collection, indices in self._parts:
            if row < len(indices):
                return collection.describe(int(indices[row]))
            row -= len(indices)
        raise IndexError(row)


def _digests(parts: Sequence[Part]) -> tuple[bytes, ...]:
    """Returns a hash of the content of each sample, from the cache if there are many."""
    count = sum(len(indices) for _, indices in parts)
    path = _place(parts, "content") if count >= _MANY else None
    known = _array_in(path, "digests")
    if known is None or known.shape != (count, _HASH_BYTES) or known.dtype != np.uint8:
        found = b"".join(itertools.chain.from_iterable(_hashes(*part) for part in parts))
        known = np.frombuffer(found, np.uint8).reshape(count, _HASH_BYTES)
        if path is not None:
            # A cache that cannot be written costs time, and nothing else.
            write_npz(path, {"digests": known})
    return tuple(row.tobytes() for row in known)


def _hashes(collection: Collection, indices: np.ndarray) -> list[bytes]:
    content = collection.content
    assert content is not None
    return in_threads(lambda row: hashlib.sha256(content(int(indices[row]))).digest(), len(indices))


def _place(parts: Sequence[Part], what: object) -> Path | None:
    """Returns where the cache keeps something about these samples, or None if there is no cache."""
    key = hashlib.sha256(repr(what).encode())
    for collection, indices in parts:
        key.update(collection.identity.encode() + indices.astype(np.int64).tobytes())
    return cached_file("duplicates", f"{key.hexdigest()}.npz")


def _array_in(path: Path | None, name: str) -> np.ndarray | None:
    if path is None:
        return None
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
            return file[name]
    except Exception:  # A damaged file leads to errors of NumPy, zipfile and zlib.
        return None


def _cached(parts: Sequence[Part], progress: Callable[[int, int], None] | None) -> np.ndarray:
    """Returns `groups_of` all parts, from the cache if the same files have been compared before."""
    path = _place(parts, _VERSION)
    known = _array_in(path, "groups")
    if known is not None and known.shape == (sum(len(indices) for _, indices in parts),):
        return known
    small = np.concatenate([thumbnails(*part, progress) for part in parts])
    groups = groups_of(small)
    # A cache that cannot be written costs time, and nothing else.
    write_npz(path, {"groups": groups})
    return groups
