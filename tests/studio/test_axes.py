"""Sheets of directions."""

import numpy as np
from PIL import Image

from gan_cli.studio.studio import Studio


def test_the_sheet_has_the_seeds_own_image_in_the_middle_and_is_made_again(
    digits_run, gan_sample, tmp_path
):

    out = tmp_path / "axes.png"
    flags = ["--directions=sefa", "--axes=2", "--seed=4", "--classes=7"]
    gan_sample("--run_dir", digits_run, "--out", out, *flags)
    studio = Studio.open(str(digits_run), "latest")
    own = studio.labelled_images([4], np.array([7], np.int32))[0]
    picture = np.asarray(Image.open(out))
    # Twelve by ten pixels, enlarged five times, twice in the picture: at any of 25 offsets, every
    # fifth pixel is its own.
    large = own.repeat(5, axis=0).repeat(5, axis=1)
    windows = np.lib.stride_tricks.sliding_window_view(picture, large.shape)[..., 0, :, :, :]
    off = np.abs(windows[::1, ::1, ::5, ::5].astype(int) - large[::5, ::5]).max(axis=(-1, -2, -3))
    assert (off <= 1).sum() == 2 * 25
    status, text = gan_sample("--inspect", out, "--run_dir", digits_run)
    assert status == 0, text
    with np.load(out.with_suffix(".npz"), allow_pickle=False) as kept:
        assert kept["vectors"].shape == (2, 8)
        assert str(kept["space"]) == "z"
