"""Every architecture with every penalty and every augmentation: a step, or a reason why not.

One step takes all penalties that the networks can serve, so that each pair is walked through the
gradients that it would have alone. The augmentations take turns; the slow tests walk them all.
"""

import functools

import numpy as np
import pytest
import tensorflow as tf

from gan_cli.assembly.objective import build_penalty
from gan_cli.assembly.resolving import resolve_for
from gan_cli.assembly.state import build_state
from gan_cli.assembly.step import build_step
from gan_cli.config.schema import Config, PenaltyConfig
from gan_cli.data.dataset import DataSplits, ImageDataset
from gan_cli.domains.images import Images
from gan_cli.domains.mixture import mixture_named
from gan_cli.domains.points import points_of
from gan_cli.errors import UserError
from gan_cli.models import ARCHITECTURES
from gan_cli.objectives import PENALTIES
from gan_cli.objectives.augment import AUGMENTATIONS
from gan_cli.objectives.penalties.penalty import DISCRIMINATOR, GENERATOR

BATCH = 4
POINTS = "points_mlp"
VIEWS = (None, *AUGMENTATIONS.names)


def data(architecture):
    rng = np.random.default_rng(0)
    if architecture == POINTS:
        images = rng.standard_normal((40, 1, 1, 2)).astype(np.float32)
    else:
        images = rng.integers(0, 256, (40, 8, 8, 3), dtype=np.uint8)
    labels = (np.arange(40) % 3).astype(np.int32)
    whole = ImageDataset(images, labels, ("a", "b", "c"), "x")
    domain = (
        points_of(mixture_named("ring8"))
        if architecture == POINTS
        else Images(whole.images.shape[1:])
    )
    return DataSplits(whole, whole, domain)


def build(architecture, **objective):
    """A step of tiny networks that are told labels and, in D, have to say them."""
    config = Config.model_validate(
        {
            "data": {"source": "points", "name": "ring8"}
            if architecture == POINTS
            else {"source": "npz", "path": "x"},
            "model": {
                "architecture": architecture,
                "conditional": True,
                "discriminator_conditioning": "auxiliary",
                "generator_channels": 4,
                "discriminator_channels": 4,
                "max_channels": 8,
                "latent_dim": 6,
                # Growing within a fade, where all of its parts are used.
                "options": {"stable_kimg": 0.0, "fade_kimg": 0.008}
                if architecture == "progan"
                else {},
            },
            "objective": objective,
            "training": {"batch_size": BATCH, "precision": "float32"},
        },
        strict=False,
    )
    splits = data(architecture)
    config = resolve_for(config, splits)
    state = build_state(config, 3)
    state.images_shown.assign(BATCH)
    return state, build_step(config, state, 3, splits.holdout)


@functools.cache
def built(architecture):
    return build(architecture, penalties=[])[0]


def reason(architecture, penalty, network):
    """What is wrong with this penalty here; None: nothing."""
    entry = PenaltyConfig(name=penalty, gamma=1.0)
    try:
        build_penalty(entry, built(architecture), network, kimg=1.0)
    except UserError as error:
        return str(error)
    return None


def possible(architecture, network):
    return [name for name in PENALTIES.names if reason(architecture, name, network) is None]


@pytest.mark.parametrize("architecture", ARCHITECTURES.names)
def test_a_penalty_is_refused_just_where_the_networks_cannot_serve_it(architecture):
    found = {}
    for penalty in PENALTIES.names:
        for network in (DISCRIMINATOR, GENERATOR):
            why = reason(architecture, penalty, network)
            if network not in PENALTIES.load(penalty).networks:
                other = GENERATOR if network == DISCRIMINATOR else DISCRIMINATOR
                assert f"'{penalty}' is for the {other}'s update" in why
            elif why:
                found[penalty] = why
    expected = {}
    if architecture != "fastgan":
        expected["reconstruction"] = "needs a discriminator with 'reconstruction_error'"
    if architecture != "stylegan2":
        expected["path_length"] = "needs a generator with styles"
    assert found.keys() == expected.keys()
    assert all(part in found[penalty] for penalty, part in expected.items())


def check_step(architecture, view):
    penalties = possible(architecture, DISCRIMINATOR)
    generator_penalties = possible(architecture, GENERATOR)
    assert len(penalties) >= 10
    state, step = build(
        architecture,
        loss="relativistic",
        penalties=[{"name": name} for name in penalties],
        generator_penalties=[{"name": name} for name in generator_penalties],
        augmentation=view and {"name": view, "probability": 0.7, "signal": "none"},
    )
    before = [np.array(v) for v in state.variables().values()]
    images = data(architecture).train.images[:BATCH]
    report = step(tf.constant(images), tf.constant([0, 1, 2, 0], tf.int32))
    names = {
        *(f"penalty/{name}" for name in penalties),
        *(f"generator_penalty/{name}" for name in generator_penalties),
    }
    assert names <= report.keys()
    assert all(np.isfinite(value) for value in report.values())
    after = [np.array(v) for v in state.variables().values()]
    assert all(np.isfinite(value).all() for value in after)
    moved = [not np.array_equal(old, new) for old, new in zip(before, after, strict=True)]
    assert sum(moved) > len(moved) / 2


def view_for(architecture):
    """The augmentations take turns over the architectures; points have none."""
    if architecture == POINTS:
        return None
    return VIEWS[ARCHITECTURES.names.index(architecture) % len(VIEWS)]


@pytest.mark.parametrize("architecture", ARCHITECTURES.names)
def test_a_step_with_every_penalty_that_goes_with_the_architecture(architecture):
    check_step(architecture, view_for(architecture))


@pytest.mark.slow
@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("architecture", [name for name in ARCHITECTURES.names if name != POINTS])
def test_a_step_with_every_penalty_and_every_augmentation(architecture, view):
    check_step(architecture, view)


@pytest.mark.parametrize("view", AUGMENTATIONS.names)
def test_points_are_not_augmented(view):
    with pytest.raises(UserError, match="is not available for points"):
        build(POINTS, augmentation={"name": view})


def test_every_penalty_is_met_with_some_architecture():
    met = {
        name
        for architecture in ("fastgan", "stylegan2")
        for network in (DISCRIMINATOR, GENERATOR)
        for name in possible(architecture, network)
    }
    assert met == set(PENALTIES.names)
