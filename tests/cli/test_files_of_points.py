"""gan-sample on points of the plane: the files that exist for them, and the modes that do not."""

import numpy as np
import pytest
from PIL import Image

from gan_cli.errors import UserError


def test_files_of_points(ring_run, gan_sample, tmp_path):
    gan_sample("--run_dir", ring_run, "--out", tmp_path / "x.npz", "--seeds=5-14")
    held = np.load(tmp_path / "x.npz")
    assert held["seeds"].tolist() == list(range(5, 15))
    assert held["points"].shape == (10, 2)
    assert held["points"].dtype == np.float32
    for ending in ("png", "jpg", "webp"):
        gan_sample("--run_dir", ring_run, "--out", tmp_path / f"x.{ending}")
        with Image.open(tmp_path / f"x.{ending}") as picture:
            assert picture.size == (480, 480)
    for name in ("png", "npz"):
        status, printed = gan_sample("--inspect", tmp_path / f"x.{name}", "--run_dir", ring_run)
        assert status == 0, printed
    for name in ("folder", "x.tfrecord"):
        with pytest.raises(UserError, match="points are written as one of"):
            gan_sample("--run_dir", ring_run, "--out", tmp_path / name)
    with pytest.raises(UserError, match=r"--walk: is not available for points, which .*ring holds"):
        gan_sample("--run_dir", ring_run, "--out", tmp_path / "x.gif", "--walk=linear")
