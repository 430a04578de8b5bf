"""Songs composed by rule: a small set of our own, to learn from without any files.

Every song has 16 bars in 4/4, in the form AABA, for drums, bass, piano and a lead voice. A style
sets the patterns of the drums, the bass and the piano and the rhythms of the melody; chance chooses
among them, the key, the chords, and the melody's way from chord note to chord note.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from gan_cli.music.grid import Grid
from gan_cli.music.instruments import instruments_named
from gan_cli.music.piece import Note, Piece

TRACKS = ("drums", "bass", "piano", "lead")
LOWEST, HIGHEST = 36, 83
BEATS_A_MINUTE = 100.0
Choice = TypeVar("Choice")
_BAR, _BARS_OF_PART = 16, 4
_MAJOR = (0, 2, 4, 5, 7, 9, 11)
# Chords of four bars, as degrees of the major scale, counted from 0. Parts end on the tonic or the
# dominant.
_VERSES = ((0, 5, 3, 4), (0, 3, 4, 0), (0, 4, 5, 3), (0, 1, 4, 0), (5, 3, 0, 4))
_BRIDGES = ((3, 0, 3, 4), (5, 2, 3, 4), (1, 4, 0, 4))
# A melody reaches the highest pitch in the highest key.
_HIGHEST_DEGREE = 10
_KICK, _SNARE, _HAT, _OPEN_HAT, _RIM, _CRASH = 36, 38, 42, 46, 37, 49


@dataclass(frozen=True)
class Style:
    """What songs of one style have in common.

    Attributes:
      drums: patterns of a bar: for a drum, the steps at which it is struck.
      bass: patterns of a bar: step, length in steps, and degree above the chord's root.
      piano: patterns of a bar: step and length of the chord.
      rhythms: of the melody: the steps at which notes start.
    """

    name: str
    drums: tuple[dict[int, tuple[int, ...]], ...]
    bass: tuple[tuple[tuple[int, int, int], ...], ...]
    piano: tuple[tuple[tuple[int, int], ...], ...]
    rhythms: tuple[tuple[int, ...], ...]


STYLES = (
    Style(
        "ballad",
        ({_KICK: (0, 8), _RIM: (4, 12), _HAT: (0, 2, 4, 6, 8, 10, 12, 14)},),
        (((0, 8, 0), (8, 8, 4)), ((0, 12, 0), (12, 4, 4))),
        (((0, 16),), ((0, 8), (8, 8))),
        ((0, 6, 8), (0, 4, 8, 12), (0, 8), (2, 4, 8, 10)),
    ),
    Style(
        "march",
        (
            {_KICK: (0, 8), _SNARE: (4, 6, 12, 14)},
            {_KICK: (0, 8), _SNARE: (4, 12, 13, 14, 15)},
        ),
        (((0, 3, 0), (4, 3, 4), (8, 3, 0), (12, 3, 4)),),
        (((4, 2), (12, 2)), ((4, 2), (6, 2), (12, 2), (14, 2))),
        ((0, 3, 4, 8, 11, 12), (0, 4, 8, 10, 12, 14), (0, 4, 8)),
    ),
    Style(
        "rock",
        (
            {_KICK: (0, 8, 10), _SNARE: (4, 12), _HAT: (0, 2, 4, 6, 8, 10, 12, 14)},
            {_KICK: (0, 6, 8), _SNARE: (4, 12), _HAT: (0, 2, 4, 6, 8, 10, 12), _OPEN_HAT: (14,)},
        ),
        (
            tuple((step, 2, 0) for step in range(0, 16, 2)),
            ((0, 3, 0), (4, 2, 0), (6, 6, 0), (12, 3, 4)),
        ),
        (((0, 3), (6, 3), (12, 3)), ((2, 2), (6, 2), (10, 2), (14, 2))),
        ((0, 2, 4, 6, 8, 12), (0, 6, 8, 14), (2, 4, 6, 10, 12, 14)),
    ),
    Style(
        "samba",
        (
            {_KICK: (0, 3, 4, 7, 8, 11, 12, 15), _RIM: (0, 3, 6, 10, 13), _HAT: (2, 6, 10, 14)},
            {_KICK: (0, 7, 8, 15), _RIM: (2, 5, 8, 11, 14), _HAT: (0, 2, 4, 6, 8, 10, 12, 14)},
        ),
        (((0, 5, 0), (6, 1, 4), (8, 5, 4), (14, 1, 0)), ((0, 3, 0), (6, 4, 4), (12, 3, 0))),
        (((0, 2), (3, 2), (6, 3), (10, 2), (13, 2)), ((2, 2), (5, 2), (8, 2), (11, 2), (14, 2))),
        ((0, 3, 6, 10, 12), (2, 5, 8, 11, 14), (0, 3, 8, 14), (3, 6, 11)),
    ),
)


def songs_of(style: Style, count: int) -> list[Piece]:
    """Returns so many songs of a style: always the same ones."""
    return [_song(style, number) for number in range(count)]


class _Chance:
    """Random choices that are the same in every version of Python."""

    def __init__(self, seed: str):
        # Of the methods of `random`, only `random()` is promised to stay as it is.
        self._random = random.Random(seed)

    def one_of(self, choices: Sequence[Choice]) -> Choice:
        return choices[int(self._random.random() * len(choices))]

    def happens(self, probability: float) -> bool:
        return self._random.random() < probability


def _song(style: Style, number: int) -> Piece:
    chance = _Chance(f"{style.name} {number}")
    key = chance.one_of(range(12))
    verse = _part(style, chance, key, chance.one_of(_VERSES), ends=True)
    bridge = _part(style, chance, key, chance.one_of(_BRIDGES), ends=False)
    notes: list[list[Note]] = [[] for _ in TRACKS]
    for index, part in enumerate((verse, verse, bridge, verse)):
        offset = index * _BARS_OF_PART * _BAR
        for own, added in zip(notes, part, strict=True):
            own += [n._replace(start=n.start + offset, end=n.end + offset) for n in added]
        if index:
            notes[0].append(Note(offset, offset + 1, _CRASH))
    grid = Grid(4 * _BARS_OF_PART, 4)
    return grid.piece_of(instruments_named(TRACKS, "tracks"), notes, BEATS_A_MINUTE)


def _part(
    style: Style, chance: _Chance, key: int, degrees: Sequence[int], ends: bool
) -> list[list[Note]]:
    """Composes four bars: the notes of each track."""
    drums, bass = chance.one_of(style.drums), chance.one_of(style.bass)
    piano = chance.one_of(style.piano)
    rhythms = chance.one_of(style.rhythms), chance.one_of(style.rhythms)
    notes: list[list[Note]] = [[] for _ in TRACKS]
    previous = 2 + chance.one_of(range(5))
    for bar, degree in enumerate(degrees):
        start = bar * _BAR
        is_last = bar == len(degrees) - 1
        for drum, steps in drums.items():
            notes[0] += [Note(start + step, start + step + 1, drum) for step in steps]
        if is_last and chance.happens(0.5):
            notes[0] += [Note(start + s, start + s + 1, _SNARE) for s in (13, 14, 15)]
        for step, length, above in bass:
            pitch = _octave_above(_pitch(key, degree + above), LOWEST)
            notes[1].append(Note(start + step, start + step + length, pitch))
        for step, length in piano:
            for above in (0, 2, 4):
                pitch = _octave_above(_pitch(key, degree + above), 53)
                notes[2].append(Note(start + step, start + step + length, pitch))
        if is_last and ends:
            # The part closes on a long chord note.
            previous = _nearest(previous, degree, chance)
            notes[3].append(Note(start, start + 12, _pitch(key, previous) + 60))
            continue
        rhythm = rhythms[bar % 2]
        for step, after in zip(rhythm, (*rhythm[1:], _BAR), strict=True):
            if step % 8 == 0:
                previous = _nearest(previous, degree, chance)
            else:
                previous += chance.one_of((-2, -1, -1, 1, 1, 2))
            previous = min(max(previous, 0), _HIGHEST_DEGREE)
            length = min(after - step, 4)
            notes[3].append(Note(start + step, start + step + length, _pitch(key, previous) + 60))
    return [_without_doubles(own) for own in notes]


def _pitch(key: int, degree: int) -> int:
    """Returns semitones above C of a degree of the key's major scale."""
    octave, place = divmod(degree, 7)
    # Keys from F sharp on lie below C, so that melodies stay within two octaves.
    return 12 * octave + _MAJOR[place] + (key if key < 6 else key - 12)


def _octave_above(pitch: int, lowest: int) -> int:
    """Returns the pitch of the same class in the octave above `lowest`."""
    return lowest + (pitch - lowest) % 12


def _nearest(degree: int, root: int, chance: _Chance) -> int:
    """Returns one of the two notes of a chord that are nearest to a degree, above 0."""
    notes = (7 * octave + (root + above) % 7 for octave in range(2) for above in (0, 2, 4))
    chord = [note for note in notes if note <= _HIGHEST_DEGREE]
    ordered = sorted(chord, key=lambda note: (abs(note - degree), note))
    return ordered[0] if chance.happens(0.7) else ordered[1]


def _without_doubles(notes: list[Note]) -> list[Note]:
    return sorted({(note.start, note.pitch): note for note in notes}.values())
