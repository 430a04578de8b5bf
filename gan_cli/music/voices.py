"""Lanes that hold one note at a time, as symbols: a rest, a held note, or the start of a pitch.

Unlike a piano roll, symbols tell a held note from one that is struck again, and a lane cannot hold
two notes at once. A track has one lane or several, such as three for the chords of a piano, and
drums one for each kind of drum.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from gan_cli.music.piece import Instrument, Note
from gan_cli.music.rolls import notes_of, roll_of

REST, HOLD, FIRST_PITCH = 0, 1, 2


@dataclass(frozen=True)
class Lane:
    """One voice of a track.

    Attributes:
      track: index of its track.
      pitches: MIDI keys of the symbols from `FIRST_PITCH` on; without gaps unless it is of drums.
      is_drums: whether its notes are strokes, which are not held.
    """

    track: int
    pitches: tuple[int, ...]
    is_drums: bool = False

    @cached_property
    def symbols(self) -> dict[int, int]:
        """The symbol of each MIDI key."""
        return {pitch: symbol for symbol, pitch in enumerate(self.pitches, FIRST_PITCH)}


# Lanes of the drum kit, by General MIDI's keys: kick, snare, hats and cymbals; then all others.
_KITS = ((35, 36), (37, 38, 39, 40), (42, 44, 46, 49, 51, 52, 53, 55, 57, 59))
# Instruments that play one note at a time.
_MELODIC = frozenset({"bass", "lead", "pipe", "reed"})


def lanes_of(
    instruments: Sequence[Instrument], lowest: int, highest: int, most: int
) -> tuple[Lane, ...]:
    """Returns the lanes of several tracks.

    Drums have a lane for kick drums, one for snares, one for hats and cymbals, and one for all
    other keys, as far as these lie between the pitches. Bass, lead, pipe and reed have one lane,
    other instruments `most`.
    """
    keys = range(lowest, highest + 1)
    lanes: list[Lane] = []
    for track, instrument in enumerate(instruments):
        if instrument.is_drums:
            known = [key for kit in _KITS for key in kit]
            kits = (*_KITS, tuple(key for key in keys if key not in known))
            inside = [tuple(key for key in kit if key in keys) for kit in kits]
            lanes += [Lane(track, kit, is_drums=True) for kit in inside if kit]
        else:
            count = 1 if instrument.name in _MELODIC else most
            lanes += [Lane(track, tuple(keys))] * count
    return tuple(lanes)


@dataclass(frozen=True)
class Written:
    """Notes as symbols, uint8 [steps, 1, lanes], and how many notes no lane had room for."""

    symbols: np.ndarray
    lost: int


def symbols_of(
    cells: np.ndarray, instruments: Sequence[Instrument], lowest: int, lanes: Sequence[Lane]
) -> Written:
    """Converts a piano roll to symbols.

    Of notes that start together, the highest takes the first free lane of its track. Where none is
    free, a note takes the lane of the lowest note, if that one is lower, and ends it; otherwise it
    is lost. Notes of one pitch that a silent step keeps apart (see `music.rolls`) follow each other
    without a gap.

    Args:
      cells: uint8 [steps, pitches, tracks]; 128 and more sound.
      instruments: of the tracks.
      lowest: MIDI key of the roll's first pitch.
    """
    symbols = np.full([len(cells), 1, len(lanes)], REST, np.uint8)
    lost = 0
    for track, notes in enumerate(notes_of(cells, instruments, lowest)):
        own = [number for number, lane in enumerate(lanes) if lane.track == track]
        if not instruments[track].is_drums:
            notes = _without_gaps(notes)
        ends = dict.fromkeys(own, 0)
        pitches = dict.fromkeys(own, -1)
        for note in sorted(notes, key=lambda note: (note.start, -note.pitch)):
            able = [number for number in own if note.pitch in lanes[number].symbols]
            free = [number for number in able if ends[number] <= note.start]
            if not free and able:
                number = min(able, key=lambda number: pitches[number])
                started = symbols[note.start, 0, number] >= FIRST_PITCH
                if pitches[number] < note.pitch and not started:
                    symbols[note.start :, 0, number] = REST
                    free = [number]
            if not free:
                lost += 1
                continue
            number = free[0]
            symbols[note.start, 0, number] = lanes[number].symbols[note.pitch]
            symbols[note.start + 1 : note.end, 0, number] = HOLD
            ends[number], pitches[number] = note.end, note.pitch
    return Written(symbols, lost)


def notes_of_symbols(
    symbols: np.ndarray, lanes: Sequence[Lane], num_tracks: int
) -> list[list[Note]]:
    """Returns the notes of each track, with `start` and `end` in steps, ordered by start and pitch.

    A lane that holds nothing rests; so do symbols beyond its pitches. Where two lanes of a track
    sound one pitch, the later note ends the earlier one, and of two that start together the longer
    one stays.

    Args:
      symbols: uint8 [steps, 1, lanes].
    """
    found: list[dict[tuple[int, int], Note]] = [{} for _ in range(num_tracks)]
    for own, lane in zip(symbols[:, 0].T.tolist(), lanes, strict=True):
        notes = found[lane.track]
        start, pitch = 0, -1
        last = FIRST_PITCH + len(lane.pitches)
        # A rest behind the last step ends what still sounds.
        for step, symbol in enumerate([*own, REST]):
            if symbol == HOLD and not lane.is_drums:
                continue
            if pitch >= 0:
                before = notes.get((start, pitch))
                if before is None or before.end < step:
                    notes[start, pitch] = Note(
                        start, step if not lane.is_drums else start + 1, pitch
                    )
                pitch = -1
            if FIRST_PITCH <= symbol < last:
                start, pitch = step, lane.pitches[symbol - FIRST_PITCH]
    return [_without_overlaps(sorted(own.values())) for own in found]


def rolls_of_symbols(
    symbols: np.ndarray,
    lanes: Sequence[Lane],
    instruments: Sequence[Instrument],
    lowest: int,
    highest: int,
) -> np.ndarray:
    """Converts symbols, uint8 [count, steps, 1, lanes], to piano rolls.

    Returns:
      uint8 [count, steps, highest - lowest + 1, tracks].
    """
    rolls = np.empty([*symbols.shape[:2], highest - lowest + 1, len(instruments)], dtype=np.uint8)
    for roll, own in zip(rolls, symbols, strict=True):
        notes = notes_of_symbols(own, lanes, len(instruments))
        roll[:] = roll_of(instruments, notes, len(own), lowest, highest).cells
    return rolls


def moved(symbols: np.ndarray, lanes: Sequence[Lane], semitones: int) -> np.ndarray:
    """Returns symbols, [..., lanes], with all pitches moved, drums apart; see `room`."""
    pitched = np.array([not lane.is_drums for lane in lanes])
    higher = symbols.astype(np.int16) + semitones
    return np.where((symbols >= FIRST_PITCH) & pitched, higher, symbols).astype(np.uint8)


def room(
    symbols: np.ndarray,
    lanes: Sequence[Lane],
    ranges: Sequence[tuple[int, int]],
    furthest: tuple[int, int],
) -> tuple[int, int]:
    """Returns how far notes can be moved down and up within the ranges of their tracks.

    A track that leaves its range on one side already is not moved further to that side.

    Args:
      symbols: uint8 [steps, 1, lanes].
      ranges: for each track, its lowest and highest MIDI key; empty: all pitches of its lanes.
      furthest: bounds of the answer, such as (-6, 5).
    """
    down, up = furthest
    is_silent = True
    for own, lane in zip(symbols[:, 0].T, lanes, strict=True):
        starts = own[own >= FIRST_PITCH].astype(int)
        if lane.is_drums or not len(starts):
            continue
        is_silent = False
        low, high = lane.pitches[0], lane.pitches[-1]
        if ranges:
            low, high = max(low, ranges[lane.track][0]), min(high, ranges[lane.track][1])
        keys = lane.pitches[0] - FIRST_PITCH + starts
        down = max(down, min(low - int(keys.min()), 0))
        up = min(up, max(high - int(keys.max()), 0))
    return (0, 0) if is_silent else (down, up)


def _without_gaps(notes: list[Note]) -> list[Note]:
    """Lengthens notes that one step separates from the next one of their pitch.

    If another note starts in that step, it is no mere gap.
    """
    starts = {(note.start, note.pitch) for note in notes}
    busy = {note.start for note in notes}
    return [
        note._replace(end=note.end + 1)
        if (note.end + 1, note.pitch) in starts and note.end not in busy
        else note
        for note in notes
    ]


def _without_overlaps(notes: list[Note]) -> list[Note]:
    """Ends notes, ordered by start, where the next one of their pitch starts."""
    next_start: dict[int, int] = {}
    kept = []
    for note in reversed(notes):
        kept.append(note._replace(end=min(note.end, next_start.get(note.pitch, note.end))))
        next_start[note.pitch] = note.start
    return sorted(kept)
