"""Runs that start from the weights of others, weight by weight."""

import keras
import numpy as np
import pytest

from gan_cli.assembly.transfer import COPIED, FRESH, WIDENED, NetworkFacts, match_weights
from gan_cli.models import ARCHITECTURES
from gan_cli.models.contract import LABEL_EMBEDDING, ModelSpec
from gan_cli.models.weight_places import finest_weights, placed_weights

SIZED = ("conv", "stylegan2", "r3gan", "progan")


def facts(channels=1, classes=()):
    return NetworkFacts(channels, 8, classes)


def build(name, network, side=16, channels=1, classes=(), seed=0):
    keras.utils.set_random_seed(seed)
    architecture = ARCHITECTURES.load(name)
    conditioning = getattr(architecture, f"{network}_conditioning", None)
    spec = ModelSpec(
        height=side,
        width=side,
        channels=channels,
        latent_dim=8,
        num_classes=len(classes),
        base_channels=8,
        conditioning=conditioning or getattr(architecture, f"{network}_conditionings")[0],
        max_channels=8,
        options=dict(architecture.options),
    )
    return getattr(architecture, f"build_{network}")(spec)


def transfer(source, target, was, becomes):
    """Assigns the values, and returns what became of each weight by its place."""
    matches, values = match_weights(source, target, was, becomes)
    for variable, value in values:
        variable.assign(value)
    return {match.weight: match.how for match in matches}


def by_place(model):
    return {str(each.place): np.asarray(each.variable) for each in placed_weights(model)}


@pytest.mark.parametrize("network", ["generator", "discriminator"])
@pytest.mark.parametrize("name", [n for n in ARCHITECTURES.names if n != "musegan"])
def test_equal_networks_take_over_every_weight(name, network):
    side = 1 if name == "points_mlp" else 256 if name == "fastgan" else 32
    if name in ("points_mlp", "fastgan"):
        pytest.skip("has data, or a size, of its own")
    source, target = (build(name, network, side, seed=seed) for seed in (0, 1))
    how = transfer(source, target, facts(), facts())
    assert set(how.values()) == {COPIED}
    for one, other in zip(source.variables, target.variables, strict=True):
        if "seed_generator" not in one.path:
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("network", ["generator", "discriminator"])
@pytest.mark.parametrize("name", SIZED)
@pytest.mark.parametrize(("before", "after"), [(16, 32), (32, 16)])
def test_networks_of_other_sizes_share_the_coarse_levels(name, network, before, after):
    source, target = build(name, network, before), build(name, network, after, seed=1)
    how = transfer(source, target, facts(), facts())
    old, new = by_place(source), by_place(target)
    copied = [place for place, what in how.items() if what == COPIED]
    assert len(copied) >= 0.5 * len(how)
    coarse = [place for place in copied if place.startswith(("level 0/", "level 1/"))]
    assert coarse
    for place in coarse:
        if place not in old or old[place].shape != new[place].shape:
            # The layer beside the image, which stands at another level there.
            continue
        np.testing.assert_array_equal(new[place], old[place])


def test_rows_of_classes_are_matched_by_name_and_new_ones_start_at_the_mean():
    before, after = ("cat", "dog", "owl"), ("owl", "bee", "cat", "elk")
    source = build("conv", "discriminator", classes=before)
    target = build("conv", "discriminator", classes=after, seed=1)
    transfer(source, target, facts(classes=before), facts(classes=after))
    old = np.asarray(source.get_layer(LABEL_EMBEDDING).embeddings)
    new = np.asarray(target.get_layer(LABEL_EMBEDDING).embeddings)
    np.testing.assert_array_equal(new, [old[2], old.mean(0), old[0], old.mean(0)])


def test_classes_in_another_order_keep_their_rows():
    source = build("conv", "generator", classes=("a", "b"))
    target = build("conv", "generator", classes=("b", "a"), seed=1)
    transfer(source, target, facts(classes=("a", "b")), facts(classes=("b", "a")))
    old = np.asarray(source.get_layer(LABEL_EMBEDDING).embeddings)
    new = np.asarray(target.get_layer(LABEL_EMBEDDING).embeddings)
    np.testing.assert_array_equal(new, old[::-1])


@pytest.mark.parametrize("name", SIZED)
@pytest.mark.parametrize(("before", "after"), [(1, 3), (3, 4), (3, 1)])
def test_other_channels_keep_the_scale(name, before, after):
    """A gray picture, repeated in all channels, has the same logit and the same image."""
    gray = np.random.default_rng(0).uniform(-1, 1, (2, 16, 16, 1)).astype(np.float32)
    source = build(name, "discriminator", channels=before)
    target = build(name, "discriminator", channels=after, seed=1)
    how = transfer(source, target, facts(before), facts(after))
    assert FRESH not in how.values()
    assert WIDENED in how.values()
    seen = [np.asarray(m(np.repeat(gray, c, 3))) for m, c in ((source, before), (target, after))]
    np.testing.assert_allclose(seen[1], seen[0], rtol=2e-4, atol=2e-5)

    source = build(name, "generator", channels=before)
    target = build(name, "generator", channels=after, seed=1)
    transfer(source, target, facts(before), facts(after))
    latents = np.random.default_rng(1).standard_normal((2, 8)).astype(np.float32)
    first, second = (np.asarray(m(latents, training=False)) for m in (source, target))
    if after == 3:
        np.testing.assert_allclose(second, first[..., [0, 0, 0]], atol=1e-5)
    elif after == 4:
        np.testing.assert_allclose(second[..., :3], first, atol=1e-5)


def test_an_unconditional_generator_starts_a_conditional_one():
    """Labels have no effect at first: every class gives the image that the latents gave."""
    classes = ("a", "b", "c")
    source = build("conv", "generator")
    target = build("conv", "generator", classes=classes, seed=1)
    how = transfer(source, target, facts(), facts(classes=classes))
    assert [place for place, what in how.items() if what == FRESH] == [
        "label_embedding/0/embeddings"
    ]
    latents = np.random.default_rng(1).standard_normal((3, 8)).astype(np.float32)
    labels = np.array([0, 1, 2], np.int32)
    first, second = source(latents), target([latents, labels])
    np.testing.assert_allclose(second, first, atol=1e-6)


def test_the_finest_levels_are_those_beside_the_image():
    model = build("conv", "discriminator", side=32)
    first = model.trainable_variables[:2]
    assert {id(v) for v in finest_weights(model, 1)} == {id(v) for v in first}
    assert len(finest_weights(model, 2)) > 2
    assert len(finest_weights(model, 9)) < len(model.trainable_variables)
