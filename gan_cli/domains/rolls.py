"""Piano rolls: phrases of several tracks, each with any number of pitches at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gan_cli.domains.images import to_model_range
from gan_cli.domains.phrases import FURTHEST, Phrases
from gan_cli.music.phrases import transposed, transpositions
from gan_cli.music.piece import Piece
from gan_cli.music.rolls import SOUNDS, notes_of

if TYPE_CHECKING:
    import tensorflow as tf


@dataclass(frozen=True)
class Rolls(Phrases):
    """Piano rolls, uint8 [steps, pitches, tracks]: 255 sounds, 0 does not.

    The networks see 1 and -1.
    """

    @property
    def track_of_channels(self) -> tuple[int, ...]:
        """Each channel is a track."""
        return tuple(range(len(self.form.instruments)))

    def varied(self, samples: np.ndarray, draws: np.ndarray) -> np.ndarray:
        """Moves every phrase by an interval that keeps its notes within the ranges.

        Args:
          samples: uint8 [count, steps, pitches, tracks].
          draws: float64 [count] in [0, 1), which choose among the intervals that a phrase allows,
            at most six semitones down and five up.
        """
        drums, lowest = self._drums, self.form.lowest
        ranges = tuple((low - lowest, high - lowest) for low, high in self.ranges)
        moved = np.empty_like(samples)
        for index, (cells, draw) in enumerate(zip(samples, draws, strict=True)):
            low, high = transpositions(cells, drums, FURTHEST, ranges)
            moved[index] = transposed(cells, low + int(draw * (high - low + 1)), drums)
        return moved

    def to_model(self, stored: tf.Tensor) -> tf.Tensor:
        """Converts uint8 0 and 255 to float32 -1 and 1."""
        return to_model_range(stored)

    def from_model(self, generated: tf.Tensor) -> tf.Tensor:
        """Converts float32 to uint8: what is above 0 sounds."""
        import tensorflow as tf

        return tf.where(generated > 0.0, np.uint8(SOUNDS), np.uint8(0))

    def rolls(self, samples: np.ndarray) -> np.ndarray:
        """Returns the samples: they are rolls."""
        return samples

    def of_roll(self, cells: np.ndarray) -> np.ndarray:
        """Returns the roll."""
        return cells

    def piece(self, sample: np.ndarray) -> Piece:
        """Returns the notes of one phrase, uint8 [steps, pitches, tracks]."""
        instruments = self.form.instruments
        notes = notes_of(sample, instruments, self.form.lowest)
        return self.form.grid.piece_of(instruments, notes, self.beats_a_minute)

    def diversity(self, generated: np.ndarray, real: np.ndarray) -> float | None:
        """Returns the mean share of cells in which two phrases differ, relative to real ones."""
        ours, theirs = map(_mean_difference, (generated, real))
        return ours / max(theirs, 1e-12)

    @property
    def _drums(self) -> tuple[bool, ...]:
        return tuple(instrument.is_drums for instrument in self.form.instruments)


def _mean_difference(samples: np.ndarray) -> float:
    """The share of cells in which two phrases differ, over all pairs of different phrases."""
    sounds = (samples >= 128).reshape(len(samples), -1).astype(np.float64)
    share = sounds.mean(axis=0)
    return float(2 * (share * (1 - share)).mean() * len(sounds) / max(len(sounds) - 1, 1))
