"""What is wrong with a part of the user's own is one line, before a file is written."""

import pytest
from recording import Recording

import gan_cli
from gan_cli.errors import UserError
from gan_cli.experiment.experiment import Experiment

MODULE = """
import keras
import tensorflow as tf

from gan_cli.metrics.metric import Figure, Measurement, Metric
from gan_cli.models.contract import Architecture
from gan_cli.models.layers.conditioning import discriminator_inputs, generator_inputs
from gan_cli.objectives.augment.augmentation import Augmentation
from gan_cli.objectives.losses import Loss
from gan_cli.objectives.penalties.penalty import Penalty


def unequal(real, fake, target):
    return tf.matmul(real, fake)


LOSS = Loss(unequal, lambda real, fake: -fake)
SCALAR = Loss(lambda real, fake, target: tf.reduce_mean(fake), lambda real, fake: -fake)


def reads_nothing(update):
    return update.real_outputs["features"]


PENALTY = Penalty(reads_nothing, default_gamma=1.0)


def too_deep(spec):
    raise ValueError("128 layers are too many")


NETWORKS = Architecture(too_deep, too_deep, base_channels=8, learning_rate=1e-3)
NO_NETWORKS = Architecture(lambda s: 3, lambda s: 3, base_channels=8, learning_rate=1e-3)


def turns(images, probability, seed, policies):
    return images.rotate(90)


CHANGE = Augmentation(turns, ("turn",))


def opens(config):
    return [1, 2, 3]


def fails(config):
    return 1 / 0


def network(train, holdout):
    return None


NUMBER = Metric("mine", lambda sample, comparison, rng, thorough: 3.0)
NUMBERS = Metric("mine", lambda *images: Measurement({"grey": 3.0}))
BROKEN = Metric("mine", lambda sample, *others: sample.pixels)
"""
SMALL = {
    "training.kimg": 0.1,
    "training.batch_size": 10,
    "training.precision": "float32",
    "evaluation.num_samples": 20,
    "evaluation.features": "random",
    "model.latent_dim": 4,
    "model.generator_channels": 4,
    "model.discriminator_channels": 4,
}


@pytest.fixture
def config(tmp_path):
    (tmp_path / "own_parts.py").write_text(MODULE)
    (tmp_path / "mine.yaml").write_text("data: {source: builtin}")
    return tmp_path / "mine.yaml"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"objective.loss": "own_parts:unequal"},
            "loss 'own_parts:unequal': must be gan_cli.objectives.losses.Loss(discriminator,"
            " generator), got a function",
        ),
        (
            {"model.architecture": "own_parts:too_deep"},
            "architecture 'own_parts:too_deep': must be"
            " gan_cli.models.contract.Architecture(build_generator, build_discriminator), got a"
            " function",
        ),
        (
            {"evaluation.metrics": ["own_parts:opens"]},
            "metric 'own_parts:opens': must be gan_cli.metrics.metric.Metric(measure), got a"
            " function",
        ),
        (
            {"objective.loss": "own_parts:LOSS"},
            "objective.loss: the discriminator's function of 'own_parts:LOSS', called with three"
            " logits, fails: InvalidArgumentError: ",
        ),
        (
            {"objective.loss": "own_parts:SCALAR"},
            "objective.loss: the discriminator's function of 'own_parts:SCALAR' must return"
            " float32 [batch], a value for each example, got float32 []",
        ),
        (
            {"objective.penalties": [{"name": "own_parts:PENALTY"}]},
            "a training step with own_parts:PENALTY fails: KeyError: 'features' (own_parts.py,"
            " line 22)",
        ),
        (
            {"model.architecture": "own_parts:NETWORKS"},
            "model.architecture: build_generator of 'own_parts:NETWORKS' fails: ValueError: 128"
            " layers are too many (own_parts.py, line 29)",
        ),
        (
            {"model.architecture": "own_parts:NO_NETWORKS"},
            "model.architecture: build_generator of 'own_parts:NO_NETWORKS' must return a"
            " keras.Model, got int",
        ),
        (
            {"objective.augmentation": {"name": "own_parts:CHANGE"}},
            "a training step with own_parts:CHANGE fails: AttributeError: ",
        ),
        (
            {"data.source": "own_parts:opens"},
            "data.source: open of 'own_parts:opens' must return SourceSplits of"
            " gan_cli.data.collection, got list",
        ),
        (
            {"data.source": "own_parts:fails"},
            "data.source: open of 'own_parts:fails' fails: ZeroDivisionError: division by zero"
            " (own_parts.py, line 48)",
        ),
    ],
)
def test_a_wrong_part_is_one_line_and_leaves_no_file(config, changes, said):
    with pytest.raises(UserError) as caught:
        gan_cli.train(gan_cli.load_config(config, SMALL | changes), config.parent / "run")
    (problem,) = caught.value.problems
    assert problem.startswith(said)
    assert not (config.parent / "run").exists()


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    (folder / "own_parts.py").write_text(MODULE)
    (folder / "mine.yaml").write_text("data: {source: builtin}")
    config = gan_cli.load_config(folder / "mine.yaml", SMALL)
    return gan_cli.train(config, folder / "run")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            {"metrics": ("own_parts:NUMBER",)},
            "metric 'own_parts:NUMBER': must return Measurement({name: Figure(value, ...)}), got"
            " float",
        ),
        (
            {"metrics": ("own_parts:NUMBERS",)},
            "metric 'own_parts:NUMBERS': 'grey' must be Figure(value, higher_is_better), got float",
        ),
        (
            {"metrics": ("own_parts:BROKEN",)},
            "metric 'own_parts:BROKEN' fails: AttributeError: 'Sample' object has no attribute"
            " 'pixels' (own_parts.py, line 57)",
        ),
        (
            {"features": "own_parts:network"},
            "feature network 'own_parts:network': must return a FeatureNetwork of"
            " gan_cli.metrics.features.network, got NoneType",
        ),
    ],
)
def test_what_an_evaluation_gets_from_a_part_is_checked(trained, settings, said):
    with pytest.raises(UserError) as caught:
        trained.evaluate(checkpoint="latest", **settings)
    assert caught.value.problems == (said,)


def test_faults_of_our_own_keep_their_traceback():
    from gan_cli.registry import own_code

    with pytest.raises(ZeroDivisionError), own_code("a step", "hinge"):
        raise ZeroDivisionError


FINE = """
from gan_cli.models.contract import Architecture
from gan_cli.models.mlp import ARCHITECTURE as MLP
from gan_cli.objectives.losses import Loss
import dataclasses, keras, tensorflow as tf

LOSS = Loss(lambda real, fake, target: fake - real, lambda real, fake: -fake)


def lost(spec):
    network = MLP.build_discriminator(spec)
    root = keras.layers.Lambda(lambda x: tf.sqrt(-1.0 - x**2))
    return keras.Model(network.inputs, root(network.output))


LOST = dataclasses.replace(MLP, build_discriminator=lost)
"""


def test_own_parts_that_pass_are_said_to_and_a_dry_run_finds_values_that_are_lost(tmp_path):
    (tmp_path / "fine_parts.py").write_text(FINE)
    (tmp_path / "mine.yaml").write_text("data: {source: builtin, max_images: 100}")
    heard = Recording()
    fine = SMALL | {"objective.loss": "fine_parts:LOSS"}
    config = gan_cli.load_config(tmp_path / "mine.yaml", fine)
    Experiment.open(config, tmp_path / "run", listener=heard).describe()
    assert any(line.endswith("a traced step): fine_parts:LOSS") for line in heard.messages)
    lost = gan_cli.load_config(
        tmp_path / "mine.yaml", SMALL | {"model.architecture": "fine_parts:LOST"}
    )
    with pytest.raises(
        UserError, match=r"discriminator_loss, .*is not finite; .*: fine_parts:LOST"
    ):
        Experiment.open(lost, tmp_path / "run").describe()
