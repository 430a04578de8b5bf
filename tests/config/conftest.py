"""Registries of the tests' own, and a writer of config files."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from gan_cli.registry import Registry

CHOICES = {
    "source": Registry("source", {"builtin": "a:b", "folder": "a:b"}),
    "architecture": Registry("architecture", {"conv": "a:b", "mlp": "a:b"}),
    "loss": Registry("loss", {"hinge": "a:b", "relativistic": "a:b", "wasserstein": "a:b"}),
    "penalty": Registry("penalty", {"r1": "a:b", "r2": "a:b", "wgan_gp": "a:b"}),
    "features": Registry("feature network", {"classifier": "a:b", "random": "a:b"}),
}


@pytest.fixture
def choices() -> dict[str, Registry]:
    return CHOICES


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes a text to a file of the given name and returns its path."""

    def write(text: str, name: str = "run.yaml") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def earlier_run() -> dict:
    """The config of a run that was resolved before sources had sections, and losses options."""
    path = Path(__file__).with_name("earlier_run.yaml")
    return yaml.safe_load(path.read_text(encoding="utf-8"))
