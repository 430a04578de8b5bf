"""Attacks by files that pretend to be feature networks. Each is refused in one line, and has no
effect."""

import io
import json
import os
import zipfile

import h5py
import keras
import numpy as np
import pytest
import tensorflow as tf
from made_images import stripes

from gan_cli.errors import UserError
from gan_cli.metrics.features import FEATURE_NETWORKS
from gan_cli.metrics.features.untrusted import bounded_memory, check_graph

SHAPE = (8, 8, 1)


def load(name, data):
    return FEATURE_NETWORKS.load(name)(data, data)


@pytest.fixture(scope="module")
def data():
    return stripes(4, SHAPE, seed=0)


@pytest.fixture(scope="module")
def honest(tmp_path_factory):
    """A `.keras` file, as its members."""
    path = tmp_path_factory.mktemp("honest") / "model.keras"
    model = keras.Sequential(
        [
            keras.Input(SHAPE),
            keras.layers.Conv2D(4, 3, activation="relu", kernel_regularizer="l2"),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(3),
        ]
    )
    model.compile("adam", loss=lambda labels, logits: logits)
    model.save(path)
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return f"keras_file:{path}"


def with_config(members, change):
    config = json.loads(members["config.json"])
    change(config)
    return {**members, "config.json": json.dumps(config)}


def with_weights(members, change):
    file = io.BytesIO(members["model.weights.h5"])
    with h5py.File(file, "a") as tree:
        change(tree)
    return {**members, "model.weights.h5": file.getvalue()}


def test_an_honest_file_is_loaded_even_when_trained_by_a_loss_of_its_own(tmp_path, honest, data):
    assert load(write(tmp_path / "a.keras", honest), data).dimension == 3


def call_of(module, name, *arguments):
    """What Keras' deserialisation would take for a function or class to be had by import."""
    return {
        "module": module,
        "class_name": name,
        "config": {"args": arguments},
        "registered_name": name,
    }


def last_layer(config):
    return config["config"]["layers"][-1]


CONFIGS = {
    "a class of another module": lambda config: config["config"]["layers"].append(
        call_of("os", "system", "touch attacked")
    ),
    "a function of another module": lambda config: last_layer(config)["config"].update(
        activation=call_of("builtins", "function", "eval")
    ),
    "a download by Keras' own helper": lambda config: last_layer(config)["config"].update(
        activation=call_of("keras.utils", "get_file", "http://127.0.0.1/x")
    ),
    "a layer that loads a graph": lambda config: config["config"]["layers"].append(
        call_of("keras.layers", "TFSMLayer", "/tmp/x")
    ),
    "a registered class": lambda config: last_layer(config).update(registered_name="pkg>Evil"),
    "no module at all": lambda config: last_layer(config).update(module=None),
}


@pytest.mark.parametrize("name", CONFIGS)
def test_configs_that_name_code_are_refused(tmp_path, honest, data, name, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=r"a\.keras: its config names '.*', which may run code"):
        load(write(tmp_path / "a.keras", with_config(honest, CONFIGS[name])), data)
    assert os.listdir(tmp_path) == ["a.keras"]


@pytest.mark.parametrize("name", ["../evil.txt", "/tmp/evil.txt", "assets/..\\..\\evil.txt"])
def test_members_that_lie_outside_are_refused(tmp_path, honest, data, name):
    with pytest.raises(UserError, match="lies outside of it"):
        load(write(tmp_path / "a.keras", {**honest, name: b"x"}), data)
    assert os.listdir(tmp_path) == ["a.keras"]


def test_an_archive_bigger_than_the_machine_is_refused(tmp_path, honest, data, monkeypatch):
    monkeypatch.setattr("gan_cli.metrics.features.untrusted.machine_memory", lambda: 10**6)
    with pytest.raises(UserError, match=r"unpacks to 2,0.* bytes, more than this machine's memory"):
        load(write(tmp_path / "a.keras", {**honest, "assets/x": bytes(2_000_000)}), data)


def declare_giant(tree):
    del tree["layers/dense/vars/0"]
    tree.create_dataset("layers/dense/vars/0", shape=(4, 10**12), dtype="f4")


def point_elsewhere(tree):
    tree["layers/dense/vars/2"] = h5py.ExternalLink("/etc/passwd", "/")


def store_elsewhere(tree):
    del tree["layers/dense/vars/0"]
    tree.create_dataset(
        "layers/dense/vars/0", shape=(12,), dtype="u1", external=[("/etc/hostname", 0, 12)]
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (declare_giant, r"declare 16,000,000,000,000 bytes and hold 0"),
        (point_elsewhere, r"are a link elsewhere"),
        (store_elsewhere, r"lie in another file"),
    ],
)
def test_weights_of_other_files_or_sizes_are_refused(tmp_path, honest, data, change, message):
    with pytest.raises(UserError, match=message):
        load(write(tmp_path / "a.keras", with_weights(honest, change)), data)


def test_a_layer_bigger_than_the_machine_is_refused(tmp_path, honest, data):
    giant = with_config(honest, lambda config: last_layer(config)["config"].update(units=10**11))
    with pytest.raises(UserError, match=r"a\.keras: cannot be loaded: .*") as caught:
        load(write(tmp_path / "a.keras", giant), data)
    assert "\n" not in str(caught.value)


def test_the_bound_on_memory_is_lifted_again():
    import resource

    before = resource.getrlimit(resource.RLIMIT_AS)
    with bounded_memory():
        assert resource.getrlimit(resource.RLIMIT_AS) != before
        with pytest.raises(MemoryError):
            np.empty(2**46, np.uint8)
    assert resource.getrlimit(resource.RLIMIT_AS) == before


@pytest.mark.parametrize("name", ["model.weights.h5", "config.json"])
def test_damaged_archives_are_refused(tmp_path, honest, data, name):
    for content in (b"", b"[" * 200_000, b"\xff" * 100):
        with pytest.raises(UserError, match=r"a\.keras: "):
            load(write(tmp_path / "a.keras", {**honest, name: content}), data)
    without = {key: value for key, value in honest.items() if key != name}
    with pytest.raises(UserError, match=r"not a \.keras file"):
        load(write(tmp_path / "a.keras", without), data)


def export(folder, function):
    """A SavedModel whose serving signature is the function of images."""
    module = tf.Module()
    module.weight = tf.Variable(2.0)
    signature = tf.TensorSpec([None, *SHAPE], tf.float32)
    module.call = tf.function(lambda images: function(module, images), input_signature=[signature])
    tf.saved_model.save(module, str(folder), {"serving_default": module.call})
    return f"saved_model:{folder}"


def features(module, images):
    return {"features": tf.reshape(images, [-1, 64]) * module.weight}


def test_a_saved_model_that_only_computes_is_loaded(tmp_path, data):
    assert load(export(tmp_path / "model", features), data).dimension == 64


@pytest.mark.parametrize(
    ("operation", "effect"),
    [
        ("WriteFile", lambda folder: tf.io.write_file(f"{folder}/attacked", "x")),
        ("ReadFile", lambda folder: tf.io.read_file("/etc/passwd")),
        ("MatchingFiles", lambda folder: tf.io.matching_files("/*")),
        ("PrintV2", lambda folder: tf.print("x", output_stream=f"file://{folder}/attacked")),
        ("EagerPyFunc", lambda folder: tf.py_function(lambda: 1.0, [], tf.float32)),
    ],
)
def test_saved_models_that_reach_out_are_not_run(tmp_path, data, operation, effect):
    def attack(module, images):
        with tf.control_dependencies([effect(tmp_path) or tf.no_op()]):
            return features(module, images)

    with pytest.raises(UserError, match=f"its graph holds {operation}, which can do more"):
        load(export(tmp_path / "model", attack), data)
    assert os.listdir(tmp_path) == ["model"]


def write_checkpoint(folder):
    return tf.raw_ops.SaveV2(
        prefix=f"{folder}/attacked", tensor_names=["x"], shape_and_slices=[""], tensors=[1.0]
    )


def merge_checkpoints(folder):
    (folder / "victim").write_text("x")
    return tf.raw_ops.MergeV2Checkpoints(
        checkpoint_prefixes=[f"{folder}/victim"], destination_prefix=f"{folder}/attacked"
    )


@pytest.mark.parametrize("effect", [write_checkpoint, merge_checkpoints])
def test_a_saved_model_writes_no_checkpoints_when_it_is_called(tmp_path, data, effect):
    def attack(module, images):
        with tf.control_dependencies([effect(tmp_path)]):
            return features(module, images)

    path = export(tmp_path / "model", attack)
    before = sorted(os.listdir(tmp_path))
    with pytest.raises(UserError, match=r"its graph writes files .* elsewhere than"):
        load(path, data)
    assert sorted(os.listdir(tmp_path)) == before


def test_frozen_graphs_that_reach_out_are_not_run(tmp_path, data):
    graph = tf.compat.v1.GraphDef()
    for name, operation in (
        ("Mul", "Placeholder"),
        ("pool_3", "ReadFile"),
        ("softmax/logits/MatMul", "MatMul"),
    ):
        graph.node.add(name=name, op=operation)
    graph.node[2].input.extend(["pool_3", "weights"])
    (tmp_path / "graph.pb").write_bytes(graph.SerializeToString())
    with pytest.raises(UserError, match=r"graph\.pb: its graph holds ReadFile"):
        load(f"inception:{tmp_path / 'graph.pb'}", data)


def test_operations_that_nobody_knows_are_refused(tmp_path):
    check_graph(tmp_path, ["Conv2D", "Relu", "RestoreV2", "BatchNormWithGlobalNormalization"])
    with pytest.raises(UserError, match="holds Backdoor, PyFuncStateless"):
        check_graph(tmp_path, ["Conv2D", "PyFuncStateless", "Backdoor", "Backdoor"])
