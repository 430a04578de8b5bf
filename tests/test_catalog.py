import pytest

from gan_cli.catalog import CHOICES
from gan_cli.config.base import Choice
from gan_cli.config.schema import Config
from gan_cli.registry import Registry


def families_in(node) -> set[str]:
    if isinstance(node, dict):
        own = {node["family"]} if isinstance(node.get("family"), str) else set()
        return own.union(*(families_in(inner) for inner in node.values()))
    return set().union(*(families_in(inner) for inner in node)) if isinstance(node, list) else set()


def test_every_family_of_the_schema_has_its_registry():
    assert Choice("loss").family == "loss"
    assert families_in(Config.model_json_schema()) == set(CHOICES)
    assert all(isinstance(registry, Registry) for registry in CHOICES.values())


@pytest.mark.parametrize(
    ("family", "name"), [(family, name) for family in CHOICES for name in CHOICES[family].names]
)
def test_every_name_leads_to_an_implementation(family, name):
    assert CHOICES[family].load(name) is not None
