"""StyleGAN2: Karras et al. 2020 (CVPR), configurations E and F; skip generator, residual D.

The defaults of the options are those of configuration F. For small data sets, Karras et al. 2020
(StyleGAN2-ADA, appendix C) use a mapping network of 2 layers and half the channels.
"""

import keras

from gan_cli.models.contract import (
    EQUALIZED_CLASS_HEAD,
    LABEL_EMBEDDING,
    LOGITS,
    MAPPING,
    STYLE_AVERAGE,
    SYNTHESIS,
    Architecture,
    ModelSpec,
)
from gan_cli.models.layers.conditioning import (
    discriminator_inputs,
    discriminator_outputs,
    named_features,
)
from gan_cli.models.layers.equalized import (
    LARGEST_HALF,
    DownsamplingConv2D,
    EqualizedConv2D,
    EqualizedDense,
)
from gan_cli.models.layers.labels import known_labels
from gan_cli.models.layers.modulated import ModulatedConv2D, ToImage
from gan_cli.models.layers.resample import FilteredDownsampling, FilteredUpsampling
from gan_cli.models.layers.resolution import resolution_ladder
from gan_cli.models.layers.second_moment import MinibatchStandardDeviation, PixelNormalization
from gan_cli.models.layers.styles import (
    LearnedConstant,
    Noise,
    OtherLatents,
    StyleAverage,
    StyleMixing,
)

# The two branches of a residual block are added at equal variance.
_HALF_POWER = 0.5**0.5
_MAPPING_LEARNING_RATE = 0.01
_LABEL_MAPPING_LAYERS = 8


def build_generator(spec: ModelSpec) -> keras.Model:
    """Builds the generator from a `mapping` to styles, [batch, layers, n], and a `synthesis`.

    `spec.base_channels` is the width at full resolution.
    """
    ladder = resolution_ladder(spec.height, spec.width)
    mapping = _mapping(spec, num_styles=2 * len(ladder))
    synthesis = _synthesis(spec, ladder)
    inputs = _inputs(keras.Input([spec.latent_dim], dtype="float32", name="latents"), spec)
    images = synthesis(mapping(inputs if len(inputs) > 1 else inputs[0]))
    return keras.Model(inputs, images, name="generator")


def _inputs(first: keras.KerasTensor, spec: ModelSpec) -> list[keras.KerasTensor]:
    if not spec.num_classes:
        return [first]
    return [first, keras.Input([], dtype="int32", name="labels")]


def _mapping(spec: ModelSpec, num_styles: int) -> keras.Model:
    """Builds the model from latents (and labels) to float32 [batch, num_styles, latent_dim]."""
    inputs = _inputs(keras.Input([spec.latent_dim], dtype="float32", name="latents"), spec)
    normalize = PixelNormalization(dtype="float32")
    layers = [
        EqualizedDense(
            spec.latent_dim,
            activation="leaky_relu",
            learning_rate_multiplier=_MAPPING_LEARNING_RATE,
            dtype="float32",
        )
        for _ in range(spec.options["mapping_layers"])
    ]
    label = _embedded_label(spec, inputs[1], spec.latent_dim) if spec.num_classes else None

    def styles(latents: keras.KerasTensor) -> keras.KerasTensor:
        x = normalize(latents)
        if label is not None:
            x = keras.layers.Concatenate(dtype="float32")([x, label])
        for layer in layers:
            x = layer(x)
        return x

    own = StyleAverage(dtype="float32", name=STYLE_AVERAGE)(styles(inputs[0]))
    others = styles(OtherLatents(dtype="float32")(inputs[0]))
    mixing = StyleMixing(num_styles, spec.options["style_mixing"], dtype="float32")
    return keras.Model(inputs, mixing([own, others]), name=MAPPING)


def _embedded_label(spec: ModelSpec, labels: keras.KerasTensor, size: int) -> keras.KerasTensor:
    """Returns a learned vector for each label, float32 [batch, size], of unit mean square."""
    one_hot = keras.ops.one_hot(known_labels(labels, spec.num_classes), spec.num_classes)
    x = EqualizedDense(size, dtype="float32", name=LABEL_EMBEDDING)(one_hot)
    return PixelNormalization(dtype="float32")(x)


def _synthesis(spec: ModelSpec, ladder: list[tuple[int, int]]) -> keras.Model:
    styles = keras.Input([2 * len(ladder), spec.latent_dim], dtype="float32", name="styles")

    def convolution(
        x: keras.KerasTensor, index: int, size: tuple[int, int], channels: int
    ) -> keras.KerasTensor:
        noise = Noise(size)(x)
        return ModulatedConv2D(channels, size)([x, styles[:, index], noise])

    def added(
        image: keras.KerasTensor | None, x: keras.KerasTensor, index: int
    ) -> keras.KerasTensor:
        more = ToImage(spec.channels)([x, styles[:, index]])
        more = keras.layers.Activation("linear", dtype="float32")(more)
        return more if image is None else keras.layers.Add(dtype="float32")([image, more])

    top = len(ladder) - 1
    x = LearnedConstant(ladder[top], spec.width_at(top))(styles)
    x = convolution(x, 0, ladder[top], spec.width_at(top))
    image = added(None, x, 1)
    for level in range(top - 1, -1, -1):
        first = 2 * (top - level) - 1
        x = convolution(x, first, ladder[level], spec.width_at(level))
        x = convolution(x, first + 1, ladder[level], spec.width_at(level))
        image = FilteredUpsampling(ladder[level], dtype="float32")(image)
        # ToImage of a level and the first convolution of the next level share a style.
        image = added(image, x, first + 2)
    return keras.Model(styles, image, name=SYNTHESIS)


def build_discriminator(spec: ModelSpec) -> keras.Model:
    """Builds the discriminator; `spec.base_channels` is its width at full resolution.

    With `mapping`, the logit is the inner product of the features and the mapped label.
    """
    ladder = resolution_ladder(spec.height, spec.width)
    inputs, images = discriminator_inputs(spec)
    x = _activated(spec.width_at(0), 1)(images)
    for level in range(len(ladder) - 1):
        x = _residual_block(x, spec.width_at(level + 1))
    x = MinibatchStandardDeviation(spec.options["minibatch_std_group"])(x)
    width = spec.width_at(len(ladder) - 1)
    x = _activated(width, 3)(x)
    x = EqualizedDense(width, activation="leaky_relu")(keras.layers.Flatten()(x))
    features = named_features(x)
    if not spec.num_classes or spec.conditioning != "mapping":
        return discriminator_outputs(
            spec, inputs, features, EqualizedDense(1)(features), equalized=True
        )
    label = _embedded_label(spec, inputs[1], width)
    for _ in range(_LABEL_MAPPING_LAYERS):
        label = EqualizedDense(
            width,
            activation="leaky_relu",
            learning_rate_multiplier=_MAPPING_LEARNING_RATE,
            dtype="float32",
        )(label)
    product = keras.layers.Dot(axes=1, dtype="float32")([label, EqualizedDense(width)(features)])
    logits = keras.layers.Rescaling(width**-0.5, dtype="float32")(product)
    logits = keras.layers.Reshape([], dtype="float32", name=LOGITS)(logits)
    return keras.Model(inputs, logits, name="discriminator")


def _activated(channels: int, kernel_size: int) -> EqualizedConv2D:
    return EqualizedConv2D(channels, kernel_size, activation="leaky_relu", half_bound=LARGEST_HALF)


def _residual_block(x: keras.KerasTensor, channels: int) -> keras.KerasTensor:
    bound = LARGEST_HALF * _HALF_POWER
    shortcut = EqualizedConv2D(channels, 1, use_bias=False, gain=_HALF_POWER, half_bound=bound)(
        FilteredDownsampling()(x)
    )
    x = _activated(x.shape[-1], 3)(x)
    x = DownsamplingConv2D(
        channels, 3, activation="leaky_relu", activation_gain=1.0, half_bound=bound
    )(x)
    return keras.layers.Add()([x, shortcut])


ARCHITECTURE = Architecture(
    build_generator,
    build_discriminator,
    base_channels=64,
    learning_rate=2e-3,
    generator_conditioning="mapping",
    generator_conditionings=("mapping",),
    discriminator_conditioning="mapping",
    discriminator_conditionings=("mapping", "projection", "concat", "auxiliary"),
    largest=1024,
    options={
        "mapping_layers": 8,
        "style_mixing": 0.9,
        "minibatch_std_group": 4,
        EQUALIZED_CLASS_HEAD: True,
    },
)
