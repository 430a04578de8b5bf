"""gan-sample --dataset: as the loaders of others read it."""

import keras
import numpy as np
import pytest
import tensorflow_datasets as tfds
from PIL import Image

from gan_cli.errors import UserError
from gan_cli.studio.bulk import shared_out
from gan_cli.studio.studio import Studio


def test_keras_and_tfds_read_the_same_images_and_labels(digits_run, gan_sample, tmp_path):
    out = tmp_path / "set"
    flags = ["--dataset=9", "--classes=3,7", "--proportions=2,1", "--seed=50"]
    _, text = gan_sample("--run_dir", digits_run, "--out", out, *flags)
    assert "3 6, 7 3" in text
    studio = Studio.open(str(digits_run), "latest")
    own = {}
    for path in (out / "train").rglob("*.png"):
        label = np.array([int(path.parent.name)], np.int32)
        image = studio.labelled_images([int(path.stem.removeprefix("seed"))], label)[0]
        own[image.tobytes()] = path.parent.name
        np.testing.assert_array_equal(np.asarray(Image.open(path)), image)
    assert sorted(own.values()) == ["3"] * 6 + ["7"] * 3
    by_keras = keras.utils.image_dataset_from_directory(
        out / "train", image_size=(12, 10), batch_size=None, verbose=False
    )
    read = {
        image.numpy().astype(np.uint8).tobytes(): by_keras.class_names[int(label)]
        for image, label in by_keras
    }
    assert read == own
    builder = tfds.ImageFolder(str(out))
    names = builder.info.features["label"].names
    by_tfds = builder.as_dataset(split="train")
    assert {e["image"].numpy().tobytes(): names[int(e["label"])] for e in by_tfds} == own


def test_counts_follow_the_proportions_and_add_up():
    assert shared_out(10, [1, 1, 1]) == [4, 3, 3]
    assert shared_out(1000, [0.5, 0.25, 0.25]) == [500, 250, 250]
    assert shared_out(7, [0, 3, 4]) == [0, 3, 4]
    # Their sum, and their products with the total, are beyond the largest float.
    assert shared_out(10, [1.7e308, 1.7e308]) == [5, 5]
    rng = np.random.default_rng(0)
    for _ in range(50):
        shares = rng.random(6)
        counts = shared_out(137, list(shares))
        assert sum(counts) == 137
        assert np.abs(counts - 137 * shares / shares.sum()).max() < 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--proportions=1,2"], "--proportions: names 2 numbers for 10 classes"),
        (["--proportions=1,-2"], "must be numbers such as 5,1,1"),
        (["--proportions=0,0", "--classes=1,2"], "not all 0"),
        (["--classes=1,1"], "names a class twice"),
    ],
)
def test_what_makes_no_set_is_refused(digits_run, gan_sample, tmp_path, arguments, message):
    with pytest.raises(UserError, match=message):
        gan_sample("--run_dir", digits_run, "--out", tmp_path / "x", "--dataset=5", *arguments)
    assert not (tmp_path / "x").exists()


def test_points_have_none(ring_run, gan_sample, tmp_path):
    with pytest.raises(UserError, match="--dataset: is not available for points"):
        gan_sample("--run_dir", ring_run, "--out", tmp_path / "x", "--dataset=5")
