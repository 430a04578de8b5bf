"""Voices: phrases of several tracks, as symbols of lanes that hold one note at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gan_cli.domains.phrases import FURTHEST, Phrases
from gan_cli.domains.tokens import Tokens
from gan_cli.music.phrases import RollForm
from gan_cli.music.piece import Piece
from gan_cli.music.voices import (
    FIRST_PITCH,
    Lane,
    moved,
    notes_of_symbols,
    rolls_of_symbols,
    room,
    symbols_of,
)


@dataclass(frozen=True)
class Voices(Phrases, Tokens):
    """Symbols, uint8 [steps, 1, lanes]; see `music.voices`.

    The networks see one-hot vectors over the symbols: `model_shape` is [steps, symbols, lanes].

    Attributes:
      lanes: the tracks' voices.
    """

    lanes: tuple[Lane, ...] = ()

    @property
    def layout(self) -> Mapping[str, int]:
        """Adds what each lane is to what all phrases say: its first pitch, its track, drums or not.

        The first pitch of drums tells nothing.
        """
        found = dict(super().layout)
        for number, lane in enumerate(self.lanes):
            found[f"lowest_of_lane_{number}"] = lane.pitches[0]
            found[f"track_of_lane_{number}"] = lane.track
            found[f"lane_{number}_is_drums"] = int(lane.is_drums)
        return found

    @property
    def track_of_channels(self) -> tuple[int, ...]:
        """The tracks of the lanes."""
        return tuple(lane.track for lane in self.lanes)

    def varied(self, samples: np.ndarray, draws: np.ndarray) -> np.ndarray:
        """Moves every phrase by an interval that keeps its tracks within their ranges.

        Args:
          samples: uint8 [count, steps, 1, lanes].
          draws: float64 [count] in [0, 1), which choose among the intervals that a phrase allows,
            at most six semitones down and five up.
        """
        changed = np.empty_like(samples)
        for index, (symbols, draw) in enumerate(zip(samples, draws, strict=True)):
            low, high = room(symbols, self.lanes, self.ranges, FURTHEST)
            changed[index] = moved(symbols, self.lanes, low + int(draw * (high - low + 1)))
        return changed

    def rolls(self, samples: np.ndarray) -> np.ndarray:
        """Returns stored samples as piano rolls, uint8 [count, steps, pitches, tracks]."""
        form = self.form
        return rolls_of_symbols(samples, self.lanes, form.instruments, form.lowest, form.highest)

    def of_roll(self, cells: np.ndarray) -> np.ndarray:
        """Returns a piano roll, uint8 [steps, pitches, tracks], as symbols."""
        return symbols_of(cells, self.form.instruments, self.form.lowest, self.lanes).symbols

    def lost_notes(self, cells: np.ndarray) -> int:
        """Returns the number of notes of a roll that no lane has room for."""
        return symbols_of(cells, self.form.instruments, self.form.lowest, self.lanes).lost

    def piece(self, sample: np.ndarray) -> Piece:
        """Returns the notes of one phrase, uint8 [steps, 1, lanes]."""
        instruments = self.form.instruments
        notes = notes_of_symbols(sample, self.lanes, len(instruments))
        return self.form.grid.piece_of(instruments, notes, self.beats_a_minute)


def voices_of(
    form: RollForm,
    lanes: tuple[Lane, ...],
    beats_a_minute: float,
    transposes: bool,
    ranges: tuple[tuple[int, int], ...] = (),
    is_in_c: bool = False,
) -> Voices:
    """Returns the domain of phrases in lanes, with as many symbols as the longest lane needs."""
    symbols = FIRST_PITCH + max(len(lane.pitches) for lane in lanes)
    shape = form.grid.steps, symbols, len(lanes)
    return Voices(shape, form, beats_a_minute, transposes, ranges, is_in_c, lanes)
