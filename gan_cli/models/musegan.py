"""MuseGAN for piano rolls: bars x beats x steps x octaves x pitches, private streams per track.

After the small version of its author (Dong, ISMIR 2019 tutorial on music generation with GANs) of
Dong et al. 2018 (MuseGAN) and Dong and Yang 2018 (BinaryMuseGAN): the generator unfolds bars, beats
and octaves in turn, for all tracks together, then steps and pitches for each track by weights of
its own; the discriminator folds them the other way. Where kernel and stride are equal, as nearly
everywhere, a convolution is a dense layer on each block, which processors run fast and whose second
gradients exist. As in MuseGAN's third version, the discriminator also looks at pitch classes over
octaves and at changes from step to step.
"""

from collections.abc import Callable

import keras

from gan_cli.errors import UserError
from gan_cli.models.contract import Architecture, ModelSpec
from gan_cli.models.layers.conditioning import (
    discriminator_inputs,
    discriminator_outputs,
    generator_inputs,
    named_features,
    normalized,
)
from gan_cli.models.layers.tracks import PerTrackDense, StraightThrough

_OCTAVE = 12
_OUTPUTS = ("straight_through", "tanh")


class _Sizes:
    """How the axes of a roll divide: steps into bars, beats and steps, pitches into octaves."""

    def __init__(self, spec: ModelSpec):
        self.bars = spec.layout.get("bars", 1)
        self.steps = spec.layout.get("steps_per_beat", 1)
        if "track_of_lane_0" in spec.layout:
            raise UserError("model.architecture: 'musegan' needs piano rolls (data.form: rolls)")
        if spec.height % (self.bars * self.steps):
            raise UserError(
                f"model.architecture: 'musegan' needs whole bars and beats; {spec.height} rows are"
                f" no multiple of {self.bars} bars of {self.steps} steps a beat"
            )
        self.beats = spec.height // self.bars // self.steps
        # The last octave may exceed the pitches.
        self.octaves = -(-spec.width // _OCTAVE)
        self.tracks = spec.channels

    @property
    def all_beats(self) -> int:
        return self.bars * self.beats


def build_generator(spec: ModelSpec) -> keras.Model:
    """Builds the generator; `spec.base_channels` is its width where octaves are unfolded."""
    output = spec.options["output"]
    if output not in _OUTPUTS:
        raise UserError(f"model.options.output: must be {' or '.join(_OUTPUTS)}, got '{output}'")
    sizes = _Sizes(spec)
    width = [spec.width_at(level) for level in range(4)]
    inputs, x = generator_inputs(spec)

    def rectified(x: keras.KerasTensor) -> keras.KerasTensor:
        return keras.layers.ReLU()(normalized(spec, inputs, x, momentum=0.9))

    def unfolded(x: keras.KerasTensor, count: int, channels: int) -> keras.KerasTensor:
        x = keras.layers.Dense(count * channels, use_bias=False)(x)
        return rectified(keras.layers.Reshape([-1, channels])(x))

    x = unfolded(x, sizes.bars, width[3])
    # Neighbouring bars hear of each other.
    x = rectified(keras.layers.Conv1D(width[3], 3, padding="same", use_bias=False)(x))
    x = unfolded(x, sizes.beats, width[2])
    x = unfolded(x, sizes.octaves, width[1])
    x = keras.layers.Reshape([sizes.all_beats, sizes.octaves, width[1]])(x)
    x = rectified(keras.layers.Conv2D(width[0], 3, padding="same", use_bias=False)(x))
    shared = keras.layers.Reshape([1, sizes.all_beats * sizes.octaves, width[0]])(x)

    def private(orders: tuple[int, int], x: keras.KerasTensor) -> keras.KerasTensor:
        """Unfolds steps and pitches of each track, in either order; the last one stays folded."""
        first, last = orders
        channels = max(width[0] // 2, 1)
        x = PerTrackDense(first * channels, sizes.tracks, use_bias=False)(x)
        x = keras.layers.Reshape([sizes.tracks, -1, channels])(x)
        # Normalised for each track and channel, as private streams are.
        x = keras.layers.Permute([2, 1, 3])(x)
        x = rectified(keras.layers.Reshape([-1, sizes.tracks * channels])(x))
        x = keras.layers.Reshape([-1, sizes.tracks, channels])(x)
        x = PerTrackDense(last, sizes.tracks)(keras.layers.Permute([2, 1, 3])(x))
        # Tracks come last, then octaves and steps change places; axes that stay together are one.
        x = keras.layers.Permute([2, 1])(keras.layers.Reshape([sizes.tracks, -1])(x))
        if first == sizes.steps:
            folds = sizes.octaves, sizes.steps, _OCTAVE * sizes.tracks
        else:
            folds = sizes.octaves * _OCTAVE, sizes.steps, sizes.tracks
        x = keras.layers.Permute([1, 3, 2, 4])(keras.layers.Reshape([sizes.all_beats, *folds])(x))
        return keras.layers.Reshape([spec.height, sizes.octaves * _OCTAVE, sizes.tracks])(x)

    cells = private((sizes.steps, _OCTAVE), shared)
    if spec.options["orders"] == 2:
        other = private((_OCTAVE, sizes.steps), shared)
        cells = keras.layers.Add()([cells, other])
    surplus = sizes.octaves * _OCTAVE - spec.width
    cells = keras.layers.Cropping2D(((0, 0), (0, surplus)))(cells)
    # Most cells of music are silent, so that silence is where training starts.
    cells = Offset(spec.options["silence"], dtype="float32")(cells)
    if output == "tanh":
        images = keras.layers.Activation("tanh", dtype="float32", name="images")(cells)
    else:
        images = StraightThrough(dtype="float32", name="images")(cells)
    return keras.Model(inputs, images, name="generator")


def build_discriminator(spec: ModelSpec) -> keras.Model:
    """Builds the discriminator; `spec.base_channels` is its width where octaves are folded."""
    sizes = _Sizes(spec)
    width = [spec.width_at(level) for level in range(4)]
    inputs, cells = discriminator_inputs(spec)

    def leaky(x: keras.KerasTensor) -> keras.KerasTensor:
        return keras.layers.LeakyReLU(0.2)(x)

    surplus = sizes.octaves * _OCTAVE - spec.width
    # Silence beyond the last pitch.
    padded = keras.layers.ZeroPadding2D(((0, 0), (0, surplus)))(Sounding()(cells))
    channels = max(width[0] // 2, 1)

    def private(pitches_first: bool) -> keras.KerasTensor:
        """Folds pitches and steps of each track, in either order."""
        if pitches_first:
            folds, first, last = (sizes.octaves, _OCTAVE * sizes.tracks), sizes.steps, _OCTAVE
        else:
            folds, first, last = (sizes.octaves * _OCTAVE, sizes.tracks), _OCTAVE, sizes.steps
        x = keras.layers.Reshape([sizes.all_beats, sizes.steps, *folds])(padded)
        # Octaves come before steps, then tracks before all.
        x = keras.layers.Reshape([-1, sizes.tracks])(keras.layers.Permute([1, 3, 2, 4])(x))
        x = keras.layers.Permute([2, 1])(x)
        x = keras.layers.Reshape([sizes.tracks, -1, last])(x)
        x = leaky(PerTrackDense(channels, sizes.tracks)(x))
        x = keras.layers.Reshape([sizes.tracks, -1, first * channels])(x)
        x = leaky(PerTrackDense(channels, sizes.tracks)(x))
        x = keras.layers.Permute([2, 1, 3])(x)
        return keras.layers.Reshape([sizes.all_beats, sizes.octaves, sizes.tracks * channels])(x)

    streams = [private(True)]
    if spec.options["orders"] == 2:
        streams.append(private(False))
    x = streams[0] if len(streams) == 1 else keras.layers.Concatenate()(streams)
    x = leaky(keras.layers.Conv2D(width[1], 3, padding="same")(x))
    x = keras.layers.Reshape([sizes.all_beats, sizes.octaves * width[1]])(x)
    x = leaky(keras.layers.Dense(width[1])(x))
    x = keras.layers.Concatenate()([x, *_summaries(sizes, padded, width[0], leaky)])
    x = leaky(keras.layers.Conv1D(width[2], 3, padding="same")(x))
    x = keras.layers.Reshape([sizes.bars, sizes.beats * width[2]])(x)
    x = leaky(keras.layers.Dense(width[2])(x))
    x = leaky(keras.layers.Conv1D(width[2], 3, padding="same")(x))
    x = leaky(keras.layers.Dense(width[3])(keras.layers.Flatten()(x)))
    features = named_features(x)
    return discriminator_outputs(spec, inputs, features, keras.layers.Dense(1)(features))


def _summaries(
    sizes: _Sizes,
    padded: keras.KerasTensor,
    channels: int,
    activation: Callable[[keras.KerasTensor], keras.KerasTensor],
) -> list[keras.KerasTensor]:
    """Returns what a beat's pitch classes and its changes say: [beats, channels] each."""
    by_octave = [sizes.all_beats, sizes.steps * sizes.octaves, _OCTAVE * sizes.tracks]
    chroma = keras.ops.sum(keras.layers.Reshape(by_octave)(padded), axis=2)
    # What starts less what ends, over all pitches, as in MuseGAN's stream of onsets and offsets.
    before = keras.layers.ZeroPadding2D(((1, 0), (0, 0)))(padded)
    before = keras.layers.Cropping2D(((0, 1), (0, 0)))(before)
    changes = keras.ops.sum(keras.ops.relu(padded - before), axis=2)
    changes = keras.layers.Reshape([sizes.all_beats, sizes.steps * sizes.tracks])(changes)
    summaries = []
    for each in (chroma, changes):
        x = activation(keras.layers.Dense(channels)(each))
        summaries.append(activation(keras.layers.Dense(channels)(x)))
    return summaries


@keras.saving.register_keras_serializable("gan_cli")
class Sounding(keras.layers.Layer):
    """Converts cells from [-1, 1] to [0, 1]: silence is 0, so that padding is silence."""

    def call(self, cells: keras.KerasTensor) -> keras.KerasTensor:
        return 0.5 * (cells + 1.0)


@keras.saving.register_keras_serializable("gan_cli")
class Offset(keras.layers.Layer):
    """Subtracts a constant.

    Args:
      amount: what is subtracted.
    """

    def __init__(self, amount: float, **keywords: object):
        super().__init__(**keywords)
        self.amount = amount

    def call(self, cells: keras.KerasTensor) -> keras.KerasTensor:
        return cells - self.amount

    def get_config(self) -> dict:
        return {**super().get_config(), "amount": self.amount}


ARCHITECTURE = Architecture(
    build_generator,
    build_discriminator,
    base_channels=32,
    learning_rate=1e-3,
    smallest=4,
    largest=1024,
    options={"output": "straight_through", "orders": 1, "silence": 2.0},
)
