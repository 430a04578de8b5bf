import json
import os
import signal
import time

import pytest

from benchmarks.forked import Commands


@pytest.fixture(scope="session", autouse=True)
def all_cores():
    """Commands have as many threads as a user's: that is how they are to repeat every bit."""
    for name in ("TF_NUM_INTRAOP_THREADS", "OMP_NUM_THREADS"):
        os.environ.pop(name, None)


@pytest.fixture(scope="session")
def commands(all_cores):
    """Starts commands with TensorFlow imported already."""
    with Commands() as commands:
        yield commands


@pytest.fixture(scope="session")
def run(commands):
    """Runs one to its end: `run("gan-train", ..., cwd=folder)`."""
    return commands.run


@pytest.fixture
def cut_equals_whole(commands, tmp_path):
    """Trains a config once more, with a stop on the way, and compares the last checkpoint.

    `check(config, whole, last)`: the config's path, the run directory of a whole run, and the
    manifest of its last checkpoint, below it.
    """

    def check(config, whole, last):
        cut = tmp_path / "cut"
        command = ["gan-train", f"--config={config.name}", f"--run_dir={cut}"]
        running = commands.start(*command, cwd=config.parent)
        while not (cut / "checkpoints").is_dir():
            time.sleep(0.02)
            assert not running.is_over()
        running.send_signal(signal.SIGTERM)
        assert running.wait().returncode == 128 + signal.SIGTERM
        assert not (cut / last).exists()
        assert commands.run(*command, cwd=config.parent).returncode == 0
        ours, theirs = (json.loads((each / last).read_text())["files"] for each in (cut, whole))
        assert ours == theirs

    return check
