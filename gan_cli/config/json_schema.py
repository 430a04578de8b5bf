"""The JSON schema of a config file, for completion and checks in an editor.

A config names it in its first line: `# yaml-language-server: $schema=schema.json`.
"""

import json
from typing import Any

from gan_cli.config.data_section import SOURCE_KEYS
from gan_cli.config.schema import Config


def json_schema(names: dict[str, tuple[str, ...]]) -> str:
    """Returns the schema as JSON text.

    Args:
      names: known names by the family of `base.Choice`, offered beside `module:attribute`.
    """
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema"
    } | Config.model_json_schema()
    schema["properties"]["extends"] = {
        "type": "string",
        "description": "The config that this one changes: a relative path, or builtin:NAME.",
    }
    # A file that extends another may leave even `data` to it.
    del schema["required"], schema["$defs"]["DataConfig"]["required"]
    _offer_short_keys(schema["$defs"])
    _offer_names(schema, names)
    return json.dumps(schema, indent=2) + "\n"


def _offer_short_keys(definitions: dict[str, Any]) -> None:
    """Lets the keys of every source stand in `data` itself."""
    properties = definitions["DataConfig"]["properties"]
    short: dict[str, list[dict[str, Any]]] = {}
    for source, keys in SOURCE_KEYS.items():
        for key, found in definitions[keys.__name__]["properties"].items():
            description = f"{source}: {found['description']}"
            short.setdefault(key, []).append({**found, "description": description})
    for key, forms in short.items():
        # Where several sources have a key, the forms differ only in whether null is allowed.
        widest = max(forms, key=lambda form: len(json.dumps(form)))
        text = " ".join(form["description"] for form in forms)
        properties[key] = {**widest, "default": None, "description": text}


def _offer_names(node: object, names: dict[str, tuple[str, ...]]) -> None:
    """Lets every field marked with a family be one of its names, or a text with a colon."""
    if isinstance(node, list):
        for inner in node:
            _offer_names(inner, names)
    if not isinstance(node, dict):
        return
    family = node.pop("family", None)
    if family is not None:
        node.pop("type")
        node["anyOf"] = [
            {"enum": list(names[family])},
            {"type": "string", "pattern": "^[\\w.]+:.+$"},
        ]
    for inner in node.values():
        _offer_names(inner, names)
