"""What is known of an experiment before its first step."""

import re

import pytest
from PIL import Image

from gan_cli.catalog import CHOICES
from gan_cli.config.load import load_config
from gan_cli.config.schema import Config
from gan_cli.experiment import step_memory
from gan_cli.experiment.experiment import Experiment


@pytest.fixture(scope="module")
def described(tmp_path_factory):
    """An experiment and its description; 4 latents, layers of 16, images of 64 pixels."""
    config = Config.model_validate(
        {
            "data": {"source": "builtin"},
            "model": {
                "architecture": "mlp",
                "latent_dim": 4,
                "generator_channels": 16,
                "discriminator_channels": 16,
            },
            "training": {"batch_size": 32, "precision": "float32"},
        },
        context=CHOICES,
    )
    experiment = Experiment.open(config, tmp_path_factory.mktemp("runs") / "new")
    return experiment, experiment.describe()


def test_networks_are_counted(described):
    experiment, description = described
    for network, model in (
        (description.generator, experiment.state.generator),
        (description.discriminator, experiment.state.discriminator),
    ):
        assert network.name == model.name
        sizes = [weight.shape.num_elements() for weight in model.weights]
        assert network.parameters == sum(sizes)
        # A multiplication and an addition for each weight of a matrix, and little else.
        products = sum(
            2 * weight.shape.num_elements() for weight in model.weights if len(weight.shape) == 2
        )
        assert products <= network.flops < 1.3 * products
        assert f"{sum(sizes):,}" in network.summary
        for layer in model.layers:
            assert layer.name in network.summary


def test_memory_is_estimated(described):
    _, description = described
    generator, discriminator = description.generator, description.discriminator
    assert description.batch_size == 32
    assert description.activation_bytes == 32 * (
        generator.activation_bytes + 2 * discriminator.activation_bytes
    )
    # 1797 digits of 8 x 8 bytes.
    assert description.image_bytes == 1797 * 64
    # Weights, two of Adam's slots for each of them, and the averaged generator; and counters.
    floats = 4 * generator.parameters + 3 * discriminator.parameters
    assert 4 * floats <= description.state_bytes < 4 * floats + 500


def test_memory_is_measured(described):
    _, description = described
    (line,) = (line for line in description.overview if line.startswith("memory: "))
    assert line.startswith("memory: estimated, 0 MiB of activations for batches of 32, 0 MiB of")
    ((measured, unit),) = re.findall(
        r"measured, ([\d.]+) ([GM]iB) of .* at the peak of a step", line
    )
    # TensorFlow alone takes hundreds; tests before this one may have left some more.
    assert 100 < float(measured) * {"MiB": 1, "GiB": 1024}[unit] < 20_000


def test_memory_that_is_scarce_has_a_remedy(described, monkeypatch):
    experiment, _ = described
    monkeypatch.setattr(step_memory, "memory_limit", lambda: 3 * 2**30)
    estimated = {"state": 2**20, "activations": 2**21, "samples": 0}
    line = step_memory.memory_line(experiment.config, estimated, 2 * 2**30)
    assert line.endswith("training.gradient_accumulation 2 makes the same updates in less")
    line = step_memory.memory_line(experiment.config, estimated, 2**30)
    assert line.endswith("measured, 1.0 GiB of 3.0 GiB in all at the peak of a step")


def test_the_config_is_resolved_and_the_images_are_drawn_and_nothing_else_is_written(
    described, tmp_path
):
    experiment, description = described
    path = tmp_path / "resolved.yaml"
    path.write_text(description.config)
    assert load_config(path, {}, CHOICES).model.generator_channels == 16
    assert description.picture == experiment.run.path / "dry-run-reals.png"
    assert list(experiment.run.path.iterdir()) == [description.picture]
    with Image.open(description.picture) as picture:
        assert picture.width >= 8 * 8
