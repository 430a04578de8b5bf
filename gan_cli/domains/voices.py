"""Voices: phrases of several tracks, each of which sings one note at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gan_cli.domains.phrases import FURTHEST, Phrases
from gan_cli.domains.tokens import Tokens
from gan_cli.music.piece import Piece
from gan_cli.music.voices import (
    FIRST_PITCH,
    moved,
    notes_of_symbols,
    rolls_of_symbols,
    room,
    symbols_of,
)


@dataclass(frozen=True)
class Voices(Phrases, Tokens):
    """Symbols, uint8 [steps, 1, voices]; see `music.voices`.

    The networks see one-hot vectors over the symbols: `model_shape` is [steps, symbols, voices].

    Attributes:
      lowest_of_voices: for each voice, the MIDI key of its first pitch.
    """

    lowest_of_voices: tuple[int, ...] = ()

    @property
    def layout(self) -> Mapping[str, int]:
        """Adds the lowest pitch of each voice to what all phrases say."""
        lowest = enumerate(self.lowest_of_voices)
        return {**super().layout, **{f"lowest_of_voice_{n}": pitch for n, pitch in lowest}}

    def varied(self, samples: np.ndarray, draws: np.ndarray) -> np.ndarray:
        """Moves every phrase by an interval that keeps its voices within their ranges.

        Args:
          samples: uint8 [count, steps, 1, voices].
          draws: float64 [count] in [0, 1), which choose among the intervals that a phrase allows,
            at most six semitones down and five up.
        """
        ranges = [
            (low - first + FIRST_PITCH, high - first + FIRST_PITCH)
            for (low, high), first in zip(self.ranges, self.lowest_of_voices, strict=True)
        ]
        changed = np.empty_like(samples)
        for index, (symbols, draw) in enumerate(zip(samples, draws, strict=True)):
            low, high = room(symbols, ranges, FURTHEST)
            changed[index] = moved(symbols, low + int(draw * (high - low + 1)))
        return changed

    def rolls(self, samples: np.ndarray) -> np.ndarray:
        """Returns stored samples as piano rolls, uint8 [count, steps, pitches, voices]."""
        form = self.form
        return rolls_of_symbols(samples, form.lowest, form.highest, self.lowest_of_voices)

    def of_roll(self, cells: np.ndarray) -> np.ndarray:
        """Returns a piano roll, uint8 [steps, pitches, voices], as symbols."""
        return symbols_of(cells, self.form.lowest, self.lowest_of_voices)

    def piece(self, sample: np.ndarray) -> Piece:
        """Returns the notes of one phrase, uint8 [steps, 1, voices]."""
        notes = notes_of_symbols(sample, self.lowest_of_voices)
        return self.form.grid.piece_of(self.form.instruments, notes, self.beats_a_minute)
