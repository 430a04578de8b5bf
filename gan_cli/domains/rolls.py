"""Piano rolls: phrases of several tracks, each with any number of pitches at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from gan_cli.domains.domain import SOUND, Domain
from gan_cli.domains.images import to_model_range
from gan_cli.music.phrases import RollForm, transposed, transpositions
from gan_cli.music.piece import Piece
from gan_cli.music.rolls import SOUNDS, notes_of

if TYPE_CHECKING:
    import tensorflow as tf
    from PIL import Image

_EPOCHS, _LONGEST_KIMG, _SHORTEST_KIMG = 60, 2000.0, 100.0
_COLUMNS = 4
# Every key of the octave, so that a transposed piece tells nothing of the original's.
FURTHEST = (-6, 5)


@dataclass(frozen=True)
class Rolls(Domain):
    """Piano rolls, uint8 [steps, pitches, tracks]: 255 sounds, 0 does not.

    The networks see 1 and -1.

    Attributes:
      form: meter, steps, tracks and pitches.
      beats_a_minute: tempo of the files that are written.
      transposes: whether training moves each phrase by a random interval.
      ranges: for each track, the lowest and the highest MIDI key to which training moves it; empty:
        the form's pitches.
    """

    form: RollForm
    beats_a_minute: float
    transposes: bool
    ranges: tuple[tuple[int, int], ...] = ()

    name: ClassVar[str] = "phrases"
    stored_dtype: ClassVar[str] = "uint8"
    supports: ClassVar[frozenset[str]] = frozenset({SOUND})
    evaluator: ClassVar[str] = "phrases"
    gamma: ClassVar[float | None] = 1.0
    most_evaluated: ClassVar[int] = 1_000
    training_picture_samples: ClassVar[int] = 16
    default_samples: ClassVar[int] = 8

    @property
    def layout(self) -> Mapping[str, int]:
        """Bars of a phrase, steps of a beat, and the lowest pitch as a MIDI key."""
        grid = self.form.grid
        return {
            "bars": grid.bars,
            "steps_per_beat": grid.steps_per_beat,
            "lowest_pitch": self.form.lowest,
        }

    @property
    def varies(self) -> bool:
        """Whether training phrases are transposed."""
        return self.transposes

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

    def piece(self, sample: np.ndarray) -> Piece:
        """Returns the notes of one phrase, uint8 [steps, pitches, tracks]."""
        instruments = self.form.instruments
        notes = notes_of(sample, instruments, self.form.lowest)
        return self.form.grid.piece_of(instruments, notes, self.beats_a_minute)

    def picture(self, samples: np.ndarray, columns: int, real: np.ndarray | None) -> Image.Image:
        """Draws phrases as piano rolls, at most four in a row; `real` is not drawn."""
        from gan_cli.music.picture import piano_roll, sheet

        pictures = [
            piano_roll(self.piece(sample), self.form.lowest, self.form.highest)
            for sample in samples
        ]
        return sheet(pictures, min(columns, _COLUMNS, len(pictures)))

    def picture_spaces(self, count: int, columns: int) -> int:
        """Returns the number of phrases in whole rows."""
        return super().picture_spaces(count, min(columns, _COLUMNS))

    def default_kimg(self, num_samples: int) -> float:
        """Returns 60 epochs, but at least 100 and at most 2,000 kimg."""
        return min(max(_EPOCHS * num_samples / 1000, _SHORTEST_KIMG), _LONGEST_KIMG)

    def default_features(self, num_classes: int) -> str | None:
        """Returns None: phrases are compared by what their notes do."""
        return None

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
