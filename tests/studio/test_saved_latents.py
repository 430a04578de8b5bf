"""--latents: what was found is edited, walked through and made again."""

import json

import numpy as np
import pytest
from PIL import Image

from gan_cli.errors import UserError
from gan_cli.media.decode import read_provenance
from gan_cli.media.encode import encoded
from gan_cli.media.provenance import Provenance
from gan_cli.sampling.saved_latents import (
    LatentSizes,
    SavedLatents,
    from_recipe,
    read_latents,
    write_latents,
)
from gan_cli.studio.studio import Studio

RNG = np.random.default_rng(0)
# Of no seed, as those that are fitted.
LATENTS = RNG.standard_normal([2, 8]).astype(np.float32)
CLASSES = [3, 5]


@pytest.fixture(scope="module")
def studio(digits_run):
    return Studio.open(str(digits_run), "latest")


@pytest.fixture(scope="module")
def files(studio, tmp_path_factory):
    """Two files as --project writes them."""
    folder = tmp_path_factory.mktemp("found")
    for index, label in enumerate(CLASSES):
        saved = SavedLatents(LATENTS[index : index + 1], np.array([label], np.int32))
        write_latents(folder / f"{index}.npz", saved, studio.provenance({"kind": "latents"}))
    return folder / "0.npz", folder / "1.npz"


def own(studio, index, label=None):
    labels = np.array([CLASSES[index] if label is None else label], np.int32)
    return studio.sampler.images(LATENTS[index : index + 1], labels)[0]


def tile(picture, row, column, left=0, above=0):
    """One 12 x 10 image out of a sheet of images enlarged five times."""
    small = np.asarray(picture)[above::5, left::5]
    return small[2 + 14 * row : 14 + 14 * row, 2 + 12 * column : 12 + 12 * column]


def margins(picture, rows, columns):
    return {
        "left": picture.width - 5 * (12 * columns + 2),
        "above": picture.height - 5 * (14 * rows + 2),
    }


def assert_made_again(gan_sample, out, run):
    status, text = gan_sample("--inspect", out, "--run_dir", run)
    assert status == 0, text
    assert "  equal: all pixels" in text


def test_rows_of_directions_begin_at_the_found_image(
    digits_run, gan_sample, studio, files, tmp_path
):
    out = tmp_path / "axes.png"
    flags = ["--directions=sefa", "--axes=2", f"--latents={files[0]}"]
    _, text = gan_sample("--run_dir", digits_run, "--out", out, *flags)
    assert "2 directions (sefa)" in text
    sheet = Image.open(out)
    with np.load(out.with_suffix(".npz"), allow_pickle=False) as found:
        vectors, scales = found["vectors"], found["scales"]
    for row in range(2):
        for column, steps in ((0, -3.0), (3, 0.0), (5, 2.0)):
            point = LATENTS[:1] + (steps * scales[row] * vectors[row])[None].astype(np.float32)
            expected = studio.sampler.images(point, np.array([3], np.int32))[0].astype(int)
            shown = tile(sheet, row, column, **margins(sheet, 2, 7))
            # The sum is rounded to float32 in another order.
            assert np.abs(shown - expected).max() <= (1 if steps else 0)
    assert_made_again(gan_sample, out, digits_run)


@pytest.mark.parametrize("ending", ["png", "jpg", "webp"])
def test_one_image_is_moved_along_several_axes(
    digits_run, gan_sample, studio, files, tmp_path, ending
):
    out = tmp_path / f"edited.{ending}"
    flags = ["--directions=pca", f"--latents={files[1]}", "--move=2:1.5,7:-1"]
    _, text = gan_sample("--run_dir", digits_run, "--out", out, *flags)
    assert "moved +1.5 along 2, -1 along 7" in text
    assert not out.with_suffix(".npz").exists()
    _, found = studio.directions("pca", 5, 7)
    point = LATENTS[1:].astype(np.float64)
    point = point + 1.5 * found.scales[1] * found.vectors[1] - found.scales[6] * found.vectors[6]
    expected = studio.sampler.images(point.astype(np.float32), np.array([5], np.int32))[0]
    if ending != "jpg":
        np.testing.assert_array_equal(np.asarray(Image.open(out)), expected)
    assert not np.array_equal(expected, own(studio, 1))
    assert_made_again(gan_sample, out, digits_run)


def test_moved_by_nothing_it_is_the_found_image_and_a_seed_its_own(
    digits_run, gan_sample, studio, files, tmp_path
):
    out = tmp_path / "same.png"
    flags = ["--directions=sefa", "--move=1:0"]
    gan_sample("--run_dir", digits_run, "--out", out, *flags, f"--latents={files[0]}")
    np.testing.assert_array_equal(np.asarray(Image.open(out)), own(studio, 0))
    gan_sample(
        "--run_dir", digits_run, "--out", out, *flags, f"--latents={files[0]}", "--classes=8"
    )
    np.testing.assert_array_equal(np.asarray(Image.open(out)), own(studio, 0, 8))
    gan_sample("--run_dir", digits_run, "--out", out, *flags, "--seed=4", "--classes=7")
    np.testing.assert_array_equal(np.asarray(Image.open(out)), studio.image(4, 7))


def test_styles_are_moved_as_well(styled_run, gan_sample, tmp_path):
    write_latents(tmp_path / "found.npz", SavedLatents(LATENTS[:1], None), None)
    out = tmp_path / "edited.png"
    flags = ["--directions=sefa", f"--latents={tmp_path / 'found.npz'}", "--move=1:2"]
    gan_sample("--run_dir", styled_run, "--out", out, *flags)
    assert_made_again(gan_sample, out, styled_run)


@pytest.mark.parametrize("ending", ["png", "apng"])
def test_a_walk_goes_from_one_found_image_and_class_to_the_other(
    digits_run, gan_sample, studio, files, tmp_path, ending
):
    out = tmp_path / f"walk.{ending}"
    flags = ["--walk=spherical", "--steps=4", f"--latents={files[0]},{files[1]}"]
    gan_sample("--run_dir", digits_run, "--out", out, *flags)
    picture = Image.open(out)
    for index, place in enumerate([0, 4]):
        if ending == "apng":
            picture.seek(place)
            # Animations of one track are enlarged.
            scale = picture.width // own(studio, index).shape[1]
            shown = np.asarray(picture.convert("RGB"))[::scale, ::scale]
        else:
            shown = tile(picture, 0, place, **margins(picture, 1, 5))
        np.testing.assert_array_equal(shown, own(studio, index))
    assert_made_again(gan_sample, out, digits_run)


def test_a_found_image_in_every_class(digits_run, gan_sample, studio, files, tmp_path):
    out = tmp_path / "sheet.png"
    flags = ["--sheet=classes", f"--latents={files[0]},{files[1]}", "--classes=2,9"]
    gan_sample("--run_dir", digits_run, "--out", out, *flags)
    sheet = Image.open(out)
    for row, label in enumerate([2, 9]):
        for column in range(2):
            shown = tile(sheet, row, column, **margins(sheet, 2, 2))
            np.testing.assert_array_equal(shown, own(studio, column, label))
    assert_made_again(gan_sample, out, digits_run)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--walk=linear", "--latents={0}"], "--latents: a walk goes through at least two, got 1"),
        (["--walk=circle", "--latents={0},{1}"], "--latents: is for linear and spherical walks"),
        (
            ["--walk=linear", "--latents={0},{1}", "--classes=1"],
            "--classes: is not for saved",
        ),
        (["--walk=linear", "--latents={0},{1}", "--seeds=1,2"], "--seeds: is for latents drawn by"),
        (["--walk=linear", "--latents={0}", "--truncation=0.5"], "--truncation: is for latents"),
        (["--sheet=truncation", "--latents={0}"], "--latents: is for the sheet of classes"),
        (["--directions=sefa", "--latents={0},{1}"], "--latents: directions start from one, got 2"),
        (["--directions=sefa", "--latents="], "--latents: names no file"),
        (["--directions=sefa", "--move=0:1"], "--move: must be such as 1:2,3:-0.5"),
        (["--directions=sefa", "--move=1:nan"], "--move: must be such as 1:2,3:-0.5"),
        (["--directions=sefa", "--move=1:1,1:2"], "--move: must be such as 1:2,3:-0.5"),
        (["--directions=sefa", "--move=9:1"], "--move: axis 9, and this latent space has 8"),
        (["--latents={0}"], "--latents: is not for gan-sample without a mode"),
    ],
)
def test_what_does_not_go_together_is_one_line(
    digits_run, gan_sample, files, tmp_path, flags, message
):
    given = [flag.format(*files) for flag in flags]
    with pytest.raises(UserError, match=message):
        gan_sample("--run_dir", digits_run, "--out", tmp_path / "x.png", *given)
    assert not (tmp_path / "x.png").exists()


def test_latents_of_other_weights_are_refused_unless_they_do_not_say(
    digits_run, gan_sample, studio, tmp_path
):
    saved = SavedLatents(LATENTS[:1], np.array([3], np.int32))
    origin = json.loads(studio.provenance({"kind": "latents"}).to_json())
    other = Provenance(**origin | {"model_sha256": "00"})
    flags = ["--directions=sefa", "--axes=1", f"--latents={tmp_path / 'x.npz'}"]
    write_latents(tmp_path / "x.npz", saved, other)
    assert read_provenance(tmp_path / "x.npz") == other
    with pytest.raises(UserError, match="was found with ckpt-16 of 'digits'"):
        gan_sample("--run_dir", digits_run, "--out", tmp_path / "x.png", *flags)
    write_latents(tmp_path / "x.npz", saved, None)
    assert gan_sample("--run_dir", digits_run, "--out", tmp_path / "x.png", *flags)[0] == 0


SOUND = {"latents": LATENTS, "labels": np.array(CLASSES)}
ATTACKS = {
    "pickled": ({"latents": np.array([print], object)}, "holds Python objects, which are never"),
    "nothing": ({"latents": None}, "holds no 'latents' and 'labels'"),
    "wide": ({"latents": LATENTS[:, :7]}, r"latents of shape \(2, 7\), not \(count, 8\)"),
    "flat": ({"latents": LATENTS[0]}, r"latents of shape \(8,\)"),
    "empty": ({"latents": LATENTS[:0]}, r"latents of shape \(0, 8\)"),
    "text": ({"latents": np.full([2, 8], "x")}, "no finite numbers"),
    "infinite": ({"latents": LATENTS * np.inf}, "no finite numbers"),
    "beyond float32": ({"latents": LATENTS.astype(np.float64) * 1e300}, "no finite numbers"),
    "other class": ({"labels": np.array([3, 10])}, "does not name one of this run's classes"),
    "negative class": ({"labels": np.array([3, -1])}, "does not name one of this run's classes"),
    "half a class": ({"labels": np.array([3, 0.5])}, "does not name one of this run's classes"),
    "no class": ({"labels": np.zeros(0, int)}, "does not name one of this run's classes"),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_files_that_hold_something_else_are_refused(tmp_path, name):
    changes, message = ATTACKS[name]
    arrays = {key: value for key, value in (SOUND | changes).items() if value is not None}
    np.savez(tmp_path / "x.npz", **arrays)
    with pytest.raises(UserError, match=message) as caught:
        read_latents([str(tmp_path / "x.npz")], LatentSizes(8, None, 10), "00")
    assert "\n" not in str(caught.value)


def test_damaged_files_and_too_many_latents_are_refused(tmp_path):
    path = tmp_path / "x.npz"
    np.savez_compressed(path, **SOUND | {"latents": RNG.standard_normal([500, 8])})
    whole = path.read_bytes()
    # Inside of the packed numbers, behind the header: only unpacking it all shows it.
    at = len(whole) // 2
    path.write_bytes(whole[:at] + b"\xff" * 40 + whole[at + 40 :])
    with pytest.raises(UserError, match="cannot be read as an npz file"):
        read_latents([str(path)], LatentSizes(8, None, 0), "00")
    with pytest.raises(UserError, match="is no file"):
        read_latents([str(tmp_path)], LatentSizes(8, None, 0), "00")
    write_latents(path, SavedLatents(np.zeros([2000, 8], np.float32), None), None)
    with pytest.raises(UserError, match="at most 1024 latents of 8 numbers, got 2000"):
        read_latents([str(path)], LatentSizes(8, None, 0), "00")


def test_a_record_keeps_every_bit():
    saved = SavedLatents(np.array([[0.1, -0.0, 1e-42, 3e38]], np.float32), np.array([2], np.int32))
    again = from_recipe(saved.to_recipe(), LatentSizes(4, None, 3))
    assert again.latents.tobytes() == saved.latents.tobytes()
    assert again.labels.tolist() == [2]


@pytest.mark.parametrize(
    "changes",
    [
        {"latents": "no base64!"},
        {"latents": "AAAA"},
        {"latents": ""},
        {"latents": "AADAfw==" * 8},
        {"latents": 7},
        {"labels": "99"},
        {"labels": "9" * 400},
        {"labels": "x"},
        {"labels": None},
        {"labels": "3,5"},
    ],
)
def test_what_a_stranger_wrote_into_a_record_is_one_line_at_worst(
    digits_run, gan_sample, studio, tmp_path, changes
):
    saved = SavedLatents(LATENTS[:1], np.array([3], np.int32))
    recipe = {"kind": "projection", "format": ".png", **saved.to_recipe()}
    out = tmp_path / "x.png"
    image = Image.fromarray(own(studio, 0))
    out.write_bytes(encoded(image, ".png", studio.provenance(recipe)))
    assert_made_again(gan_sample, out, digits_run)
    out.write_bytes(encoded(image, ".png", studio.provenance(recipe | changes)))
    with pytest.raises(UserError, match=r"its record cannot be followed: it ") as caught:
        gan_sample("--inspect", out, "--run_dir", digits_run)
    assert "\n" not in str(caught.value)
