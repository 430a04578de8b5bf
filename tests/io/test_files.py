"""Files that are written whole or not at all, and what is no file."""

import os
import stat

import pytest

from gan_cli.errors import UserError
from gan_cli.io.files import atomic_write


@pytest.fixture
def device(tmp_path):
    """Makes a device of the numbers of /dev/null (3) or /dev/full (7)."""

    def device(minor):
        path = tmp_path / f"device-{minor}.json"
        try:
            os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, minor))
            path.write_bytes(b"")
        except PermissionError:
            pytest.skip("may not make or use devices here")
        return path

    return device


def test_a_device_stays_a_device(device):
    path = device(3)
    atomic_write(path, "{}")
    assert stat.S_ISCHR(path.lstat().st_mode)
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_a_device_that_is_full_is_one_line(device):
    path = device(7)
    with pytest.raises(UserError, match="cannot be written: No space left on device"):
        atomic_write(path, "{}")
    assert stat.S_ISCHR(path.lstat().st_mode)


def test_other_links_are_replaced(tmp_path):
    (tmp_path / "a.json").write_text("[]")
    (tmp_path / "b.json").symlink_to("a.json")
    atomic_write(tmp_path / "b.json", "{}")
    assert (tmp_path / "a.json").read_text() == "[]"
    assert (tmp_path / "b.json").read_text() == "{}"
