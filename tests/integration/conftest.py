import os

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
