"""--project in w, the styles of stylegan2, and what is drawn from the styles that it finds."""

import re

import numpy as np
import pytest
from PIL import Image
from runs import TINY, make_run

from gan_cli.errors import UserError
from gan_cli.media.decode import read_provenance
from gan_cli.sampling.saved_latents import LatentSizes, SavedLatents, read_latents, write_latents
from gan_cli.studio.dispatch import draw
from gan_cli.studio.edit_requests import Project
from gan_cli.studio.fit import project
from gan_cli.studio.picture_requests import Axes, Walk
from gan_cli.studio.studio import Studio

STYLES = np.random.default_rng(3).normal(0, 1.5, [2, 8]).astype(np.float32)


@pytest.fixture(scope="module")
def labelled_run(tmp_path_factory):
    """stylegan2 with ten classes, 8 x 8 pixels, gray."""
    model = {**TINY, "architecture": "stylegan2", "max_channels": 8, "conditional": True}
    model["options"] = {"mapping_layers": 2}
    folder = tmp_path_factory.mktemp("runs")
    return make_run(folder / "labelled", {"source": "builtin", "image_size": 8}, model)


@pytest.fixture(scope="module", params=["styled_run", "labelled_run"])
def studio(request):
    return Studio.open(request.getfixturevalue(request.param), "latest")


@pytest.fixture(scope="module")
def given(studio, tmp_path_factory):
    """An image of a style that the mapping does not make."""
    path = tmp_path_factory.mktemp("given") / "own.png"
    Image.fromarray(studio.saved_images(SavedLatents(STYLES[:1], None, "w"))[0, :, :, 0]).save(path)
    return path


def db(text):
    return float(re.search(r"PSNR ([\d.]+) dB", text)[1])


def test_styles_reach_what_latents_do_not_and_the_file_makes_the_image_again(
    studio, given, gan_sample, tmp_path, monkeypatch
):
    # Held-out images are searched for elsewhere.
    monkeypatch.setattr(project, "reachable_db", lambda studio, request: None)
    flags = ["--run_dir", studio.run.path, "--fit_steps=100", f"--project={given}", "--out"]
    _, in_z = gan_sample(*flags, tmp_path / "z.png", "--project_space=z")
    _, in_w = gan_sample(*flags, tmp_path / "w.png")
    if not studio.loaded.num_classes:
        # Untrained classes are far from each other, and latents reach most of their images.
        assert db(in_w) > db(in_z) + 3
    assert (", in w" in in_w, ", in w" in in_z) == (True, False)
    with np.load(tmp_path / "w.npz") as w, np.load(tmp_path / "z.npz") as z:
        assert set(w) == {"styles", "labels", "provenance"}
        assert set(z) == {"latents", "labels", "provenance"}
    assert read_provenance(tmp_path / "w.npz").model_sha256 == studio.loaded.weights_sha256
    saved = studio.saved_latents((tmp_path / "w.npz",))
    again = studio.saved_images(saved)[0, :, :, 0]
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "w.png")), again)
    status, said = gan_sample("--inspect", tmp_path / "w.png", "--run_dir", studio.run.path)
    assert (status, "  equal: all pixels" in said) == (0, True)


def test_what_is_found_is_moved_and_walked_through(studio, gan_sample, tmp_path):
    labels = np.array([4, 7], np.int32) if studio.loaded.num_classes else None
    saved = SavedLatents(STYLES, labels, "w")
    ends = studio.saved_images(saved)
    first = SavedLatents(STYLES[:1], None if labels is None else labels[:1], "w")
    stay = draw(studio, Axes("sefa", latents=first, move={1: 0.0}))
    assert np.abs(np.asarray(stay.image, int) - ends[0, :, :, 0]).max() <= 1
    walk = draw(studio, Walk("linear", latents=saved, steps=2, scale=1))
    frames = [np.asarray(frame) for frame in walk.frames]
    middle = studio.saved_images(SavedLatents(STYLES.mean(axis=0)[None], None, "w"))
    for frame, wanted in zip(frames, [ends[0], middle[0], ends[1]], strict=True):
        assert np.abs(frame.astype(int) - wanted[:, :, 0]).max() <= 1
    for name, drawing in (("moved", stay), ("walk", walk)):
        drawing.save(tmp_path / f"{name}.png")
        again = gan_sample("--inspect", tmp_path / f"{name}.png", "--run_dir", studio.run.path)
        assert again[0] == 0, again[1]


def test_styles_lie_on_no_sphere_and_have_their_class(labelled_run, gan_sample, tmp_path):
    files = [tmp_path / "0.npz", tmp_path / "1.npz"]
    for file, style in zip(files, STYLES, strict=True):
        write_latents(file, SavedLatents(style[None], np.array([4], np.int32), "w"), None)
    flags = ["--run_dir", labelled_run, "--out", tmp_path / "x.png"]
    latents = f"--latents={files[0]},{files[1]}"
    with pytest.raises(UserError, match="--walk: 'spherical' is for latents"):
        gan_sample(*flags, latents, "--walk=spherical")
    with pytest.raises(UserError, match="--latents: are styles, which hold their class"):
        gan_sample(*flags, latents, "--sheet=classes")
    write_latents(files[1], SavedLatents(STYLES[:1], np.array([4], np.int32)), None)
    with pytest.raises(UserError, match=r"0.npz holds styles \(w\), .*1.npz latents \(z\)"):
        gan_sample(*flags, latents, "--walk=linear")


def test_generators_without_styles_are_searched_in_z(digits_run, gan_sample, tmp_path, given):
    flags = ["--run_dir", digits_run, "--out", tmp_path / "x.png", f"--project={given}"]
    message = "--project_space: 'w' is for generators with styles .* has 'conv', which is searched"
    with pytest.raises(UserError, match=message):
        gan_sample(*flags, "--project_space=w")
    text = f"--out={tmp_path / 'x.txt'}"
    with pytest.raises(UserError, match="--project_space: w is for generators of images"):
        gan_sample(*flags[:2], text, "--project=ABC", "--project_space=w")
    with pytest.raises(UserError, match="must be one of z, w, got 'v'"):
        Project(given, space="v")
    path = tmp_path / "x.npz"
    write_latents(path, SavedLatents(STYLES[:1], None, "w"), None)
    with pytest.raises(UserError, match="has styles, and the generator of this run has none"):
        read_latents([path], LatentSizes(8, None, 0), "00")
