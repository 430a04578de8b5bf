import json
from pathlib import Path

import pytest
import yaml

from gan_cli.cli.schema import current_schema
from gan_cli.config.json_schema import json_schema

CONFIGS = Path(__file__).parents[2] / "configs"
NAMES = {
    "source": ("one", "two"),
    "architecture": ("conv",),
    "loss": ("hinge",),
    "penalty": ("r1",),
    "augmentation": ("ada",),
    "features": ("random",),
    "metric": ("frechet",),
    "logger": ("wandb",),
}


def test_the_committed_schema_is_current():
    committed = (CONFIGS / "schema.json").read_text(encoding="utf-8")
    assert committed == current_schema(), "run: python -m gan_cli.cli.schema > configs/schema.json"


def test_choices_are_known_names_or_a_path_of_the_users_own():
    definitions = json.loads(json_schema(NAMES))["$defs"]
    source = definitions["DataConfig"]["properties"]["source"]
    assert source["anyOf"] == [
        {"enum": ["one", "two"]},
        {"type": "string", "pattern": "^[\\w.]+:.+$"},
    ]
    # Every other choice, however deep within unions, has lost its marker too.
    text = json.dumps(definitions)
    assert '"family"' not in text
    for family, names in NAMES.items():
        assert json.dumps({"enum": list(names)}) in text, family


@pytest.mark.parametrize(
    ("config", "valid"),
    [
        ({"data": {"source": "one", "image_size": 28}}, True),
        ({"data": {"source": "one", "image_size": [28, 32]}}, True),
        ({"data": {"source": "my.module:thing"}}, True),
        ({"extends": "base.yaml", "data": {"mirror": True}}, True),
        ({"extends": "base.yaml"}, True),
        ({"data": {"source": "one"}, "model": {"architecture": "conv"}}, True),
        ({"model": {"architecture": {"generator": "conv", "discriminator": "a.b:c"}}}, True),
        ({"objective": {"penalties": [{"name": "r1"}]}}, True),
        ({"evaluation": {"features": "inception:/a folder/graph.pb"}}, True),
        ({"evaluation": {"features": "keras:VGG16"}}, True),
        ({"evaluation": {"features": "inception"}}, False),
        ({"data": {"source": "three"}}, False),
        ({"data": {"image_size": 4}}, False),
        ({"data": {"image_size": [28]}}, False),
        ({"trainig": {}}, False),
        ({"training": {"batch_size": 0}}, False),
        ({"model": {"architecture": "dcgan"}}, False),
        ({"objective": {"penalties": [{"gamma": 1}]}}, False),
        ({"extends": 3}, False),
    ],
)
def test_an_editor_accepts_what_the_program_accepts(config, valid):
    jsonschema = pytest.importorskip("jsonschema")
    checker = jsonschema.Draft202012Validator(json.loads(json_schema(NAMES)))
    assert checker.is_valid(config) == valid


def test_the_files_in_configs_name_the_schema_and_follow_it():
    jsonschema = pytest.importorskip("jsonschema")
    checker = jsonschema.Draft202012Validator(json.loads(current_schema()))
    for path in CONFIGS.glob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        assert text.startswith("# yaml-language-server: $schema=schema.json\n"), path
        assert list(checker.iter_errors(yaml.safe_load(text))) == [], path
