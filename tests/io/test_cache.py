"""Files that are kept to save time."""

import os

import numpy as np
import pytest

from gan_cli.io.cache import write_bytes, write_npz


@pytest.fixture(params=[0o022, 0o007], ids=oct)
def umask(request):
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def test_others_may_read_them_as_far_as_the_umask_lets_them(tmp_path, umask):
    assert write_bytes(tmp_path / "new" / "a", b"one") is None
    assert write_npz(tmp_path / "new" / "b.npz", {"x": np.arange(3)}) is None
    for path in (tmp_path / "new").iterdir():
        assert path.stat().st_mode & 0o777 == 0o666 & ~umask, path
    assert (tmp_path / "new" / "a").read_bytes() == b"one"
    with np.load(tmp_path / "new" / "b.npz") as arrays:
        np.testing.assert_array_equal(arrays["x"], [0, 1, 2])


def test_a_failure_is_told_and_leaves_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "a"
    write_bytes(path, b"one")

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert write_bytes(path, b"two") == "No space left on device"
    assert path.read_bytes() == b"one"
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_arrays_that_cannot_be_written_are_told_and_leave_no_file(small_disk):
    arrays = {"x": np.random.default_rng(0).standard_normal(10**6)}
    assert write_npz(small_disk / "a.npz", arrays) == "No space left on device"
    assert list(small_disk.iterdir()) == []
