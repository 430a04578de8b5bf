"""What a run notes of its environment."""

import importlib.metadata

import gan_cli
from gan_cli.run.environment import describe_environment


def test_a_checkout_that_is_not_installed_knows_its_version(monkeypatch):
    version = importlib.metadata.version

    def without_us(name):
        if name == "gan-cli":
            raise importlib.metadata.PackageNotFoundError(name)
        return version(name)

    monkeypatch.setattr(importlib.metadata, "version", without_us)
    packages = describe_environment({})["packages"]
    assert packages["gan-cli"] == gan_cli.__version__
    assert packages["numpy"] == version("numpy")
