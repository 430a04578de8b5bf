"""docs/defaults.md: its tables are what the rules choose."""

from pathlib import Path

from gan_cli.models import ARCHITECTURES
from tests.docs.defaults_tables import FOR_IMAGES, tables

PAGE = Path(__file__).parents[2] / "docs" / "defaults.md"


def test_the_tables_are_what_the_rules_choose():
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    # Where they differ: python -m tests.docs.defaults_tables prints them anew.
    assert [line for line in tables() if line] == [line for line in lines if line.startswith("|")]


def test_every_architecture_for_images_has_a_row():
    others = {"choir", "musegan", "points_mlp", "sequence"}
    assert set(FOR_IMAGES) | others == set(ARCHITECTURES.names)
