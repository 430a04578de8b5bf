"""Voices that sing one note at a time, as symbols: a rest, a held note, or the start of a pitch.

Unlike a piano roll, symbols tell a held note from one that is struck again, and cannot hold two
notes at once.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gan_cli.music.piece import Note
from gan_cli.music.rolls import SOUNDS

REST, HOLD, FIRST_PITCH = 0, 1, 2


def symbols_of(cells: np.ndarray, lowest: int, lowest_of_voices: Sequence[int]) -> np.ndarray:
    """Converts a piano roll to symbols, uint8 [steps, 1, voices].

    A voice sings the highest pitch of its track. Where a roll keeps two notes of one pitch apart by
    a silent step (see `music.rolls`), the first note is held until the second one starts.

    Args:
      cells: uint8 [steps, pitches, voices]; 128 and more sound.
      lowest: MIDI key of the first pitch.
      lowest_of_voices: MIDI key of each voice's symbol `FIRST_PITCH`; no voice sings lower.
    """
    sounds = cells >= 128
    pitches, voices = sounds.shape[1:]
    tops = np.where(sounds.any(axis=1), pitches - 1 - sounds[:, ::-1].argmax(axis=1), -1)
    none = np.full([1, voices], -1)
    before, after = np.concatenate([none, tops[:-1]]), np.concatenate([tops[1:], none])
    offsets = lowest - np.asarray(lowest_of_voices) + FIRST_PITCH
    symbols = np.where(tops < 0, REST, tops + offsets)
    symbols[(tops >= 0) & (tops == before)] = HOLD
    # Silence of one step between equal pitches is no rest.
    symbols[(tops < 0) & (before >= 0) & (after == before)] = HOLD
    return symbols.astype(np.uint8)[:, np.newaxis]


def notes_of_symbols(symbols: np.ndarray, lowest_of_voices: Sequence[int]) -> list[list[Note]]:
    """Returns the notes of each voice, with `start` and `end` in steps.

    Args:
      symbols: uint8 [steps, 1, voices]; a voice that holds nothing rests.
    """
    found: list[list[Note]] = []
    for own, lowest in zip(symbols[:, 0].T.tolist(), lowest_of_voices, strict=True):
        notes: list[Note] = []
        is_sounding = False
        for step, symbol in enumerate(own):
            if symbol >= FIRST_PITCH:
                notes.append(Note(step, step + 1, symbol - FIRST_PITCH + lowest))
            elif symbol == HOLD and is_sounding:
                notes[-1] = notes[-1]._replace(end=step + 1)
            is_sounding = symbol >= FIRST_PITCH or (symbol == HOLD and is_sounding)
        found.append(notes)
    return found


def rolls_of_symbols(
    symbols: np.ndarray, lowest: int, highest: int, lowest_of_voices: Sequence[int]
) -> np.ndarray:
    """Converts symbols to piano rolls, uint8 [count, steps, highest - lowest + 1, voices].

    As in `music.rolls`, a note that follows another of its pitch shortens that one by a step.

    Args:
      symbols: uint8 [count, steps, 1, voices].
    """
    flat = symbols[:, :, 0].astype(np.int64)
    count, steps, voices = flat.shape
    offsets = np.asarray(lowest_of_voices) - FIRST_PITCH - lowest
    rolls = np.zeros([count, steps, highest - lowest + 1, voices], np.uint8)
    pitch = np.full([count, voices], -1)
    for step in range(steps):
        now = flat[:, step]
        starts = now >= FIRST_PITCH
        if step >= 2:
            phrase, voice = np.nonzero(starts & (now + offsets == pitch))
            # A note of one step alone has no room for a gap.
            rolls[phrase, step - 1, pitch[phrase, voice], voice] *= (
                rolls[phrase, step - 2, pitch[phrase, voice], voice] == 0
            )
        pitch = np.where(starts, now + offsets, np.where(now == HOLD, pitch, -1))
        phrase, voice = np.nonzero(pitch >= 0)
        rolls[phrase, step, pitch[phrase, voice], voice] = SOUNDS
    return rolls


def moved(symbols: np.ndarray, semitones: int) -> np.ndarray:
    """Returns symbols with all pitches moved; none may leave the symbols' range."""
    higher = symbols.astype(np.int16) + semitones
    return np.where(symbols >= FIRST_PITCH, higher, symbols).astype(np.uint8)


def room(
    symbols: np.ndarray, ranges: Sequence[tuple[int, int]], furthest: tuple[int, int]
) -> tuple[int, int]:
    """Returns how far voices can be moved down and up within their ranges.

    A voice that leaves its range on one side already is not moved further to that side.

    Args:
      symbols: uint8 [steps, 1, voices].
      ranges: the lowest and the highest symbol of each voice.
      furthest: bounds of the answer, such as (-6, 5).
    """
    down, up = furthest
    sings = False
    for own, (low, high) in zip(symbols[:, 0].T, ranges, strict=True):
        pitches = own[own >= FIRST_PITCH].astype(int)
        if len(pitches):
            sings = True
            down = max(down, min(low - int(pitches.min()), 0))
            up = min(up, max(high - int(pitches.max()), 0))
    return (down, up) if sings else (0, 0)
