"""How voices lead from beat to beat: their distances, their moves, and the intervals they keep."""

from itertools import combinations, pairwise
from typing import Any

import keras
import numpy as np
import tensorflow as tf

_OCTAVE = 12
# Intervals beyond these count as the last one: of a voice above the next one, which is negative
# where they cross, and of a voice's own move.
_APART = (-8, 20)
_MOVE = (-9, 9)


@keras.saving.register_keras_serializable("gan_cli")
class Counterpoint(keras.layers.Layer):
    """Returns intervals on the first step of each beat, one-hot: [batch, beats, features].

    Takes pitches, [batch, voices, steps, pitches], as `SoundingPitches` gives them. The features
    are, in this order: for each voice and the next one, by how many semitones it is above; for each
    voice, by how many semitones it has moved since the beat before; for each pair of voices, the
    interval modulo an octave that they had a beat before and have again, where both have moved, as
    in parallel fifths. All are zeros where a voice is silent. They are sums of products of pitches,
    so that gradients reach each pitch through the others.

    Args:
      lowest: for each voice, the MIDI key of its first pitch.
      steps_per_beat: steps from one beat to the next.
    """

    def __init__(self, lowest: list[int], steps_per_beat: int, **keywords: Any):
        super().__init__(**keywords)
        self.lowest, self.steps_per_beat = list(lowest), steps_per_beat

    def call(self, pitches: tf.Tensor) -> tf.Tensor:
        now = pitches[:, :, :: self.steps_per_beat]
        before = tf.pad(now, [[0, 0], [0, 0], [1, 0], [0, 0]])[:, :, : now.shape[2]]
        voices = range(len(self.lowest))
        found = [
            _interval(now[:, upper], now[:, lower], self.lowest[upper] - self.lowest[lower], _APART)
            for upper, lower in pairwise(voices)
        ]
        found += [_interval(now[:, voice], before[:, voice], 0, _MOVE) for voice in voices]
        return tf.concat([*found, *self._kept(now, before)], axis=2)

    def _kept(self, now: tf.Tensor, before: tf.Tensor) -> list[tf.Tensor]:
        keys = np.array(self.lowest)[:, None] + np.arange(now.shape[3])
        fold = tf.constant(np.eye(_OCTAVE)[keys % _OCTAVE], now.dtype)
        classes = [tf.einsum("bvtp,vpc->bvtc", part, fold) for part in (now, before)]
        moves = 1.0 - tf.reduce_sum(now * before, axis=3)
        found = []
        for one, other in combinations(range(len(self.lowest)), 2):
            both = [_modulo_octave(part[:, one], part[:, other]) for part in classes]
            found.append(both[0] * both[1] * (moves[:, one] * moves[:, other])[..., None])
        return found

    def compute_output_shape(self, shape: Any) -> Any:
        voices, beats = shape[1], -(-shape[2] // self.steps_per_beat)
        features = (voices - 1) * (_APART[1] - _APART[0] + 1)
        features += voices * (_MOVE[1] - _MOVE[0] + 1)
        features += voices * (voices - 1) // 2 * _OCTAVE
        return shape[0], beats, features

    def get_config(self) -> dict[str, Any]:
        own = {"lowest": self.lowest, "steps_per_beat": self.steps_per_beat}
        return {**super().get_config(), **own}


def _interval(one: tf.Tensor, other: tf.Tensor, offset: int, bounds: tuple[int, int]) -> tf.Tensor:
    """Returns by how much `one` is above `other`: [batch, beats, intervals within the bounds]."""
    least, most = bounds
    beats, pitches = one.shape[1:]
    keys = np.arange(pitches)
    interval = np.clip(keys[:, None] - keys + offset, least, most) - least
    fold = np.eye(most - least + 1)[interval.ravel()]
    both = tf.reshape(one[..., :, None] * other[..., None, :], [-1, beats, pitches * pitches])
    return tf.matmul(both, tf.constant(fold, one.dtype))


def _modulo_octave(upper: tf.Tensor, lower: tf.Tensor) -> tf.Tensor:
    turned = tf.stack([tf.roll(lower, semitones, axis=2) for semitones in range(_OCTAVE)], axis=2)
    return tf.reduce_sum(upper[:, :, None] * turned, axis=3)
