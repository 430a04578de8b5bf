"""Layers that say what voices sound like, given their symbols as one-hot vectors."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from gan_cli.models.layers.parts import part

_CLASSES = 12
# Melodies leap by an octave at most; wider leaps count as this one.
_WIDEST_LEAP = 13
# Symbols before the pitches: a rest and a held note; see `music.voices`.
_REST, _HOLD, _FIRST_PITCH = 0, 1, 2


@keras.saving.register_keras_serializable("gan_cli")
class SoundingPitches(keras.layers.Layer):
    """Returns what sounds in every step: a held note has the pitch that it started with.

    Takes [batch, steps, symbols, voices] and returns float32 [batch, voices, steps, pitches]:
    one-hot where a note sounds, zeros where none does. Gradients of a sounding pitch go to all
    steps since the note's start.
    """

    def call(self, symbols: tf.Tensor) -> tf.Tensor:
        by_voice = tf.transpose(tf.cast(symbols, tf.float32), [0, 3, 1, 2])
        starts = tf.cumsum(1.0 - by_voice[..., _HOLD], axis=2)
        # How many notes or rests start after step s, up to step t: with none, s still sounds in t.
        between = starts[:, :, :, None] - starts[:, :, None, :]
        still = tf.linalg.band_part(tf.nn.relu(1.0 - between), -1, 0)
        pitches = part(by_voice, 3, _FIRST_PITCH, by_voice.shape[3] - _FIRST_PITCH)
        return tf.matmul(still, pitches)

    def compute_output_shape(self, shape: Any) -> Any:
        return shape[0], shape[3], shape[1], shape[2] - _FIRST_PITCH


@keras.saving.register_keras_serializable("gan_cli")
class PitchClasses(keras.layers.Layer):
    """Counts the pitch classes of each track, [batch, tracks, steps, 12].

    Takes the pitches of its voices, [batch, voices, steps, pitches].

    Args:
      lowest: for each voice, the MIDI key of its first pitch; class 0 is C.
      tracks: for each voice, the index of its track, from 0 on without gaps.
    """

    def __init__(self, lowest: list[int], tracks: list[int], **keywords: Any):
        super().__init__(**keywords)
        self.lowest, self.tracks = list(lowest), list(tracks)

    def call(self, pitches: tf.Tensor) -> tf.Tensor:
        keys = np.array(self.lowest)[:, None] + np.arange(pitches.shape[3])
        fold = np.eye(_CLASSES, dtype=np.float32)[keys % _CLASSES]
        classes = tf.einsum("bvtp,vpc->bvtc", pitches, tf.constant(fold, pitches.dtype))
        if len(set(self.tracks)) == len(self.tracks):
            return classes
        members = np.eye(max(self.tracks) + 1, dtype=np.float32)[self.tracks]
        return tf.einsum("bvtc,vk->bktc", classes, tf.constant(members, pitches.dtype))

    def compute_output_shape(self, shape: Any) -> Any:
        return shape[0], max(self.tracks) + 1, shape[2], _CLASSES

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "lowest": self.lowest, "tracks": self.tracks}


@keras.saving.register_keras_serializable("gan_cli")
class Intervals(keras.layers.Layer):
    """Counts intervals within and between tracks, and from beat to beat, modulo an octave.

    Takes pitch classes, [batch, tracks, steps, 12], and returns [batch, steps, features]: for each
    pair of tracks, for each chord and itself, and for each track and itself a beat earlier, how
    often each of the 12 intervals occurs. Transposition does not change them.

    Args:
      steps_per_beat: steps from one beat to the next.
      chords: the tracks that may sound several notes at once.
    """

    def __init__(self, steps_per_beat: int, chords: list[int], **keywords: Any):
        super().__init__(**keywords)
        self.steps_per_beat, self.chords = steps_per_beat, list(chords)

    def call(self, classes: tf.Tensor) -> tf.Tensor:
        steps = classes.shape[2]
        pairs = self._pairs(classes.shape[1])
        upper = [tf.squeeze(part(classes, 1, one, 1), 1) for one, _ in pairs]
        lower = [tf.squeeze(part(classes, 1, other, 1), 1) for _, other in pairs]
        before = min(self.steps_per_beat, steps)
        earlier = part(tf.pad(classes, [[0, 0], [0, 0], [before, 0], [0, 0]]), 2, 0, steps)
        upper += tf.unstack(classes, axis=1)
        lower += tf.unstack(earlier, axis=1)
        upper, lower = tf.stack(upper, axis=2), tf.stack(lower, axis=2)
        # Interval k: the upper note is k semitones above the lower one.
        turned = tf.stack([tf.roll(lower, k, axis=3) for k in range(_CLASSES)], axis=3)
        found = tf.reduce_sum(upper[:, :, :, None, :] * turned, axis=4)
        return tf.reshape(found, [-1, steps, found.shape[2] * _CLASSES])

    def _pairs(self, tracks: int) -> list[tuple[int, int]]:
        pairs = [(one, other) for one in range(tracks) for other in range(one + 1, tracks)]
        return [*pairs, *((chord, chord) for chord in self.chords)]

    def compute_output_shape(self, shape: Any) -> Any:
        return shape[0], shape[2], (len(self._pairs(shape[1])) + shape[1]) * _CLASSES

    def get_config(self) -> dict[str, Any]:
        own = {"steps_per_beat": self.steps_per_beat, "chords": self.chords}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable("gan_cli")
class Contours(keras.layers.Layer):
    """Returns how high voices are, whether they cross, and how they move: [batch, steps, features].

    Takes pitches, [batch, voices, steps, pitches]. For each voice: its height above its lowest
    pitch in octaves, and the leap from the step before as a one-hot vector of semitones, zeros
    where the voice is silent in one of the two. For each voice and the next one below: by how many
    octaves they cross.

    Args:
      lowest: for each voice, the MIDI key of its first pitch.
    """

    def __init__(self, lowest: list[int], **keywords: Any):
        super().__init__(**keywords)
        self.lowest = list(lowest)

    def call(self, pitches: tf.Tensor) -> tf.Tensor:
        voices, steps = pitches.shape[1:3]
        semitones = tf.range(pitches.shape[3], dtype=pitches.dtype)
        heights = tf.reduce_sum(pitches * semitones, axis=3)
        sounds = tf.reduce_sum(pitches, axis=3)
        before = [
            part(tf.pad(each, [[0, 0], [0, 0], [1, 0]]), 2, 0, steps) for each in (heights, sounds)
        ]
        leaps = tf.clip_by_value(heights - before[0], -_WIDEST_LEAP, _WIDEST_LEAP)
        kinds = tf.range(-_WIDEST_LEAP, _WIDEST_LEAP + 1, dtype=pitches.dtype)
        # One at a whole number, and straight lines between, so that gradients know the way.
        hats = tf.nn.relu(1.0 - tf.abs(leaps[..., None] - kinds))
        moves = hats * (sounds * before[1])[..., None]
        keys = heights + tf.constant(self.lowest, pitches.dtype)[:, None]
        # Each voice and the next one below.
        upper, lower = (
            [part(each, 1, first, voices - 1) for each in (keys, sounds)] for first in (0, 1)
        )
        crossed = tf.nn.relu(lower[0] - upper[0]) * (upper[1] * lower[1])
        parts = [heights / _CLASSES, crossed / _CLASSES]
        found = [tf.transpose(part, [0, 2, 1]) for part in parts]
        moves = tf.transpose(moves, [0, 2, 1, 3])
        found.append(tf.reshape(moves, [-1, steps, moves.shape[2] * kinds.shape[0]]))
        return tf.concat(found, axis=2)

    def compute_output_shape(self, shape: Any) -> Any:
        voices = shape[1]
        return shape[0], shape[2], voices + voices - 1 + voices * (2 * _WIDEST_LEAP + 1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "lowest": self.lowest}
