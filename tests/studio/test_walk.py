"""Walks: what their frames and strips show."""

import dataclasses

import numpy as np
import pytest
from PIL import Image

from gan_cli.assembly.networks import build_network
from gan_cli.domains.grid import image_grid
from gan_cli.domains.tile_layout import TileLayout
from gan_cli.errors import UserError
from gan_cli.listener import Listener
from gan_cli.studio.class_mixer import class_mixer
from gan_cli.studio.dispatch import draw
from gan_cli.studio.draw.walk import draw_walk
from gan_cli.studio.picture_requests import Walk
from gan_cli.studio.studio import Studio


@pytest.fixture(scope="module")
def studio(digits_run):
    return Studio.open(str(digits_run), "latest")


def tiles(sheet, row, column, tracks):
    """One 12 x 10 image of an unnamed sheet, enlarged to about 192 pixels in a pair, or to 128."""
    factor = {2: 16, 3: 11}[tracks]
    small = np.asarray(sheet)[::factor, ::factor]
    return small[2 + 14 * row : 14 + 14 * row, 2 + 12 * column : 12 + 12 * column]


@pytest.mark.parametrize("kind", ["linear", "spherical", "circle"])
def test_a_walk_shows_the_seeds_own_images(studio, kind):
    drawing = draw_walk(studio, Walk(kind, steps=4, seeds=(5, 9), classes=(3, 7)))
    assert len(drawing.frames) == (16 if kind == "circle" else 5)
    for frame, seed in ((0, 5), (4, 9)):
        own = studio.labelled_images([seed] * 2, np.array([3, 7], np.int32))
        for column in range(2):
            shown = tiles(drawing.frames[frame], 0, column, tracks=2)
            np.testing.assert_array_equal(shown, own[column])


def test_a_walk_between_classes_shows_the_classes_own_images(studio):
    request = Walk(
        "classes", steps=4, seeds=(2, 6, 4), classes=("3", "7", "0"), truncation=0.8, loop=True
    )
    drawing = draw_walk(studio, request)
    assert len(drawing.frames) == 12
    for frame, label in ((0, 3), (4, 7), (8, 0)):
        own = studio.labelled_images([2, 6, 4], np.full(3, label, np.int32), 0.8)
        for column in range(3):
            shown = tiles(drawing.frames[frame], 0, column, tracks=3)
            np.testing.assert_array_equal(shown, own[column])
    # Between them lie neither the one nor the other.
    between = tiles(drawing.frames[2], 0, 0, 3)
    assert not np.array_equal(between, tiles(drawing.frames[0], 0, 0, 3))
    assert not np.array_equal(between, tiles(drawing.frames[4], 0, 0, 3))


@pytest.mark.parametrize("conditioning", ["concat", "batch_norm"])
def test_a_mixture_of_classes_is_that_of_their_tables(studio, conditioning):
    """Against a generator whose own tables were overwritten."""
    loaded = studio.loaded
    model = loaded.config.model.model_copy(update={"generator_conditioning": conditioning})
    config = loaded.config.model_copy(update={"model": model})
    generator = build_network(config, "generator", 10)
    rng = np.random.default_rng(0)
    generator.set_weights([rng.normal(0.3, 0.2, w.shape) ** 2 for w in generator.get_weights()])
    mixed = Studio(studio.run, dataclasses.replace(loaded, generator=generator, config=config))
    latents = mixed.latents([1, 2])
    shares = np.zeros((1, 10))
    shares[0, [2, 5]] = 0.25, 0.75
    images = class_mixer(mixed, shares).images(latents, np.zeros(2, np.int32))
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
        (["--walk=classes", "--out=x.gif", "--classes=1"], "at least two classes"),
        (["--walk=linear", "--out=x.gif", "--steps=5000"], "at most 4,096 images"),
    ],
)
def test_walks_that_cannot_be_are_refused(digits_run, gan_sample, flags, message):
    with pytest.raises(UserError, match=message):
        gan_sample("--run_dir", digits_run, *flags)


def test_each_image_of_a_mosaic_walks_through_seeds_of_its_own(studio):
    """The first frame shows the first seeds, the last frame the last ones."""
    request = Walk("linear", steps=3, seeds=range(10, 22), shape=(2, 3), classes=(1, 5), scale=2)
    frames = draw_walk(studio, request).frames
    assert len(frames) == 4
    for frame, first in ((frames[0], 10), (frames[-1], 16)):
        own = studio.images(range(first, first + 6), (1, 5))
        expected = image_grid(own, 3, TileLayout(scale=2))
        np.testing.assert_array_equal(np.asarray(frame), np.asarray(expected))


def test_a_single_image_has_a_frame_only_in_pictures_of_earlier_versions(studio):
    height, width = studio.images(3, (4,)).shape[1:3]
    walk = Walk("linear", steps=2, seeds=(3, 4), classes=(4,), scale=1)
    assert draw_walk(studio, walk).frames[0].size == (width, height)
    earlier = dataclasses.replace(walk, layout_version=1)
    assert draw_walk(studio, earlier).frames[0].size == (width + 4, height + 4)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seeds": range(7)}, "seeds: must be a multiple of the 6 images of the mosaic, got 7"),
        ({"seeds": range(6)}, "a linear walk goes through at least 2 seeds for each image, got 1"),
        ({"kind": "classes", "seeds": (1, 2)}, "shape: 2x3 shows 6 seeds, got 2"),
        ({"scale": 65}, "scale: must be a whole number from 1 to 64, got 65"),
        ({"resample": "cubic"}, "resample: must be one of nearest, lanczos, got 'cubic'"),
    ],
)
def test_mosaics_that_do_not_add_up_are_refused(changes, message):
    with pytest.raises(UserError) as caught:
        Walk(**{"kind": "linear", "shape": (2, 3), **changes})
    assert message in f"{caught.value.key}: {caught.value}"


def test_an_animation_of_many_classes_has_no_hole_and_says_how_far_and_how_large_it_is(
    studio, tmp_path
):
    class Heard(Listener):
        def __init__(self):
            self.counts = []

        def progress(self, activity, done, total, detail=""):
            self.counts.append((activity, done, total))

    listener = Heard()
    walk = Walk("linear", steps=3, seeds=(1, 2))
    drawing = draw(studio, walk, listener)
    frame = np.asarray(drawing.frames[0])
    # Ten classes in two rows of five, each of 60x50 pixels within gutters of ten.
    assert frame.shape[:2] == (10 + 2 * 70, 10 + 5 * 60)
    assert dataclasses.replace(drawing, request=walk).frames[0].size == (310, 150)
    (written,) = drawing.save(tmp_path / "x.gif")
    assert written.description.endswith(", 310x150 pixels")
    assert listener.counts == [("writing frames", number, 4) for number in (1, 2, 3)]
    earlier = draw(studio, dataclasses.replace(walk, layout_version=2), Listener())
    assert earlier.frames[0].size == (10 + 4 * 60, 10 + 3 * 70)
