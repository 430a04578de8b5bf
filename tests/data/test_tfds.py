"""The real Fashion-MNIST builder of TensorFlow Datasets, given the files it would download."""

import functools
import gzip
import socket
import sys
from pathlib import Path

import numpy as np
import pytest

from gan_cli.config.schema import DataConfig
from gan_cli.data.dataset import open_splits
from gan_cli.data.sources import tfds as tfds_source
from gan_cli.data.sources.source import Source

# Debian strips name and time from the gzip headers; with them, the files have the checksums that
# TFDS knows, and it takes them from its folder for manual downloads.
ORIGINAL_TIMES = {
    "train-images-idx3-ubyte": 1504176606,
    "train-labels-idx1-ubyte": 1504176606,
    "t10k-images-idx3-ubyte": 1504176627,
    "t10k-labels-idx1-ubyte": 1504176627,
}


def put_downloads(source: Path, data_dir: Path) -> None:
    manual = data_dir / "downloads" / "manual"
    manual.mkdir(parents=True)
    for name, time in ORIGINAL_TIMES.items():
        stripped = (source / f"{name}.gz").read_bytes()
        header = b"\x1f\x8b\x08\x08" + time.to_bytes(4, "little") + b"\0\x03"
        (manual / f"{name}.gz").write_bytes(header + name.encode() + b"\0" + stripped[10:])


def published(source: Path, split: str, count: int) -> set[tuple[int, bytes]]:
    """The first images of a split with their labels, read without any of our code."""
    images = gzip.decompress((source / f"{split}-images-idx3-ubyte.gz").read_bytes())[16:]
    labels = gzip.decompress((source / f"{split}-labels-idx1-ubyte.gz").read_bytes())[8:]
    return {(labels[i], images[i * 784 : (i + 1) * 784]) for i in range(count)}


def held(dataset) -> set[tuple[int, bytes]]:
    pairs = zip(dataset.labels.tolist(), dataset.images, strict=True)
    return {(label, image.tobytes()) for label, image in pairs}


@pytest.fixture(scope="module")
def prepared(fashion_mnist_path, tmp_path_factory):
    """A data_dir with the first 500 and 100 images, prepared by the real builder."""
    import tensorflow_datasets as tfds

    data_dir = tmp_path_factory.mktemp("tfds")
    put_downloads(fashion_mnist_path, data_dir)
    module = sys.modules[tfds.builder_cls("fashion_mnist").__module__]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_TRAIN_EXAMPLES", 500)
        patch.setattr(module, "_TEST_EXAMPLES", 100)
        open_splits(DataConfig(source="tfds", name="fashion_mnist", data_dir=str(data_dir)))
    return {"source": "tfds", "name": "fashion_mnist", "data_dir": str(data_dir)}


def test_images_labels_and_class_names_are_the_published_ones(prepared, fashion_mnist_path):
    splits = open_splits(DataConfig(**prepared))
    assert splits.train.images.shape == (500, 28, 28, 1)
    assert splits.holdout.images.shape == (100, 28, 28, 1)
    assert held(splits.train) == published(fashion_mnist_path, "train", 500)
    assert held(splits.holdout) == published(fashion_mnist_path, "t10k", 100)
    assert splits.train.class_names[8:] == ("Bag", "Ankle boot")


def test_images_too_many_to_decode_at_once_are_decoded_one_by_one(prepared, monkeypatch):
    at_once = open_splits(DataConfig(**prepared))
    none_at_once = Source(functools.partial(tfds_source.open_source, share_of_memory=0.0))
    monkeypatch.setattr(tfds_source, "SOURCE", none_at_once)
    one_by_one = open_splits(DataConfig(**prepared))
    assert one_by_one.fingerprint == at_once.fingerprint


@pytest.mark.parametrize(
    ("split", "holdout_split", "counts"),
    [
        ("train[:40%]", None, (200, 100)),
        ("train[:40%]", "train[90%:]", (200, 50)),
        ("train+test", None, (540, 60)),
        ("all", None, (540, 60)),
    ],
)
def test_splits_as_tfds_writes_them(prepared, split, holdout_split, counts):
    splits = open_splits(DataConfig(**prepared, split=split, holdout_split=holdout_split))
    assert (len(splits.train.images), len(splits.holdout.images)) == counts
    assert not held(splits.train) & held(splits.holdout)


def test_unknown_splits_are_named(prepared, problems):
    for split in ("nope", "train[:", "train[x:]"):
        assert problems(**prepared, split=split) == [
            f"data.split: fashion_mnist has no split '{split}' (known: train, test)"
        ]
    (line,) = problems(**prepared, holdout_split="validation")
    assert line.startswith("data.holdout_split: fashion_mnist has no split 'validation'")
    (line,) = problems(**prepared, holdout_split="train")
    assert "data.holdout_split: must differ from data.split" in line


def test_clear_lines(tmp_path, problems, monkeypatch):
    assert "data.name: is required" in problems(source="tfds")[0]
    (line,) = problems(source="tfds", name="no_such_set", data_dir=str(tmp_path))
    assert line.startswith("data.name: TFDS has no data set 'no_such_set'")
    (line,) = problems(source="tfds", name="imdb_reviews", data_dir=str(tmp_path))
    assert line == "data.name: TFDS data set 'imdb_reviews' holds no images"

    def unknown_host(*_args, **_options):
        raise socket.gaierror("Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown_host)
    monkeypatch.setattr("gan_cli.data.sources.tfds.getproxies", dict)
    (line,) = problems(source="tfds", name="fashion_mnist", data_dir=str(tmp_path))
    assert f"cannot prepare 'fashion_mnist' in {tmp_path}: its files are missing" in line
    assert "set data.data_dir to where it is prepared" in line


def test_a_damaged_download_is_refused(tmp_path, fashion_mnist_path, problems):
    put_downloads(fashion_mnist_path, tmp_path)
    file = tmp_path / "downloads" / "manual" / "t10k-labels-idx1-ubyte.gz"
    file.write_bytes(file.read_bytes()[:-1])
    (line,) = problems(source="tfds", name="fashion_mnist", data_dir=str(tmp_path))
    assert line.startswith(f"data.name: TFDS cannot prepare 'fashion_mnist' in {tmp_path}: ")
    assert "t10k-labels-idx1-ubyte.gz" in line


@pytest.mark.slow
def test_the_whole_of_fashion_mnist(tmp_path, fashion_mnist_path):
    put_downloads(fashion_mnist_path, tmp_path)
    splits = open_splits(DataConfig(source="tfds", name="fashion_mnist", data_dir=str(tmp_path)))
    assert held(splits.train) == published(fashion_mnist_path, "train", 60_000)
    assert held(splits.holdout) == published(fashion_mnist_path, "t10k", 10_000)
    np.testing.assert_array_equal(np.bincount(splits.holdout.labels), [1000] * 10)
