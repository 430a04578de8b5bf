"""Runs to draw from, as they are before the first step, and gan-sample without a new process."""

import pytest
from absl import flags
from absl.testing import flagsaver

from gan_cli.config.schema import Config

TINY = {"generator_channels": 8, "discriminator_channels": 8, "latent_dim": 8}


def make_run(path, data, model):
    """A run directory with a checkpoint of untrained networks."""
    from gan_cli.experiment.experiment import Experiment

    config = Config.model_validate(
        {
            "name": path.name,
            "data": data,
            "model": model,
            "training": {"batch_size": 16, "precision": "float32", "kimg": 1.0},
            "evaluation": {"every_kimg": 0},
        },
        strict=False,
    )
    experiment = Experiment.open(config, path)
    experiment.prepare_directory("never", accept_changes=False)
    # Initial weights make gray images, of which several are equal.
    for weight in experiment.state.generator_ema.trainable_weights:
        weight.assign(weight * 2.0)
    experiment.store.save(experiment.state.variables(), 16)
    experiment.lock.release()
    return path


@pytest.fixture(scope="session")
def digits_run(tmp_path_factory):
    """Conditional, 12 x 10 pixels, RGB."""
    data = {"source": "builtin", "image_size": [12, 10], "channels": 3}
    folder = tmp_path_factory.mktemp("runs")
    return make_run(folder / "digits", data, {**TINY, "conditional": True})


@pytest.fixture(scope="session")
def ring_run(tmp_path_factory):
    """Points of the plane."""
    model = {"architecture": "points_mlp", "latent_dim": 2, "generator_channels": 16}
    data = {"source": "points", "num_points": 1000}
    return make_run(tmp_path_factory.mktemp("runs") / "ring", data, model)


@pytest.fixture(scope="session")
def styled_run(tmp_path_factory):
    """stylegan2, unconditional, 8 x 8 pixels, gray."""
    model = {
        "architecture": "stylegan2",
        "generator_channels": 8,
        "discriminator_channels": 8,
        "max_channels": 8,
        "latent_dim": 8,
        "options": {"mapping_layers": 2},
    }
    data = {"source": "builtin", "image_size": 8}
    return make_run(tmp_path_factory.mktemp("runs") / "styled", data, model)


@pytest.fixture
def gan_sample(capsys):
    """Runs gan-sample in this process; returns its exit status and what it printed.

    The text of a `UserError` is what the command would say.
    """
    from gan_cli.cli import sample
    from gan_cli.errors import UserError

    def gan_sample(*arguments):
        with flagsaver.flagsaver():
            flags.FLAGS(["gan-sample", *map(str, arguments)])
            try:
                status = sample.main([])
            except UserError as error:
                flag = f"--{error.key}: " if error.key else ""
                raise UserError(*(flag + problem for problem in error.problems)) from error
        return status, capsys.readouterr().out

    return gan_sample
