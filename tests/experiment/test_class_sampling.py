"""Real images drawn evenly over the classes, by seed and position alone."""

import numpy as np
import pytest

from gan_cli.catalog import CHOICES
from gan_cli.config.schema import Config
from gan_cli.data.dataset import ImageDataset
from gan_cli.data.pipeline import training_batches
from gan_cli.experiment.experiment import Experiment
from gan_cli.experiment.run import run_experiment
from gan_cli.listener import Listener

LABELS = np.array([0] * 90 + [1] * 9 + [2] * 3, np.int32)


class Recording(Listener):
    def __init__(self):
        self.messages = []

    def message(self, text):
        self.messages.append(text)


def config(class_sampling, label_sampling):
    sections = {
        "data": {"source": "builtin", "max_images": 200, "class_sampling": class_sampling},
        "model": {
            "architecture": "mlp",
            "latent_dim": 4,
            "conditional": True,
            "label_sampling": label_sampling,
        },
        "objective": {"penalties": [], "augmentation": None},
        "training": {"batch_size": 4, "kimg": 0.032, "steps_per_call": 4, "precision": "float32"},
        "evaluation": {"every_kimg": 0},
    }
    return Config.model_validate(sections, context=CHOICES)


@pytest.fixture
def dataset():
    images = np.arange(len(LABELS), dtype=np.uint8).reshape(-1, 1, 1, 1)
    return ImageDataset(images, LABELS, ("a", "b", "c"), "")


def shown(dataset, count, seed=1, first_image=0):
    batches = training_batches(dataset, 17, seed, first_image, even_classes=True)
    found = [batch for batch in batches.take(count // 17)]
    images = np.concatenate([batch["images"].numpy().ravel() for batch in found])
    labels = np.concatenate([batch["labels"].numpy().ravel() for batch in found])
    return images, labels


def test_an_epoch_has_every_class_equally_often_and_its_images_take_turns(dataset):
    images, labels = shown(dataset, 102)
    assert np.bincount(labels).tolist() == [34, 34, 34]
    np.testing.assert_array_equal(labels, LABELS[images])
    times = np.bincount(images, minlength=102)
    assert times[:90].max() == 1
    assert set(times[90:99]) == {3, 4}
    assert set(times[99:]) == {11, 12}


def test_the_order_depends_on_seed_and_position_alone(dataset):
    whole, _ = shown(dataset, 204)
    np.testing.assert_array_equal(shown(dataset, 102, first_image=51)[0], whole[51:153])
    assert (shown(dataset, 204, seed=2)[0] != whole).any()


@pytest.mark.parametrize(
    ("class_sampling", "label_sampling", "warns"),
    [("data", "uniform", True), ("uniform", "uniform", False), ("data", "data", False)],
)
def test_generated_classes_that_are_more_even_than_real_ones_are_warned_of(
    tmp_path, class_sampling, label_sampling, warns
):
    heard = Recording()
    Experiment.open(config(class_sampling, label_sampling), tmp_path, listener=heard)
    assert any("label_sampling: uniform" in line for line in heard.messages) == warns


def test_a_run_trains_with_even_classes(tmp_path):
    outcome = run_experiment(config("uniform", "data"), tmp_path)
    assert (outcome.ending, outcome.images_shown) == ("finished", 32)
