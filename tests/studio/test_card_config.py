"""The config in a model card lists what concerns the run."""

import pytest

from gan_cli.config.schema import Config
from gan_cli.config.yaml_text import parse
from gan_cli.domains.images import Images
from gan_cli.domains.tokens import Strings
from gan_cli.studio.card_config import card_config

OF_IMAGES = {"fit", "background", "colour_profiles", "value_range", "mirror", "quarter_turns"}
OF_CLASSES = {"label_sampling", "discriminator_conditioning", "generator_conditioning"}
STRINGS = Strings((8, 1, 4), "abc")


@pytest.mark.parametrize("conditional", [False, True])
@pytest.mark.parametrize(
    ("name", "domain", "has_form"),
    [("digits", Images((8, 8, 1)), False), ("surnames", STRINGS, False), ("songs", STRINGS, True)],
)
def test_a_card_lists_the_keys_of_its_kind_of_data(name, domain, has_form, conditional):
    given = {"data": {"source": "builtin", "name": name}, "model": {"conditional": conditional}}
    config = Config.model_validate(given, strict=False)
    kept, _ = parse(card_config(config, domain), "card")
    assert ("form" in kept["data"]["builtin"]) == has_form
    assert OF_IMAGES & set(kept["data"]) == (OF_IMAGES if isinstance(domain, Images) else set())
    assert OF_CLASSES & set(kept["model"]) == (OF_CLASSES if conditional else set())
    assert ("class_sampling" in kept["data"]) == conditional
    # What is left out has its default, so that the card's config trains the same.
    assert Config.model_validate(kept, strict=False) == config
