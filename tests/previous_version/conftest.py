"""The three commands: gan-sample in this process, the others in copies of a warmed one."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from absl.testing import flagsaver

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="session")
def run():
    """Runs a command in a process of its own: `run("gan-train", ..., cwd=folder)`."""
    from benchmarks.forked import Commands

    # With as many threads as a user's commands have.
    for name in ("TF_NUM_INTRAOP_THREADS", "OMP_NUM_THREADS"):
        os.environ.pop(name, None)
    with Commands() as commands:
        yield commands.run


@pytest.fixture
def gan_sample(monkeypatch, capsys):
    """Runs gan-sample in this process, which takes a fraction of the time of a new one."""
    from gan_cli.cli import sample

    def gan_sample(*arguments, cwd):
        monkeypatch.chdir(cwd)
        monkeypatch.setattr(sys, "argv", ["gan-sample", *map(str, arguments)])
        capsys.readouterr()
        with flagsaver.flagsaver(), pytest.raises(SystemExit) as ended:
            sample.entry_point()
        return subprocess.CompletedProcess(sys.argv, ended.value.code or 0, *capsys.readouterr())

    return gan_sample


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A copy of the data, for what changes nothing that was there."""
    return shutil.copytree(DATA, tmp_path_factory.mktemp("previous") / "data")


@pytest.fixture
def own(tmp_path):
    """A copy of the data for one test alone."""
    return shutil.copytree(DATA, tmp_path / "data")
