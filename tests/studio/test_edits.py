"""gan-sample --project, --inpaint and --super_resolve."""

import math
import re

import numpy as np
import pytest
from PIL import Image

from gan_cli.errors import UserError
from gan_cli.media.decode import read_provenance
from gan_cli.studio.studio import Studio


@pytest.fixture(scope="module")
def own(digits_run, tmp_path_factory):
    """A generated image of 12 x 10 pixels, as a file and as an array."""
    studio = Studio.open(str(digits_run), "latest")
    image = studio.labelled_images([7], np.array([3], np.int32))[0]
    path = tmp_path_factory.mktemp("given") / "own.png"
    Image.fromarray(image).save(path)
    return path, image


def db(text, of):
    if "identical" in text:
        return math.inf
    return float(re.search(rf"{of} ([\d.]+|inf) dB", text)[1])


def test_a_generated_image_is_recovered_and_its_latents_make_it_again(
    digits_run, gan_sample, tmp_path, own
):
    out = tmp_path / "found.png"
    flags = [f"--project={own[0]}", "--fit_steps=300"]
    status, text = gan_sample("--run_dir", digits_run, "--out", out, *flags)
    assert status == 0
    assert db(text, "PSNR") > 30
    assert "feature distance" in text
    with np.load(tmp_path / "found.npz", allow_pickle=False) as kept:
        studio = Studio.open(str(digits_run), "latest")
        again = studio.sampler.images(kept["latents"], kept["labels"])[0]
    np.testing.assert_array_equal(np.asarray(Image.open(out)), again)
    assert (tmp_path / "found-strip.png").exists()
    _, said = gan_sample("--inspect", out)
    assert "trainedAlgorithmicMedia" in said
    assert "projection" in said
    status, said = gan_sample("--inspect", out, "--run_dir", digits_run)
    assert (status, "  equal: all pixels" in said) == (0, True)
    assert read_provenance(tmp_path / "found.npz").model_sha256 == studio.loaded.weights_sha256
    with pytest.raises(UserError, match="of kind 'projection strip' cannot be made"):
        gan_sample("--inspect", tmp_path / "found-strip.png", "--run_dir", digits_run)


def test_files_without_provenance_have_none_and_their_latents_are_taken(
    digits_run, gan_sample, tmp_path, own
):
    out = tmp_path / "found.jpg"
    flags = [f"--project={own[0]}", "--fit_steps=2", "--no_provenance"]
    gan_sample("--run_dir", digits_run, "--out", out, *flags)
    for name in ("found.jpg", "found-strip.png", "found.npz"):
        assert read_provenance(tmp_path / name) is None
    flags = ["--directions=sefa", f"--latents={tmp_path / 'found.npz'}", "--move=1:0"]
    gan_sample("--run_dir", digits_run, "--out", tmp_path / "again.jpg", *flags)
    again = np.asarray(Image.open(tmp_path / "again.jpg"))
    np.testing.assert_array_equal(np.asarray(Image.open(out)), again)


def test_only_the_masked_part_is_filled(digits_run, gan_sample, tmp_path, own):
    damaged = own[1].copy()
    damaged[:, 6:] = 255
    Image.fromarray(damaged).save(tmp_path / "damaged.png")
    mask = np.zeros([12, 10], np.uint8)
    mask[:, 6:] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    out = tmp_path / "whole.png"
    flags = [f"--inpaint={tmp_path / 'damaged.png'}", f"--mask={tmp_path / 'mask.png'}"]
    _, text = gan_sample("--run_dir", digits_run, "--out", out, *flags, "--fit_steps=300")
    filled = np.asarray(Image.open(out))
    np.testing.assert_array_equal(filled[:, :6], own[1][:, :6])
    assert db(text, "known part PSNR") > 30
    # What was hidden is what the same latents make of it.
    error = np.mean((filled[:, 6:].astype(float) - own[1][:, 6:]) ** 2)
    assert 10 * np.log10(255**2 / max(error, 1e-9)) > 20
    _, said = gan_sample("--inspect", out)
    assert "compositeWithTrainedAlgorithmicMedia" in said


def test_the_large_image_shrinks_to_the_small_one(digits_run, gan_sample, tmp_path, own):
    small = Image.fromarray(own[1]).resize((5, 6), Image.Resampling.BILINEAR)
    small.save(tmp_path / "small.png")
    out = tmp_path / "large.png"
    flags = [f"--super_resolve={tmp_path / 'small.png'}", "--fit_steps=300"]
    gan_sample("--run_dir", digits_run, "--out", out, *flags)
    status, said = gan_sample("--inspect", out, "--run_dir", digits_run)
    assert (status, "  equal: all pixels" in said) == (0, True)
    large = Image.open(out)
    assert large.size == (10, 12)
    again = np.asarray(large.resize((5, 6), Image.Resampling.BILINEAR)).astype(float)
    error = np.mean((again - np.asarray(small)) ** 2)
    assert 10 * np.log10(255**2 / max(error, 1e-9)) > 30


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--project=missing.png"], "--project: missing.png is no file"),
        (["--project={text}"], "cannot be read as an image"),
        (["--inpaint={own}"], "--mask: is needed to inpaint"),
        (["--inpaint={own}", "--mask={black}"], "is black everywhere"),
        (["--super_resolve={own}"], "must be smaller than the generator's images of 12x10"),
        (["--project={own}", "--mask={own}"], "--mask: is not for --project"),
    ],
)
def test_what_cannot_be_fitted_is_one_line(digits_run, gan_sample, tmp_path, own, flags, message):
    (tmp_path / "text.png").write_text("no image")
    Image.new("L", (10, 12)).save(tmp_path / "black.png")
    names = {"own": own[0], "text": tmp_path / "text.png", "black": tmp_path / "black.png"}
    given = [flag.format(**names) for flag in flags]
    with pytest.raises(UserError, match=message):
        gan_sample("--run_dir", digits_run, "--out", tmp_path / "x.png", *given)
    assert not (tmp_path / "x.png").exists()


def test_points_are_refused(ring_run, gan_sample, tmp_path, own):
    with pytest.raises(UserError, match="--project: is not available for points"):
        gan_sample("--run_dir", ring_run, "--out", tmp_path / "x.png", f"--project={own[0]}")
