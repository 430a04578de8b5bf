"""Voices that sound one note at a time: beats are unfolded from bars, symbols from beats.

The generator works on beats, where harmony changes, and makes all symbols of a beat, of every voice
and step, at once by a softmax for each. The discriminator is shown what a listener hears beside the
symbols: the pitch classes that sound in every step, held notes included; the intervals between
voices and from beat to beat, which transposition does not change; as options, how voices lead
(`counterpoint`), or leaps and voices that cross (`contours`).
Bars and pitch classes are those of MuseGAN (Dong et al. 2018); symbols are drawn as in `sequence`.
The discriminator has no normalisation, as gradient penalties require.
"""

import keras

from gan_cli.errors import UserError
from gan_cli.models.contract import IMAGES, Architecture, ModelSpec
from gan_cli.models.layers.conditioning import (
    discriminator_inputs,
    discriminator_outputs,
    generator_inputs,
    named_features,
    normalized,
)
from gan_cli.models.layers.counterpoint import Counterpoint
from gan_cli.models.layers.one_hot import TokenSoftmax
from gan_cli.models.layers.voices import Contours, Intervals, PitchClasses, SoundingPitches
from gan_cli.models.option_checks import count_option, temperature_option

_OUTPUTS = ("straight_through", "softmax")
# How much a residual block adds to its input, as in `sequence`.
_RESIDUAL = 0.3


class _Sizes:
    """How the steps of a phrase divide into bars and beats."""

    def __init__(self, spec: ModelSpec):
        self.bars = spec.layout.get("bars", 1)
        self.steps = spec.layout.get("steps_per_beat", 1)
        if spec.layout and "track_of_lane_0" not in spec.layout:
            raise UserError("model.architecture: 'choir' needs voices (data.form: voices)")
        if spec.height % (self.bars * self.steps):
            raise UserError(
                f"model.architecture: 'choir' needs whole bars and beats; {spec.height} steps are"
                f" no multiple of {self.bars} bars of {self.steps} steps a beat"
            )
        self.all_beats = spec.height // self.steps
        self.beats = self.all_beats // self.bars
        lanes = range(spec.channels)
        self.pitched = [lane for lane in lanes if not spec.layout.get(f"lane_{lane}_is_drums", 0)]
        self.lowest = [spec.layout.get(f"lowest_of_lane_{lane}", 0) for lane in self.pitched]
        tracks = [spec.layout.get(f"track_of_lane_{lane}", lane) for lane in self.pitched]
        names = sorted(set(tracks))
        # Tracks of pitches alone, numbered from 0.
        self.tracks = [names.index(track) for track in tracks]
        self.chords = sorted({track for track in self.tracks if self.tracks.count(track) > 1})


def build_generator(spec: ModelSpec) -> keras.Model:
    """Builds the generator; `spec.base_channels` is its width for each beat.

    Returns:
      A model to float32 [batch, steps, symbols, voices], which add up to 1 over the symbols.
    """
    output = spec.options["output"]
    if output not in _OUTPUTS:
        raise UserError(f"model.options.output: must be {' or '.join(_OUTPUTS)}, got '{output}'")
    temperature = temperature_option(spec)
    sizes = _Sizes(spec)
    bar_width, width = spec.width_at(1), spec.width_at(0)
    inputs, x = generator_inputs(spec)

    def rectified(x: keras.KerasTensor) -> keras.KerasTensor:
        return keras.layers.ReLU()(normalized(spec, inputs, x, momentum=0.9))

    x = keras.layers.Dense(sizes.bars * bar_width)(x)
    x = rectified(keras.layers.Reshape([sizes.bars, bar_width])(x))
    x = rectified(keras.layers.Conv1D(bar_width, 3, padding="same")(x))
    x = keras.layers.Dense(sizes.beats * width)(x)
    x = keras.layers.Reshape([sizes.all_beats, width])(x)
    for _ in range(count_option(spec, "blocks", 0)):
        inner = rectified(x)
        inner = keras.layers.Conv1D(width, 3, padding="same")(inner)
        inner = rectified(inner)
        inner = keras.layers.Conv1D(width, 3, padding="same")(inner)
        x = keras.layers.Add()([x, keras.layers.Rescaling(_RESIDUAL)(inner)])
    x = rectified(x)
    x = keras.layers.Dense(sizes.steps * spec.width * spec.channels)(x)
    x = keras.layers.Reshape([spec.height, spec.width, spec.channels])(x)
    symbols = TokenSoftmax(temperature, output == "straight_through", dtype="float32", name=IMAGES)
    return keras.Model(inputs, symbols(x), name="generator")


def build_discriminator(spec: ModelSpec) -> keras.Model:
    """Builds the discriminator; `spec.base_channels` is its width for each beat."""
    sizes = _Sizes(spec)
    bar_width, width = spec.width_at(1), spec.width_at(0)
    inputs, symbols = discriminator_inputs(spec)

    def leaky(x: keras.KerasTensor) -> keras.KerasTensor:
        return keras.layers.LeakyReLU(0.2)(x)

    def by_beat(x: keras.KerasTensor) -> keras.KerasTensor:
        return keras.layers.Reshape([sizes.all_beats, -1])(x)

    streams = [by_beat(symbols)]
    if spec.options["hears"] and sizes.pitched:
        lanes = keras.ops.take(symbols, sizes.pitched, axis=3)
        pitches = SoundingPitches(dtype="float32")(lanes)
        classes = PitchClasses(sizes.lowest, sizes.tracks)(pitches)
        intervals = Intervals(sizes.steps, sizes.chords)(classes)
        streams.append(by_beat(keras.layers.Permute([2, 1, 3])(classes)))
        streams.append(by_beat(intervals))
        if spec.options["contours"]:
            streams.append(by_beat(Contours(sizes.lowest)(pitches)))
        if spec.options["counterpoint"]:
            streams.append(Counterpoint(sizes.lowest, sizes.steps, dtype="float32")(pitches))
    # A sum of dense layers, each scaled to its own stream.
    x = keras.layers.Add()([keras.layers.Dense(width)(stream) for stream in streams])
    x = leaky(x)
    for _ in range(count_option(spec, "discriminator_blocks", 1)):
        x = leaky(keras.layers.Conv1D(width, 3, padding="same")(x))
    x = keras.layers.Reshape([sizes.bars, sizes.beats * width])(x)
    x = leaky(keras.layers.Dense(bar_width)(x))
    x = leaky(keras.layers.Conv1D(bar_width, 3, padding="same")(x))
    x = leaky(keras.layers.Dense(bar_width)(keras.layers.Flatten()(x)))
    features = named_features(x)
    return discriminator_outputs(spec, inputs, features, keras.layers.Dense(1)(features))


ARCHITECTURE = Architecture(
    build_generator,
    build_discriminator,
    base_channels=128,
    learning_rate=1e-3,
    smallest=2,
    largest=1024,
    options={
        "output": "straight_through",
        "temperature": 1.0,
        "blocks": 2,
        "discriminator_blocks": 2,
        "hears": True,
        "contours": False,
        "counterpoint": False,
    },
)
