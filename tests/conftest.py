"""Shared by all tests: quiet TensorFlow, a private cache, and the data sets."""

import os
import subprocess
from pathlib import Path

import pytest

# Fixtures of runs to draw from, for all rooms above them.
from runs import digits_run, gan_sample, ring_run, styled_run  # noqa: F401

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# As the commands do.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
# Of several processes each has a core to itself: with threads for all cores they would spend a
# quarter of their time waiting for one another's.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
    os.environ.setdefault("OMP_NUM_THREADS", "1")

FASHION_MNIST = Path("/usr/share/datasets/fashion-mnist")


@pytest.fixture(scope="session", autouse=True)
def private_cache(tmp_path_factory: pytest.TempPathFactory):
    """Keeps the tests out of the user's own cache; one cache serves the whole session."""
    previous = os.environ.get("GAN_CLI_CACHE")
    os.environ["GAN_CLI_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    yield
    if previous is None:
        del os.environ["GAN_CLI_CACHE"]
    else:
        os.environ["GAN_CLI_CACHE"] = previous


@pytest.fixture(scope="session")
def fashion_mnist_path() -> Path:
    """Folder of Debian's dataset-fashion-mnist package."""
    if not FASHION_MNIST.is_dir():
        pytest.skip("the Debian package dataset-fashion-mnist is not installed")
    return FASHION_MNIST


@pytest.fixture
def disk_events(monkeypatch):
    """What is forced to disk, and what gets its name, in order: pairs of a verb and a path."""
    events = []
    fsync, rename = os.fsync, Path.rename

    def forced(descriptor):
        events.append(("forced", Path(os.readlink(f"/proc/self/fd/{descriptor}"))))
        fsync(descriptor)

    def named(self, target):
        events.append(("named", Path(target)))
        return rename(self, target)

    monkeypatch.setattr(os, "fsync", forced)
    monkeypatch.setattr(Path, "rename", named)
    monkeypatch.setattr(Path, "replace", named)
    return events


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 256 KiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", folder], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("may not mount a file system here")
    yield folder
    subprocess.run(["umount", folder], check=True)
