"""Progressive growing: Karras et al. 2018, table 2 and appendix A.1, without fused resampling.

Both networks start at the coarsest resolution, and the next one fades in over `fade_kimg` after
every `stable_kimg`. Both have an equalised learning rate, G has pixel normalisation, and D sees the
standard deviation of a minibatch.
"""

from typing import Any

import keras

from gan_cli.errors import UserError
from gan_cli.models.contract import EQUALIZED_CLASS_HEAD, Architecture, ModelSpec
from gan_cli.models.layers.conditioning import (
    discriminator_inputs,
    discriminator_outputs,
    generator_inputs,
    named_features,
)
from gan_cli.models.layers.equalized import EqualizedDense
from gan_cli.models.layers.growing import GrowingDiscriminator, GrowingGenerator
from gan_cli.models.layers.resolution import resolution_ladder
from gan_cli.models.layers.second_moment import PixelNormalization

OPTIONS = {
    "stable_kimg": 600.0,
    "fade_kimg": 600.0,
    "minibatch_std_group": 4,
    EQUALIZED_CLASS_HEAD: True,
}


def _option(spec: ModelSpec, name: str) -> Any:
    return spec.options.get(name, OPTIONS[name])


def _growth(spec: ModelSpec) -> dict:
    """Returns the arguments of growing layers, which both networks share.

    Raises:
      UserError: a negative duration.
    """
    durations = {key: _option(spec, key) for key in ("stable_kimg", "fade_kimg")}
    for key, value in durations.items():
        if value < 0:
            raise UserError(f"model.options.{key}: must be at least 0, got {value:g}")
    ladder = resolution_ladder(spec.height, spec.width)
    widths = [spec.width_at(level) for level in range(len(ladder) + 1)]
    return {"ladder": ladder, "widths": widths, **durations}


def build_generator(spec: ModelSpec) -> keras.Model:
    """Builds the generator; `spec.base_channels` is its width at full resolution."""
    growth = _growth(spec)
    inputs, x = generator_inputs(spec)
    x = PixelNormalization()(x)
    images = GrowingGenerator(spec.channels, name="images", **growth)(x)
    return keras.Model(inputs, images, name="generator")


def build_discriminator(spec: ModelSpec) -> keras.Model:
    """Builds the discriminator; `spec.base_channels` is its width at full resolution."""
    group_size = _option(spec, "minibatch_std_group")
    if group_size < 1:
        raise UserError(f"model.options.minibatch_std_group: must be at least 1, got {group_size}")
    growth = _growth(spec)
    inputs, x = discriminator_inputs(spec)
    features = named_features(GrowingDiscriminator(group_size, name="growing", **growth)(x))
    logits = EqualizedDense(1)(features)
    return discriminator_outputs(spec, inputs, features, logits, equalized=True)


ARCHITECTURE = Architecture(
    build_generator,
    build_discriminator,
    base_channels=32,
    learning_rate=1e-3,
    discriminator_conditioning="auxiliary",
    largest=1024,
    options=OPTIONS,
)
