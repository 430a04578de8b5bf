"""What the composition root refuses, and what it wires together."""

import math

import numpy as np
import pytest
import tensorflow as tf

from gan_cli.assembly.resolving import resolve_for
from gan_cli.assembly.state import build_state
from gan_cli.assembly.step import build_step
from gan_cli.config.schema import Config
from gan_cli.data.dataset import DataSplits, ImageDataset
from gan_cli.domains.images import Images
from gan_cli.errors import UserError
from gan_cli.registry import look_in
from gan_cli.training.distribution import Distribution


def images(count):
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (count, 12, 12, 1), dtype=np.uint8)
    return ImageDataset(pixels, (np.arange(count) % 3).astype(np.int32), ("a", "b", "c"), "x")


DATA = DataSplits(images(60), images(20), Images((12, 12, 1)))


def step_of(model=(), objective=(), **training):
    config = Config.model_validate(
        {
            "data": {"source": "npz", "path": "x"},
            "model": {"generator_channels": 8, "discriminator_channels": 8, "latent_dim": 6}
            | dict(model),
            "objective": dict(objective),
            "training": {"batch_size": 8, "precision": "float32"} | training,
        },
        strict=False,
    )
    config = resolve_for(config, DATA)
    state = build_state(config, 3)
    return config, build_step(config, state, 3, DATA.holdout)


@pytest.mark.parametrize(
    ("model", "objective", "message"),
    [
        ({}, {"generator_penalties": [{"name": "path_length"}]}, "needs a generator with styles"),
        ({}, {"generator_penalties": [{"name": "r1"}]}, "'r1' is for the discriminator's update"),
        ({}, {"penalties": [{"name": "feature_matching"}]}, "is for the generator's update"),
        ({}, {"penalties": [{"name": "reconstruction"}]}, "with 'reconstruction_error'"),
        ({"pack": 3}, {}, r"model.pack: must divide training.batch_size \(8\), got 3"),
        ({"pack": 2, "conditional": True}, {}, "model.pack: images of several labels"),
        (
            {},
            {"augmentation": {"name": "ada", "signal": "real_sign"}},
            "means nothing under loss .relativistic.",
        ),
        ({}, {"augmentation": {"name": "ada", "policies": ["x"]}}, "unknown 'x'"),
        (
            {"architecture": "mlp", "conditional": True, "generator_conditioning": "batch_norm"},
            {},
            "architecture 'mlp' has concat, got 'batch_norm'",
        ),
    ],
)
def test_parts_that_do_not_go_together_are_refused(model, objective, message):
    with pytest.raises(UserError, match=message):
        step_of(model, objective)


def test_an_auxiliary_classifier_brings_its_penalty_for_both_networks():
    config, step = step_of({"conditional": True, "discriminator_conditioning": "auxiliary"})
    for entries in (config.objective.penalties, config.objective.generator_penalties):
        assert [entry.gamma for entry in entries if entry.name == "auxiliary_classifier"] == [1.0]
    report = step(DATA.train.images[:8], DATA.train.labels[:8])
    assert set(report) == set(step.report_names)
    # Three classes, and a classifier that knows nothing yet: log 3 for each kind of images.
    assert float(report["penalty/auxiliary_classifier"]) == pytest.approx(2 * np.log(3), rel=0.3)


@pytest.mark.parametrize(
    ("loss", "signal"),
    [("relativistic", "held_out_ratio"), ("hinge", "real_sign")],
)
def test_ada_follows_what_suits_the_loss_and_reports_its_probability(loss, signal):
    _, step = step_of(objective={"loss": loss, "augmentation": {"name": "ada"}})
    assert step.augmentation.signal == signal
    step.augmentation.probability.assign(0.25)
    for _ in range(4):
        report = step(DATA.train.images[:8], DATA.train.labels[:8])
        assert set(report) == set(step.report_names)
        assert all(np.isfinite(value) for value in report.values())
    moved = 8 * 4 / 500_000
    assert abs(float(step.augmentation.probability) - 0.25) == pytest.approx(moved, rel=1e-2)


def test_every_penalty_remembers_in_the_state_that_is_saved():
    _, step = step_of(
        objective={
            "penalties": [{"name": "lecam"}, {"name": "historical_averaging"}],
            "generator_penalties": [{"name": "historical_averaging", "gamma": 0.1}],
        }
    )
    step(DATA.train.images[:8], DATA.train.labels[:8])
    saved = step.state.variables()
    assert float(saved["memory/discriminator/lecam/real"]) != 0
    assert float(saved["memory/generator/historical_averaging/count"]) == 1
    assert float(saved["memory/discriminator/historical_averaging/count"]) == 1


@pytest.mark.parametrize(
    ("model", "training", "message"),
    [
        ({}, {"batch_size": 10}, "must divide evenly among 4 replicas; got 10"),
        ({"pack": 4}, {}, "must divide evenly among 4 replicas in packs of 4; got 8"),
        ({}, {"xla": True}, "training.xla: is for one device"),
    ],
)
def test_what_cannot_be_shared_among_replicas_is_refused(model, training, message):
    config, _ = step_of(model, **training)
    four = Distribution()
    four.replicas = 4
    with pytest.raises(UserError, match=message):
        build_step(config, build_state(config, 3), 3, DATA.holdout, four)


def test_what_moves_is_at_its_place_in_every_step():
    """gamma, beta 2, the half-life of the average and the augmentation: Huang et al. 2024."""
    adam = {"beta_2": {"start": 0.5, "end": 0.9, "until_kimg": 0.032}}
    moving, fixed = (
        step_of(
            objective={
                "penalties": [{"name": "r1", "gamma": gamma}, {"name": "r2", "gamma": gamma}],
                "augmentation": {"name": "diffaugment", "probability": probability},
            },
            generator_optimizer={"learning_rate": 1e-9} | adam,
            discriminator_optimizer={"learning_rate": 1e-9} | adam,
            learning_rate_schedule={"name": "cosine", "final_factor": 0.0, "until_kimg": 0.064},
            ema_half_life_kimg=half_life,
            ema_ramp_up=None,
            kimg=0.064,
        )[1]
        for gamma, probability, half_life in (
            ({"start": 4.0, "end": 1.0}, {"start": 0.0, "end": 1.0}, {"start": 0.0, "end": 2.0}),
            (1.0, 0.5, 1.0),
        )
    )
    images, labels = tf.constant(DATA.train.images[:8]), tf.constant(DATA.train.labels[:8])
    # Halfway; beta 2 has arrived by then.
    for step in (moving, fixed):
        step.state.images_shown.assign(32)
        step.state.generator_ema.trainable_variables[0].assign_add(
            tf.ones(step.state.generator_ema.trainable_variables[0].shape)
        )
    reports = [step(images, labels) for step in (moving, fixed)]
    for name in ("penalty/r1", "penalty/r2"):
        assert float(reports[0][name]) == pytest.approx(2.5 * float(reports[1][name]), rel=1e-4)
    assert float(reports[0]["augmentation_probability"]) == pytest.approx(0.5)
    for optimizer in (moving.state.generator_optimizer, moving.state.discriminator_optimizer):
        assert float(optimizer.beta_2.numpy()) == pytest.approx(0.9)
        assert float(optimizer.learning_rate.numpy()) == pytest.approx(0.5e-9)
    # The average's half-life is that of the images shown by the end of the step.
    half_life = 2000 * (1 - math.cos(math.pi * 40 / 64)) / 2
    ema, weight = (
        np.array(model.trainable_variables[0])
        for model in (moving.state.generator_ema, moving.state.generator)
    )
    np.testing.assert_allclose(ema - weight, 0.5 ** (8 / half_life), rtol=1e-4)


ARCHITECTURES_OF_NOTHING = """
from dataclasses import replace
from gan_cli.models.mlp import ARCHITECTURE
G = replace(ARCHITECTURE, build_generator=lambda spec: None)
D = replace(ARCHITECTURE, build_discriminator=lambda spec: [1])
"""


@pytest.mark.parametrize(
    ("part", "network", "got"),
    [("G", "gen", "nothing: is its 'return' missing?"), ("D", "discr", "list")],
)
def test_an_architecture_that_builds_no_model_is_one_line(tmp_path, part, network, got):
    (tmp_path / "builds_nothing.py").write_text(ARCHITECTURES_OF_NOTHING)
    look_in(tmp_path)
    with pytest.raises(UserError) as caught:
        step_of(model={"architecture": f"builds_nothing:{part}"})
    (problem,) = caught.value.problems
    assert problem.startswith(f"model.architecture: build_{network}")
    assert problem.endswith(f"of 'builds_nothing:{part}' must return a keras.Model, got {got}")
