"""Chooses the samples that are held out from training, none of which a run has trained on."""

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from gan_cli.config.schema import DataConfig
from gan_cli.data.collection import Collection
from gan_cli.data.duplicates import Duplicates, find_duplicates
from gan_cli.data.in_threads import in_threads
from gan_cli.data.split import (
    choose_by_content,
    choose_evenly,
    choose_groups,
    leaving_each_class,
)
from gan_cli.errors import UserError

# Of a SHA-256, in hexadecimal: two of a million samples share one in 3e-8 of all sets.
_DIGITS = 16


@dataclass(frozen=True)
class KnownSplit:
    """Where a run has put the samples that it began with, by their marks.

    A mark is a hash of the sample's content; those of further samples of the same content end in
    .1, .2, ...
    """

    trained: frozenset[str] = frozenset()
    held_out: frozenset[str] = frozenset()


NOTHING_KNOWN = KnownSplit()


@dataclass(frozen=True)
class HeldOut:
    """The samples that are held out.

    Attributes:
      indices: int64, ascending.
      copies: the copies among all samples, where somebody has looked for them.
      trained: samples that are not held out because the run has trained on them.
    """

    indices: np.ndarray
    copies: Duplicates | None = None
    trained: int = 0


def choose_held_out(
    config: DataConfig,
    train: Collection,
    chosen: np.ndarray,
    are_images: bool,
    known: KnownSplit,
) -> HeldOut:
    """Chooses which samples to hold out of a collection.

    Files and lines of text are chosen by a hash of their content, so that those held out stay so
    when others are added; other samples by their place, the same share of every class. Where a run
    continues, nothing that it has trained on is held out, and samples chosen by their place stay
    where the run has put them.

    Args:
      chosen: int64 [n], indices of samples, at least two.
      are_images: whether samples can be compared by what they show.
      known: the split of the run that continues.

    Raises:
      UserError: all samples are of one group.
    """
    if not config.holdout_fraction:
        return HeldOut(chosen[:0])
    if train.content is not None and config.holdout_by != "order" and train.groups is None:
        return _by_content(config, train, chosen, are_images, known)
    if not known.trained or not (marks := marks_of(train, chosen)):
        return HeldOut(_by_place(config, train, chosen))
    return HeldOut(_by_place_since(config, train, chosen, np.array(marks), known))


def _by_content(
    config: DataConfig,
    train: Collection,
    chosen: np.ndarray,
    are_images: bool,
    known: KnownSplit,
) -> HeldOut:
    copies = find_duplicates([(train, chosen)], are_images)
    held = choose_by_content(
        chosen, train.labels, copies.digests, copies.groups, config.holdout_fraction
    )
    seen = [_mark(digest) in known.trained for digest in copies.digests]
    barred = np.isin(copies.groups, copies.groups[np.array(seen, bool)])
    allowed = np.setdiff1d(held, chosen[barred])
    return HeldOut(allowed, copies, len(held) - len(allowed))


def _by_place(config: DataConfig, train: Collection, chosen: np.ndarray) -> np.ndarray:
    count = round(len(chosen) * config.holdout_fraction)
    if train.groups is None:
        held = choose_evenly(chosen, train.labels, min(max(count, 1), len(chosen) - 1))
        if config.holdout_by != "order" and train.labels is not None:
            held = leaving_each_class(held, chosen, train.labels)
        return held
    if len(np.unique(train.groups[chosen])) < 2:
        raise UserError(
            f"data: source '{config.source}' gives samples of one file alone; at least 2 files"
            " are needed, so that one can be held out"
        )
    return choose_groups(chosen, train.labels, train.groups, count)


def _by_place_since(
    config: DataConfig, train: Collection, chosen: np.ndarray, marks: np.ndarray, known: KnownSplit
) -> np.ndarray:
    """Leaves all samples of a run in their places, and holds out a share of the new ones."""
    held = np.isin(marks, list(known.held_out))
    same_content = {mark.split(".")[0] for mark in known.trained}
    trained = np.isin(marks, list(known.trained))
    copied = np.array([mark.split(".")[0] in same_content for mark in marks], bool)
    trained |= copied & ~held
    if train.groups is not None:
        groups = train.groups[chosen]
        trained |= np.isin(groups, groups[trained & ~held]) & ~held
        held |= np.isin(groups, groups[held]) & ~trained
    new = chosen[~held & ~trained]
    count = round(len(new) * config.holdout_fraction)
    if train.groups is None:
        further = choose_evenly(new, train.labels, count)
    elif count and len(np.unique(train.groups[new])) > 1:
        further = choose_groups(new, train.labels, train.groups, count)
    else:
        further = new[:0]
    return np.union1d(chosen[held], further)


def split_of(
    collection: Collection,
    chosen: np.ndarray,
    held: np.ndarray,
    copies: Duplicates | None,
    before: KnownSplit = NOTHING_KNOWN,
) -> KnownSplit:
    """Returns the split of `chosen` into those held out and all others.

    Nothing is added where the samples are neither files nor in memory.

    Args:
      chosen, held: int64, indices of samples.
      copies: among `chosen`, where they have been looked for.
      before: the split of the run that continues; what it has trained on is kept.
    """
    if copies is None:
        marks = np.array(marks_of(collection, chosen), object)
    else:
        marks = np.array([_mark(digest) for digest in copies.digests], object)
    if not len(marks):
        return KnownSplit(before.trained)
    is_held = np.isin(chosen, held)
    return KnownSplit(before.trained | set(marks[~is_held]), frozenset(marks[is_held]))


def marks_of(collection: Collection, indices: np.ndarray) -> list[str]:
    """Returns the marks of samples, or nothing where they are neither files nor in memory.

    Args:
      indices: int64 [n].
    """
    content, images = collection.content, collection.images
    if content is None:
        if images is None:
            return []
        content = partial(_bytes_of, images)
    hashes = in_threads(partial(_mark_of, content, indices), len(indices))
    met: Counter[str] = Counter()
    marks = []
    for each in hashes:
        marks.append(f"{each}.{met[each]}" if met[each] else each)
        met[each] += 1
    return marks


def _bytes_of(images: np.ndarray, index: int) -> bytes:
    return np.ascontiguousarray(images[index]).tobytes()


def _mark_of(content: Callable[[int], bytes], indices: np.ndarray, row: int) -> str:
    return _mark(hashlib.sha256(content(int(indices[row]))).digest())


def _mark(digest: bytes) -> str:
    return digest.hex()[:_DIGITS]
