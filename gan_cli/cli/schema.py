"""Writes the JSON schema of config files: `python -m gan_cli.cli.schema > configs/schema.json`."""

from gan_cli.catalog import CHOICES
from gan_cli.config.json_schema import json_schema


def current_schema() -> str:
    """Returns the schema as JSON text, with the names that the registries know."""
    return json_schema({family: registry.names for family, registry in CHOICES.items()})


if __name__ == "__main__":
    print(current_schema(), end="")
