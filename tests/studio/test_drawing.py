"""Drawing and verifying from Python, without the command."""

import json

import numpy as np
import pytest
from PIL import Image

from gan_cli.errors import UserError
from gan_cli.media.encode import encoded
from gan_cli.studio.bulk import write_images
from gan_cli.studio.bulk_requests import Images
from gan_cli.studio.dispatch import draw
from gan_cli.studio.edit_requests import Project
from gan_cli.studio.image_requests import SingleImage
from gan_cli.studio.picture_requests import Axes, Grid, Sheet, Walk
from gan_cli.studio.place import Place
from gan_cli.studio.studio import Studio
from gan_cli.studio.verify import verify


@pytest.fixture(scope="module")
def studio(digits_run):
    return Studio.open(digits_run, "latest")


def test_a_walk_is_a_strip_or_an_animation_by_its_ending(studio, digits_run, tmp_path):
    drawing = draw(studio, Walk(seeds=(0, 1, 2), kind="spherical", steps=2, classes=3))
    assert len(drawing.frames) == 5
    for name, num_frames in (("walk.png", 1), ("walk.gif", 5)):
        (written,) = drawing.save(tmp_path / name)
        assert written.path == tmp_path / name
        with Image.open(tmp_path / name) as picture:
            assert getattr(picture, "n_frames", 1) == num_frames
        found = verify(tmp_path / name, digits_run)
        assert found.is_confirmed
        assert found.comparison.equal
    np.testing.assert_array_equal(Image.open(tmp_path / "walk.png"), drawing.image)
    assert written.description.startswith("5 frames, ckpt-16 (0.016 kimg), ")


@pytest.mark.parametrize(
    "request_",
    [
        Grid((2, 3), classes=("7", 1), truncation=0.5),
        Sheet("classes", seeds=range(3)),
        Axes("pca", seeds=4, axes=2, classes=7),
        SingleImage(5, 3),
        Place(seed=5, other=6, mix=0.25, label=3, shifts=(0.5,) + (0.0,) * 7, steps=(1.0,)),
    ],
)
def test_every_kind_is_saved_and_made_again_from_its_record(studio, digits_run, tmp_path, request_):
    drawing = draw(studio, request_)
    assert list(drawing.frames) == [drawing.image]
    drawing.save(tmp_path / "x.webp")
    assert verify(tmp_path / "x.webp", digits_run).comparison.equal


def test_images_are_those_of_the_labels_and_of_the_files(studio, tmp_path):
    images = studio.images(range(5), classes=("3", 5), truncation=0.7)
    labels = np.array([3, 5, 3, 5, 3], np.int32)
    np.testing.assert_array_equal(images, studio.labelled_images(range(5), labels, 0.7))
    np.testing.assert_array_equal(studio.images(4, classes=3), [studio.image(4, 3)])
    request = Images(seeds=range(5), classes=("3", 5), truncation=0.7)
    write_images(studio, request, tmp_path / "x.npz")
    with np.load(tmp_path / "x.npz") as arrays:
        np.testing.assert_array_equal(arrays["images"], images)
        assert arrays["labels"].tolist() == labels.tolist()


def test_a_projection_hears_of_its_steps_and_leaves_its_latents(studio, digits_run, tmp_path):
    from gan_cli.listener import Listener

    class Heard(Listener):
        steps: tuple = ()
        ended: tuple = ()

        def progress(self, activity, done, total, detail=""):
            self.steps += ((done, total),)

        def done(self, activity):
            self.ended += (activity,)

    draw(studio, SingleImage(7, 3)).save(tmp_path / "own.png")
    heard = Heard()
    drawing = draw(studio, Project(tmp_path / "own.png", fit_steps=3, classes=3), heard)
    assert heard.steps == ((1, 3), (2, 3), (3, 3))
    assert heard.ended == ("fitting latents",)
    drawing.save(tmp_path / "found.png")
    assert verify(tmp_path / "found.png", digits_run).comparison.equal
    again = draw(studio, Axes(latents=tmp_path / "found.npz", move={1: 0.0}))
    np.testing.assert_array_equal(again.image, drawing.image)


def test_an_unmarked_file_is_noted_in_the_run_directory(studio, digits_run, tmp_path):
    draw(studio, Grid(seeds=3)).save(tmp_path / "x.png", unmarked=True)
    assert verify(tmp_path / "x.png").provenance is None
    noted = json.loads((digits_run / "unmarked.jsonl").read_text().splitlines()[-1])
    assert noted["out"] == str(tmp_path / "x.png")
    assert noted["recipe"]["seeds"] == "3"


def test_what_was_changed_or_comes_from_elsewhere_is_not_confirmed(
    studio, digits_run, styled_run, tmp_path
):
    path = tmp_path / "x.png"
    draw(studio, SingleImage(5, 3)).save(path)
    origin = verify(path).provenance
    other = verify(path, styled_run)
    assert other.comparison.other_weights
    assert not other.is_confirmed
    pixels = np.array(Image.open(path))
    pixels[0, 0, 0] ^= 1
    path.write_bytes(encoded(Image.fromarray(pixels), ".png", origin))
    found = verify(path, digits_run)
    assert found.provenance == origin
    assert (found.comparison.equal, found.is_confirmed) == (False, False)


@pytest.mark.parametrize(
    ("request_", "key"),
    [
        (Walk(), "kind"),
        (Sheet("truncation"), "kind"),
        (Axes(), "method"),
        (Project("x.png"), "image"),
        (SingleImage(3), "seed"),
    ],
)
def test_a_domain_without_pictures_of_single_samples_refuses_them(ring_run, request_, key):
    with pytest.raises(UserError, match="is not available for points, which") as caught:
        draw(Studio.open(ring_run, "latest"), request_)
    assert caught.value.key == key


def test_endings_and_classes_are_refused_by_argument(studio, tmp_path):
    for path, key in (("x.gif", "path"), ("x", "path")):
        with pytest.raises(UserError) as caught:
            draw(studio, Grid()).save(tmp_path / path)
        assert caught.value.key == key
    with pytest.raises(UserError, match="no class '11'") as caught:
        studio.images(3, classes=11)
    assert caught.value.key == "classes"
