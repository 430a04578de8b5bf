"""The latents in a model card's code are those of gan-sample's seeds."""

import re
from types import SimpleNamespace

import numpy as np
import pytest

from gan_cli.export.card import ModelFacts, model_card
from gan_cli.sampling.latents import latents_for_seeds


@pytest.mark.parametrize("distribution", ["normal", "uniform"])
@pytest.mark.parametrize("modules", [(), ("gan_cli.models.layers.styles",)])
def test_the_code_of_a_card_draws_the_latents_of_the_first_seeds(distribution, modules):
    facts = ModelFacts(
        name="x", checkpoint="ckpt-1", kimg=1.0, weights_sha256="0", image_shape=(8, 8, 1),
        latent_dim=5, latent_distribution=distribution, class_names=(), num_parameters=1,
        data="", evaluation=None, needed_modules=modules, config_text="", licence=None, picture="",
    )  # fmt: skip
    form = SimpleNamespace(file_name="x.keras", runtime="Keras", tolerance=0.0, code="")
    part = SimpleNamespace(
        name="keras", format=form, size_bytes=1, largest_error=0.0, psnr_db=float("inf")
    )
    card = model_card(facts, [part])
    names: dict = {}
    exec(re.search(r"```python\n(.*?)```", card, re.DOTALL)[1], names)
    expected = latents_for_seeds(range(8), 5, distribution)
    np.testing.assert_array_equal(names["latents"], expected)
    assert names["latents"].dtype == np.float32
    assert ("Keras, with gan-cli installed" if modules else "Keras alone") in card
