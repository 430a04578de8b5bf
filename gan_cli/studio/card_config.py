"""The config in a model card: without keys that do not concern the run."""

from typing import Any

from gan_cli.config import yaml_text
from gan_cli.config.schema import Config
from gan_cli.domains.domain import Domain
from gan_cli.domains.images import Images

# Keys of `data` that say how image files become samples.
_OF_IMAGES = (
    "fit",
    "background",
    "colour_profiles",
    "value_range",
    "mirror",
    "flip",
    "quarter_turns",
)
# Keys by section that need a conditional run.
_OF_CLASSES = {
    "data": ("class_sampling",),
    "model": ("generator_conditioning", "discriminator_conditioning", "label_sampling"),
}


def card_config(config: Config, domain: Domain) -> str:
    """Returns YAML that describes the same run as the whole config does.

    Keys of other kinds of data are left out and, of unconditional runs, those of classes.
    """
    content: dict[str, Any] = config.model_dump(mode="json")
    data = content["data"]
    builtin = data.get("builtin", {})
    if builtin.get("name") != "songs":
        builtin.pop("form", None)
    if not isinstance(domain, Images):
        for key in _OF_IMAGES:
            data.pop(key, None)
    if not config.model.conditional:
        for section, keys in _OF_CLASSES.items():
            for key in keys:
                content[section].pop(key, None)
    return yaml_text.dump(content)
