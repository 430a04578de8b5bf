"""Gradient accumulation: what cannot be split, and what sees a slice in place of the batch."""

import numpy as np
import pytest
import tensorflow as tf

from gan_cli.assembly.resolving import resolve_for
from gan_cli.assembly.slicing import check_slices, next_slice_count, slicing_notes
from gan_cli.assembly.state import build_state
from gan_cli.assembly.step import build_step
from gan_cli.config.schema import Config
from gan_cli.data.dataset import DataSplits, ImageDataset
from gan_cli.domains.images import Images
from gan_cli.errors import UserError
from gan_cli.objectives.losses import RELATIVISTIC, Loss
from gan_cli.objectives.penalties.generator import PATH_LENGTH
from gan_cli.training.objective import LazyPenalty, Objective


def resolved(architecture="mlp", pack=1, options=None, **training):
    images = ImageDataset(np.zeros([40, 8, 8, 1], np.uint8), None, (), "x")
    config = Config.model_validate(
        {
            "data": {"source": "npz", "path": "x"},
            "model": {
                "architecture": architecture,
                "pack": pack,
                "generator_channels": 4,
                "discriminator_channels": 4,
                "max_channels": 8,
                "options": options or {},
            },
            "objective": {"augmentation": None},
            "training": {"batch_size": 12, "precision": "float32"} | training,
        },
        strict=False,
    )
    return resolve_for(config, DataSplits(images, images, Images((8, 8, 1))))


@pytest.mark.parametrize(
    ("slices", "arguments", "replicas", "message"),
    [
        (5, {}, 1, "12 cannot be split into 5 equal slices; 2, 3, 4, 6 or 12 would fit"),
        (4, {"pack": 2}, 1, "into 4 equal slices of packs of 2; 2, 3 or 6 would fit"),
        (4, {}, 2, "into 4 equal slices of 2 devices; 2, 3 or 6 would fit"),
        (2, {"batch_size": 7}, 1, "into 2 equal slices; 7 would fit"),
        (2, {"batch_size": 1}, 1, "into 2 equal slices; no other number than 1 would fit"),
    ],
)
def test_a_batch_that_cannot_be_split_is_one_line(slices, arguments, replicas, message):
    config = resolved(gradient_accumulation=slices, **arguments)
    with pytest.raises(UserError) as found:
        check_slices(config, Objective(RELATIVISTIC), replicas)
    (line,) = found.value.problems
    assert line.startswith("training.gradient_accumulation: training.batch_size")
    assert line.endswith(message)


def test_path_lengths_are_measured_of_pairs():
    config = resolved(gradient_accumulation=4)
    path_length = LazyPenalty("path_length", PATH_LENGTH, 1.0)
    with pytest.raises(UserError, match="slices of pairs for path_length; 2, 3 or 6 would fit"):
        check_slices(config, Objective(RELATIVISTIC, generator_penalties=[path_length]), 1)


def test_a_loss_that_compares_images_must_say_so():
    def discriminator(real_logits, fake_logits, real_target):
        return tf.nn.softplus(tf.reduce_mean(fake_logits) - real_logits)

    loss = Loss(discriminator, RELATIVISTIC.generator)
    config = resolved(gradient_accumulation=4)
    with pytest.raises(UserError, match="must have compares_images=True"):
        check_slices(config, Objective(loss), 1)
    said = Loss(discriminator, RELATIVISTIC.generator, compares_images=True)
    check_slices(config, Objective(said), 1)
    check_slices(resolved(), Objective(loss), 1)


def test_the_step_is_checked_as_it_is_built():
    config = resolved(gradient_accumulation=5)
    held_out = ImageDataset(np.zeros([0, 8, 8, 1], np.uint8), None, (), "x")
    with pytest.raises(UserError, match="cannot be split into 5 equal slices"):
        build_step(config, build_state(config, 0), 0, held_out)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"architecture": "mlp", "gradient_accumulation": 3}, None),
        ({"architecture": "dcgan"}, None),
        (
            {"architecture": "dcgan", "gradient_accumulation": 3},
            "batch normalisation sees 4 images at a time instead of 12",
        ),
        # Of 12 images and of 4 alike, groups have four.
        ({"architecture": "progan", "gradient_accumulation": 3}, None),
        (
            {"architecture": "progan", "gradient_accumulation": 6},
            "minibatch standard deviation sees 2 images at a time instead of 12",
        ),
        (
            {
                "architecture": "dcgan",
                "gradient_accumulation": 2,
                "options": {"minibatch_discrimination": 5},
            },
            "batch normalisation and minibatch discrimination see 6 images",
        ),
    ],
)
def test_layers_that_look_at_a_batch_are_named(arguments, expected):
    config = resolved(**arguments)
    state = build_state(config, 0)
    notes = slicing_notes(config, (state.generator, state.discriminator))
    assert len(notes) == (expected is not None)
    assert expected is None or expected in notes[0]


def test_the_next_number_of_slices():
    assert next_slice_count(resolved()) == 2
    assert next_slice_count(resolved(gradient_accumulation=4)) == 6
    assert next_slice_count(resolved(batch_size=8, pack=8)) is None
