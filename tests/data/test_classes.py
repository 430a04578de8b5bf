"""Labels with gaps."""

import numpy as np
import pytest

from gan_cli.config.schema import DataConfig
from gan_cli.data.dataset import open_splits
from gan_cli.errors import UserError


def splits_of(folder, labels, holdout=None, **keys):
    """Opens images whose pixels show their labels."""

    def images(values):
        return np.full((len(values), 8, 8), np.array(values)[:, None, None], np.uint8)

    arrays = {"images": images(labels), "labels": np.array(labels)}
    if holdout is not None:
        arrays |= {"holdout_images": images(holdout), "holdout_labels": np.array(holdout)}
    np.savez(folder / "x.npz", **arrays)
    return open_splits(DataConfig(source="npz", path=str(folder / "x.npz"), **keys))


@pytest.mark.parametrize("holdout", [None, [107, 3, 7]])
def test_only_labels_that_occur_are_classes(tmp_path, holdout):
    splits = splits_of(tmp_path, [7, 3, 107, 7, 3, 107] * 10, holdout)
    assert splits.train.class_names == splits.holdout.class_names == ("3", "7", "107")
    for part in (splits.train, splits.holdout):
        assert part.images[:, 0, 0, 0].tolist() == [(3, 7, 107)[label] for label in part.labels]
    assert splits.notes == (
        "105 of 108 classes have no training images and are left out: 0, 1, 2, ...; the other 3"
        " keep their names, and are numbered from 0",
    )


def test_without_gaps_and_in_earlier_runs_the_numbers_stay(tmp_path):
    whole = splits_of(tmp_path, [0, 1, 2] * 10)
    assert (whole.train.class_names, whole.notes) == (("0", "1", "2"), ())
    earlier = splits_of(tmp_path, [1, 2] * 10, holdout_by="order")
    assert earlier.train.class_names == ("0", "1", "2")
    assert set(earlier.train.labels) == {1, 2}


@pytest.mark.parametrize(
    ("held_out", "problem"),
    [([1, 2, 0], "1 of 3 held-out images .* such as '0'"), ([5, 1], "1 of 2 .* such as '5'")],
)
def test_held_out_images_of_no_trained_class_are_refused(tmp_path, held_out, problem):
    with pytest.raises(UserError, match=problem):
        splits_of(tmp_path, [1, 2] * 10, held_out)
