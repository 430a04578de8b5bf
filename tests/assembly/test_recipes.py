"""Each recipe in configs/: it can be built, and, small, takes fifty steps in mixed precision."""

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_cli.assembly.networks import build_network
from gan_cli.assembly.resolving import resolve_for
from gan_cli.assembly.state import build_state
from gan_cli.assembly.step import build_step
from gan_cli.catalog import CHOICES
from gan_cli.config.load import load_config
from gan_cli.data.dataset import DataSplits, ImageDataset
from gan_cli.data.sources import domain_of
from gan_cli.domains.images import Images

CONFIGS = Path(__file__).parent.parent.parent / "configs"
# Phrases and strings have shapes of their own, which no resized picture has.
OTHER_SAMPLES = (
    *("band", "chorales", "musegan", "songs"),
    *("gulrajani_language", "surnames", "surnames_by_country"),
)
RECIPES = sorted(path for path in CONFIGS.glob("*.yaml") if path.stem not in OTHER_SAMPLES)
STEPS, BATCH, SIDE = 50, 8, 16


def splits(config):
    """Smooth pictures, or points, with labels."""
    rng = np.random.default_rng(0)
    domain = None
    if config.data.source == "points":
        domain = domain_of(config.data)
        images = rng.standard_normal((80, 1, 1, 2)).astype(np.float32)
    else:
        coarse = rng.integers(0, 256, (80, 4, 4, config.data.channels or 1), dtype=np.uint8)
        images = coarse.repeat(SIDE // 4, axis=1).repeat(SIDE // 4, axis=2)
    whole = ImageDataset(images, (np.arange(80) % 4).astype(np.int32), tuple("abcd"), "x")
    return DataSplits(whole, whole, domain or Images(whole.images.shape[1:]))


def small(path, precision):
    overrides = [
        "model.generator_channels=8",
        "model.discriminator_channels=8",
        "model.max_channels=16",
        f"training.batch_size={BATCH}",
        f"training.precision={precision}",
    ]
    config = load_config(path, overrides, CHOICES)
    if config.data.source != "points":
        config = load_config(path, [*overrides, f"data.image_size={SIDE}"], CHOICES)
    if "stable_kimg" in config.model.options:
        # Through all of its stages in the fifty steps.
        stages = ["model.options.stable_kimg=0.08", "model.options.fade_kimg=0.08"]
        config = load_config(path, [*overrides, f"data.image_size={SIDE}", *stages], CHOICES)
    return config


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_each_recipe_can_be_built(path):
    config = small(path, "float32")
    data = splits(config)
    config = resolve_for(config, data)
    state = build_state(config, 4)
    step = build_step(config, state, 4, data.holdout)
    assert step.images_per_step == config.training.batch_size * config.objective.n_critic
    assert {"generator_loss", "discriminator_loss"} < set(step.report_names)


@pytest.mark.slow
@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_each_recipe_can_be_built_at_its_own_size(path):
    config = load_config(path, [], CHOICES)
    height, width = config.data.image_size or (28, 28)
    if config.data.source != "points":
        images = np.zeros((80, height, width, config.data.channels or 1), np.uint8)
        labels = (np.arange(80) % 4).astype(np.int32)
        whole = ImageDataset(images, labels, tuple("abcd"), "x")
        config = resolve_for(config, DataSplits(whole, whole, Images(whole.images.shape[1:])))
        for network in ("generator", "discriminator"):
            model = build_network(config, network, 4)
            assert 10_000 < model.count_params() < 200_000_000


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_fifty_steps_in_mixed_precision_keep_every_weight_finite(path, precision):
    config = small(path, precision)
    data = splits(config)
    config = resolve_for(config, data)
    state = build_state(config, 4)
    step = build_step(config, state, 4, data.holdout)
    compiled = tf.function(step, autograph=False)
    rng = np.random.default_rng(0)
    before = [w.copy() for w in state.generator.get_weights()]
    images, labels = data.train.images, data.train.labels
    for _ in range(STEPS):
        chosen = rng.integers(0, len(images), step.reals_per_step)
        compiled(tf.constant(images[chosen]), tf.constant(labels[chosen]))
    for name, variable in state.variables().items():
        assert np.isfinite(np.asarray(variable)).all(), name
    if precision == "mixed_float16":
        updates = {
            state.generator_optimizer: STEPS,
            state.discriminator_optimizer: STEPS * config.objective.n_critic,
        }
        for optimizer, count in updates.items():
            assert isinstance(optimizer, keras.optimizers.LossScaleOptimizer)
            # From 2^15, it halves where an update overflows: one of ten may.
            assert float(optimizer.dynamic_scale) >= 2.0 ** (15 - count // 10)
    after = state.generator.get_weights()
    assert any(not np.array_equal(old, new) for old, new in zip(before, after, strict=True))
