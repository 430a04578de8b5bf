import pytest
from forked import Commands


@pytest.fixture(scope="session")
def run():
    """Runs a command with TensorFlow imported already: `run("gan-train", ..., cwd=folder)`."""
    with Commands() as commands:
        yield commands.run
