"""Runs that start from the weights of another run."""

import json

import numpy as np
import pytest

from gan_cli.catalog import CHOICES
from gan_cli.config.schema import Config
from gan_cli.errors import UserError
from gan_cli.experiment.experiment import Experiment
from gan_cli.experiment.run import run_experiment
from gan_cli.listener import Quiet
from gan_cli.models.weight_places import finest_weights
from gan_cli.run.checkpoint import CheckpointStore
from gan_cli.run.directory import RunDirectory

TINY = {"generator_channels": 8, "discriminator_channels": 8, "latent_dim": 8}


def config(kimg=0.064, classes=None, channels=1, model=None, **training):
    return Config.model_validate(
        {
            "data": {"source": "builtin", "max_images": 200, "channels": channels},
            "model": {**TINY, **(model or {})},
            "training": {
                "batch_size": 16,
                "precision": "float32",
                "kimg": kimg,
                "checkpoint_every_kimg": kimg,
                "grid_every_kimg": kimg,
                **training,
            },
            "evaluation": {"every_kimg": 0},
        },
        strict=False,
        context=CHOICES,
    )


class Heard(Quiet):
    def __init__(self):
        self.lines = []

    def message(self, text):
        self.lines.append(text)


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    path = tmp_path_factory.mktemp("runs") / "first"
    run_experiment(config(), path)
    return path


def opened(path, config, listener=None):
    experiment = Experiment.open(config, path, listener=listener)
    experiment.prepare_directory("auto", accept_changes=False)
    experiment.close()
    return experiment


def values(variables):
    return [np.asarray(v).copy() for v in variables]


def test_a_run_starts_with_the_averaged_weights_of_another(first, tmp_path):
    heard = Heard()
    begun = opened(tmp_path / "second", config(init_from=str(first)), heard)
    source = opened(first, config())
    for name in ("generator", "generator_ema"):
        ours, theirs = getattr(begun.state, name), source.state.generator_ema
        for one, other in zip(values(ours.weights), values(theirs.weights), strict=True):
            np.testing.assert_array_equal(one, other)
    assert begun.state.images_so_far() == 0
    assert f"starting from {first}, ckpt-64" in heard.lines
    record = json.loads((tmp_path / "second" / "initial_weights.json").read_text())
    assert {match["how"] for match in record["generator"]} == {"copied"}
    raw = opened(
        tmp_path / "raw", config(init_from=str(first), init={"average": False})
    ).state.generator
    for one, other in zip(values(raw.weights), values(source.state.generator.weights), strict=True):
        np.testing.assert_array_equal(one, other)


def test_optimisers_are_taken_over_where_asked(first, tmp_path):
    chosen = config(init_from=str(first / "checkpoints" / "ckpt-64"), init={"optimizers": "keep"})
    ours = opened(tmp_path / "kept", chosen).state.generator_optimizer.variables
    theirs = opened(first, config()).state.generator_optimizer.variables
    for one, other in zip(values(ours), values(theirs), strict=True):
        np.testing.assert_array_equal(one, other)


def test_frozen_weights_keep_every_bit_and_a_resumed_run_ends_the_same(first, tmp_path):
    freeze = {"discriminator": 1, "until_kimg": 0.064}
    chosen = config(0.096, init_from=str(first), freeze=freeze)
    run_experiment(chosen, tmp_path / "whole")
    # The same run, interrupted where its frozen layers are released.
    part = config(0.096, init_from=str(first), freeze=freeze, checkpoint_every_kimg=0.064)
    run_experiment(part, tmp_path / "part")
    before = values(finest_weights(opened(first, config()).state.discriminator, 1))
    store = CheckpointStore(RunDirectory(tmp_path / "part").checkpoints)
    store.forget_after(64)
    resumed = opened(tmp_path / "part", part)
    frozen = values(finest_weights(resumed.state.discriminator, 1))
    for one, other in zip(frozen, before, strict=True):
        np.testing.assert_array_equal(one, other)
    run_experiment(part, tmp_path / "part")
    ends = [opened(tmp_path / name, c).state for name, c in (("whole", chosen), ("part", part))]
    for one, other in zip(*(values(end.variables().values()) for end in ends), strict=True):
        np.testing.assert_array_equal(one, other)
    released = values(finest_weights(ends[0].discriminator, 1))
    assert not all(np.array_equal(a, b) for a, b in zip(released, before, strict=True))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"init_from": "nowhere"}, "training.init_from: must be a run directory, a checkpoint's"),
        ({"model": {"architecture": "mlp"}}, "no weight of the generator of .* fits"),
        (
            {"channels": 3, "init": {"optimizers": "keep"}},
            "training.init.optimizers: 'keep' needs networks of the same shape",
        ),
    ],
)
def test_weights_that_cannot_be_used_are_refused_before_a_file_is_written(
    first, tmp_path, changes, message
):
    with pytest.raises(UserError, match=message):
        opened(tmp_path / "run", config(**{"init_from": str(first), **changes}))
    assert not (tmp_path / "run").exists()


def test_freezing_needs_layers_of_several_resolutions(tmp_path):
    chosen = config(model={"architecture": "mlp"}, freeze={"discriminator": 1})
    with pytest.raises(UserError, match="this discriminator has no layers of several"):
        opened(tmp_path / "run", chosen)
    with pytest.raises(UserError, match="this generator has no mapping network"):
        opened(tmp_path / "run", config(freeze={"mapping": True}))
