"""Classes of labelled samples: those that occur among the training samples."""

from dataclasses import replace

import numpy as np

from gan_cli.data.collection import Collection, SourceSplits
from gan_cli.errors import UserError
from gan_cli.io.records import LONGEST_NAME
from gan_cli.io.wording import some_of

_SHOWN = 3


def without_gaps(splits: SourceSplits) -> SourceSplits:
    """Returns the samples without the classes that no training sample has.

    Labels that start at 1, or leave numbers out, would otherwise make classes which are never
    trained and drawn all the same. The names of the other classes stay; their numbers close up.

    Raises:
      UserError: a held-out sample has a class that no training sample has, or a class has a name
        that the run's records cannot hold.
    """
    train, holdout = splits.train, splits.holdout
    _check_names(train.class_names)
    if train.labels is None or not train.class_names:
        return splits
    names = train.class_names
    is_known = np.isin(np.arange(len(names)), train.labels)
    if is_known.all():
        return splits
    renumbered = np.where(is_known, np.cumsum(is_known) - 1, -1).astype(np.int32)
    kept = tuple(name for name, known in zip(names, is_known, strict=True) if known)
    missing = [name for name, known in zip(names, is_known, strict=True) if not known]
    shown = ", ".join(missing[:_SHOWN]) + (", ..." if len(missing) > _SHOWN else "")
    note = (
        some_of(
            len(missing),
            len(names),
            "classes",
            "has no training images and is left out",
            "have no training images and are left out",
        )
        + f": {shown}; the other {len(kept):,} keep their names, and are numbered from 0"
    )
    if holdout is not None and holdout.labels is not None:
        _check_known(holdout.labels, is_known, names)
        holdout = _renumbered(holdout, renumbered, kept)
    train = _renumbered(train, renumbered, kept).with_notes((note,))
    return SourceSplits(train, holdout)


def _check_names(names: tuple[str, ...]) -> None:
    longest = max(names, key=len, default="")
    if len(longest) > LONGEST_NAME:
        raise UserError(
            f"data: the class '{longest[:40]}...' has a name of {len(longest):,} characters; at"
            f" most {LONGEST_NAME:,} are kept"
        )


def _check_known(labels: np.ndarray, is_known: np.ndarray, names: tuple[str, ...]) -> None:
    strange = labels[~np.isin(labels, np.flatnonzero(is_known))]
    if strange.size:
        first = int(strange[0])
        name = names[first] if 0 <= first < len(names) else str(first)
        raise UserError(
            f"data: {some_of(strange.size, labels.size, 'held-out images', 'has', 'have')} a class"
            f" that no training image has, such as '{name}'; leave such images out"
        )


def _renumbered(collection: Collection, numbers: np.ndarray, names: tuple[str, ...]) -> Collection:
    labels = collection.labels
    assert labels is not None
    return replace(collection, labels=numbers[labels], class_names=names)
