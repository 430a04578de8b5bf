"""What every feature network promises, and that the classifier is trained well and kept safely."""

import functools
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest
from made_images import dataset, stripes

from gan_cli.config.schema import DataConfig
from gan_cli.data.dataset import ImageDataset, open_splits
from gan_cli.errors import UserError
from gan_cli.metrics.features import FEATURE_NETWORKS, classifier
from gan_cli.metrics.features import random as random_features
from gan_cli.metrics.features.network import FeatureNetwork

# Trains for a moment only, where accuracy does not matter.
quick_classifier = functools.partial(classifier.build, steps=12)


def quick_build(name: str, train: ImageDataset, holdout: ImageDataset) -> FeatureNetwork:
    options = {"steps": 12} if name == "classifier" else {}
    return FEATURE_NETWORKS.load(name)(train, holdout, **options)


@pytest.fixture
def empty_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("GAN_CLI_CACHE", str(tmp_path))
    return tmp_path


# Those that gan-cli makes itself.
every_network = pytest.mark.parametrize("name", ["classifier", "random"])


@every_network
@pytest.mark.parametrize("shape", [(8, 8, 1), (12, 20, 3), (9, 9, 4), (130, 70, 3)])
@pytest.mark.usefixtures("empty_cache")
def test_every_network_takes_every_shape(name, shape):
    train = stripes(20, shape, seed=0)
    network = quick_build(name, train, stripes(6, shape, seed=1))
    features = network.features(train.images)
    assert network.name == name
    assert features.shape == (20, network.dimension)
    assert features.dtype == np.float32
    assert 64 <= network.dimension <= 128
    # By the scale: unit variance on average over the dimensions.
    assert features.var(axis=0).mean() == pytest.approx(1.0, rel=1e-3)


@every_network
@pytest.mark.usefixtures("empty_cache")
def test_features_do_not_depend_on_the_company(name):
    train = stripes(300, (8, 8, 1), seed=0)
    network = quick_build(name, train, train)
    together = network.features(train.images)
    np.testing.assert_array_equal(network.features(train.images[290:]), together[290:])
    in_batches = network.features(iter(np.split(train.images, [1, 100, 257])))
    np.testing.assert_array_equal(in_batches, together)


def test_small_batches_share_a_pass():
    train = stripes(620, (8, 8, 1), seed=0)
    network = FEATURE_NETWORKS.load("random")(train, train)
    passes = []
    forward = network._forward
    network.__dict__["_forward"] = lambda images: passes.append(images.shape[0]) or forward(images)
    batches = [*np.split(train.images, range(64, 620, 64)), train.images[:0]]
    blocks = [features for features, _ in network.blocks(batches)]
    assert passes == [256, 256, 256]
    assert [len(block) for block in blocks] == [256, 256, 108]
    np.testing.assert_array_equal(np.concatenate(blocks), network.features(train.images))


@every_network
def test_the_same_images_give_the_same_network(name, tmp_path, monkeypatch):
    train = stripes(40, (8, 8, 1), seed=0)
    hashes = []
    for run, policy in enumerate(("float32", "mixed_bfloat16")):
        monkeypatch.setenv("GAN_CLI_CACHE", str(tmp_path / str(run)))
        keras.config.set_dtype_policy(policy)
        try:
            # Another process would have drawn other numbers before.
            keras.utils.set_random_seed(run)
            network = quick_build(name, train, train)
        finally:
            keras.config.set_dtype_policy("float32")
        hashes.append(network.sha256)
    assert hashes[0] == hashes[1]


@every_network
@pytest.mark.usefixtures("empty_cache")
def test_images_of_another_shape_or_type_are_refused(name):
    train = stripes(20, (8, 8, 1), seed=0)
    network = quick_build(name, train, train)
    with pytest.raises(ValueError, match=r"\(8, 8, 1\)"):
        network.features(np.zeros((2, 8, 9, 1), np.uint8))
    with pytest.raises(ValueError, match="uint8"):
        network.features(np.zeros((2, 8, 8, 1), np.float32))


@pytest.mark.usefixtures("empty_cache")
def test_the_hash_follows_weights_and_scale():
    bright = stripes(40, (8, 8, 1), seed=0)
    dark = dataset(bright.images // 2, bright.labels, bright.class_names)
    of_bright, of_dark = (random_features.build(images, images) for images in (bright, dark))
    # The same weights, but another scale: figures of the two must not be compared.
    for one, other in zip(of_bright.model.weights, of_dark.model.weights, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())
    assert of_bright.scale != of_dark.scale
    assert of_bright.sha256 != of_dark.sha256


@pytest.mark.usefixtures("empty_cache")
def test_classifier_learns_digits(digits):
    seen = []
    network = classifier.build(
        digits.train, digits.holdout, lambda step, steps: seen.append((step, steps))
    )
    assert network.accuracy is not None
    assert 0.96 < network.accuracy < 1.0
    assert seen[-1] == (500, 500)
    probabilities = network.probabilities(digits.holdout.images)
    assert probabilities.shape == (len(digits.holdout.images), 10)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, rtol=1e-5)
    right = probabilities.argmax(axis=1) == digits.holdout.labels
    assert right.mean() == pytest.approx(network.accuracy, abs=1e-9)


@pytest.mark.slow
@pytest.mark.usefixtures("empty_cache")
def test_classifier_learns_fashion_mnist(fashion_mnist_path):
    splits = open_splits(DataConfig(source="idx", path=str(fashion_mnist_path)))
    network = classifier.build(splits.train, splits.holdout)
    assert network.accuracy is not None
    assert 0.90 < network.accuracy < 0.95


@pytest.mark.parametrize("names", [(), ("one",)])
def test_classifier_needs_classes(names):
    images = np.zeros((10, 8, 8, 1), np.uint8)
    labels = np.zeros(10, np.int32) if names else None
    train = dataset(images, labels, names)
    with pytest.raises(UserError, match=r"evaluation\.features: 'classifier' needs .* 'random'"):
        classifier.build(train, train)


def test_second_time_comes_from_the_cache(empty_cache, monkeypatch):
    train = stripes(40, (8, 8, 1), seed=0)
    first = quick_classifier(train, train)
    (path,) = (empty_cache / "features").iterdir()
    monkeypatch.setattr(classifier, "train_model", lambda *_: pytest.fail("trained again"))
    assert quick_classifier(train, train).sha256 == first.sha256
    assert path.suffix == ".npz"


def test_a_training_that_was_killed_continues_to_the_same_weights(empty_cache, monkeypatch):
    train = stripes(40, (8, 8, 1), seed=0)
    monkeypatch.setattr(classifier, "_SECONDS_BETWEEN_SAVES", 0.0)

    class KilledError(Exception):
        pass

    def killed_at_the_tenth(step, steps):
        if step == 10:
            raise KilledError

    with pytest.raises(KilledError):
        quick_classifier(train, train, killed_at_the_tenth)
    (unfinished,) = (empty_cache / "features").iterdir()
    assert unfinished.name.endswith(".unfinished.npz")
    heard = []
    continued = quick_classifier(train, train, lambda step, steps: heard.append((step, steps)))
    assert heard == [(10, 12), (12, 12)]
    (finished,) = (empty_cache / "features").iterdir()
    finished.unlink()
    assert quick_classifier(train, train).sha256 == continued.sha256


@pytest.mark.usefixtures("empty_cache")
def test_other_images_get_another_classifier():
    one, other = stripes(40, (8, 8, 1), seed=0), stripes(40, (8, 8, 1), seed=1)
    assert quick_classifier(one, one).sha256 != quick_classifier(other, other).sha256


def test_damaged_cache_is_replaced(empty_cache):
    train = stripes(40, (8, 8, 1), seed=0)
    sound = quick_classifier(train, train)
    (path,) = (empty_cache / "features").iterdir()
    whole = path.read_bytes()
    np.savez(path, **{str(i): np.zeros(3) for i in range(len(sound.model.weights))})
    of_another_shape = path.read_bytes()
    for damaged in (whole[: len(whole) // 2], b"x" * 999, b"", of_another_shape):
        path.write_bytes(damaged)
        assert quick_classifier(train, train).sha256 == sound.sha256
        with np.load(path) as file:
            assert file["0"].shape == tuple(sound.model.weights[0].shape)
        assert list(path.parent.iterdir()) == [path]


def test_cache_that_cannot_be_written_costs_only_time(tmp_path, monkeypatch, caplog):
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    monkeypatch.setenv("GAN_CLI_CACHE", str(blocked))
    train = stripes(40, (8, 8, 1), seed=0)
    assert quick_classifier(train, train).dimension == 64
    assert "cannot be saved" in caplog.text


def test_a_reader_sees_a_whole_file_while_two_write(tmp_path):
    path = tmp_path / "features" / "classifier.npz"

    def model_of(value: float) -> keras.Model:
        model = keras.Sequential([keras.Input([64]), keras.layers.Dense(512)])
        model.set_weights([np.full(w.shape, value, np.float32) for w in model.weights])
        return model

    def save_often(model: keras.Model) -> None:
        for _ in range(15):
            classifier._save(path, model.get_weights())

    seen = []
    with ThreadPoolExecutor(2) as threads:
        writers = [threads.submit(save_often, model_of(value)) for value in (1.0, 2.0)]
        while not all(writer.done() for writer in writers):
            if path.exists():
                with np.load(path) as file:
                    seen.append({float(v) for name in file.files for v in np.unique(file[name])})
    assert [writer.exception() for writer in writers] == [None, None]
    assert seen
    assert all(values in ({1.0}, {2.0}) for values in seen)
    assert list(path.parent.iterdir()) == [path]
