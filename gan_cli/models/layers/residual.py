"""Residual blocks of the SNGAN family: Miyato et al. 2018, appendix B.4, figure 8."""

from collections.abc import Callable

import keras

from gan_cli.models.layers.shuffle import RepeatUpsampling
from gan_cli.models.layers.spectral import SpectralConv2D

# Gain of the convolutions of a residual path, which follow a ReLU, as in the authors' code.
RESIDUAL_GAIN = 2.0**0.5

Normalize = Callable[[keras.KerasTensor], keras.KerasTensor]


def convolution(
    channels: int,
    kernel_size: int,
    spectral: bool,
    gain: float = 1.0,
    orthogonal: bool = False,
) -> keras.layers.Layer:
    """Returns a stride-1 convolution with Glorot's uniform initial weights times `gain`.

    Args:
      spectral: whether its weights are spectrally normalised.
      orthogonal: use orthogonal initial weights instead, as in BigGAN.
    """
    kind = SpectralConv2D if spectral else keras.layers.Conv2D
    initializer: keras.initializers.Initializer
    if orthogonal:
        initializer = keras.initializers.Orthogonal()
    else:
        initializer = keras.initializers.VarianceScaling(gain**2, "fan_avg", "uniform")
    return kind(channels, kernel_size, padding="same", kernel_initializer=initializer)


def generator_block(
    x: keras.KerasTensor,
    channels: int,
    size: tuple[int, int],
    normalize: Normalize,
    spectral: bool = False,
    orthogonal: bool = False,
) -> keras.KerasTensor:
    """Doubles the resolution to `size`: norm, ReLU, up, 3x3, norm, ReLU, 3x3, plus up and 1x1."""

    def doubled(y: keras.KerasTensor) -> keras.KerasTensor:
        y = RepeatUpsampling()(y)
        # Doubling exceeds an odd size by one row or column.
        surplus = y.shape[1] - size[0], y.shape[2] - size[1]
        return keras.layers.Cropping2D(((0, surplus[0]), (0, surplus[1])))(y)

    residual = doubled(keras.layers.ReLU()(normalize(x)))
    residual = convolution(channels, 3, spectral, RESIDUAL_GAIN, orthogonal)(residual)
    residual = keras.layers.ReLU()(normalize(residual))
    residual = convolution(channels, 3, spectral, RESIDUAL_GAIN, orthogonal)(residual)
    shortcut = convolution(channels, 1, spectral, orthogonal=orthogonal)(doubled(x))
    return keras.layers.Add()([residual, shortcut])


def discriminator_block(
    x: keras.KerasTensor,
    channels: int,
    down: bool,
    first: bool = False,
    orthogonal: bool = False,
    widen_late: bool = False,
) -> keras.KerasTensor:
    """Applies ReLU, 3x3, ReLU, 3x3 and, if `down`, average pooling, plus the 1x1 shortcut.

    The first block has no ReLU before it, and pools before its shortcut's convolution. The first
    convolution widens to `channels`, or the second one if `widen_late` and not `first`.
    """

    def halved(y: keras.KerasTensor) -> keras.KerasTensor:
        return keras.layers.AveragePooling2D(2, padding="same")(y) if down else y

    residual = x if first else keras.layers.ReLU()(x)
    hidden = x.shape[-1] if widen_late and not first else channels
    residual = convolution(hidden, 3, True, RESIDUAL_GAIN, orthogonal)(residual)
    residual = keras.layers.ReLU()(residual)
    residual = halved(convolution(channels, 3, True, RESIDUAL_GAIN, orthogonal)(residual))
    shortcut = x
    if first:
        shortcut = convolution(channels, 1, True, orthogonal=orthogonal)(halved(x))
    elif down or x.shape[-1] != channels:
        shortcut = halved(convolution(channels, 1, True, orthogonal=orthogonal)(x))
    return keras.layers.Add()([residual, shortcut])
