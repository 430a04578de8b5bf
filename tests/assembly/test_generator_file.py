"""Generators from `.keras` files that may come from anywhere."""

import json
import os
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest

from gan_cli.assembly import generator_file
from gan_cli.assembly.generator_file import is_part, open_generator
from gan_cli.errors import UserError
from gan_cli.metrics.features.untrusted import check_keras_file
from gan_cli.models.layers.resample import LowPass
from gan_cli.models.layers.shuffle import RepeatUpsampling


@pytest.fixture
def tried(monkeypatch):
    """The files that were tried out, in place of the other process."""
    tried = []
    monkeypatch.setattr(generator_file, "try_out", lambda load, path, *_: tried.append(path))
    return tried


@pytest.fixture
def path(tmp_path):
    """A generator with layers of Keras and of gan-cli."""
    latents = keras.Input([4])
    x = keras.layers.Reshape([4, 4, 1])(keras.layers.Dense(16)(latents))
    keras.Model(latents, LowPass()(RepeatUpsampling()(x))).save(tmp_path / "generator.keras")
    return tmp_path / "generator.keras"


def renamed(path, **names):
    """Changes what the file says about its layers of gan-cli."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(members["config.json"])

    def visit(value):
        if isinstance(value, list):
            [visit(each) for each in value]
        if isinstance(value, dict):
            if str(value.get("registered_name", "")).startswith("gan_cli>"):
                value.update(names)
            [visit(each) for each in value.values()]

    visit(config)
    members["config.json"] = json.dumps(config).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def test_an_export_is_opened_after_it_was_tried_out(path, tried):
    images = open_generator(path, "here")(np.ones([2, 4]))
    assert images.shape == (2, 8, 8, 1)
    assert tried == [path]


@pytest.mark.parametrize(
    "names",
    [
        {"module": "os", "class_name": "system", "registered_name": None},
        {"module": "gan_cli.cli.train", "class_name": "entry_point", "registered_name": None},
        {
            "module": "gan_cli.models.conv",
            "class_name": "keras",
            "registered_name": "gan_cli>keras",
        },
        {"module": "gan_cli.models.layers.resample", "class_name": "doubled"},
        {"module": "gan_cli.models.nowhere"},
    ],
    ids=str,
)
def test_what_names_anything_else_is_not_even_tried(path, tried, names):
    renamed(path, **names)
    with pytest.raises(UserError, match=r"here: .*which may run code"):
        open_generator(path, "here")
    assert not tried


def test_the_other_process_knows_our_layers(path, monkeypatch, tmp_path):
    monkeypatch.setenv("GAN_CLI_CACHE", str(tmp_path / "cache"))
    open_generator(path, "here")
    assert len(list((tmp_path / "cache" / "tried").iterdir())) == 1


@pytest.mark.parametrize("run", ["run", "styles"])
def test_earlier_exports_hold_known_parts_alone(run):
    data = Path(__file__).parents[1] / "previous_version" / "data" / "export"
    check_keras_file(data / run / "generator.keras", is_part)


def test_operations_are_those_that_compute():
    assert is_part("keras.src.ops.numpy", "GetItem", "GetItem")
    assert not is_part("keras.src.ops.numpy", "np", None)
    assert not is_part("keras.src.ops.numpy", "getitem", None)
    assert is_part("keras.src.ops.core", "Cast", "Cast")
    assert not is_part("keras.src.ops.core", "Map", "Map")


def test_a_layer_is_ours_by_its_registered_name():
    module = "gan_cli.models.layers.resample"
    assert is_part(module, "LowPass", "gan_cli>LowPass")
    assert not is_part(module, "LowPass", None)
    assert not is_part("gan_cli.models.layers.shuffle", "LowPass", "gan_cli>LowPass")
    assert not is_part(3, [], {})


def test_what_is_no_file_is_one_line(tmp_path, tried):
    os.mkfifo(tmp_path / "a.keras")
    with pytest.raises(UserError, match=r"here: .*a\.keras: not a regular file"):
        open_generator(tmp_path / "a.keras", "here")
    (tmp_path / "b.keras").write_bytes(b"PK")
    with pytest.raises(UserError, match=r"here: .*b\.keras: not a \.keras file"):
        open_generator(tmp_path / "b.keras", "here")
