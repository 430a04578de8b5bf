"""Networks that come from files: the Inception graph, .keras files, SavedModels, applications."""

import dataclasses
import hashlib

import keras
import numpy as np
import pytest
import tensorflow as tf
from frozen_graph import DIMENSION, NUM_CLASSES, write_graph
from made_images import stripes
from PIL import Image
from sklearn.datasets import load_sample_images

from gan_cli.errors import UserError
from gan_cli.metrics.feature_evaluator import FeatureEvaluator
from gan_cli.metrics.features import FEATURE_NETWORKS, inception, published
from gan_cli.metrics.features.network import FeatureNetwork
from gan_cli.metrics.maths.frechet_distance import frechet_distance
from gan_cli.metrics.maths.moments import moments_of


def load(name: str, data) -> FeatureNetwork:
    return FEATURE_NETWORKS.load(name)(data, data)


@pytest.fixture(scope="module")
def frozen(tmp_path_factory):
    path = tmp_path_factory.mktemp("graph") / "classify_image_graph_def.pb"
    return path, write_graph(path)


def in_a_session(graph: tf.compat.v1.GraphDef, images: np.ndarray) -> list[list[np.ndarray]]:
    """The graph as TensorFlow 1 ran it, one image at a time, with its own resize and scaling."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        tf.graph_util.import_graph_def(graph, name="")
        return [
            session.run(["pool_3/_reshape:0", "softmax/logits/MatMul:0"], {"Cast:0": image})
            for image in images.astype(np.float32)
        ]


@pytest.mark.parametrize("shape", [(20, 31, 3), (8, 8, 1), (320, 300, 3), (9, 9, 4)])
def test_inception_equals_the_graph_run_by_a_session(frozen, shape):
    path, graph = frozen
    data = stripes(4, shape, seed=0)
    network = load(f"inception:{path}", data)
    features, probabilities = network.features_and_probabilities(data.images)
    rgb = np.repeat(data.images, 3, axis=3) if shape[2] == 1 else data.images[..., :3]
    pool, logits = (np.concatenate(part) for part in zip(*in_a_session(graph, rgb), strict=True))
    assert features.shape == (4, DIMENSION)
    # The order of additions in a convolution depends on the batch.
    np.testing.assert_allclose(features, pool, rtol=1e-5, atol=1e-5)
    expected = tf.nn.softmax(logits).numpy()
    assert expected.shape == (4, NUM_CLASSES)
    np.testing.assert_allclose(probabilities, expected, rtol=1e-3, atol=1e-6)


@pytest.fixture(scope="module")
def photos() -> list[np.ndarray]:
    """Two real photographs: whole, and two parts that are smaller than 299 pixels in some way."""
    china, flower = load_sample_images().images
    return [china, flower, china[:32, :40], flower[100:400, 200:420]]


def test_the_clean_resize_is_pillows(photos):
    for photo in photos:
        channels = [
            Image.fromarray(photo[..., channel].astype(np.float32), mode="F")
            for channel in range(3)
        ]
        resized = [each.resize((299, 299), Image.Resampling.BICUBIC) for each in channels]
        expected = np.clip(np.stack([np.asarray(each) for each in resized], axis=-1), 0, 255)
        found = inception.clean_resize(photo[None].astype(np.float32))[0].numpy() * 128 + 128
        # Of 255: the published figures were taken with Pillow itself.
        assert np.abs(found - expected).max() < 0.02


def test_the_legacy_resize_is_that_of_tensorflow_1(photos):
    for photo in photos:
        height, width, _ = photo.shape
        rows, columns = np.arange(299) * height / 299, np.arange(299) * width / 299
        # Corners and pixel centres are not aligned: the last pixel is repeated.
        top, left = rows.astype(int), columns.astype(int)
        below, right = np.minimum(top + 1, height - 1), np.minimum(left + 1, width - 1)
        down, across = (rows - top)[:, None, None], (columns - left)[:, None]
        pixels = photo.astype(np.float64)
        upper = pixels[top][:, left] * (1 - across) + pixels[top][:, right] * across
        lower = pixels[below][:, left] * (1 - across) + pixels[below][:, right] * across
        expected = upper * (1 - down) + lower * down
        found = inception.legacy_resize(photo[None].astype(np.float32))[0].numpy() * 128 + 128
        # float32 positions of up to 640 pixels hold five digits of the fraction.
        assert np.abs(found - expected).max() < 0.05


def test_only_inception_gives_fid_and_kid(frozen, monkeypatch):
    data = stripes(8, (8, 8, 3), seed=0)
    digest = hashlib.sha256(frozen[0].read_bytes()).hexdigest()
    # A graph with the same nodes is not yet the published one.
    other = load(f"inception:{frozen[0]}", data)
    assert other.frechet_name == f"fd_inception_{digest[:8]}"
    monkeypatch.setattr(published, "SHA256", digest)
    evaluator = FeatureEvaluator(load(f"inception:{frozen[0]}", data), data, data)
    evaluation = evaluator.evaluate([stripes(12, (8, 8, 3), seed=1).images])
    assert list(evaluation.scores)[:2] == ["fid", "kid"]
    assert not evaluation.scores["fid"].higher_is_better
    assert not evaluation.scores["kid"].higher_is_better
    # Its classes are ImageNet's, not the data's.
    assert evaluation.class_shares == {}
    clean = load(f"inception_clean:{frozen[0]}", data)
    assert clean.frechet_name == "fd_inception_clean"
    assert FeatureNetwork("resnet50", None).frechet_name == "fd_resnet50"
    assert FeatureNetwork("resnet50", None).kernel_name == "kd_resnet50"


def test_the_hash_is_of_the_file(frozen, tmp_path):
    data = stripes(2, (8, 8, 3), seed=0)
    known = load(f"inception:{frozen[0]}", data).sha256
    copy = tmp_path / "copy.pb"
    copy.write_bytes(frozen[0].read_bytes())
    assert load(f"inception:{copy}", data).sha256 == known
    graph = frozen[1]
    other = tf.compat.v1.GraphDef.FromString(graph.SerializeToString())
    other.node.add(name="one_more", op="NoOp")
    copy.write_bytes(other.SerializeToString())
    assert load(f"inception:{copy}", data).sha256 != known


def test_other_graphs_are_refused(tmp_path):
    data = stripes(2, (8, 8, 3), seed=0)
    path = tmp_path / "graph.pb"
    with pytest.raises(UserError, match=r"graph\.pb: cannot be read"):
        load(f"inception:{path}", data)
    path.write_bytes(b"\xff" * 20)
    with pytest.raises(UserError, match=r"graph\.pb: not a frozen graph"):
        load(f"inception:{path}", data)
    path.write_bytes(tf.compat.v1.GraphDef().SerializeToString())
    with pytest.raises(UserError, match="it has no node Mul, pool_3, softmax/logits/MatMul"):
        load(f"inception:{path}", data)
    write_graph(path, dimension=64)
    with pytest.raises(UserError, match="have 64 and 1008 channels there, must have 2048"):
        load(f"inception:{path}", data)


def small_model(shape: tuple[int, int, int]) -> keras.Model:
    images = keras.Input(shape)
    x = keras.layers.Conv2D(5, 3, activation="relu")(images)
    return keras.Model(images, keras.layers.GlobalAveragePooling2D()(x))


def test_a_model_from_a_keras_file_and_a_saved_model(tmp_path):
    data = stripes(6, (8, 8, 1), seed=0)
    model = small_model((8, 8, 1))
    model.save(tmp_path / "model.keras")
    model.export(tmp_path / "exported", verbose=False)
    expected = model(data.images.astype(np.float32)).numpy()
    for name, path in (("keras_file", "model.keras"), ("saved_model", "exported")):
        network = load(f"{name}:{tmp_path / path}", data)
        assert (network.name, network.dimension) == (name, 5)
        np.testing.assert_allclose(network.features(data.images), expected, rtol=1e-5)
        assert len(network.sha256) == 64
        distance = frechet_distance(*[moments_of(network.features(data.images))] * 2)
        assert distance == pytest.approx(0.0, abs=1e-6 * float(expected.var()) + 1e-9)
        with pytest.raises(UserError, match=f"{path}: "):
            load(f"{name}:{tmp_path / path}", stripes(6, (8, 8, 3), seed=0))
        with pytest.raises(UserError, match=r"missing.*: cannot be (loaded|read)"):
            load(f"{name}:{tmp_path / 'missing'}", data)


def test_code_in_a_keras_file_is_refused(tmp_path):
    images = keras.Input((8, 8, 1))
    x = keras.layers.Lambda(lambda batch: batch * 2.0, output_shape=(8, 8, 1))(images)
    keras.Model(images, keras.layers.GlobalAveragePooling2D()(x)).save(tmp_path / "code.keras")
    with pytest.raises(UserError, match=r"code\.keras: its config names .*Lambda"):
        load(f"keras_file:{tmp_path / 'code.keras'}", stripes(2, (8, 8, 1), seed=0))


def test_a_keras_application_with_weights_from_a_file(tmp_path):
    data = stripes(2, (16, 16, 1), seed=0)
    original = keras.applications.MobileNetV2(
        weights=None, include_top=False, pooling="avg", input_shape=(224, 224, 3)
    )
    weights = tmp_path / "mobile.weights.h5"
    original.save_weights(weights)
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        network = load(f"keras:MobileNetV2:{weights}", data)
        assert keras.config.dtype_policy().name == "mixed_bfloat16"
    finally:
        keras.config.set_dtype_policy("float32")
    # Not filled up to as many images as a pass usually has.
    network = dataclasses.replace(network, batch_size=2)
    resized = tf.image.resize(np.repeat(data.images, 3, axis=3), (224, 224))
    expected = original(keras.applications.mobilenet_v2.preprocess_input(resized)).numpy()
    assert network.name == "mobilenetv2"
    np.testing.assert_allclose(network.features(data.images), expected, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("inception:", "'inception' needs an argument: inception:X"),
        ("keras", "'keras' needs an argument: keras:X"),
        ("keras:", "'keras' needs an argument"),
        ("keras:ResNet51", "Keras has no application 'ResNet51'"),
        (
            "randm",
            r"did you mean 'random'\? \(known: classifier, random, inception, inception_clean,"
            r" inception:X, inception_clean:X, keras:X",
        ),
    ],
)
def test_wrong_names(name, problem):
    with pytest.raises(UserError, match=problem):
        load(name, stripes(2, (8, 8, 1), seed=0))
