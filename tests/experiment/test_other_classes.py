"""Runs that continue with classes added, removed, renamed or in another order."""

import shutil

import numpy as np
import pytest
from PIL import Image

from gan_cli.assembly.class_changes import describe_change
from gan_cli.catalog import CHOICES
from gan_cli.config.schema import Config
from gan_cli.errors import UserError
from gan_cli.experiment.experiment import Experiment
from gan_cli.experiment.run import run_experiment
from gan_cli.listener import Listener
from gan_cli.run.directory import RunDirectory

NAMES = ("ant", "bee", "cat")


class Heard(Listener):
    def __init__(self):
        self.lines = []

    def message(self, text):
        self.lines.append(text)


def config(path, names, **model):
    shutil.rmtree(path, ignore_errors=True)
    for number, name in enumerate(names):
        (path / name).mkdir(parents=True)
        for index in range(12):
            pixels = np.random.default_rng([number, index]).integers(0, 256, [16, 16], np.uint8)
            Image.fromarray(pixels).save(path / name / f"{index}.png")
    return Config.model_validate(
        {
            "data": {"source": "folder", "path": str(path)},
            "model": {
                "conditional": True,
                "generator_channels": 8,
                "discriminator_channels": 8,
                "latent_dim": 8,
                **model,
            },
            "training": {"batch_size": 8, "precision": "float32", "kimg": 0.032},
            "evaluation": {"every_kimg": 0},
        },
        strict=False,
        context=CHOICES,
    )


def images_of(state, labels):
    latents = np.random.default_rng(1).normal(size=[len(labels), 8]).astype(np.float32)
    return np.asarray(state.generator_ema([latents, np.array(labels, np.int32)]))


def opened(config, run, heard=None):
    experiment = Experiment.open(config, run, listener=heard)
    experiment.prepare_directory("auto", accept_changes=True)
    experiment.close()
    return experiment


def begun(config, run):
    """Returns the state of a run at its first checkpoint, with moments as after many steps."""
    experiment = opened(config, run)
    state, rng = experiment.state, np.random.default_rng(2)
    for variable in state.variables().values():
        if variable.dtype.is_floating and variable.shape.rank:
            noise = rng.normal(size=variable.shape, scale=0.1)
            variable.assign(variable + np.abs(noise).astype(np.float32))
    state.images_shown.assign(16)
    experiment.store.save(state.variables(), 16)
    return state


@pytest.mark.parametrize("architecture", ["conv", "stylegan2"])
def test_each_class_keeps_its_weights_by_name(architecture, tmp_path):
    data, run = tmp_path / "data", tmp_path / "run"
    before = begun(config(data, NAMES, architecture=architecture), run)
    heard = Heard()
    # `bee` now has number 2, and what has its old number is new.
    after = opened(config(data, ("ant", "asp", "bee"), architecture=architecture), run, heard).state
    np.testing.assert_allclose(images_of(before, [0, 1]), images_of(after, [0, 2]), atol=1e-4)
    assert np.abs(images_of(before, [1]) - images_of(after, [1])).max() > 1e-3
    assert heard.lines[-4:] == [
        "classes: 2 keep their weights, by name",
        "classes: new, and starting at the mean of the others: asp",
        "classes: no longer in the data, and forgotten: cat",
        "note: a class with a new name counts as a new class; to keep its weights, give it back"
        " the old name",
    ]


@pytest.mark.parametrize("architecture", ["conv", "stylegan2"])
def test_an_added_class_gets_a_row_and_moments_of_its_own(architecture, tmp_path):
    data, run = tmp_path / "data", tmp_path / "run"
    before = begun(config(data, NAMES, architecture=architecture), run)
    after = opened(config(data, ("aardvark", *NAMES), architecture=architecture), run).state
    np.testing.assert_allclose(images_of(before, [0, 2]), images_of(after, [1, 3]), atol=1e-4)
    assert after.images_so_far() == 16
    kept = sorted(each.name for each in (run / "checkpoints").iterdir())
    assert kept == ["ckpt-16", "other-classes-16"]
    # What is saved now is of the new classes.
    again = opened(config(data, ("aardvark", *NAMES), architecture=architecture), run).state
    np.testing.assert_array_equal(images_of(after, [3]), images_of(again, [3]))
    # Rows of classes, and their moments, are the only things that have grown.
    pairs = zip(before.variables().values(), after.variables().values(), strict=True)
    grown = [(a.numpy(), b.numpy()) for a, b in pairs if a.shape != b.shape]
    assert len(grown) >= 6
    factor = np.sqrt(4 / 3) if architecture == "stylegan2" else 1.0
    for old, new in grown:
        np.testing.assert_allclose(new[1:], old * factor, rtol=1e-5)
        np.testing.assert_allclose(new[0], old.mean(0) * factor, rtol=1e-5)


def test_a_run_trains_on_with_one_class_more(tmp_path):
    data, run = tmp_path / "data", tmp_path / "run"
    began = config(data, NAMES, architecture="mlp")
    assert run_experiment(began, run).images_shown == 32
    more = config(data, ("aardvark", *NAMES), architecture="mlp")
    longer = more.model_copy(update={"training": more.training.model_copy(update={"kimg": 0.048})})
    assert run_experiment(longer, run, accept_changes=True).images_shown == 48
    assert RunDirectory(run).read_environment()["dataset"]["class_names"][0] == "aardvark"


def test_without_leave_nothing_continues_with_other_classes(tmp_path):
    data, run = tmp_path / "data", tmp_path / "run"
    begun(config(data, NAMES), run)
    with pytest.raises(UserError, match="another config"):
        run_experiment(config(data, ("bee", "ant", "cat")), run)


def test_names_are_compared_in_one_normal_form():
    assert describe_change(["caf\u00e9"], ["cafe\u0301"]) == [
        "classes: 1 keep their weights, by name"
    ]
