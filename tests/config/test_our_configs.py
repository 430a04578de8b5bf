"""The config files that the project ships."""

from pathlib import Path

import pytest

from gan_cli.catalog import CHOICES
from gan_cli.config.load import load_config
from gan_cli.config.schema import AugmentationConfig
from gan_cli.models import ARCHITECTURES
from gan_cli.objectives import LOSSES, PENALTIES
from gan_cli.objectives.augment import AUGMENTATIONS

ROOT = Path(__file__).parent.parent.parent
CONFIGS = sorted((ROOT / "configs").glob("*.yaml"))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_each_is_valid_and_opens_with_what_it_does(path):
    load_config(path, [], CHOICES)
    lines = path.read_text().splitlines()
    assert lines[0] == "# yaml-language-server: $schema=schema.json"
    assert lines[1].startswith("# ")
    opening = lines[: next(i for i, line in enumerate(lines) if not line.startswith("#"))]
    # The user's own copy, or the file itself.
    own = "my_images.yaml" if path.stem == "folder" else f"configs/{path.name}"
    assert any(line.startswith(f"#   gan-train --config {own}") for line in opening)


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_each_is_named_in_the_docs(path):
    pages = (ROOT / "docs").glob("*.md")
    assert any(f"configs/{path.name}" in page.read_text(encoding="utf-8") for page in pages)


def test_every_part_is_in_some_recipe():
    configs = [load_config(path, [], CHOICES) for path in CONFIGS]
    penalties = [
        entry.name
        for config in configs
        for entry in (*(config.objective.penalties or ()), *config.objective.generator_penalties)
    ]
    conditionings = {config.model.discriminator_conditioning for config in configs}
    assert {config.model.architecture for config in configs} == set(ARCHITECTURES.names)
    # The game as defined, which nobody trains by; see docs/toy.md.
    assert {config.objective.loss for config in configs} == set(LOSSES.names) - {"minimax"}
    # AC-GAN's comes with the conditioning.
    assert "auxiliary" in conditionings
    assert set(penalties) == set(PENALTIES.names) - {"auxiliary_classifier"}
    augmentations = [config.objective.augmentation for config in configs]
    named = {a.name for a in augmentations if isinstance(a, AugmentationConfig)}
    assert named == set(AUGMENTATIONS.names)
