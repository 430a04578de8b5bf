"""What is recorded of the machine and the packages."""

import importlib.metadata
import json

import numpy as np
import pytest

import gan_cli
from gan_cli.run.environment import describe_environment


def test_versions_and_data_are_recorded_in_json():
    environment = describe_environment({"fingerprint": "abc"})
    assert json.loads(json.dumps(environment)) == environment
    assert environment["packages"]["gan-cli"] == gan_cli.__version__
    assert environment["packages"]["numpy"] == np.__version__
    assert environment["dataset"] == {"fingerprint": "abc"}


@pytest.mark.parametrize("missing", ["gan-cli", "tensorflow", "pillow"])
def test_a_package_that_is_not_installed_is_left_out(monkeypatch, missing):
    installed = importlib.metadata.version

    def version(name):
        if name == missing:
            raise importlib.metadata.PackageNotFoundError(name)
        return installed(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    packages = describe_environment({})["packages"]
    # A checkout knows its own version.
    assert (missing in packages) == (missing == "gan-cli")
    assert packages["keras"] == installed("keras")
