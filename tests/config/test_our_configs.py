"""The config files that the project ships."""

from pathlib import Path

import pytest

from gan_cli.cli.choices import CHOICES
from gan_cli.config.load import load_config

CONFIGS = Path(__file__).parent.parent.parent / "configs"


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.name)
def test_each_is_valid_and_opens_with_what_it_does(path):
    load_config(path, [], CHOICES)
    first, second = path.read_text().splitlines()[:2]
    assert first == "# yaml-language-server: $schema=schema.json"
    assert second.startswith("# ")
