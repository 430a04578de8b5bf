"""Paths through the latent space, and what is drawn along them."""

import numpy as np
import pytest
import scipy.spatial
import scipy.stats
from gan_cli.cli.sampling import walk
from gan_cli.cli.sampling.studio import Studio
from gan_cli.media.sheets import named_sheet
from gan_cli.sampling.walks import circle_path, linear_path, spherical_path
from PIL import Image

from gan_cli.errors import UserError

NODES = np.random.default_rng(0).standard_normal((3, 6)).astype(np.float32)


@pytest.mark.parametrize("path", [linear_path, spherical_path])
@pytest.mark.parametrize("closed", [False, True])
def test_nodes_are_on_the_path_exactly(path, closed):
    walked = path(NODES, 5, closed)
    assert walked.shape == (15 if closed else 11, 6)
    assert walked.dtype == np.float32
    np.testing.assert_array_equal(walked[::5], NODES)


def test_a_straight_line():
    walked = linear_path(NODES, 4)
    np.testing.assert_allclose(walked[1], 0.75 * NODES[0] + 0.25 * NODES[1], rtol=1e-6)
    closed = linear_path(NODES, 4, closed=True)
    np.testing.assert_allclose(closed[-1], 0.25 * NODES[2] + 0.75 * NODES[0], rtol=1e-5)


def test_an_arc_equals_scipys_on_the_unit_sphere():
    pair = NODES[:2].astype(np.float64)
    pair /= np.linalg.norm(pair, axis=1, keepdims=True)
    expected = scipy.spatial.geometric_slerp(*pair, np.arange(8) / 7)
    np.testing.assert_allclose(spherical_path(pair, 7), expected, atol=1e-6)


@pytest.mark.parametrize("second", [NODES[0], 2 * NODES[0], -NODES[0], 0 * NODES[0]])
def test_arcs_that_are_none_are_straight(second):
    pair = np.stack([NODES[0], second])
    np.testing.assert_allclose(spherical_path(pair, 4), linear_path(pair, 4), atol=1e-6)


def test_points_of_a_circle_are_normal_and_it_closes():
    pairs = np.random.default_rng(1).standard_normal((2, 4000)).astype(np.float32)
    circle = circle_path(*pairs, 3)
    np.testing.assert_array_equal(circle[[0, 3, 6, 9]], [*pairs, -pairs[0], -pairs[1]])
    # 30 degrees on.
    np.testing.assert_allclose(circle[1], np.sqrt(0.75) * pairs[0] + 0.5 * pairs[1], atol=1e-6)
    for point in circle:
        assert scipy.stats.kstest(point, scipy.stats.norm().cdf).pvalue > 0.01
    steps = np.linalg.norm(circle - np.roll(circle, 1, axis=0), axis=1)
    # The two latents are only nearly at a right angle.
    np.testing.assert_allclose(steps, steps.mean(), rtol=0.05)


@pytest.fixture(scope="module")
def studio(digits_run):
    return Studio.open(str(digits_run), "latest")


def tiles(sheet, row, column):
    """One 12 x 10 image of an unnamed sheet of images enlarged five times."""
    small = np.asarray(sheet)[::5, ::5]
    return small[2 + 14 * row : 14 + 14 * row, 2 + 12 * column : 12 + 12 * column]


def options(**given):
    defaults = {"seed": 0, "seeds": None, "classes": None, "truncation": None, "loop": False}
    defaults["latents"] = None
    return type("Options", (), defaults | {"steps": 4} | given)


@pytest.mark.parametrize("kind", ["linear", "spherical", "circle"])
def test_a_walk_shows_the_seeds_own_images(studio, kind):
    work = walk.compose(studio, options(walk=kind, seeds="5,9", classes="3,7"), True)
    assert len(work.frames) == (16 if kind == "circle" else 5)
    for frame, seed in ((0, 5), (4, 9)):
        own = studio.images([seed] * 2, np.array([3, 7], np.int32))
        for column in range(2):
            np.testing.assert_array_equal(tiles(work.frames[frame], 0, column), own[column])


def test_a_walk_between_classes_shows_the_classes_own_images(studio):
    given = options(walk="classes", seeds="2,6,4", classes="3,7,0", truncation=0.8, loop=True)
    work = walk.compose(studio, given, True)
    assert len(work.frames) == 12
    for frame, label in ((0, 3), (4, 7), (8, 0)):
        own = studio.images([2, 6, 4], np.full(3, label, np.int32), 0.8)
        for column in range(3):
            np.testing.assert_array_equal(tiles(work.frames[frame], 0, column), own[column])
    # Between them lie neither the one nor the other.
    between = tiles(work.frames[2], 0, 0)
    assert not np.array_equal(between, tiles(work.frames[0], 0, 0))
    assert not np.array_equal(between, tiles(work.frames[4], 0, 0))


@pytest.mark.parametrize("conditioning", ["concat", "batch_norm"])
def test_a_mixture_of_classes_is_that_of_their_tables(studio, conditioning, monkeypatch):
    """Against a generator whose own tables were overwritten."""
    from gan_cli.assembly.loading import LoadedGenerator
    from gan_cli.assembly.networks import build_network

    loaded = studio.loaded
    model = loaded.config.model.model_copy(update={"generator_conditioning": conditioning})
    config = loaded.config.model_copy(update={"model": model})
    generator = build_network(config, "generator", 10)
    rng = np.random.default_rng(0)
    generator.set_weights([rng.normal(0.3, 0.2, w.shape) ** 2 for w in generator.get_weights()])
    mixed = Studio(
        studio.run, LoadedGenerator(generator, config, 10, loaded.class_names, "", 0, "")
    )
    latents = mixed.latents([1, 2])
    shares = np.zeros((1, 10))
    shares[0, [2, 5]] = 0.25, 0.75
    images = mixed.class_mixer(shares).images(latents, np.zeros(2, np.int32))
    own = mixed.sampler.images(latents, np.array([5, 5], np.int32))
    for weight in generator.weights:
        if weight.shape[0] == 10:
            table = weight.numpy()
            table[5] = 0.25 * table[2] + 0.75 * table[5]
            weight.assign(table)
    expected = mixed.sampler.images(latents, np.array([5, 5], np.int32))
    assert not np.array_equal(expected, own)
    assert np.abs(images.astype(int) - expected).max() <= 1


@pytest.mark.parametrize("ending", ["png", "gif", "apng", "webp", "mp4"])
@pytest.mark.parametrize("kind", ["spherical", "classes"])
def test_files_of_walks_have_their_frames_and_are_made_again(
    digits_run, gan_sample, tmp_path, ending, kind
):
    if ending == "mp4":
        pytest.importorskip("av")
    out = tmp_path / f"x.{ending}"
    flags = [f"--walk={kind}", "--seeds=1,2", "--classes=0,1", "--steps=3"]
    gan_sample("--run_dir", digits_run, "--out", out, *flags)
    if ending != "mp4":
        with Image.open(out) as image:
            assert getattr(image, "n_frames", 1) == (1 if ending == "png" else 4)
    status, printed = gan_sample("--inspect", out, "--run_dir", digits_run)
    assert status == 0, printed


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--walk=linear", "--out=x.npz"], "--out: must end in"),
        (["--walk=linear", "--out=x.gif", "--seeds=1"], "at least 2 seeds, got 1"),
        (["--walk=circle", "--out=x.gif", "--seeds=1-3"], "through two seeds, got 3"),
        (["--walk=classes", "--out=x.gif", "--classes=1"], "at least two --classes"),
        (["--walk=linear", "--out=x.gif", "--steps=5000"], "at most 4,096 images"),
    ],
)
def test_walks_that_cannot_be_are_refused(digits_run, gan_sample, flags, message):
    with pytest.raises(UserError, match=message):
        gan_sample("--run_dir", digits_run, *flags)


def test_names_stand_beside_their_rows_and_above_their_columns():
    images = np.zeros((3, 4, 32, 32, 3), np.uint8)
    plain = named_sheet(images)
    named = named_sheet(images, ["", "i", "→ é"], ["", "", "x", ""])
    left, above = named.width - plain.width, named.height - plain.height
    pixels = np.asarray(named).astype(int)[..., 0]
    np.testing.assert_array_equal(pixels[above:, left:], np.asarray(plain)[..., 0])
    inked = np.nonzero(pixels[above:, :left] < 128)[0]
    # The first row, of 2 + 68 pixels, has an empty name.
    assert inked.min() > 70
    assert inked.max() < above + 3 * 68
    columns = np.nonzero(pixels[:above, left:] < 128)[1]
    assert 4 + 2 * 68 < columns.min() <= columns.max() < 4 + 3 * 68
